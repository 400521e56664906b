"""Things of Azure and Google Cloud that can be written inside of another one, as things of their own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from meshfed.rules.forms.kubernetes import object_resource
from meshfed.rules.node import Node
from meshfed.rules.plain import Plain
from meshfed.rules.resource import Resource

_NETWORK: Final = "azure-native:network:"
_GROUP: Final = f"{_NETWORK}NetworkSecurityGroup"
_MACHINE: Final = "azure-native:compute:VirtualMachine"
MANAGED_NAMESPACES: Final = tuple(
    f"azure-native:containerservice:{name}" for name in ("FleetManagedNamespace", "ManagedNamespace", "Namespace")
)
"""Namespaces of clusters that Azure makes."""
_FIREWALL_RULE: Final = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a kind holds things of another."""

    path: tuple[str, ...]
    kind: str
    unless_only: frozenset[str] = frozenset()
    """Members that make it a reference to a thing that stands elsewhere."""


_REFERENCE: Final = frozenset({"id"})
_INSIDE: Final[Mapping[str, tuple[Inside, ...]]] = {
    f"{_NETWORK}VirtualNetwork": (Inside(("subnets",), f"{_NETWORK}Subnet", _REFERENCE),),
    f"{_NETWORK}Subnet": (
        Inside(("networkSecurityGroup",), _GROUP, _REFERENCE),
        Inside(("routeTable",), f"{_NETWORK}RouteTable", _REFERENCE),
    ),
    f"{_NETWORK}NetworkInterface": (Inside(("networkSecurityGroup",), _GROUP, _REFERENCE),),
    _GROUP: (Inside(("securityRules",), f"{_NETWORK}SecurityRule", _REFERENCE),),
    _MACHINE: (Inside(("networkProfile", "networkInterfaceConfigurations"), f"{_NETWORK}NetworkInterface"),),
    "azure-native:compute:VirtualMachineScaleSet": (Inside(("virtualMachineProfile",), _MACHINE),),
    "azure-native:azurefleet:Fleet": (Inside(("computeProfile", "baseVirtualMachineProfile"), _MACHINE),),
    "azure-native:containerservice:ManagedCluster": (
        Inside(("agentPoolProfiles",), "azure-native:containerservice:AgentPool"),
    ),
    "gcp:container/cluster:Cluster": (Inside(("nodePools",), "gcp:container/nodePool:NodePool"),),
    "gcp:compute/firewallPolicyWithRules:FirewallPolicyWithRules": (Inside(("rules",), _FIREWALL_RULE),),
    "gcp:compute/networkFirewallPolicyWithRules:NetworkFirewallPolicyWithRules": (Inside(("rules",), _FIREWALL_RULE),),
    "gcp:compute/regionNetworkFirewallPolicyWithRules:RegionNetworkFirewallPolicyWithRules": (
        Inside(("rules",), _FIREWALL_RULE),
    ),
}


def written_inside(resource: Resource) -> Iterator[Resource]:
    """The things that are written inside of a resource of a cloud."""
    for inside in _INSIDE.get(resource.kind, ()):
        for node in resource.props.at(*inside.path).items():
            if not _is_reference(node, inside.unless_only):
                yield replace(resource, kind=inside.kind, props=node, outer=None)


def _is_reference(node: Node, members: frozenset[str]) -> bool:
    return bool(members) and isinstance(node.value, Mapping) and set(node.value) <= members


def managed_namespaces(resource: Resource) -> Iterator[Resource]:
    """A namespace that a cloud makes in a cluster, as the object that stands there then."""
    if resource.kind not in MANAGED_NAMESPACES or not resource.token.startswith("azure-native"):
        return
    given = managed_properties(resource)
    names = (resource.props["managedNamespaceName"], resource.props["namespaceName"])
    name = next((node.value for node in names if not node.is_missing), resource.logical_name)
    metadata: Plain = {"name": name, "labels": given["labels"].value, "annotations": given["annotations"].value}
    whole: Plain = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    yield object_resource(resource, Node(whole, given.path, urn=given.urn))


def managed_properties(resource: Resource) -> Node:
    """What a namespace that a cloud makes says of itself; a fleet's has it one deeper."""
    given = resource.props["properties"]
    of_fleet = [one["managedNamespaceProperties"] for one in (resource.props, given) if not one.is_unknown]
    return next((node for node in of_fleet if not node.is_missing), given)
