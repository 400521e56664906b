"""Machines that stand below a tunnel gateway's component, against the plan: any program can give a component that type.

A gateway is known by its fixed private address, which the plan gives to one gateway of one region.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from meshfed.rules.node import Finding, Node, UndecidedError, each
from meshfed.rules.resource import Resource, Stack
from meshfed.settings.gate import GateParameters
from meshfed.topology.plan import Plan

_ADDRESSES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "aws:ec2/instance:Instance": ("sourceDestCheck", ("privateIp",)),
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": ("sourceDestCheck", ("privateIp",)),
    "aws:ec2/networkInterface:NetworkInterface": ("sourceDestCheck", ("privateIps",)),
    "azure-native:network:NetworkInterface": ("enableIPForwarding", ("ipConfigurations", "privateIPAddress")),
    "gcp:compute/instance:Instance": ("canIpForward", ("networkInterfaces", "networkIp")),
    "gcp:compute/instanceTemplate:InstanceTemplate": ("canIpForward", ("networkInterfaces", "networkIp")),
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": ("canIpForward", ("networkInterfaces", "networkIp")),
}
"""By kind: what makes it forward, and where its private addresses are."""
_CHECKS: Final = "sourceDestCheck"
_FORWARDS_IN_GOOGLE: Final = "canIpForward"
"""There a gateway may have a public address too, so that each machine is asked."""
_OURS: Final = "meshfed:"


@dataclass(frozen=True, slots=True)
class _Gateway:
    region: str
    location: str
    name: str


def claims_are_of_the_plan(plan: Plan, stacks: Sequence[Stack], parameters: GateParameters) -> Iterator[Finding]:
    """Findings for what forwards below a gateway's component and is no gateway of the plan, or one too many."""
    planned = {
        str(one.address): _Gateway(region.key, region.settings.location, one.name)
        for region in plan.regions.values()
        for one in region.gateways
    }
    taken: dict[str, str] = {}
    # A type of the owner's own stands in the gate's parameters, which is the owner's word for it.
    types = [one for one in parameters.gateway_components if one.startswith(_OURS)]
    claims = [one for stack in stacks for one in stack.of(*_ADDRESSES) if one.is_under(*types)]
    yield from each(claims, lambda one: _is_planned(one, plan, planned, taken))


def _is_planned(
    resource: Resource, plan: Plan, planned: Mapping[str, _Gateway], taken: dict[str, str]
) -> Iterator[Finding]:
    switch, path = _ADDRESSES[resource.kind]
    forwards = resource.props[switch]
    if switch != _FORWARDS_IN_GOOGLE and forwards.flag(default=switch == _CHECKS) is (switch == _CHECKS):
        return
    addresses = list(_addresses(resource, path))
    if not addresses:
        yield forwards.wrong("is of a tunnel gateway, and has none of the addresses that the plan gives them")
    for address in addresses:
        gateway = planned.get(address.text().partition("/")[0])
        stack = resource.urn.removeprefix("urn:pulumi:").partition("::")[0]
        if gateway is None:
            yield address.wrong("is the address of no gateway of the plan; only these may forward")
        elif stack in plan.regions and stack != gateway.region:
            yield address.wrong(f"is the address of a gateway of {gateway.region}, and this is the stack of {stack}")
        elif _location(resource) not in ("", gateway.location):
            yield address.wrong(f"is the address of a gateway in {gateway.location}, and this machine is elsewhere")
        elif taken.setdefault(address.text(), resource.urn) != resource.urn:
            yield address.wrong(f"gateway {gateway.name} of {gateway.region} stands already; this is a second one")


def _addresses(resource: Resource, path: Sequence[str]) -> Iterator[Node]:
    found = resource.props[path[0]].items()
    for node in found if len(path) == 1 else [one[path[1]] for one in found]:
        if node.is_unknown:
            raise UndecidedError(node.path, "is not known before the deployment", node.urn)
        if not node.is_absent:
            yield node


def _location(resource: Resource) -> str:
    """Where the resource says that it is, as the cloud names it."""
    for name in ("region", "location"):
        given = resource.props[name].value
        if isinstance(given, str):
            return given.lower()
    return ""
