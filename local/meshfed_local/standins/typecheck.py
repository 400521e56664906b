"""Inputs against the SDK's own types: misspelt keys, wrong scalars, what is missing, values outside an enum.

Stricter than the engine, which hands a provider whatever the program wrote, and than the SDK, which checks
nothing at run time. Unknown values pass: they are judged once they are known.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from meshfed_local.standins import wire
from meshfed_local.standins.faults import UNKNOWN, Fault
from meshfed_local.standins.spec import Property, Spec

_LISTED_KEYS = 12
_SHOWN_CHARACTERS = 80
_WORDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "asset": "a file or archive",
}

_GROWING: Final = frozenset({"vmSize"})
"""Properties whose enum in the SDK is only a list of its day: Azure gets new machine sizes every year."""


@dataclass(frozen=True, slots=True)
class TypeCheck:
    """Checks values against one spec."""

    spec: Spec
    closed_enums: bool
    """Whether a type "string or enum" takes the enum's values only."""

    def faults(self, inputs: Mapping[str, Any]) -> Iterator[Fault]:
        """Everything wrong with the inputs of the spec's resource or look-up."""
        yield from self._object(inputs, self.spec.inputs, "", self.spec.token)

    def _object(
        self, value: Mapping[str, Any], fields: Mapping[str, Property], path: str, owner: str
    ) -> Iterator[Fault]:
        for key, item in value.items():
            where = f"{path}.{key}" if path else key
            if key not in fields:
                yield Fault(where, f"`{key}` is no property of {owner}", _proposal(key, fields))
            elif item is not None:
                yield from self._value(item, fields[key].type, where)
        for key, field in fields.items():
            if field.required and value.get(key) is None:
                yield Fault(f"{path}.{key}" if path else key, "it is missing", f"a value, as {owner} requires it")

    def _value(self, value: Any, kind: Any, path: str) -> Iterator[Fault]:
        if value is UNKNOWN or kind == "any" or value is None:
            return
        if isinstance(kind, str):
            if not _is_scalar(value, kind):
                yield Fault(path, f"{shown(value)} is {_called(value)}", _WORDS[kind])
        elif "enum" in kind:
            if value not in kind["enum"]:
                yield Fault(path, f"{shown(value)} is not among the values", f"one of {_listed(kind['enum'])}")
        elif "list" in kind:
            yield from self._list(value, kind["list"], path)
        elif "any_of" in kind:
            yield from self._any_of(value, kind["any_of"], path)
        else:
            yield from self._mapping(value, kind, path)

    def _list(self, value: Any, kind: Any, path: str) -> Iterator[Fault]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            yield Fault(path, f"{shown(value)} is {_called(value)}", "a list")
            return
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from self._value(item, kind, f"{path}[{index}]")

    def _mapping(self, value: Any, kind: Mapping[str, Any], path: str) -> Iterator[Fault]:
        if not isinstance(value, Mapping) or wire.is_asset(value):
            yield Fault(path, f"{shown(value)} is {_called(value)}", "an object")
            return
        items = cast("Mapping[str, Any]", value)
        if "map" in kind:
            for key, item in items.items():
                yield from self._value(item, kind["map"], f"{path}.{key}")
            return
        name: str = kind["object"]
        yield from self._object(items, self.spec.types[name], path, name.rsplit(".", 1)[-1].removesuffix("Args"))

    def _any_of(self, value: Any, kinds: Sequence[Any], path: str) -> Iterator[Fault]:
        grows = path.rsplit(".", 1)[-1] in _GROWING
        if self.closed_enums and not grows and any(isinstance(kind, Mapping) and "enum" in kind for kind in kinds):
            kinds = [kind for kind in kinds if kind != "str"]
        attempts = [list(self._value(value, kind, path)) for kind in kinds]
        # The alternative that was meant is the one where the fault lies deepest, then the one with the fewest.
        yield from min(attempts, key=lambda faults: (bool(faults), _at(faults, path), len(faults)))


def _at(faults: Sequence[Fault], path: str) -> bool:
    return any(fault.path == path for fault in faults)


def _is_scalar(value: Any, kind: str) -> bool:
    if kind == "asset":
        return wire.is_asset(value)
    if isinstance(value, bool):
        return kind == "bool"
    # The wire has one kind of number; a whole one arrives here as an int.
    wanted: dict[str, Any] = {"str": str, "int": int, "float": int | float}
    return kind in wanted and isinstance(value, wanted[kind])


def shown(value: Any) -> str:
    """A value for a message, shortened."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _called(value: Any) -> str:
    if wire.is_asset(value):
        return "a file or archive"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a string" if isinstance(value, str) else "a list"


def _proposal(key: str, fields: Mapping[str, Property]) -> str:
    lowered = {name.lower(): name for name in fields}
    close = difflib.get_close_matches(key.lower(), lowered, n=1)
    meant = f"`{lowered[close[0]]}`? " if close else ""
    return f"{meant}its properties are {_listed(sorted(fields))}"


def _listed(values: Sequence[Any]) -> str:
    names = [str(value) for value in values]
    more = f" and {len(names) - _LISTED_KEYS} more" if len(names) > _LISTED_KEYS else ""
    return ", ".join(names[:_LISTED_KEYS]) + more
