"""States that a provider is asked about: what would stand after a first deployment, and what a change proposes.

This is the part that Terraform's own core plays between a configuration and the provider's plan.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.verify.schema import Block, NestedBlock, Nesting, ValueType, empty, empty_of, fields_of, kind
from meshfed_local.verify.shapes import as_list, as_object

SETTLED = "settled-0a1b2c3d"
"""Stands for any text that only a cloud can tell."""

_DERIVED: Final = {
    # The plan of a machine compares the two.
    "subnetwork_project": ("subnetwork", re.compile(r"projects/([^/]+)/")),
}
"""Name -> the name beside it whose value tells it, and which part of that."""


_CHOSEN: Final = {
    # Values that a plan reads again and refuses unless it knows them.
    "persist_routes": "disable",
    "fifo_throughput_scope": "",
}
"""Name -> text that a cloud would have put there."""


def propose(block: Block, prior: Any, config: Any) -> Any:
    """The state that a configuration proposes: what it says, and what stood before where only the cloud decides."""
    if config is UNKNOWN:
        return UNKNOWN
    before = as_object(prior) or empty(block)
    out: dict[str, Any] = {}
    for name, attribute in block.attributes.items():
        said = config[name]
        if attribute.write_only:
            out[name] = None
        else:
            out[name] = before[name] if said is None and attribute.computed else said
    for name, nested in block.blocks.items():
        out[name] = _nested(nested, before[name], config[name])
    return out


def _nested(nested: NestedBlock, prior: Any, config: Any) -> Any:
    if config is UNKNOWN or config is None:
        return config
    old = as_list(prior) or []
    match nested.nesting:
        case Nesting.LIST:
            return [
                propose(nested.block, old[index] if index < len(old) else None, item)
                for index, item in enumerate(config)
            ]
        case Nesting.SET:
            left = list(old)
            return [propose(nested.block, _take_match(nested.block, left, item), item) for item in config]
        case Nesting.MAP:
            known = as_object(prior) or {}
            return {key: propose(nested.block, known.get(key), item) for key, item in config.items()}
        case _:
            return propose(nested.block, prior, config)


def _take_match(block: Block, left: list[Any], item: Any) -> Any:
    """The old member of a set that says the same as the new one wherever that one says anything."""
    for index, old in enumerate(left):
        if old is not UNKNOWN and propose(block, old, item) == old:
            return left.pop(index)
    return None


def settle(block: Block, state: Any) -> Any:
    """A planned state as it may stand after the deployment: every unknown has become some value."""
    if state is None:
        return None
    values = {name: _settled(_derived(state, name), item.type, name) for name, item in block.attributes.items()}
    return values | {name: _settled_block(nested, state[name]) for name, nested in block.blocks.items()}


def _derived(state: Any, name: str) -> Any:
    """A value, or what follows for it from the value beside it where it is unknown."""
    if state[name] is not UNKNOWN or name not in _DERIVED:
        return state[name]
    beside, pattern = _DERIVED[name]
    found = pattern.search(str(state.get(beside)))
    return found.group(1) if found else UNKNOWN


def _settled_block(nested: NestedBlock, value: Any) -> Any:
    if value is UNKNOWN:
        return empty_of(nested)
    members = as_list(value)
    if members is not None:
        return [settle(nested.block, item) for item in members]
    if nested.nesting is Nesting.MAP:
        return {key: settle(nested.block, item) for key, item in value.items()}
    return settle(nested.block, value)


def _settled(value: Any, value_type: ValueType, name: str) -> Any:
    if value is UNKNOWN:
        return _some(value_type, name)
    members, fields = as_list(value), as_object(value)
    match kind(value_type):
        case "list" | "set" if members is not None:
            return [_settled(item, value_type[1], name) for item in members]
        case "map" if fields is not None:
            return {key: _settled(item, value_type[1], name) for key, item in fields.items()}
        case "object" if fields is not None:
            types = fields_of(value_type)
            return {key: _settled(item, types[key], key) for key, item in fields.items()}
        case _:
            return value


def _some(value_type: ValueType, name: str) -> Any:
    match kind(value_type):
        case "string":
            return _CHOSEN.get(name, SETTLED)
        case "number":
            return 1
        case "bool":
            return False
        case "list" | "set":
            return []
        case "map":
            return {}
        case "object":
            return {key: _some(item, key) for key, item in fields_of(value_type).items()}
        case other:
            raise ValueError(f"{name}: a value of type {other} cannot be made up")


def at(value: Any, path: Sequence[str | int]) -> Any:
    """The part of a state at a path; None where it ends before, as in a set, whose members have no position."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
