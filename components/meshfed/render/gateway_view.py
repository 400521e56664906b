"""The federation as one tunnel gateway sees it: the tunnels and addresses that every text of its host is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Network, collapse_addresses

from meshfed.settings.facts import RegionFacts
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.topology.tunnels import Tunnel
from meshfed.values import GatewayName, Reroute, Transport

TUNNEL_INTERFACES = "wg-*"
"""Every tunnel's interface and no other, for programs that match names by pattern."""
ROUTE_TABLE = 8479
"""Kernel table of the routes into tunnels."""
UNDERLAY_MARK = 0x6D66
"""Mark of encrypted packets: they pass over the route table of tunnels, even where a peer's endpoint is in it."""


@dataclass(frozen=True, slots=True)
class OpenTunnel:
    """A tunnel to a gateway of a pinned region."""

    tunnel: Tunnel
    peer: RegionPlan
    endpoint: IPv4Address
    """Where the peer's gateway receives encrypted packets."""
    reroutes: bool
    """Whether the peer may pass on routes of a third region."""

    @property
    def name(self) -> str:
        """The peer's gateway: `euc1-a`."""
        return f"{self.peer.key}-{self.tunnel.remote_gateway.value}"

    @property
    def is_same_letter(self) -> bool:
        """Whether both ends are the a or both the b of their pair: the tunnel that is preferred."""
        return self.tunnel.local_gateway is self.tunnel.remote_gateway


@dataclass(frozen=True)
class GatewayView:
    """What one gateway's texts are made of."""

    plan: Plan
    region: RegionPlan
    gateway: GatewayName
    peers: Mapping[str, RegionPlan]
    """The pinned regions, by slot."""

    @property
    def address(self) -> IPv4Address:
        """The gateway's own private address."""
        return self.region.ranges.gateway_address(self.gateway)

    @property
    def reroutes(self) -> bool:
        """Whether a dead pair of regions is gone around through a third one."""
        return self.plan.federation.tunnels.reroute is Reroute.ONE_HOP

    @cached_property
    def tunnels(self) -> tuple[OpenTunnel, ...]:
        """The open tunnels of this gateway, by slot of the peer."""
        return tuple(
            OpenTunnel(
                tunnel=tunnel,
                peer=self.peers[tunnel.remote_region],
                endpoint=endpoint(self.peers[tunnel.remote_region], tunnel),
                reroutes=self.reroutes,
            )
            for tunnel in self.plan.tunnels(self.region.key)
            if tunnel.local_gateway is self.gateway and tunnel.remote_region in self.peers
        )

    @cached_property
    def peer_ranges(self) -> tuple[IPv4Network, ...]:
        """The gateway ranges of all pinned regions, collapsed."""
        return tuple(collapse_addresses(peer.ranges.gateways for peer in self.peers.values()))

    @cached_property
    def peer_ranges_ipv6(self) -> tuple[IPv6Network, ...]:
        """The same for their unique local addresses."""
        return tuple(collapse_addresses(peer.ranges.gateways_ipv6 for peer in self.peers.values()))


def gateway_view(plan: Plan, region: str, gateway: GatewayName) -> GatewayView:
    """The view of one gateway; a quarantined region's gateway sees no peer."""
    peers = {peer.key: peer for peer in plan.open_peers(region)}
    return GatewayView(plan=plan, region=plan.regions[region], gateway=gateway, peers=peers)


def endpoint(peer: RegionPlan, tunnel: Tunnel) -> IPv4Address:
    """The address from which a peer's gateway sends encrypted packets, and where it receives them."""
    if tunnel.pair.transport is Transport.INTERCONNECT:
        return peer.ranges.gateway_address(tunnel.remote_gateway)
    return facts_of(peer).gateway_addresses[list(GatewayName).index(tunnel.remote_gateway)]


def facts_of(peer: RegionPlan) -> RegionFacts:
    """The pinned facts of an open peer."""
    if peer.facts is None:
        raise ValueError(f"{peer.key} is not pinned and cannot be an open peer")
    return peer.facts
