"""What the firewall lets through to and from tunnel gateways and nodes. Peers without pinned facts are not in it."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from meshfed.gcp.firewall import GcpDirection, GcpFirewallRuleArgs, GcpPortsArgs
from meshfed.render.cloud_init import HEALTH_PORT
from meshfed.render.firewall import IKE_PORTS, TunnelSource, web_ports
from meshfed.render.nftables import READY_PORT
from meshfed.settings.region import GcpRegion
from meshfed.topology.addresses import Ranges
from meshfed.topology.tunnels import listen_port
from meshfed.values import GatewayName

SLOTS_PER_RULE = 16
"""Peers share a rule by sixteen slots: 128 regions take 8 rules each way, of the 100 that a project has by default."""
HEALTH_SOURCES = ["35.191.0.0/16", "130.211.0.0/22"]
"""Where Google's health checks come from (https://cloud.google.com/load-balancing/docs/health-check-concepts)."""
EAST_WEST_PORT = "15443"
"""Port of Istio's east-west gateway."""
INTERNET = "0.0.0.0/0"
TCP_AND_ICMP = ("tcp", "icmp")


def gateway_rules(
    settings: GcpRegion, ranges: Ranges, routes: Sequence[str], sources: Sequence[TunnelSource]
) -> list[GcpFirewallRuleArgs]:
    """The rules of the tunnel gateways of one region."""
    inside, web = _inside(ranges), [str(port) for port in web_ports(settings)]
    return [
        _ingress("health", "Health checks", HEALTH_SOURCES, [], [_tcp(str(HEALTH_PORT), str(READY_PORT))]),
        _ingress("from-inside", "Towards other regions' gateways", inside, routes, _whole(TCP_AND_ICMP)),
        _egress("to-inside", "From other regions' gateways", inside, _whole(TCP_AND_ICMP)),
        _egress("services", "Google's services, the distribution and packages", [INTERNET], [_tcp(*web)]),
        *_peer_rules(settings.slot, sources),
    ]


def node_rules(ranges: Ranges, routes: Sequence[str]) -> list[GcpFirewallRuleArgs]:
    """The rules of the nodes beside those that Kubernetes Engine makes itself."""
    east_west = [str(subnet) for subnet in ranges.east_west_subnets]
    return [
        _ingress("east-west", "Other regions' gateways", routes, east_west, [_tcp(EAST_WEST_PORT)]),
        _egress(
            "inside", "Nodes, pods, services and the control plane", _inside(ranges), _whole(("tcp", "udp", "icmp"))
        ),
        _egress("federation", "Other regions' east-west gateways", routes, [_tcp(EAST_WEST_PORT)]),
        _egress("services", "Google's services and registries", [INTERNET], [_tcp("443")]),
    ]


def _inside(ranges: Ranges) -> list[str]:
    return [str(part) for part in (ranges.network, ranges.pods, ranges.services, ranges.gateways)]


def _peer_rules(slot: int, sources: Sequence[TunnelSource]) -> Iterator[GcpFirewallRuleArgs]:
    for shard, members in groupby(sources, key=lambda source: source.slot // SLOTS_PER_RULE):
        peers = list(members)
        addresses = sorted({f"{peer.address}/32" for peer in peers})
        waited = sorted({ports for peer in peers for ports in peer.ports})
        key, about = (
            f"peers-{shard}",
            f"Tunnels of slots {shard * SLOTS_PER_RULE} to {(shard + 1) * SLOTS_PER_RULE - 1}",
        )
        yield _ingress(f"from-{key}", about, addresses, [], [_udp(*waited)])
        yield _egress(f"to-{key}", about, addresses, [_udp(*_dialled(slot, waited))])


def _dialled(slot: int, waited: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ports on which peers wait for us: those of IKE, or those that follow from our own slot."""
    ike = [ports for ports in IKE_PORTS if ports in waited]
    ours = (listen_port(slot, GatewayName.A, 0), listen_port(slot, GatewayName.B, 1))
    return [*ike, ours] if len(ike) < len(waited) else ike


def _tcp(*ports: str) -> GcpPortsArgs:
    return {"protocol": "tcp", "ports": sorted(set(ports))}


def _udp(*ports: tuple[int, int]) -> GcpPortsArgs:
    return {"protocol": "udp", "ports": [str(low) if low == high else f"{low}-{high}" for low, high in ports]}


def _whole(protocols: Sequence[str]) -> list[GcpPortsArgs]:
    return [{"protocol": protocol, "ports": []} for protocol in protocols]


def _ingress(
    key: str, about: str, sources: Sequence[str], destinations: Sequence[str], allows: list[GcpPortsArgs]
) -> GcpFirewallRuleArgs:
    return {
        "key": key,
        "description": about,
        "direction": GcpDirection.INGRESS,
        "sources": list(sources),
        "destinations": list(destinations),
        "allows": allows,
    }


def _egress(key: str, about: str, destinations: Sequence[str], allows: list[GcpPortsArgs]) -> GcpFirewallRuleArgs:
    return {
        "key": key,
        "description": about,
        "direction": GcpDirection.EGRESS,
        "sources": [],
        "destinations": list(destinations),
        "allows": allows,
    }
