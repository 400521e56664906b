"""Firewall rules for the machines of one service account."""

from enum import StrEnum
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read


class GcpDirection(StrEnum):
    """Which way a connection is opened, as the machine sees it."""

    INGRESS = "INGRESS"
    EGRESS = "EGRESS"


class GcpPortsArgs(TypedDict):
    """A protocol and its ports."""

    protocol: str
    """`tcp`, `udp` or `icmp`."""
    ports: list[str]
    """Ports or ranges of ports: `443`, `51820-51821`; none for icmp, or for all ports."""


class GcpFirewallRuleArgs(TypedDict):
    """One rule that lets something through; everything else stays closed."""

    key: str
    """Stable id of the rule among those of its machines."""
    description: str
    """What passes, for whoever reads the rule in the console."""
    direction: GcpDirection
    """Which way the connection is opened."""
    sources: list[str]
    """Ranges it may come from; of use for ingress."""
    destinations: list[str]
    """Ranges it may go to; none means the machine itself, for ingress."""
    allows: list[GcpPortsArgs]
    """What may pass."""


class GcpFirewallArgs(TypedDict):
    """What the rules of one service account's machines need."""

    project: str
    """Project of the network."""
    network: pulumi.Input[str]
    """Self link of the network."""
    target: pulumi.Input[str]
    """E-mail address of the service account whose machines the rules are for."""
    rules: list[GcpFirewallRuleArgs]
    """The rules; a rule that is not here does not exist."""


class GcpFirewall(pulumi.ComponentResource):
    """Firewall rules of the machines of one service account, each with a log."""

    rule_names: pulumi.Output[list[str]]
    """Names of the rules."""

    def __init__(self, name: str, args: GcpFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpFirewall", name, {}, opts)
        args = read(GcpFirewallArgs, args)
        rules = [
            gcp.compute.Firewall(
                f"{name}-{rule['key']}",
                project=args["project"],
                network=args["network"],
                description=rule["description"],
                direction=rule["direction"].value,
                source_ranges=rule["sources"] or None,
                destination_ranges=rule["destinations"] or None,
                target_service_accounts=[args["target"]],
                allows=[
                    gcp.compute.FirewallAllowArgs(protocol=allow["protocol"], ports=allow["ports"] or None)
                    for allow in rule["allows"]
                ],
                log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
                opts=child(self),
            )
            for rule in args["rules"]
        ]
        self.rule_names = pulumi.Output.all(*[rule.name for rule in rules])
        self.register_outputs({"rule_names": self.rule_names})
