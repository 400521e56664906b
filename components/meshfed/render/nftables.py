"""The nftables ruleset of a tunnel gateway: nothing enters or passes that the plan does not name.

Flows of the region's own gateway range (its east-west balancers) keep their address and are not tracked, so that their
replies may leave through the other gateway of the pair. All else is tracked and leaves with the gateway's own address.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from meshfed.render.bird import BgpNeighbor
from meshfed.render.gateway_view import TUNNEL_INTERFACES, GatewayView
from meshfed.render.nftables_sets import TABLE, named_sets
from meshfed.values import Cloud

HEALTH_PORT = 8479
"""TCP port on which the agent answers the health probes of Azure's and Google's load balancers."""
READY_PORT = 8480
"""TCP port on which the agent tells Google's instance groups that a new machine works, whatever its peers do."""
PROBE_PORTS = {Cloud.AWS: (), Cloud.AZURE: (HEALTH_PORT,), Cloud.GCP: (HEALTH_PORT, READY_PORT)}
"""What each cloud probes."""
PROBE_SOURCES = {
    Cloud.AWS: (),
    Cloud.AZURE: ("168.63.129.16",),
    Cloud.GCP: ("35.191.0.0/16", "130.211.0.0/22"),
}
"""Where a cloud's load balancers probe from: Azure's platform address, Google's documented ranges."""
IPV6_MSS_DIFFERENCE = 20
"""An IPv6 header is 20 bytes longer than an IPv4 header."""
BGP_PORT = 179
BFD_PORT = 3784
"""Single-hop BFD (RFC 5881)."""
BFD_MULTIHOP_PORT = 4784
"""RFC 5883."""


def nftables_text(view: GatewayView, neighbors: Sequence[BgpNeighbor] = ()) -> str:
    """The whole ruleset of one gateway; the neighbours are the cloud's routers that speak BGP with it."""
    chains = (
        _untracked(view),
        *_best_routes(view),
        _sources(view),
        _input(view),
        _forward(view),
        *_clamps(view),
        _translation(view),
    )
    sets = "\n".join(one.text() for one in named_sets(view, [neighbor.address for neighbor in neighbors]))
    body = "\n".join(_chain(name, rules) for name, rules in chains)
    # Created and deleted first, so that the table of an earlier document is replaced in one step.
    return f"table {TABLE}\ndelete table {TABLE}\n\ntable {TABLE} {{\n{sets}\n{body}}}\n"


def _chain(name: str, rules: Iterable[str]) -> str:
    return f"  chain {name} {{\n" + "".join(f"    {rule}\n" for rule in rules) + "  }\n"


def _refused(what: str) -> tuple[str, str]:
    return (f'limit rate 1/second burst 5 packets log prefix "meshfed {what}: "', "counter drop")


def _untracked(view: GatewayView) -> tuple[str, list[str]]:
    own, own6 = view.address, view.region.ranges.gateway_address_ipv6(view.gateway)
    return "untracked", [
        "type filter hook prerouting priority raw; policy accept;",
        f'iifname "{TUNNEL_INTERFACES}" ip daddr != {own} ip daddr {view.region.ranges.gateways} notrack',
        f'iifname "{TUNNEL_INTERFACES}" ip daddr @peer_ranges notrack',
        f'iifname "{TUNNEL_INTERFACES}" ip6 daddr != {own6} ip6 daddr @peer_ranges6 notrack',
        f'iifname != "{TUNNEL_INTERFACES}" ip saddr {view.region.ranges.gateways} ip daddr @peer_ranges notrack',
    ]


def _best_routes(view: GatewayView) -> Iterator[tuple[str, list[str]]]:
    """A source is taken from a peer region only while the best route back to it leads to that same region."""
    from_any, from_any6 = ("ip saddr @peer_ranges", "ip6 saddr @peer_ranges6")
    from_own, from_own6 = ("ip saddr . iifname @own_path", "ip6 saddr . iifname @own_path6")
    for region, tunnels in groupby(view.tunnels, lambda tunnel: tunnel.peer.key):
        names = ", ".join(f'"{link.interface}"' for tunnel in tunnels for link in tunnel.tunnel.links)
        yield (
            f"best_{region}",
            [
                f"{from_any if view.reroutes else from_own} fib saddr oifname {{ {names} }} accept",
                f"{from_any6 if view.reroutes else from_own6} fib saddr oifname {{ {names} }} accept",
                *_refused("foreign source"),
            ],
        )


def _sources(view: GatewayView) -> tuple[str, list[str]]:
    jumps = ",\n      ".join(
        f'"{link.interface}" : jump best_{tunnel.peer.key}' for tunnel in view.tunnels for link in tunnel.tunnel.links
    )
    return "sources", [
        "type filter hook prerouting priority -310; policy accept;",
        f'iifname != "{TUNNEL_INTERFACES}" accept',
        "ip6 saddr fe80::/10 drop",
        "ip saddr . iifname @link_ends accept",
        "ip6 saddr . iifname @link_ends6 accept",
        *([f"iifname vmap {{\n      {jumps}\n    }}"] if jumps else []),
        *_refused("foreign tunnel"),
    ]


def _input(view: GatewayView) -> tuple[str, list[str]]:
    probes, ports = ", ".join(PROBE_SOURCES[view.region.cloud]), ", ".join(map(str, PROBE_PORTS[view.region.cloud]))
    uplink = f'iifname != "{TUNNEL_INTERFACES}"'
    return "input", [
        "type filter hook input priority filter; policy drop;",
        'iifname "lo" accept',
        "ct state established,related accept",
        f"{uplink} ip saddr . udp dport @listening accept",
        f"ip saddr . iifname @link_ends tcp dport {BGP_PORT} accept",
        f"ip saddr . iifname @link_ends udp dport {BFD_PORT} accept",
        f"{uplink} ip saddr @cloud_routers tcp dport {BGP_PORT} accept",
        f"{uplink} ip saddr @cloud_routers udp dport {{ {BFD_PORT}, {BFD_MULTIHOP_PORT} }} accept",
        *([f"{uplink} ip saddr {{ {probes} }} tcp dport {{ {ports} }} accept"] if probes else []),
        f"{uplink} udp sport 67 udp dport 68 accept",
        f"{uplink} icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }} accept",
        f"{uplink} ip saddr @region_ranges icmp type echo-request limit rate 20/second accept",
        "ip saddr . iifname @link_ends icmp type echo-request limit rate 20/second accept",
        "ip saddr @gateways icmp type echo-request limit rate 20/second accept",
        "ip6 saddr @peer_ranges6 icmpv6 type echo-request limit rate 20/second accept",
        *_refused("input"),
    ]


def _forward(view: GatewayView) -> tuple[str, list[str]]:
    """Between tunnels only one hop; from tunnels only to balancers and gateways; into tunnels only this region."""
    tunnels, uplink = f'"{TUNNEL_INTERFACES}"', f'!= "{TUNNEL_INTERFACES}"'
    one_hop = [
        "ip saddr . iifname @own_path ip daddr . oifname @own_path accept",
        "ip6 saddr . iifname @own_path6 ip6 daddr . oifname @own_path6 accept",
    ]
    return "forward", [
        "type filter hook forward priority filter; policy drop;",
        *(one_hop if view.reroutes else []),
        f"iifname {tunnels} oifname {tunnels} goto refused_transit",
        "ct state established,related accept",
        "ct state invalid counter drop",
        f"iifname {tunnels} ip saddr @peer_ranges ip daddr @reachable accept",
        f"iifname {uplink} oifname {tunnels} ip saddr @region_ranges ip daddr @peer_ranges accept",
        # Without a route into a tunnel the packet would go back to the cloud's network, which sends it here again.
        f"iifname {uplink} oifname {uplink} ip daddr @peer_ranges reject with icmp type net-unreachable",
        *_refused("forward"),
    ]


def _clamps(view: GatewayView) -> Iterator[tuple[str, list[str]]]:
    """TCP learns the segment size of the tunnel, in both directions, since clouds lose messages about packet size."""
    yield "refused_transit", list(_refused("transit"))
    by_size: dict[int, list[str]] = {}
    for tunnel in view.tunnels:
        by_size.setdefault(tunnel.tunnel.pair.mss, []).extend(link.interface for link in tunnel.tunnel.links)
    rules = ["type filter hook forward priority mangle; policy accept;"]
    for size, interfaces in sorted(by_size.items()):
        names = ", ".join(f'"{interface}"' for interface in interfaces)
        for side in ("iifname", "oifname"):
            for version, mss in (("ipv4", size), ("ipv6", size - IPV6_MSS_DIFFERENCE)):
                match = f"meta nfproto {version} {side} {{ {names} }} tcp flags syn / syn,rst"
                rules.append(f"{match} tcp option maxseg size set {mss}")
    yield "segment_size", rules


def _translation(view: GatewayView) -> tuple[str, list[str]]:
    own, own_range = view.address, view.region.ranges.gateways
    match = f'oifname "{TUNNEL_INTERFACES}" ip saddr != {own_range} ip saddr @region_ranges ip daddr @peer_ranges'
    return "translation", ["type nat hook postrouting priority srcnat; policy accept;", f"{match} snat ip to {own}"]
