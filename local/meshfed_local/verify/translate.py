"""Inputs of a Pulumi resource as the configuration that the provider's schema wants.

Mechanical: names by `names`, one object becomes a list of one where the schema has a list, numbers and booleans
become text where the schema has text. What finds no place is reported, never dropped.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.wire import is_asset
from meshfed_local.verify.names import property_name, renamed
from meshfed_local.verify.renamed import PULUMI_ONLY
from meshfed_local.verify.schema import Block, NestedBlock, Nesting, ValueType, empty, fields_of, kind
from meshfed_local.verify.shapes import as_items, as_list, as_object

_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Misfit:
    """A part of the inputs that has no place in the provider's schema."""

    path: str
    """In Pulumi's words: `vpcConfig.subnetIds[1]`."""
    problem: str


@dataclass(slots=True)
class Translation:
    """A configuration, and the way back from its places to Pulumi's."""

    provider_type: str
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    misfits: list[Misfit] = field(default_factory=list[Misfit])
    wires: dict[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])
    """Provider's path without positions -> Pulumi's path without positions."""

    def wire(self, path: Sequence[str | int]) -> str:
        """Pulumi's path for a provider's path; the provider's own words where the inputs have nothing there."""
        names: tuple[str, ...] = tuple(step for step in path if isinstance(step, str))
        text = ".".join(names)
        for length in range(len(names), 0, -1):
            if names[:length] in self.wires:
                return ".".join((self.wires[names[:length]], *names[length:]))
        return text


def translate(provider_type: str, inputs: Mapping[str, Any], block: Block) -> Translation:
    """The configuration for plain inputs (secrets unwrapped, `UNKNOWN` for what is not known yet)."""
    result = Translation(provider_type)
    inputs = {name: value for name, value in inputs.items() if name not in PULUMI_ONLY}
    result.config = _block(result, inputs, block, _At())
    return result


@dataclass(frozen=True, slots=True)
class _At:
    """Where the translation stands, in both languages."""

    path: str = ""
    wire: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def into(self, wire: str, name: str) -> "_At":
        return _At(f"{self.path}.{wire}" if self.path else wire, (*self.wire, wire), (*self.names, name))

    def item(self, index: int) -> "_At":
        return _At(f"{self.path}[{index}]", self.wire, self.names)


def _misfit(result: Translation, at: _At, problem: str) -> None:
    result.misfits.append(Misfit(at.path, problem))


def _block(result: Translation, value: Any, block: Block, at: _At) -> dict[str, Any]:
    out = empty(block)
    fields = as_object(value)
    if fields is None:
        _misfit(result, at, f"{_what(value)}, but {result.provider_type} has a block there")
        return out
    seen: dict[str, str] = {}
    for key, item in fields.items():
        if item is None:
            continue
        name = renamed(result.provider_type, (*at.wire, key)) or property_name(key, out)
        here = at.into(key, name or key)
        if name is None:
            _misfit(result, here, f"{result.provider_type} has no such argument there; it has: {_near(key, out)}")
        elif name in seen:
            _misfit(result, here, f"both this and {seen[name]} stand for the provider's `{name}`")
        else:
            seen[name] = key
            result.wires[here.names] = ".".join(here.wire)
            out[name] = _member(result, item, block, name, here)
    return out


def _near(wire: str, names: Collection[str]) -> str:
    """The names that share a beginning with what was written, else all of them, shortened."""
    start = wire[:3].lower()
    near = sorted(name for name in names if name.startswith(start)) or sorted(names)
    return ", ".join(near[:12]) + (" …" if len(near) > 12 else "")


def _member(result: Translation, value: Any, block: Block, name: str, at: _At) -> Any:
    if name in block.blocks:
        return _nested(result, value, block.blocks[name], at)
    attribute = block.attributes[name]
    if not attribute.settable:
        _misfit(result, at, f"the provider's `{name}` is told by the cloud and cannot be set")
        return None
    return _convert(result, value, attribute.type, at)


def _nested(result: Translation, value: Any, nested: NestedBlock, at: _At) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    items = as_items(value)
    if nested.nesting is Nesting.MAP:
        members = as_object(value) or {}
        return {key: _block(result, item, nested.block, at) for key, item in members.items()}
    if nested.nesting in (Nesting.LIST, Nesting.SET):
        if nested.max_items and len(items) > nested.max_items:
            _misfit(result, at, f"{len(items)} of them; at most {nested.max_items} may stand")
        return [
            UNKNOWN if item is UNKNOWN else _block(result, item, nested.block, at.item(index))
            for index, item in enumerate(items)
        ]
    return _block(result, items[0] if len(items) == 1 else value, nested.block, at)


def _convert(result: Translation, value: Any, value_type: ValueType, at: _At) -> Any:
    """A plain value in the provider's type; a misfit is noted where it does not go in."""
    if value is None or value is UNKNOWN:
        return value
    fields = as_object(value)
    match kind(value_type):
        case "list" | "set":
            inner = value_type[1]
            return [_convert(result, item, inner, at.item(index)) for index, item in enumerate(as_items(value))]
        case "map" if fields is not None:
            return {key: _convert(result, item, value_type[1], at) for key, item in fields.items()}
        case "object":
            return _object(result, value, fields_of(value_type), at)
        case "dynamic":
            return value
        case scalar:
            return _scalar(result, value, scalar, at)


def _object(result: Translation, value: Any, wanted: Mapping[str, ValueType], at: _At) -> Any:
    items = as_items(value)
    fields = as_object(items[0]) if len(items) == 1 else None
    out: dict[str, Any] = dict.fromkeys(wanted)
    if fields is None:
        _misfit(result, at, f"{_what(value)}, wanted an object of {', '.join(sorted(wanted))}")
        return out
    for key, item in fields.items():
        name = property_name(key, wanted)
        if name is None:
            _misfit(result, at.into(key, key), f"no such argument there; it has: {', '.join(sorted(wanted))}")
        else:
            here = at.into(key, name)
            result.wires[here.names] = ".".join(here.wire)
            out[name] = _convert(result, item, wanted[name], here)
    return out


def _scalar(result: Translation, value: Any, wanted: str, at: _At) -> Any:
    if is_asset(value):
        # The provider is given a file's path; the engine keeps path or text.
        return str(value.get("path") or value.get("text") or value.get("hash"))
    match wanted, value:
        case ("string", str()) | ("bool", bool()):
            return value
        case "string", bool():
            return "true" if value else "false"
        case "string", int() | float():
            return str(int(value)) if float(value).is_integer() else str(value)
        case "bool", "true" | "false":
            return value == "true"
        case "number", int() | float() if not isinstance(value, bool):
            return value
        case "number", str() if _NUMBER.fullmatch(value):
            return float(value)
        case _:
            _misfit(result, at, f"{_what(value)}, wanted a {wanted}")
            return None


def _what(value: Any) -> str:
    if as_object(value) is not None:
        return "an object"
    return "a list" if as_list(value) is not None else repr(value)
