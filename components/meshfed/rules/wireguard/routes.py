"""What a cloud's network sends to tunnel gateways."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from meshfed.rules.networks import is_internet
from meshfed.rules.node import Finding, Network, Node, each, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters
from meshfed.topology.plan import Plan

_AWS_ROUTE: Final = "aws:ec2/route:Route"
_AWS_TABLES: Final = ("aws:ec2/routeTable:RouteTable", "aws:ec2/defaultRouteTable:DefaultRouteTable")
_AZURE_ROUTE: Final = "azure-native:network:Route"
_AZURE_TABLE: Final = "azure-native:network:RouteTable"
_GOOGLE_ROUTE: Final = "gcp:compute/route:Route"
_POLICY_ROUTE: Final = "gcp:networkconnectivity/policyBasedRoute:PolicyBasedRoute"
_TRANSIT_ROUTE: Final = "aws:ec2transitgateway/route:Route"
_PAST_GATEWAYS: Final = (
    "coreNetworkArn",
    "localGatewayId",
    "transitGatewayId",
    "vpcEndpointId",
    "vpcPeeringConnectionId",
)
"""Next hops of AWS that lead to other networks without a machine."""
_KINDS: Final = (_AWS_ROUTE, *_AWS_TABLES, _AZURE_ROUTE, _AZURE_TABLE, _GOOGLE_ROUTE, _POLICY_ROUTE)


def _by_machine(resource: Resource) -> Iterator[Node]:
    """The destinations of a resource's routes that end at a machine, or at a load balancer before one."""
    props = resource.props
    if resource.kind == _AWS_ROUTE:
        yield from _amazon(props, "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
    elif resource.kind in _AWS_TABLES:
        for route in props["routes"].items():
            yield from _amazon(route, "cidrBlock", "ipv6CidrBlock", "destinationPrefixListId")
    elif resource.kind == _AZURE_ROUTE:
        yield from _azure(props)
    elif resource.kind == _AZURE_TABLE:
        for route in props["routes"].items():
            yield from _azure(route)
    elif resource.kind == _POLICY_ROUTE:
        if _is_given(props["nextHopIlbIp"]):
            destination = props["filter"]["destRange"]
            # Where nothing is written it is every address.
            yield destination if _is_given(destination) else replace(destination, value="0.0.0.0/0", is_missing=False)
    elif any(_is_given(props[name]) for name in ("nextHopIlb", "nextHopInstance", "nextHopIp", "nextHopVpnTunnel")):
        yield props["destRange"]


def _amazon(route: Node, *destinations: str) -> Iterator[Node]:
    if any(_is_given(route[name]) for name in ("networkInterfaceId", "instanceId")):
        yield from (route[name] for name in destinations if _is_given(route[name]))


def _past_gateways(resource: Resource) -> Iterator[Node]:
    """The destinations of a resource's routes that end in another network without a machine of ours."""
    props = resource.props
    if resource.kind == _TRANSIT_ROUTE:
        yield props["destinationCidrBlock"]
    elif resource.kind == _AWS_ROUTE:
        yield from _led_past([props], "destinationCidrBlock")
    elif resource.kind in _AWS_TABLES:
        yield from _led_past(props["routes"].items(), "cidrBlock")
    elif resource.kind == _AZURE_ROUTE:
        yield from _to_a_vpn([props])
    elif resource.kind == _AZURE_TABLE:
        yield from _to_a_vpn(props["routes"].items())


def _led_past(routes: Sequence[Node], destination: str) -> Iterator[Node]:
    for route in routes:
        is_of_a_vpn = not route["gatewayId"].is_unknown and route["gatewayId"].text().startswith("vgw-")
        if is_of_a_vpn or any(_is_given(route[name]) for name in _PAST_GATEWAYS):
            yield route[destination]


def _to_a_vpn(routes: Sequence[Node]) -> Iterator[Node]:
    for route in routes:
        if route["nextHopType"].text().lower() == "virtualnetworkgateway":
            yield route["addressPrefix"]


def _azure(route: Node) -> Iterator[Node]:
    if route["nextHopType"].text().lower() == "virtualappliance":
        yield route["addressPrefix"]


def _is_given(node: Node) -> bool:
    return node.is_unknown or not node.is_absent


def _default_route_stays(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(_by_machine(resource), _is_no_default)


def _is_no_default(destination: Node) -> Iterator[Finding]:
    network = destination.network()
    if destination.path.endswith("PrefixListId"):
        yield destination.wrong("a prefix list leads to a gateway, and nobody sees here what is or will be in it")
    elif network is not None and is_internet(network):
        yield destination.wrong(
            "the way to the internet leads through a gateway, which then carries and sees everything"
        )


def _routes_are_gateway_ranges(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    parts = {key: [part for _, part in region.ranges.disjoint_parts()] for key, region in plan.regions.items()}
    every = [part for own in parts.values() for part in own]
    for stack in stacks:
        # A stack has its region's name; its own network may be crossed as it likes.
        others = [part for key, own in parts.items() if key != stack.name for part in own]
        for resource in stack.of(*_KINDS, _TRANSIT_ROUTE):
            yield from each(_by_machine(resource), lambda node: _is_gateway_range(node, plan, every))
            yield from guarded(_led_past_gateways(resource, others))


def _led_past_gateways(resource: Resource, others: Sequence[Network]) -> Iterator[Finding]:
    yield from each(_past_gateways(resource), lambda node: _is_no_part(node, others))


def _is_gateway_range(destination: Node, plan: Plan, theirs: Sequence[Network]) -> Iterator[Finding]:
    network = destination.network()
    if network is None or network.version != 4 or is_internet(network):
        return
    is_allowed = any(_is_within(network, own) for own in plan.gateway_ranges)
    if not is_allowed and any(_is_within(network, part) or _is_within(part, network) for part in theirs):
        yield destination.wrong(
            "pods or nodes of a region are reached past its gateways; tunnels carry gateway ranges alone"
        )


def _is_no_part(destination: Node, theirs: Sequence[Network]) -> Iterator[Finding]:
    network = destination.network()
    if network is None or network.version != 4 or is_internet(network):
        return
    if any(_is_within(network, part) or _is_within(part, network) for part in theirs):
        yield destination.wrong("another region's addresses are reached past its gateways, without a tunnel")


def _is_within(inner: Network, outer: Network) -> bool:
    return (
        inner.version == outer.version
        and int(outer.network_address) <= int(inner.network_address)
        and int(inner.broadcast_address) <= int(outer.broadcast_address)
    )


RULES: Final = (
    Rule(
        id="MF-W6",
        title="Only gateway ranges are routed to tunnel gateways",
        why="A default route makes a gateway the way out of a whole region, and pod ranges of others lead past the "
        "east-west gateways, where exports and identities are checked.",
        mend="Route the federation's gateway ranges to the gateways and nothing else.",
        packs=(Pack.ZERO_TRUST, Pack.FEDERATION),
        checks=dict.fromkeys(_KINDS, (_default_route_stays,)),
        plan_checks=(_routes_are_gateway_ranges,),
        controls=("NIST SP 800-53 AC-4", "NIST SP 800-53 SC-7"),
        weaker="A route is a gateway's where it ends at a machine or a load balancer; others only must not lead to the "
        "ranges of other regions. Peerings and hubs of Azure and Google Cloud bring routes of their own, which are not "
        "seen. Other regions' ranges are known only with the plan; routes that gateways speak over BGP are MF-F5's "
        "and MF-C13's.",
    ),
)
