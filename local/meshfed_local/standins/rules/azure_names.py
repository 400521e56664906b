"""Names as Azure takes them, by type, and where they must be unique.

Sources: Azure documentation, "Naming rules and restrictions for Azure resources", "Tag support".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.reading import at, others, text
from meshfed_local.standins.rules.shapes import matches
from meshfed_local.standins.world import World

ACCOUNT: Final = "azure-native:storage:StorageAccount"
VAULT: Final = "azure-native:keyvault:Vault"

_TAGS: Final = 50
_TAG_KEY_LENGTH: Final = 512
_TAG_VALUE_LENGTH: Final = 256
_TAG_FORBIDDEN: Final = re.compile(r"[<>%&\\?/\x00-\x1f]")
_GUID: Final = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def _network(least: int, most: int) -> tuple[str, str]:
    """Names of network resources: begin with a letter or digit, end with one or an underscore."""
    pattern = rf"(?=.{{{least},{most}}}$)[a-zA-Z0-9]([\w.-]*\w)?"
    return pattern, f"{least} to {most} of a-z A-Z 0-9 _.-, beginning with a letter or digit, ending with one or _"


_NAMES: Final[Mapping[str, tuple[str, tuple[str, str]]]] = {
    "authorization:RoleAssignment": ("roleAssignmentName", (_GUID, "a GUID")),
    "compute:VirtualMachine": (
        "vmName",
        (r"(?=.{1,64}$)[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9_])?", "1 to 64 of a-z A-Z 0-9 ._-"),
    ),
    "containerservice:AgentPool": (
        "agentPoolName",
        (r"[a-z][a-z0-9]{0,11}", "1 to 12 of a-z 0-9, beginning with a letter"),
    ),
    "containerservice:ManagedCluster": (
        "resourceName",
        (r"(?=.{1,63}$)[a-zA-Z0-9]([a-zA-Z0-9_-]*[a-zA-Z0-9])?", "1 to 63 of a-z A-Z 0-9 _-, no _ or - at an end"),
    ),
    "keyvault:Key": ("keyName", (r"[a-zA-Z0-9-]{1,127}", "1 to 127 of a-z A-Z 0-9 -")),
    "keyvault:Secret": ("secretName", (r"[a-zA-Z0-9-]{1,127}", "1 to 127 of a-z A-Z 0-9 -")),
    "keyvault:Vault": (
        "vaultName",
        (r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]", "3 to 24 of a-z A-Z 0-9 -, a letter first, no --"),
    ),
    "managedidentity:FederatedIdentityCredential": (
        "federatedIdentityCredentialResourceName",
        (r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}", "3 to 120 of a-z A-Z 0-9 _-"),
    ),
    "managedidentity:UserAssignedIdentity": (
        "resourceName",
        (r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}", "3 to 128 of a-z A-Z 0-9 _-, beginning with a letter or digit"),
    ),
    "network:FlowLog": ("flowLogName", _network(1, 80)),
    "network:LoadBalancer": ("loadBalancerName", _network(1, 80)),
    "network:NatGateway": ("natGatewayName", _network(1, 80)),
    "network:NetworkInterface": ("networkInterfaceName", _network(1, 80)),
    "network:NetworkSecurityGroup": ("networkSecurityGroupName", _network(1, 80)),
    "network:PrivateEndpoint": ("privateEndpointName", _network(2, 64)),
    "network:PublicIPAddress": ("publicIpAddressName", _network(1, 80)),
    "network:Route": ("routeName", _network(1, 80)),
    "network:RouteTable": ("routeTableName", _network(1, 80)),
    "network:SecurityRule": ("securityRuleName", _network(1, 80)),
    "network:Subnet": ("subnetName", _network(1, 80)),
    "network:VirtualNetwork": ("virtualNetworkName", _network(2, 64)),
    "operationalinsights:Workspace": (
        "workspaceName",
        (r"[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]", "4 to 63 of a-z A-Z 0-9 -"),
    ),
    "privatedns:PrivateZone": (
        "privateZoneName",
        (r"(?=.{1,253}$)([a-zA-Z0-9_-]{1,63}\.){1,33}[a-zA-Z0-9-]{1,63}", "2 to 34 labels of a domain name"),
    ),
    "resources:ResourceGroup": (
        "resourceGroupName",
        (r"[\w.()-]{0,89}[\w()-]", "1 to 90 of letters, digits, _-.(), no dot at the end"),
    ),
    "storage:BlobContainer": (
        "containerName",
        (r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]|\$root|\$web", "3 to 63 of a-z 0-9 -, no --"),
    ),
    "storage:StorageAccount": ("accountName", (r"[a-z0-9]{3,24}", "3 to 24 of a-z 0-9")),
}


def is_free_in_the_world(name: str) -> Rule:
    """The name is part of a DNS name that all of Azure shares (StorageAccountAlreadyTaken, VaultAlreadyExists)."""

    def rule(resource: Resource, world: World) -> Iterator[Fault]:
        mine = text(resource.inputs, name).lower()
        for one in others(world, resource):
            if mine and text(one.inputs, name).lower() == mine:
                yield Fault(name, f"{mine} exists already, as {one.urn}", "a name that is unique in the world")

    return rule


def tags_are_within_limits(resource: Resource, _world: World) -> Iterator[Fault]:
    """At most 50 tags; keys of at most 512 characters without <>%&\\?/, values of at most 256."""
    tags: Any = at(resource.inputs, "tags")
    if not isinstance(tags, Mapping):
        return
    known: list[tuple[str, str]] = [(str(key), value) for key, value in tags.items() if isinstance(value, str)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- plain wire value
    if len(known) > _TAGS:
        yield Fault("tags", f"{len(known)} tags are given", f"at most {_TAGS} tags")
    for key, value in known:
        limit = 128 if resource.token == ACCOUNT else _TAG_KEY_LENGTH
        if not key or len(key) > limit or _TAG_FORBIDDEN.search(key):
            yield Fault(f"tags.{key}", f"{key!r} is no key of a tag", f"1 to {limit} characters without <>%&\\?/")
        if len(value) > _TAG_VALUE_LENGTH:
            yield Fault(f"tags.{key}", f"the value is {len(value)} characters long", f"at most {_TAG_VALUE_LENGTH}")


def location_is_written_as_one(resource: Resource, _world: World) -> Iterator[Fault]:
    """A location is a name as `eastus`; Azure takes display names too (LocationNotAvailableForResourceType)."""
    value = at(resource.inputs, "location")
    if isinstance(value, str) and not re.fullmatch(r"[a-z][a-z0-9]+|[A-Z][A-Za-z]*( [A-Z][A-Za-z]*)*( \d)?", value):
        yield Fault("location", f"{value!r} is no location", "a name as germanywestcentral")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "*": (tags_are_within_limits, location_is_written_as_one),
    **{
        f"azure-native:{short}": (matches(name, pattern, wanted),)
        for short, (name, (pattern, wanted)) in _NAMES.items()
    },
}
UNIQUE: Final[Mapping[str, tuple[Rule, ...]]] = {
    ACCOUNT: (is_free_in_the_world("accountName"),),
    VAULT: (is_free_in_the_world("vaultName"),),
}
