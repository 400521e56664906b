"""The rules of a region's security groups, from its plan. Pure; `AzureSecurityGroup` makes resources of them.

Every group ends in a deny of everything inbound, above Azure's own rule that lets a whole virtual network in.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network

from meshfed.azure.security_group import AzureDirection, AzureProtocol, AzureRuleAccess, AzureSecurityRuleArgs
from meshfed.render.firewall import TunnelSource
from meshfed.topology.addresses import Ranges
from meshfed.values import GatewayName

EAST_WEST_PORT = 15443
"""Port on which Istio's east-west gateways take mTLS traffic of other regions."""
LAST_PRIORITY = 4096
FIRST_PEER_PRIORITY = 1000
"""Peers have 1000 + 2 x slot and the next: a peer keeps its number whatever happens to the others."""

_ANYWHERE = ["*"]
_PROBES = ["AzureLoadBalancer"]


def gateway_rules(
    ranges: Ranges,
    pods: Sequence[IPv4Network],
    routes: Sequence[IPv4Network],
    sources: Sequence[TunnelSource],
    ports: tuple[int, Sequence[int]],
) -> list[AzureSecurityRuleArgs]:
    """Rules of the tunnel gateways: tunnels from known peers only, forwarding between the region and gateway ranges.

    `pods` have addresses of the network of their own, if any; `ports` are that of health and those of the web.
    """
    health_port, web_ports = ports
    hosts = _texts(ranges.tunnel_subnets)
    gateways = [str(ranges.gateway_address(gateway)) for gateway in GatewayName]
    region = [*_texts(ranges.nodes), str(ranges.gateways)]
    rules = [
        _allow("probes", 100, AzureProtocol.TCP, (_PROBES, hosts, [str(health_port)])),
        _allow("forward", 110, AzureProtocol.ANY, ([*region, *_texts(pods)], _texts(routes), _ANYWHERE)),
    ]
    out = AzureDirection.OUTBOUND
    rules.append(_allow("deliver-out", 110, AzureProtocol.ANY, (_texts(routes), region, _ANYWHERE), out))
    for source in sources:
        ends = ([f"{source.address}/32"], gateways, _ports(source))
        priority = FIRST_PEER_PRIORITY + source.slot * 2 + list(GatewayName).index(source.gateway)
        peer = f"peer-{source.region}-{source.gateway.value}"
        rules.append(_allow(peer, priority, AzureProtocol.UDP, ends))
        answer = (gateways, [f"{source.address}/32"], ["500", "4500", "51820-52331"])
        rules.append(_allow(f"{peer}-out", priority, AzureProtocol.UDP, answer, out))
    rules.append(_allow("web-out", 100, AzureProtocol.TCP, (gateways, ["Internet"], [str(p) for p in web_ports]), out))
    rules.append(_deny_in())
    rules.append(_deny("deny-internet-out", LAST_PRIORITY, _ANYWHERE, ["Internet"], out))
    return rules


def node_rules(ranges: Ranges, routes: Sequence[IPv4Network]) -> list[AzureSecurityRuleArgs]:
    """Rules of the nodes: themselves and their pods, the API server, and other regions on the east-west port alone."""
    nodes, pods = _texts(ranges.nodes), [str(ranges.pods)]
    inside = [*nodes, *pods]
    east_west = [*nodes, *_texts(ranges.east_west_subnets)]
    return [
        _allow("cluster", 100, AzureProtocol.ANY, (inside, inside, _ANYWHERE)),
        _allow("api-server", 110, AzureProtocol.TCP, (_texts(ranges.control_subnets), inside, _ANYWHERE)),
        _allow("probes", 120, AzureProtocol.TCP, (_PROBES, nodes, _ANYWHERE)),
        _allow("east-west", 130, AzureProtocol.TCP, (_texts(routes), east_west, [str(EAST_WEST_PORT)])),
        _deny_in(),
    ]


def control_rules(ranges: Ranges) -> list[AzureSecurityRuleArgs]:
    """Rules of the API server's subnet: what Azure asks for with API server VNet integration, and the runner."""
    control = _texts(ranges.control_subnets)
    network = [str(ranges.network)]
    return [
        _allow("api", 100, AzureProtocol.TCP, (network, control, ["443", "4443"])),
        _allow("probes", 110, AzureProtocol.TCP, (_PROBES, control, ["9988"])),
        _allow("itself", 120, AzureProtocol.ANY, (control, control, _ANYWHERE)),
        _deny_in(),
    ]


def endpoint_rules(ranges: Ranges) -> list[AzureSecurityRuleArgs]:
    """Rules of the private endpoints: HTTPS from the region's own network and its tunnel gateways."""
    sources = [str(ranges.network), *_texts(ranges.tunnel_subnets)]
    endpoints = _texts(ranges.endpoint_subnets)
    return [_allow("https", 100, AzureProtocol.TCP, (sources, endpoints, ["443"])), _deny_in()]


def east_west_rules(ranges: Ranges, routes: Sequence[IPv4Network]) -> list[AzureSecurityRuleArgs]:
    """Rules of the subnet that holds the east-west load balancer's address."""
    ends = (_texts(routes), _texts(ranges.east_west_subnets), [str(EAST_WEST_PORT)])
    return [_allow("east-west", 100, AzureProtocol.TCP, ends), _deny_in()]


def _ports(source: TunnelSource) -> list[str]:
    return [str(first) if first == last else f"{first}-{last}" for first, last in source.ports]


def _texts(networks: Sequence[IPv4Network]) -> list[str]:
    return [str(network) for network in networks]


def _allow(
    name: str,
    priority: int,
    protocol: AzureProtocol,
    ends: tuple[list[str], list[str], list[str]],
    direction: AzureDirection = AzureDirection.INBOUND,
) -> AzureSecurityRuleArgs:
    """A rule that lets through; `ends` are sources, destinations and destination ports."""
    sources, destinations, ports = ends
    return {
        "name": name,
        "priority": priority,
        "direction": direction,
        "access": AzureRuleAccess.ALLOW,
        "protocol": protocol,
        "sources": sources,
        "destinations": destinations,
        "ports": ports,
    }


def _deny_in() -> AzureSecurityRuleArgs:
    return _deny("deny-in", LAST_PRIORITY, _ANYWHERE, _ANYWHERE, AzureDirection.INBOUND)


def _deny(
    name: str, priority: int, sources: list[str], destinations: list[str], direction: AzureDirection
) -> AzureSecurityRuleArgs:
    return {
        "name": name,
        "priority": priority,
        "direction": direction,
        "access": AzureRuleAccess.DENY,
        "protocol": AzureProtocol.ANY,
        "sources": sources,
        "destinations": destinations,
        "ports": ["*"],
    }
