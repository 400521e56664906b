"""The named sets of a gateway's nftables ruleset: all that changes when a region comes or goes, beside its chains."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses

from meshfed.render.firewall import tunnel_ports
from meshfed.render.gateway_view import GatewayView, OpenTunnel
from meshfed.values import GatewayName

TABLE = "inet meshfed"
"""The one table of the gateway; a host's first boot fills it with a ruleset that lets nothing in."""


@dataclass(frozen=True, slots=True)
class NamedSet:
    """A named set of addresses, or of addresses with ports or interfaces."""

    name: str
    type: str
    elements: tuple[str, ...]
    is_interval: bool = False

    def text(self) -> str:
        """Its definition; an empty set matches nothing."""
        flags = "\n    flags interval" if self.is_interval else ""
        body = ",\n      ".join(self.elements)
        elements = f"\n    elements = {{\n      {body}\n    }}" if body else ""
        return f"  set {self.name} {{\n    type {self.type}{flags}{elements}\n  }}\n"


def named_sets(view: GatewayView, routers: Sequence[str]) -> Iterator[NamedSet]:
    """Every set that the chains name."""
    yield from _ranges(view, routers)
    yield from _links(view)


def _ranges(view: GatewayView, routers: Sequence[str]) -> Iterator[NamedSet]:
    ranges, peers = view.region.ranges, [peer.ranges for peer in view.peers.values()]
    of_region = [ranges.network, *ranges.nodes, ranges.pods, *ranges.pod_subnets, ranges.gateways]
    gateways = [peer.gateway_address(name) for peer in peers for name in GatewayName]
    own_gateways = [IPv4Network(ranges.gateway_address(name)) for name in GatewayName]
    reachable = collapse_addresses([*ranges.east_west_subnets, *own_gateways])
    yield NamedSet("region_ranges", "ipv4_addr", _texts(collapse_addresses(of_region)), is_interval=True)
    yield NamedSet("reachable", "ipv4_addr", _texts(reachable), is_interval=True)
    yield NamedSet("peer_ranges", "ipv4_addr", _texts(view.peer_ranges), is_interval=True)
    yield NamedSet("peer_ranges6", "ipv6_addr", _texts(view.peer_ranges_ipv6), is_interval=True)
    yield NamedSet("gateways", "ipv4_addr", _texts(gateways))
    yield NamedSet("cloud_routers", "ipv4_addr", tuple(routers))


def _links(view: GatewayView) -> Iterator[NamedSet]:
    ends = [(tunnel.peer.ranges, link) for tunnel in view.tunnels for link in tunnel.tunnel.links]
    listening = tuple(element for tunnel in view.tunnels for element in _listening(tunnel))
    yield NamedSet("listening", "ipv4_addr . inet_service", listening, is_interval=True)
    yield NamedSet(
        "link_ends", "ipv4_addr . ifname", tuple(_at(link.remote_address, link.interface) for _, link in ends)
    )
    yield NamedSet(
        "link_ends6", "ipv6_addr . ifname", tuple(_at(link.remote_address_ipv6, link.interface) for _, link in ends)
    )
    own = tuple(_at(peer.gateways, link.interface) for peer, link in ends)
    own6 = tuple(_at(peer.gateways_ipv6, link.interface) for peer, link in ends)
    yield NamedSet("own_path", "ipv4_addr . ifname", own, is_interval=True)
    yield NamedSet("own_path6", "ipv6_addr . ifname", own6, is_interval=True)


def _listening(tunnel: OpenTunnel) -> Iterator[str]:
    for first, last in tunnel_ports(tunnel.tunnel.pair.kind, tunnel.peer.slot, tunnel.tunnel.remote_gateway):
        yield f"{tunnel.endpoint} . {first}" if first == last else f"{tunnel.endpoint} . {first}-{last}"


def _at(address: object, interface: str) -> str:
    return f'{address} . "{interface}"'


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
