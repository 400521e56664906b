"""Configurations of Terraform resources as HCL, the language that scanners read."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.verify.schema import Block
from meshfed_local.verify.shapes import as_list, as_object

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Written:
    """One resource to write."""

    type: str
    label: str
    config: Mapping[str, Any]
    block: Block

    @property
    def names(self) -> set[str]:
        """Values by which other resources of the same case mean this one."""
        found = (self.config.get(key) for key in ("bucket", "name", "id", "arn", "function_name", "repository"))
        return {value for value in found if isinstance(value, str) and value}


def resources(written: list[Written]) -> str:
    """A file of resources; one that names another by its name refers to it, as a program would."""
    return "\n".join(_resource(one, _references(one, written)) for one in written)


def _references(one: Written, written: list[Written]) -> dict[str, str]:
    return {
        name: f"{other.type}.{other.label}.id"
        for other in written
        if other is not one
        for name in other.names - one.names | ({other.label} - one.names)
    } | {
        # A satellite has the very argument that names its bucket.
        name: f"{other.type}.{other.label}.id"
        for other in written
        if other is not one and one.type.startswith(f"{other.type}_")
        for name in other.names
    }


def _resource(one: Written, references: Mapping[str, str]) -> str:
    body = _body(one.config, one.block, references, 1)
    return f'resource "{one.type}" "{one.label}" {{\n{body}}}\n'


def _body(config: Mapping[str, Any], block: Block, references: Mapping[str, str], depth: int) -> str:
    indent = "  " * depth
    lines: list[str] = []
    for name, value in config.items():
        if name in block.attributes and _is_given(value):
            lines.append(f"{indent}{name} = {literal(value, references, depth)}\n")
    for name, nested in block.blocks.items():
        value = config.get(name)
        members = as_list(value) if as_list(value) is not None else [value] if _is_given(value) else []
        for member in members or []:
            fields = as_object(member) or {}
            inner = _body(fields, nested.block, references, depth + 1)
            lines.append(f"{indent}{name} {{\n{inner}{indent}}}\n")
    return "".join(lines)


def literal(value: Any, references: Mapping[str, str], depth: int = 0) -> str:
    """A value as an expression.

    >>> literal({"a": [True, "${b}"]}, {})
    '{ "a" = [true, "$${b}"] }'
    """
    if isinstance(value, str):
        return references.get(value) or _text(value)
    items, fields = as_list(value), as_object(value)
    if items is not None:
        return f"[{', '.join(literal(item, references, depth) for item in items if _is_given(item))}]"
    if fields is not None:
        given = ((name, item) for name, item in fields.items() if _is_given(item))
        return f"{{ {', '.join(f'{_quoted(name)} = {literal(item, references, depth)}' for name, item in given)} }}"
    return json.dumps(value)


def _is_given(value: Any) -> bool:
    return value is not None and value is not UNKNOWN and value not in ({}, [])


def _text(value: str) -> str:
    document = _document(value)
    if document is None:
        return _quoted(value)
    return f"<<EOF\n{_unescaped(json.dumps(document, indent=2))}\nEOF"


def _document(value: str) -> Any:
    """What a text in JSON holds; scanners expect policies as documents over several lines."""
    if not value.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def _quoted(value: str) -> str:
    return _unescaped(json.dumps(value, ensure_ascii=False))


def _unescaped(text: str) -> str:
    """Without what HCL would take for a template."""
    return text.replace("${", "$${").replace("%{", "%%{")
