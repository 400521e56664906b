"""A network security group whose rules are resources of their own, so that one rule comes or goes alone."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypedDict

import pulumi
from pulumi_azure_native import monitor, network

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace


class AzureDirection(StrEnum):
    """Which way a rule looks."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


class AzureRuleAccess(StrEnum):
    """What a rule does."""

    ALLOW = "Allow"
    DENY = "Deny"


class AzureProtocol(StrEnum):
    """What a rule is about."""

    TCP = "Tcp"
    UDP = "Udp"
    ANY = "*"


class AzureSecurityRuleArgs(TypedDict):
    """One rule of a security group."""

    name: str
    """Unique in its group; part of the resource's name."""
    priority: int
    """100 to 4096; a lower number is asked first."""
    direction: AzureDirection
    """Which way it looks."""
    access: AzureRuleAccess
    """What it does."""
    protocol: AzureProtocol
    """What it is about."""
    sources: list[str]
    """Ranges, or one service tag."""
    destinations: list[str]
    """Ranges, or one service tag."""
    ports: list[str]
    """Destination ports: `443`, `51820-51821` or `*`."""


class AzureSecurityGroupArgs(TypedDict):
    """What a security group needs."""

    place: AzurePlace
    """Where it goes."""
    rules: list[AzureSecurityRuleArgs]
    """Its rules; Azure's own defaults come after them."""
    workspace_id: pulumi.Input[str]
    """Log workspace that takes what its rules let through and refuse."""


class AzureSecurityGroup(pulumi.ComponentResource):
    """A network security group and its rules."""

    group_id: pulumi.Output[str]
    """ARM id of the group."""

    def __init__(self, name: str, args: AzureSecurityGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureSecurityGroup", name, {}, opts)
        args = read(AzureSecurityGroupArgs, args)
        place = args["place"]
        group = network.NetworkSecurityGroup(
            f"{name}-group",
            resource_group_name=place["resource_group"],
            location=place["location"],
            tags=place["tags"],
            opts=child(self),
        )
        for rule in args["rules"]:
            network.SecurityRule(
                f"{name}-{rule['name']}",
                resource_group_name=place["resource_group"],
                network_security_group_name=group.name,
                security_rule_name=rule["name"],
                priority=rule["priority"],
                direction=rule["direction"].value,
                access=rule["access"].value,
                protocol=rule["protocol"].value,
                source_address_prefix=_one(rule["sources"]),
                source_address_prefixes=_several(rule["sources"]),
                source_port_range="*",
                destination_address_prefix=_one(rule["destinations"]),
                destination_address_prefixes=_several(rule["destinations"]),
                destination_port_range=_one(rule["ports"]),
                destination_port_ranges=_several(rule["ports"]),
                opts=child(self),
            )
        monitor.DiagnosticSetting(
            f"{name}-log",
            resource_uri=group.id,
            workspace_id=args["workspace_id"],
            logs=[monitor.DiagnosticsLogSettingsArgs(category_group="allLogs", enabled=True)],
            opts=child(self),
        )
        self.group_id = group.id
        self.register_outputs({"group_id": self.group_id})


def _one(values: Sequence[str]) -> str | None:
    # Azure takes service tags and `*` in the singular property only, and refuses both properties at once.
    return values[0] if len(values) == 1 else None


def _several(values: Sequence[str]) -> Sequence[str] | None:
    return values if len(values) > 1 else None
