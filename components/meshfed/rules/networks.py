"""Address ranges and ports as rules compare them: what is the whole internet, and what is a tunnel's port."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import Final

from meshfed.rules.node import Network, Node
from meshfed.topology.tunnels import FIRST_PORT

TUNNEL_PORTS: Final = range(FIRST_PORT, FIRST_PORT + 512)
"""Ports of WireGuard. Whoever opens them alone to the internet is told by MF-W3, and not by a cloud's own rule too."""
_WORDS: Final = frozenset({"*", "any", "internet", "all"})
"""What stands for every address in some cloud."""
_WIDE_IPV4: Final = 8
_WIDE_IPV6: Final = 16
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_LOCAL: Final = IPv6Network("fc00::/7")


class Ranges:
    """Address ranges that are asked many times whether another one overlaps with them."""

    def __init__(self) -> None:
        self._apart: list[tuple[int, int, int]] = []
        # Version, first and last address; those within others are left out, so that their order says it all.

    def add(self, network: Network) -> None:
        """Takes one more."""
        own = _ends(network)
        begin, end = self._among(own)
        if not any(first <= own[1] and own[2] <= last for _, first, last in self._apart[begin:end]):
            self._apart[begin:end] = [own]

    def overlap(self, network: Network) -> bool:
        """Whether one of them has an address of a range."""
        begin, end = self._among(_ends(network))
        return begin < end

    def _among(self, own: tuple[int, int, int]) -> tuple[int, int]:
        version, first, last = own
        return (
            bisect_left(self._apart, (version, first), key=lambda one: (one[0], one[2])),
            bisect_right(self._apart, (version, last), key=lambda one: (one[0], one[1])),
        )


def _ends(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), int(network.broadcast_address)


def is_internet(*networks: Network) -> bool:
    """Whether ranges together hold a large part of all addresses, however the range is split or written.

    >>> is_internet(IPv4Network("0.0.0.0/1"), IPv4Network("128.0.0.0/1")), is_internet(IPv6Network("2000::/3"))
    (True, True)
    >>> is_internet(IPv4Network("10.0.0.0/8"), IPv6Network("fc00::/7"))
    False
    """
    if any(map(_is_wide, networks)):
        return True
    # To put ranges together is slow; few of them are large enough to become wide.
    return len(networks) > 1 and _are_many(networks) and any(map(_is_wide, _collapsed(networks)))


def names_internet(node: Node) -> bool:
    """Whether a text is a range that `is_internet`, or a cloud's word for it. Raises UndecidedError."""
    if node.text().strip().lower() in _WORDS:
        return True
    network = node.network()
    return network is not None and is_internet(network)


def internet_among(nodes: Iterable[Node]) -> Node | None:
    """The first of some texts that names the internet, or of those that do so together, as two halves of it do.

    Raises UndecidedError where those that are known do not, and one is not known yet.
    """
    given = list(nodes)
    known = [node for node in given if not node.is_unknown]
    for node in known:
        if names_internet(node):
            return node
    ranges = [(node, network) for node in known if (network := node.network()) is not None]
    for wide in filter(_is_wide, _collapsed(network for _, network in ranges)):
        return next(node for node, network in ranges if _is_within(network, wide))
    for node in given:
        node.text()
    return None


def are_tunnel_ports(first: float, last: float) -> bool:
    """Whether a range of ports holds ports of tunnels and no other.

    >>> are_tunnel_ports(51820, 51821), are_tunnel_ports(0, 65535)
    (True, False)
    """
    return TUNNEL_PORTS.start <= first <= last < TUNNEL_PORTS.stop


def _are_many(networks: Iterable[Network]) -> bool:
    """Whether ranges hold so many addresses that together they can be wide."""
    shares = sum(2.0 ** (_narrowest(network) - network.prefixlen) for network in networks)
    return shares > 1


def _narrowest(network: Network) -> int:
    """The longest prefix that is not wide any more."""
    if isinstance(network, IPv4Network):
        return _WIDE_IPV4
    return _MAPPED.prefixlen + _WIDE_IPV4 if network.subnet_of(_MAPPED) else _WIDE_IPV6


def _collapsed(networks: Iterable[Network]) -> Iterable[Network]:
    given = list(networks)
    yield from collapse_addresses(network for network in given if isinstance(network, IPv4Network))
    yield from collapse_addresses(network for network in given if isinstance(network, IPv6Network))


def _is_within(network: Network, wide: Network) -> bool:
    first, last = int(wide.network_address), int(wide.broadcast_address)
    return network.version == wide.version and first <= int(network.network_address) <= last


def _is_wide(network: Network) -> bool:
    if isinstance(network, IPv6Network) and network.subnet_of(_LOCAL):
        return False
    return network.prefixlen < _narrowest(network)
