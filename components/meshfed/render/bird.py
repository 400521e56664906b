"""bird.conf of a tunnel gateway: BGP and BFD over every link, filters that let a region speak for its own range alone.

Each key generation of a tunnel has its own protocol; the agent disables the one whose interface goes. Routes into
tunnels live in a kernel table of their own, which encrypted packets pass over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from meshfed.render.gateway_view import ROUTE_TABLE, TUNNEL_INTERFACES, GatewayView, OpenTunnel
from meshfed.topology.plan import RegionPlan
from meshfed.topology.tunnels import Link
from meshfed.values import GatewayName

BFD_MILLISECONDS = 300
"""Interval of BFD."""
BFD_MULTIPLIER = 3
"""Missed packets after which a link is down: 900 ms at the interval above."""
DIRECT_PREFERENCE = 20000
"""Local preference of a peer's own routes; the tunnel between two gateways of one letter comes first."""
TRANSIT_PREFERENCE = 10000
"""Local preference of a route through a third region, less twice its slot: both ends of a dead pair choose the same
third region, since the far end takes a source only from the neighbour that its own best route uses."""
ROUTE_LIMIT = 4096
"""More than 1022 regions send; a session that sends more than this takes no more memory."""
CLOUD_TABLE = "cloud4"
"""Bird's table of what a cloud's router is told; it never reaches the kernel."""


@dataclass(frozen=True, slots=True)
class BgpNeighbor:
    """A router of the cloud that sends a region's traffic to its gateways: an AWS Route Server endpoint."""

    address: str
    asn: int


def protocol_name(link: Link) -> str:
    """The name of a link's BGP protocol.

    An interface `wg-euc1-a0` has the protocol `wg_euc1_a0`.
    """
    return link.interface.replace("-", "_")


def bird_text(view: GatewayView, neighbors: Sequence[BgpNeighbor] = ()) -> str:
    """The whole bird.conf of one gateway."""
    parts = [
        _base(view),
        *_own_routes(view),
        _owner_check(view, "4"),
        _owner_check(view, "6"),
        *(_import_filter(tunnel) for tunnel in view.tunnels),
        _export_filter(view),
        _template(view),
        *(_session(tunnel, link) for tunnel in view.tunnels for link in tunnel.tunnel.links),
        *(_cloud_routers(view, neighbors) if neighbors else ()),
    ]
    return "\n".join(parts)


def _base(view: GatewayView) -> str:
    return f"""\
log syslog {{ warning, error, fatal, bug, auth }};
router id {view.address};

protocol device {{
  scan time 5;
}}

protocol bfd {{
  interface "{TUNNEL_INTERFACES}" {{ interval {BFD_MILLISECONDS} ms; multiplier {BFD_MULTIPLIER}; }};
  interface "*" {{ interval {BFD_MILLISECONDS} ms; multiplier {BFD_MULTIPLIER}; }};
  multihop {{ interval {BFD_MILLISECONDS} ms; multiplier {BFD_MULTIPLIER}; }};
}}
"""


def _own_routes(view: GatewayView) -> Iterator[str]:
    """What the gateway says it reaches, and how the kernel sends what it learns.

    The kernel is given learned routes only: its own range stays with the cloud's network.
    """
    ranges = view.region.ranges
    address, address6 = view.address, ranges.gateway_address_ipv6(view.gateway)
    for version, own, host in (
        ("4", ranges.gateways, f"{address}/{address.max_prefixlen}"),
        ("6", ranges.gateways_ipv6, f"{address6}/{address6.max_prefixlen}"),
    ):
        yield f"""\
protocol static own{version} {{
  ipv{version};
  route {own} blackhole;
  route {host} blackhole;
}}

protocol kernel kernel{version} {{
  kernel table {ROUTE_TABLE};
  ipv{version} {{
    import none;
    export filter {{
      if source != RTS_BGP then reject;
      krt_prefsrc = {host.partition("/")[0]};
      accept;
    }};
  }};
}}
"""


def _owner_check(view: GatewayView, version: str) -> str:
    """Accepts what belongs to the region whose ASN originates it: its range and its two gateways."""
    cases = "\n".join(
        f"    {peer.asn}: if net ~ [ {', '.join(_owned(peer, version))} ] then accept;" for peer in view.peers.values()
    )
    body = f"  case bgp_path.last {{\n{cases}\n  }}\n" if cases else ""
    return f"function accept_owned{version}()\n{{\n{body}  reject;\n}}\n"


def _owned(peer: RegionPlan, version: str) -> tuple[str, ...]:
    ranges = peer.ranges
    if version == "4":
        return (str(ranges.gateways), *(f"{ranges.gateway_address(name)}/32" for name in GatewayName))
    return (str(ranges.gateways_ipv6), *(f"{ranges.gateway_address_ipv6(name)}/128" for name in GatewayName))


def _filter_name(tunnel: OpenTunnel) -> str:
    return f"from_{tunnel.peer.key}_{tunnel.tunnel.remote_gateway.value}"


def _import_filter(tunnel: OpenTunnel) -> str:
    """Accepts a peer's own routes and, where reroute allows it, those it learned from their origin itself."""
    same_letter = 1 if tunnel.is_same_letter else 0
    return f"""\
filter {_filter_name(tunnel)}
{{
  if bgp_path.first != {tunnel.peer.asn} || bgp_path.len > {_longest_path(tunnel)} then reject;
  bgp_local_pref = {TRANSIT_PREFERENCE - 2 * tunnel.peer.slot + same_letter};
  if bgp_path.len = 1 then bgp_local_pref = {DIRECT_PREFERENCE + same_letter};
  if net.type = NET_IP4 then accept_owned4();
  accept_owned6();
}}
"""


def _longest_path(tunnel: OpenTunnel) -> int:
    return 2 if tunnel.reroutes else 1


def _export_filter(view: GatewayView) -> str:
    """Tells peers the region's own routes and, where reroute allows it, those learned from their origin itself."""
    learned = '\n  if source = RTS_BGP && bgp_path.len = 1 && proto ~ "wg_*" then accept;' if view.reroutes else ""
    return f"""\
filter to_tunnel
{{
  if proto = "own4" || proto = "own6" then accept;{learned}
  reject;
}}
"""


def _template(view: GatewayView) -> str:
    # `prefer older` breaks ties between the key generations of a tunnel only, since preferences differ otherwise: a
    # generation that just came up takes no traffic before the agent finds it steady and ends the old one.
    return f"""\
template bgp tunnel
{{
  local as {view.region.asn};
  direct;
  ttl security on;
  bfd on;
  hold time 9;
  keepalive time 3;
  prefer older on;
  connect delay time 1;
  connect retry time 5;
  error wait time 1, 30;
}}
"""


def _session(tunnel: OpenTunnel, link: Link) -> str:
    name, limit = _filter_name(tunnel), f"receive limit {ROUTE_LIMIT} action block;"
    return f"""\
protocol bgp {protocol_name(link)} from tunnel
{{
  interface "{link.interface}";
  source address {link.local_address};
  neighbor {link.remote_address} as {tunnel.peer.asn};
  ipv4 {{ import filter {name}; export filter to_tunnel; {limit} next hop self; }};
  ipv6 {{ import filter {name}; export filter to_tunnel; {limit} next hop address {link.local_address_ipv6}; }};
}}
"""


def _cloud_routers(view: GatewayView, neighbors: Sequence[BgpNeighbor]) -> Iterator[str]:
    """Tells the cloud's routers one unchanging route while BFD finds at least one tunnel up."""
    links = [link.remote_address for tunnel in view.tunnels for link in tunnel.tunnel.links]
    hops = "".join(f"\n    via {address} bfd" for address in links)
    networks = view.plan.gateway_routes(view.region.key) if links else ()
    routes = "".join(f"\n  route {network}{hops};" for network in networks)
    yield f"""\
ipv4 table {CLOUD_TABLE};

protocol static while_a_tunnel_is_up {{
  ipv4 {{ table {CLOUD_TABLE}; }};{routes}
}}
"""
    for number, neighbor in enumerate(neighbors, start=1):
        yield f"""\
protocol bgp cloud_router_{number} {{
  local {view.address} as {view.region.asn};
  neighbor {neighbor.address} as {neighbor.asn};
  {_reach(view, neighbor)}
  bfd on;
  hold time 30;
  ipv4 {{
    table {CLOUD_TABLE};
    import none;
    export filter {{ bgp_med = {list(GatewayName).index(view.gateway)}; accept; }};
    next hop self;
  }};
}}
"""


def _reach(view: GatewayView, neighbor: BgpNeighbor) -> str:
    """A router in the gateway's own subnet is a direct neighbour; that of another zone is not."""
    address = IPv4Address(neighbor.address)
    is_direct = any(view.address in subnet and address in subnet for subnet in view.region.ranges.tunnel_subnets)
    return "direct;" if is_direct else "multihop;"
