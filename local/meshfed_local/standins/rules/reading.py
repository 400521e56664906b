"""How rules read inputs: only what is known, with the path where it stands. No rule of any cloud is here."""

import json
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any, cast

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.world import Record, World


def at(inputs: Any, path: str) -> Any:
    """The value at a dotted path: None when absent, UNKNOWN when it, or what it stands in, is unknown."""
    value = inputs
    for part in path.split("."):
        if value is UNKNOWN:
            return UNKNOWN
        value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, Mapping) else None
    return value


def found(inputs: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every known value at a path, with its place; `[]` after a name walks a list: `rules[].priority`."""
    yield from _walk(inputs, path.split("."), "")


def _walk(value: Any, parts: Sequence[str], place: str) -> Iterator[tuple[str, Any]]:
    if value is UNKNOWN or value is None:
        return
    if not parts:
        yield place, value
        return
    if not isinstance(value, Mapping):
        return
    name = parts[0].removesuffix("[]")
    where = f"{place}.{name}" if place else name
    inner = cast("Mapping[str, Any]", value).get(name)
    if not parts[0].endswith("[]"):
        yield from _walk(inner, parts[1:], where)
    elif isinstance(inner, list):
        for index, item in enumerate(cast("list[Any]", inner)):
            yield from _walk(item, parts[1:], f"{where}[{index}]")


def texts(inputs: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every known string at a path, with its place."""
    for place, value in found(inputs, path):
        if isinstance(value, str):
            yield place, value


def text(inputs: Any, path: str) -> str:
    """The known string at a path, or an empty one."""
    value = at(inputs, path)
    return value if isinstance(value, str) else ""


def objects(inputs: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every known object at a path, with its place."""
    for place, value in found(inputs, path):
        if isinstance(value, Mapping):
            yield place, cast("Mapping[str, Any]", value)


def number(inputs: Any, path: str) -> float | None:
    """The known number at a path, or None."""
    value = at(inputs, path)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def absent(inputs: Any, path: str) -> bool:
    """Whether nothing is given at a path; an unknown value counts as given."""
    value = at(inputs, path)
    return value is not UNKNOWN and (value is None or value in ("", []))


def given(inputs: Any, path: str) -> bool:
    """Whether something other than nothing or false is at a path; an unknown value counts as given."""
    return not absent(inputs, path) and at(inputs, path) is not False


def is_true(inputs: Any, path: str) -> bool:
    """Whether a path is known to be true."""
    return at(inputs, path) is True


def network(value: str) -> IPv4Network | None:
    """A range, whatever its host bits; None for anything else."""
    try:
        return IPv4Network(value, strict=False) if "/" in value else None
    except ValueError:
        return None


def address(value: str) -> IPv4Address | None:
    """An IPv4 address; None for anything else."""
    try:
        return IPv4Address(value)
    except ValueError:
        return None


def json_object(value: str) -> Mapping[str, Any] | None:
    """The object that a JSON text holds; None when it is none."""
    try:
        decoded: Any = json.loads(value)
    except json.JSONDecodeError:
        return None
    return cast("Mapping[str, Any]", decoded) if isinstance(decoded, Mapping) else None


def as_list(value: Any) -> list[Any]:
    """A list as it is, and one value as a list of one."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def others(world: World, resource: Resource, token: str | None = None) -> Iterator[Record]:
    """Everything else that exists of a type (the resource's own, if none is named)."""
    for record in world.records(token or resource.token):
        if record.urn != resource.urn:
            yield record


def named(world: World, identifier: Any, token: str) -> Record | None:
    """The thing of a type that a known id, ARN, self link or name refers to."""
    if not isinstance(identifier, str):
        return None
    return world.by_id(identifier, token) or world.by_id(identifier.lower(), token)
