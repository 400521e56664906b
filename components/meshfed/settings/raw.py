"""Careful access to a file's content before it is known to be well formed, so that all its faults are found at once."""

from collections.abc import Iterator
from typing import Any, cast


def mapping(raw: object, *keys: str) -> dict[str, Any]:
    """The mapping below some keys; empty where it is not there or not a mapping."""
    here = raw
    for key in keys:
        here = cast("dict[str, Any]", here).get(key) if isinstance(here, dict) else None
    return cast("dict[str, Any]", here) if isinstance(here, dict) else {}


def items(raw: object, *keys: str) -> Iterator[tuple[int, Any]]:
    """The items of the list below some keys, with their positions."""
    parent = mapping(raw, *keys[:-1])
    found = parent.get(keys[-1])
    if isinstance(found, list):
        yield from enumerate(cast("list[Any]", found))


def entries(raw: object, *keys: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mappings below some keys that are mappings themselves, by key."""
    for key, value in mapping(raw, *keys).items():
        if isinstance(value, dict):
            yield str(key), cast("dict[str, Any]", value)
