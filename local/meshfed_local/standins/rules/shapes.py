"""Rules that many types share, made from data: names, numbers, ranges, sizes, choices. Each says where it is from."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from meshfed_local.standins.faults import UNKNOWN, Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.reading import absent, at, found, given, json_object, network, texts
from meshfed_local.standins.world import World

_SHOWN = 80


def shown(value: Any) -> str:
    """A value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def matches(path: str, pattern: str, wanted: str) -> Rule:
    """Strings at the path match the whole pattern."""
    compiled = re.compile(pattern)

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        for place, value in texts(resource.inputs, path):
            if not compiled.fullmatch(value):
                yield Fault(place, f"{shown(value)} is no such name", wanted)

    return rule


def within(path: str, low: float, high: float, source: str) -> Rule:
    """Numbers at the path are from low to high."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        for place, value in found(resource.inputs, path):
            if isinstance(value, int | float) and not low <= value <= high:
                yield Fault(place, f"{value:g} is outside the limits", f"{low:g} to {high:g} ({source})")

    return rule


def one_of(path: str, values: Sequence[Any], source: str) -> Rule:
    """Values at the path are among those listed."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        for place, value in found(resource.inputs, path):
            if value not in values:
                listed = ", ".join(str(one) for one in values)
                yield Fault(place, f"{shown(value)} is not accepted", f"one of {listed} ({source})")

    return rule


def range_fault(place: str, value: str, lengths: tuple[int, int] = (0, 32)) -> Iterator[Fault]:
    """What is wrong with a text as an IPv4 range: its form, its host bits, its size."""
    found_range = network(value)
    if found_range is None:
        yield Fault(place, f"{shown(value)} is no IPv4 range", "a range as 10.0.0.0/16")
    elif value != str(found_range):
        yield Fault(place, f"{value} has bits set beyond its prefix", f"the network's own address, {found_range}")
    elif not lengths[0] <= found_range.prefixlen <= lengths[1]:
        yield Fault(place, f"{value} is of a size that is not accepted", f"a prefix of /{lengths[0]} to /{lengths[1]}")


def is_range(path: str, shortest: int = 0, longest: int = 32) -> Rule:
    """Strings at the path are IPv4 ranges without host bits, of a prefix length within the limits."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        for place, value in texts(resource.inputs, path):
            yield from range_fault(place, value, (shortest, longest))

    return rule


def exactly_one(*paths: str, source: str) -> Rule:
    """One of the paths is given, and one only."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        listed = [path for path in paths if not absent(resource.inputs, path)]
        if len(listed) != 1:
            problem = f"{', '.join(listed)} are given together" if listed else "it is missing"
            yield Fault(listed[-1] if listed else paths[0], problem, f"exactly one of {', '.join(paths)} ({source})")

    return rule


def not_together(*paths: str, source: str) -> Rule:
    """At most one of the paths is given."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        listed = [path for path in paths if given(resource.inputs, path)]
        if len(listed) > 1:
            yield Fault(listed[-1], f"{' and '.join(listed)} are given together", f"one of them ({source})")

    return rule


def _bytes(value: str) -> int:
    return len(value.encode())


def at_most_bytes(path: str, limit: int, source: str, size: Callable[[str], int] | None = None) -> Rule:
    """Strings at the path are at most so many bytes long."""
    measure = size or _bytes

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        for place, value in texts(resource.inputs, path):
            length = measure(value)
            if length > limit:
                yield Fault(place, f"it is {length} bytes long", f"at most {limit} bytes ({source})")

    return rule


def is_json(path: str, source: str) -> Rule:
    """Strings at the path hold a JSON object."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        for place, value in texts(resource.inputs, path):
            if json_object(value) is None:
                yield Fault(place, f"{shown(value)} is no JSON object", f"a JSON object ({source})")

    return rule


def ordered(low: str, middle: str | None, high: str, source: str) -> Rule:
    """The numbers at the paths do not descend."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        names = [name for name in (low, middle, high) if name is not None]
        values = [(name, at(resource.inputs, name)) for name in names]
        known = [(name, value) for name, value in values if value is not None and value is not UNKNOWN]
        for (first, smaller), (second, larger) in pairwise(known):
            if smaller > larger:
                yield Fault(second, f"{larger:g} is below {first}, {smaller:g}", f"{' <= '.join(names)} ({source})")

    return rule


def distinct(path: str, what: str, source: str) -> Rule:
    """No value stands twice at the path."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        seen: dict[Any, str] = {}
        for place, value in found(resource.inputs, path):
            if value in seen:
                yield Fault(place, f"{shown(value)} is also at {seen[value]}", f"{what} that differ ({source})")
            seen.setdefault(value, place)

    return rule
