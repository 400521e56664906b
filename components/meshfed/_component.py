"""What every component does first and for each child: check its arguments, hand itself on as parent, carry tags."""

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NotRequired, Required, TypeVar, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

import pulumi

from meshfed.errors import ArgsError

Args = TypeVar("Args")
# `pulumi.Input` names `Output[T]` as a string that only the SDK's own module resolves.
_INPUT_NAMES: dict[str, Any] = {"Output": pulumi.Output, "T": TypeVar("T")}


def child(parent: pulumi.ComponentResource, *, after: pulumi.Resource | None = None) -> pulumi.ResourceOptions:
    """Options of a component's child: its parent, and at most one resource that must stand before it."""
    return pulumi.ResourceOptions(parent=parent, depends_on=[after] if after else None)


def read(shape: type[Args], args: Args) -> Args:
    """The arguments of a component, checked against their TypedDict.

    A component that is hosted for another language gets a plain dict whose whole numbers arrive as `3.0`; unknown and
    missing keys and plain values of a wrong type are refused here. Outputs are not looked into.

    Raises ArgsError with the path of the first wrong value.
    """
    return cast("Args", _read(shape, args, shape.__name__))


def _read(wanted: Any, value: Any, path: str) -> Any:
    if isinstance(value, pulumi.Output):
        return cast("Any", value)
    if is_typeddict(wanted):
        return _read_dict(wanted, value, path)
    origin = get_origin(wanted)
    if origin in {NotRequired, Required}:
        return _read(get_args(wanted)[0], value, path)
    if origin in {Union, UnionType}:
        return _read_union(wanted, value, path)
    if origin in {list, Sequence}:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise _wrong(path, value, "a list")
        items = cast("Sequence[Any]", value)
        return [_read(get_args(wanted)[0], item, f"{path}[{index}]") for index, item in enumerate(items)]
    if origin in {dict, Mapping}:
        if not isinstance(value, Mapping):
            raise _wrong(path, value, "a mapping")
        entries = cast("Mapping[str, Any]", value)
        return {key: _read(get_args(wanted)[1], item, f"{path}.{key}") for key, item in entries.items()}
    return _read_plain(wanted, value, path)


def _read_dict(wanted: Any, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(path, value, "a mapping")
    given = cast("Mapping[str, Any]", value)
    hints = _hints(wanted)
    unknown = sorted(set(given) - set(hints))
    if unknown:
        raise ArgsError(f"{path}.{unknown[0]}: is not an argument. Arguments: {', '.join(sorted(hints))}.")
    missing = sorted(cast("frozenset[str]", wanted.__required_keys__) - set(given))
    if missing:
        raise ArgsError(f"{path}.{missing[0]}: is missing. Give it.")
    return {key: _read(hints[key], item, f"{path}.{key}") for key, item in given.items()}


@cache
def _hints(shape: Any) -> dict[str, Any]:
    return get_type_hints(shape, localns=_INPUT_NAMES, include_extras=True)


def _read_union(wanted: Any, value: Any, path: str) -> Any:
    choices = get_args(wanted)
    if value is None and NoneType in choices:
        return None
    # `Input[T]` is a union of T, Awaitable[T] and Output[T]; only T describes a plain value.
    plain = [choice for choice in choices if choice is not NoneType and _describes_plain_value(choice)]
    if len(plain) == 1:
        return _read(plain[0], value, path)
    return value


def _describes_plain_value(choice: Any) -> bool:
    origin = get_origin(choice) or choice
    return not (isinstance(origin, type) and (issubclass(origin, pulumi.Output) or origin.__name__ == "Awaitable"))


def _read_plain(wanted: Any, value: Any, path: str) -> Any:
    if wanted is Any or not isinstance(wanted, type) or hasattr(value, "__await__"):
        return value
    if wanted is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if issubclass(wanted, Enum):
        names = [cast("str", member.value) for member in wanted]
        if value not in names:
            raise _wrong(path, value, f"one of {', '.join(names)}")
        return wanted(value)
    if wanted in {str, int, float, bool} and (not isinstance(value, wanted) or (wanted is int and value is True)):
        raise _wrong(path, value, f"a {wanted.__name__}")
    return value


def _wrong(path: str, value: object, wanted: str) -> ArgsError:
    # The value itself may be a secret; its type is enough to find the mistake.
    return ArgsError(f"{path}: is a {type(value).__name__}; {wanted} is wanted.")
