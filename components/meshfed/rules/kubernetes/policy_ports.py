"""Ports that a rule of a network policy opens, in every kind's way of writing them."""

from collections.abc import Iterable
from typing import Final

from meshfed.rules.node import Node

_LAST: Final = 65535
_MANY: Final = 32768
"""Half of all ports: whoever opens more than that has not named a service's port."""
_PROTOCOLS: Final = ("tcp", "udp", "sctp")


def opens_many(ports: Node) -> bool:
    """Whether a list of ports leaves none out, or few; an absent one is every port. Raises UndecidedError."""
    return ports.is_absent or are_many(range_ for port in ports.items() for range_ in _ranges(port))


def are_many(ranges: Iterable[tuple[int, int]]) -> bool:
    """Whether ranges of ports hold many, however they are split.

    >>> are_many([(1, 32767), (32768, 65535)]), are_many([(80, 80), (80, 80)])
    (True, False)
    """
    covered, reached = 0, -1
    for first, last in sorted(ranges):
        covered += max(0, last - max(first, reached + 1) + 1)
        reached = max(reached, last)
    return covered > _MANY


def _ranges(port: Node) -> list[tuple[int, int]]:
    """The ports of an item; one that names none is every port of its protocol."""
    for protocol in _PROTOCOLS:
        if not port[protocol].is_missing:
            return _of_protocol(port[protocol]["destinationPort"])
    if not port["portRange"].is_missing:
        return [_range(port["portRange"]["start"], port["portRange"]["end"])]
    if not port["portNumber"].is_missing:
        return [_range(port["portNumber"]["port"], port["portNumber"]["port"])]
    if not port["namedPort"].is_missing:
        return []
    return [] if _is_a_name(port["port"]) else [_range(port["port"], port["endPort"])]


def _of_protocol(port: Node) -> list[tuple[int, int]]:
    if not port["range"].is_missing:
        return [_range(port["range"]["start"], port["range"]["end"])]
    return [_range(port["number"], port["number"])]


def _is_a_name(port: Node) -> bool:
    return not port.is_absent and not port.text().strip().isdigit()


def _range(first: Node, last: Node) -> tuple[int, int]:
    start = int(first.number(0) or 0)
    return (start, int(last.number(start) or start)) if start else (0, _LAST)
