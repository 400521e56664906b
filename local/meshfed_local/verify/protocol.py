"""The provider plugin protocol, version 5: the few messages that a judge needs, and their values.

The messages are described in a table instead of generated code: eleven messages, of which unread fields are
left out (protobuf skips what it does not know). Values travel as MessagePack in the encoding of the `cty`
type system, where extension 0 is a value that is not known yet.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from meshfed.errors import MeshfedError
from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.verify.shapes import as_list, as_object

VERSION: Final = 5
SERVICE: Final = "tfplugin5.Provider"

_PACKAGE: Final = "tfplugin5"
_SCALARS: Final = {
    "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "bool": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
    # Enums are read as numbers: on the wire both are varints.
    "enum": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
}

# One line a message: `number name type`, a star for a repeated field. A map is a repeated entry of key and value.
_MESSAGES: Final[Mapping[str, str]] = {
    "Empty": "",
    "Value": "1 msgpack bytes; 2 json bytes",
    "Step": "1 attribute_name string; 2 element_key_string string; 3 element_key_int int64",
    "Path": "1 steps *Step",
    "Diagnostic": "1 severity enum; 2 summary string; 3 detail string; 4 attribute Path",
    "Attribute": "1 name string; 2 type bytes; 4 required bool; 5 optional bool; 6 computed bool; 10 write_only bool",
    "NestedBlock": "1 type_name string; 2 block Block; 3 nesting enum; 4 min_items int64; 5 max_items int64",
    "Block": "2 attributes *Attribute; 3 block_types *NestedBlock",
    "Schema": "1 version int64; 2 block Block",
    "SchemaEntry": "1 key string; 2 value Schema",
    "Schemas": "1 provider Schema; 2 resources *SchemaEntry; 4 diagnostics *Diagnostic",
    "ConfigureRequest": "1 terraform_version string; 2 config Value",
    "ResourceConfig": "1 type_name string; 2 config Value",
    "PlanRequest": "1 type_name string; 2 prior_state Value; 3 proposed_new_state Value; 4 config Value; "
    "5 prior_private bytes",
    "PlanResponse": "1 planned_state Value; 2 requires_replace *Path; 3 planned_private bytes; "
    "4 diagnostics *Diagnostic",
    "Diagnostics": "1 diagnostics *Diagnostic",
}


def _field(spec: str) -> descriptor_pb2.FieldDescriptorProto:
    number, name, kind = spec.split()
    repeated = kind.startswith("*")
    kind = kind.removeprefix("*")
    labels = descriptor_pb2.FieldDescriptorProto
    field = labels(name=name, number=int(number), label=labels.LABEL_REPEATED if repeated else labels.LABEL_OPTIONAL)
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = labels.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{kind}"
    return field


def _load() -> dict[str, type[Message]]:
    file = descriptor_pb2.FileDescriptorProto(name="meshfed/provider.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        specs = [spec for spec in fields.split(";") if spec.strip()]
        file.message_type.append(descriptor_pb2.DescriptorProto(name=name, field=[_field(spec) for spec in specs]))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)  # pyright: ignore[reportUnknownMemberType] -- untyped in protobuf's stubs
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


MESSAGES: Final = _load()
"""Message classes by the names of the table above."""


def _plain(value: Any) -> Any:
    """The value with every unknown turned into its extension mark, and whole floats into integers."""
    if value is UNKNOWN:
        return msgspec.msgpack.Ext(0, b"\0")
    fields, members = as_object(value), as_list(value)
    if fields is not None:
        return {key: _plain(item) for key, item in fields.items()}
    if members is not None:
        return [_plain(item) for item in members]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def encode(value: Any) -> bytes:
    """A plain value, `UNKNOWN` in it allowed, as the protocol's MessagePack."""
    return msgspec.msgpack.encode(_plain(value))


def _extension(code: int, data: memoryview) -> Any:
    # 0: unknown; 12: unknown with something known about it ("not null", a prefix).
    if code in (0, 12):
        return UNKNOWN
    raise MeshfedError(
        f"provider answer: MessagePack extension {code} ({len(data)} bytes) is not known; wanted 0 or 12"
    )


def decode(data: bytes, json_data: bytes = b"") -> Any:
    """The plain value of a DynamicValue's MessagePack, or of its JSON when it has no MessagePack."""
    if data:
        return msgspec.msgpack.decode(data, ext_hook=_extension)
    return json.loads(json_data) if json_data else None
