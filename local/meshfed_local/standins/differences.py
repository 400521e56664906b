"""What changed between two sets of inputs, and whether the cloud can change it in place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

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
    """Every change from old to new inputs; `replaces` holds paths without list positions (`vpcConfig.subnetIds`).

    A path alone replaces with any change at or below it. With a sign it does so only when it is added (`+`), removed
    (`-`) or becomes another value (`~`).
    """
    return tuple(
        Change(place, kind, _is_replacing(place, kind, whole, replaces))
        for place, kind, whole in _compare(_bare(old), _bare(new), ())
    )


def _bare(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    # `__defaults` tells which names were made up here; it is no property.
    return {name: value for name, value in inputs.items() if name != "__defaults"}


_SIGNS: Final = {Kind.ADD: "+", Kind.DELETE: "-", Kind.UPDATE: "~"}


def _is_replacing(place: Place, kind: Kind, whole: Any, replaces: frozenset[str]) -> bool:
    """Whether a change, or any part of an object that comes or goes whole, is in the table."""
    names = [part for part in place if isinstance(part, str)]
    paths = [".".join(names[: count + 1]) for count in range(len(names))]
    # What changes below a path, or among the members of a list, makes another value of it.
    others = paths if kind is Kind.UPDATE or isinstance(place[-1], int) else paths[:-1]
    if not replaces.isdisjoint((*paths, f"{_SIGNS[kind]}{paths[-1]}", *(f"~{path}" for path in others))):
        return True
    return any(_is_replacing((*place, *inner), kind, None, replaces) for inner in _members(whole))


def _members(value: Any) -> Iterator[Place]:
    """The places inside an object, or inside the objects of a list."""
    if isinstance(value, Mapping):
        for name, item in cast("Mapping[str, Any]", value).items():
            if item is not None:
                yield (name,)
                yield from ((name, *inner) for inner in _members(item))
    elif _is_list(value):
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from ((index, *inner) for inner in _members(item))


def _compare(old: Any, new: Any, place: Place) -> Iterator[tuple[Place, Kind, Any]]:
    """Place and kind of each change, with the value that came or went whole."""
    if old is not UNKNOWN and new is not UNKNOWN and old == new:
        return
    if old is None or new is None:
        yield (place, Kind.ADD, new) if old is None else (place, Kind.DELETE, old)
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
        yield place, Kind.UPDATE, None


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
