"""What changed between two sets of inputs, and whether the cloud can change it in place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.wire import Place


class Kind(StrEnum):
    """How a property changed."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True)
class Change:
    """One property that changed."""

    place: Place
    kind: Kind
    replaces: bool
    """Whether the resource must be made anew."""


def changes(old: Mapping[str, Any], new: Mapping[str, Any], replaces: frozenset[str]) -> tuple[Change, ...]:
    """Every change from old to new inputs; `replaces` holds paths without list positions (`vpcConfig.subnetIds`)."""
    return tuple(
        Change(place, kind, _is_within(place, replaces)) for place, kind in _compare(_bare(old), _bare(new), ())
    )


def _bare(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    # `__defaults` tells which names were made up here; it is no property.
    return {name: value for name, value in inputs.items() if name != "__defaults"}


def _is_within(place: Place, replaces: frozenset[str]) -> bool:
    names = [part for part in place if isinstance(part, str)]
    return any(".".join(names[: count + 1]) in replaces for count in range(len(names)))


def _compare(old: Any, new: Any, place: Place) -> Iterator[tuple[Place, Kind]]:
    if old is not UNKNOWN and new is not UNKNOWN and old == new:
        return
    if old is None or new is None:
        yield place, Kind.ADD if old is None else Kind.DELETE
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        was_object, is_object = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
        for name in dict.fromkeys((*was_object, *is_object)):
            yield from _compare(was_object.get(name), is_object.get(name), (*place, name))
    elif _is_list(old) and _is_list(new):
        before, after = cast("Sequence[Any]", old), cast("Sequence[Any]", new)
        for index in range(max(len(before), len(after))):
            was = before[index] if index < len(before) else None
            yield from _compare(was, after[index] if index < len(after) else None, (*place, index))
    else:
        yield place, Kind.UPDATE


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
