"""The tunnels between two regions: each gateway of one to each of the other, with names, ports, addresses and sizes.

A tunnel has two key generations, each with its own interface, port and link addresses, so that a key is rotated by
bringing the next generation up before the old one goes.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from meshfed.topology.addresses import LINK_ADDRESSES
from meshfed.values import GatewayName, Transport, TunnelKind

FIRST_PORT = 51820
"""First UDP port of the tunnels (WireGuard's customary one)."""
FIRST_ASN = 64512
"""ASN of slot 0: private use (RFC 6996), 16 bits, since Azure's Route Server takes no other."""
KEEPALIVE_SECONDS = 25
"""Interval of WireGuard's keepalive, on one side of a tunnel only: on both sides two starting ends can livelock."""
IPV6_MINIMUM_MTU = 1280
"""RFC 8200 section 5."""
WIREGUARD_BYTES = 32
"""Header and tag of a WireGuard data packet (whitepaper section 5.4.6)."""
ESP_BYTES = 8 + 8 + 2 + 16
"""ESP header, AES-GCM initialisation vector, trailer and tag (RFC 4303, RFC 4106)."""
UDP_BYTES = 8
OUTER_IPV4_BYTES = 20
OUTER_IPV6_BYTES = 40
_ORDER = {gateway: index for index, gateway in enumerate(GatewayName)}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two regions and what their four tunnels have in common; `low` has the smaller slot."""

    low: str
    low_slot: int
    high: str
    high_slot: int
    kind: TunnelKind
    transport: Transport
    path_mtu: int
    """Largest packet of the underlay between them, in bytes."""
    mtu: int
    """Largest packet inside the tunnels, in bytes."""

    @property
    def mss(self) -> int:
        """Largest TCP segment inside the tunnels over IPv4, in bytes."""
        return self.mtu - 40

    @property
    def first_link(self) -> int:
        """Index of the pair's first link in the pool; pairs of later slots come after all earlier ones."""
        return (self.high_slot * (self.high_slot - 1) // 2 + self.low_slot) * LINK_ADDRESSES


@dataclass(frozen=True, slots=True)
class Link:
    """One key generation of a tunnel as one end sees it."""

    generation: int
    interface: str
    """At most 15 characters; unique on its host, since region keys are unique."""
    local_port: int
    remote_port: int
    local_address: IPv4Address
    remote_address: IPv4Address
    local_address_ipv6: IPv6Address
    remote_address_ipv6: IPv6Address


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A tunnel as the gateway at its local end sees it."""

    pair: Pair
    local_region: str
    local_gateway: GatewayName
    remote_region: str
    remote_gateway: GatewayName
    keeps_alive: bool
    """Whether this end sends keepalives; exactly one of the two does."""
    links: tuple[Link, Link]
    """By key generation."""


def listen_port(remote_slot: int, remote: GatewayName, generation: int) -> int:
    """The UDP port on which a gateway waits for one remote gateway.

    >>> listen_port(0, GatewayName.A, 0), listen_port(127, GatewayName.B, 1)
    (51820, 52331)
    """
    return FIRST_PORT + (remote_slot * 2 + _ORDER[remote]) * 2 + generation


def interface_name(remote_region: str, remote: GatewayName, generation: int) -> str:
    """Name of the interface towards one remote gateway.

    >>> interface_name("euc1", GatewayName.A, 0)
    'wg-euc1-a0'
    """
    return f"wg-{remote_region}-{remote.value}{generation}"


def tunnel_mtu(path_mtu: int, kind: TunnelKind, *, outer_ipv6: bool = False) -> int:
    """The largest inner packet a tunnel carries, in bytes.

    >>> tunnel_mtu(1500, TunnelKind.WIREGUARD), tunnel_mtu(1500, TunnelKind.WIREGUARD, outer_ipv6=True)
    (1440, 1420)
    >>> tunnel_mtu(1500, TunnelKind.IPSEC)
    1438

    A plan in which it is below 1280, the IPv6 minimum (RFC 8200 section 5), is refused. IPsec is ESP in UDP (RFC 3948),
    since clouds translate public addresses; the encrypted part ends on a multiple of four bytes (RFC 4303 section 2.4).
    """
    inner = path_mtu - (OUTER_IPV6_BYTES if outer_ipv6 else OUTER_IPV4_BYTES) - UDP_BYTES
    if kind is TunnelKind.WIREGUARD:
        inner -= WIREGUARD_BYTES
    else:
        inner -= ESP_BYTES
        inner -= (inner + 2) % 4
    return inner


def asn(slot: int) -> int:
    """A region's autonomous system number.

    >>> asn(3)
    64515
    """
    return FIRST_ASN + slot


def tunnels_of(pair: Pair, local: str, pool: IPv4Network, unique_local: IPv6Network) -> tuple[Tunnel, ...]:
    """The four tunnels of a pair as one of its regions sees them: a-a, a-b, b-a, b-b, its own gateway first."""
    base, base_ipv6 = int(pool.network_address), int(unique_local.network_address)
    return tuple(_tunnel(pair, local, (mine, theirs), (base, base_ipv6)) for mine in _ORDER for theirs in _ORDER)


def _tunnel(pair: Pair, local: str, ends: tuple[GatewayName, GatewayName], bases: tuple[int, int]) -> Tunnel:
    mine, theirs = ends
    is_low = local == pair.low
    remote = pair.high if is_low else pair.low
    low_gateway, high_gateway = (mine, theirs) if is_low else (theirs, mine)
    first = pair.first_link + (_ORDER[low_gateway] * 2 + _ORDER[high_gateway]) * 4
    return Tunnel(
        pair=pair,
        local_region=local,
        local_gateway=mine,
        remote_region=remote,
        remote_gateway=theirs,
        keeps_alive=(local, mine) < (remote, theirs),
        links=(_link(pair, local, ends, (0, first), bases), _link(pair, local, ends, (1, first + 2), bases)),
    )


def _link(
    pair: Pair, local_region: str, ends: tuple[GatewayName, GatewayName], place: tuple[int, int], bases: tuple[int, int]
) -> Link:
    mine, theirs = ends
    is_low = local_region == pair.low
    generation, low_end = place
    local, remote = (low_end, low_end + 1) if is_low else (low_end + 1, low_end)
    local_slot, remote_slot = (pair.low_slot, pair.high_slot) if is_low else (pair.high_slot, pair.low_slot)
    return Link(
        generation=generation,
        interface=interface_name(pair.high if is_low else pair.low, theirs, generation),
        local_port=listen_port(remote_slot, theirs, generation),
        remote_port=listen_port(local_slot, mine, generation),
        local_address=IPv4Address(bases[0] + local),
        remote_address=IPv4Address(bases[0] + remote),
        local_address_ipv6=IPv6Address(bases[1] + local),
        remote_address_ipv6=IPv6Address(bases[1] + remote),
    )
