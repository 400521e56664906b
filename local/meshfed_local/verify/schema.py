"""What a provider says about its resource types: attributes, nested blocks, and their value types.

A value type is kept as the protocol spells it: `"string"`, or a list such as `["set", "string"]` and
`["object", {"name": "string"}]`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, cast

ValueType = str | list[Any]
"""A type of the `cty` system in its JSON spelling."""


class Nesting(IntEnum):
    """How often a nested block may stand, and what holds it; numbers as in the protocol."""

    SINGLE = 1
    LIST = 2
    SET = 3
    MAP = 4
    GROUP = 5


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named value of a block."""

    type: ValueType
    required: bool = False
    optional: bool = False
    computed: bool = False
    write_only: bool = False

    @property
    def settable(self) -> bool:
        """Whether a configuration may give it a value."""
        return self.required or self.optional


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """A block inside a block."""

    block: "Block"
    nesting: Nesting
    min_items: int = 0
    max_items: int = 0
    """0: as many as one likes."""


@dataclass(frozen=True, slots=True)
class Block:
    """Everything that may stand in a resource, or in one of its nested blocks."""

    attributes: Mapping[str, Attribute]
    blocks: Mapping[str, NestedBlock]


def kind(value_type: ValueType) -> str:
    """The outermost word of a type: `set` for a set of strings."""
    return value_type if isinstance(value_type, str) else str(value_type[0])


def fields_of(value_type: ValueType) -> Mapping[str, ValueType]:
    """The fields of an object type by name."""
    return cast("Mapping[str, ValueType]", value_type[1])


def empty_of(nested: NestedBlock) -> Any:
    """The value of a nested block that nobody wrote."""
    if nested.nesting in (Nesting.LIST, Nesting.SET):
        return []
    return {} if nested.nesting is Nesting.MAP else None


def empty(block: Block) -> dict[str, Any]:
    """A block in which nothing is set: the protocol wants every name present."""
    return dict.fromkeys(block.attributes) | {name: empty_of(nested) for name, nested in block.blocks.items()}


def read_block(message: Any) -> Block:
    """A `Block` message of the protocol as a `Block`."""
    attributes = {
        item.name: Attribute(json.loads(item.type), item.required, item.optional, item.computed, item.write_only)
        for item in message.attributes
    }
    blocks = {
        item.type_name: NestedBlock(read_block(item.block), Nesting(item.nesting), item.min_items, item.max_items)
        for item in message.block_types
    }
    return Block(attributes, blocks)
