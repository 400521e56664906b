"""Values as the engine sends them, turned into plain ones and back.

Plain: dict, list, str, int, float, bool, None or `UNKNOWN`; a whole number is an int. Secrets are unwrapped, and
the places where they stood are kept beside the value, so that they can be wrapped again. An asset or archive stays
a dict that holds `ASSET_MARK`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

from meshfed_local.standins.faults import UNKNOWN

Place = tuple[str | int, ...]
"""Where a value stands inside an object: keys and list positions."""

MARK: Final = "4dabf18193072939515e22adb298388d"
"""Key that says: this object is not one, but a special value of the kind that it names."""
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 -- a constant of the protocol
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"

UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""How the engine writes an unknown string, boolean, number, list, asset, archive and object."""


@dataclass(frozen=True, slots=True)
class Plain:
    """An object from the wire, plain, with the places of its secrets."""

    value: dict[str, Any]
    secrets: frozenset[Place]


def read(struct: struct_pb2.Struct) -> Plain:
    """A plain object from the wire's."""
    secrets: set[Place] = set()
    value = {name: _read(item, (name,), secrets) for name, item in struct.fields.items()}
    return Plain(value, frozenset(secrets))


def _read(value: struct_pb2.Value, path: Place, secrets: set[Place]) -> Any:
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
        case "list_value":
            return [_read(item, (*path, index), secrets) for index, item in enumerate(value.list_value.values)]
        case "struct_value":
            return _read_object(value.struct_value, path, secrets)
        case _:
            return None


def _read_object(struct: struct_pb2.Struct, path: Place, secrets: set[Place]) -> Any:
    fields = struct.fields
    kind = fields[MARK].string_value if MARK in fields else ""
    if kind == SECRET:
        secrets.add(path)
        return _read(fields["value"], path, secrets)
    if kind == OUTPUT:
        if "secret" in fields and fields["secret"].bool_value:
            secrets.add(path)
        return _read(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    if kind == RESOURCE:
        return _read(fields["id"], path, secrets) if "id" in fields else fields["urn"].string_value
    return {name: _read(item, (*path, name), secrets) for name, item in fields.items()}


def is_asset(value: Any) -> bool:
    """Whether a plain value is a file or an archive of files."""
    return isinstance(value, Mapping) and value.get(MARK) in {ASSET, ARCHIVE}  # pyright: ignore[reportUnknownMemberType] -- plain


def write(value: Mapping[str, Any], secrets: frozenset[Place] = frozenset()) -> struct_pb2.Struct:
    """The wire's object from a plain one, with the values at the given places wrapped as secrets."""
    result = struct_pb2.Struct()
    for name, item in value.items():
        _write(item, (name,), secrets, result.fields[name])
    return result


def _write(value: Any, path: Place, secrets: frozenset[Place], target: struct_pb2.Value) -> None:
    if path in secrets:
        target.struct_value.fields[MARK].string_value = SECRET
        _write_bare(value, path, secrets, target.struct_value.fields["value"])
    else:
        _write_bare(value, path, secrets, target)


def _write_bare(value: Any, path: Place, secrets: frozenset[Place], target: struct_pb2.Value) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_STRING
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for name, item in value.items():  # pyright: ignore[reportUnknownVariableType] -- plain value
            _write(item, (*path, str(name)), secrets, target.struct_value.fields[str(name)])  # pyright: ignore[reportUnknownArgumentType]
    else:
        target.list_value.SetInParent()
        for index, item in enumerate(value):
            _write(item, (*path, index), secrets, target.list_value.values.add())


def dotted(path: Place) -> str:
    """A place in the wire's own words: `vpcConfig.subnetIds[1]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
