"""Plain values seen as what they are: an object, a list, or neither."""

from collections.abc import Mapping
from typing import Any, cast


def as_object(value: Any) -> Mapping[str, Any] | None:
    """The value as an object; None where it is none."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def as_list(value: Any) -> list[Any] | None:
    """The value as a list; None where it is none."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def as_items(value: Any) -> list[Any]:
    """The value as a list: itself, or a list of it alone, as Pulumi writes a list that holds one at most."""
    found = as_list(value)
    return [value] if found is None else found
