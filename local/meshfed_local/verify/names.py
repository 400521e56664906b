"""Which provider name a Pulumi name stands for: types by their tokens, properties by the schema.

The bridge turns `cidr_block` into `cidrBlock` and the list `network_interface` into `networkInterfaces`. Going
back, the schema decides: a name is compared without its underscores, then in the singular.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from meshfed_local.standins.spec import Spec
from meshfed_local.verify.renamed import PROPERTIES, TYPES
from meshfed_local.verify.schema import Block, ValueType, fields_of, kind
from meshfed_local.verify.shapes import as_object

PREFIXES: Final[Mapping[str, str]] = {"aws": "aws", "gcp": "google"}
"""Pulumi package -> first word of the provider's types."""


def folded(name: str) -> str:
    """A name as it is compared: no underscores, no capitals."""
    return name.replace("_", "").lower()


@cache
def _index(names: frozenset[str]) -> Mapping[str, str]:
    return {folded(name): name for name in names}


def singulars(name: str) -> Iterator[str]:
    """What an English plural may be the plural of, likeliest first; the name itself comes first of all.

    >>> list(singulars("policies"))
    ['policies', 'policy', 'polici', 'policie']
    """
    yield name
    if name.endswith("ies"):
        yield f"{name[:-3]}y"
    if name.endswith("es"):
        yield name[:-2]
    if name.endswith("s"):
        yield name[:-1]


def property_name(wire: str, names: Collection[str]) -> str | None:
    """The provider's name of a Pulumi property, out of those that may stand there; None where none fits.

    >>> property_name("networkInterfaces", {"network_interface", "network"})
    'network_interface'
    """
    index = _index(frozenset(names))
    return next((index[form] for form in singulars(folded(wire)) if form in index), None)


def type_name(token: str, types: Collection[str]) -> str | None:
    """The provider's type of a Pulumi token, out of those that it has; None where none fits.

    >>> type_name("aws:ec2/flowLog:FlowLog", {"aws_flow_log", "aws_vpc"})
    'aws_flow_log'
    """
    if token in TYPES:
        return TYPES[token] if TYPES[token] in types else None
    package, member, name = token.split(":")
    module = member.split("/")[0]
    index = _index(frozenset(types))
    prefix = PREFIXES[package]
    candidates = (f"{prefix}{module}{name}", f"{prefix}{name}", f"{prefix}{module[:-1]}{name}")
    return next((index[folded(text)] for text in candidates if folded(text) in index), None)


@dataclass(frozen=True, slots=True)
class Place:
    """A property that both sides know, without positions in lists."""

    wire: tuple[str, ...]
    """Pulumi's names: `("vpcConfig", "subnetIds")`."""
    names: tuple[str, ...]
    """The provider's names: `("vpc_config", "subnet_ids")`."""

    @property
    def text(self) -> str:
        """Pulumi's path without positions: `networkInterfaces.subnetwork`."""
        return ".".join(self.wire)


def renamed(provider_type: str, wire: tuple[str, ...]) -> str | None:
    """The provider's name at a place where the table of exceptions has one."""
    return PROPERTIES.get(provider_type, {}).get(".".join(wire))


@dataclass(frozen=True, slots=True)
class Atlas:
    """Every property of one resource type, in both languages."""

    places: tuple[Place, ...]
    unknown: tuple[str, ...]
    """Properties that the SDK has and the provider's schema has not, in Pulumi's words."""


def atlas(spec: Spec, provider_type: str, block: Block) -> Atlas:
    """Walks the SDK's type and the provider's schema side by side."""
    places: list[Place] = []
    unknown: list[str] = []
    fields = {name: item.type for name, item in spec.inputs.items()}
    _walk(_Side(spec, provider_type, places, unknown), fields, block, Place((), ()))
    return Atlas(tuple(places), tuple(unknown))


@dataclass(frozen=True, slots=True)
class _Side:
    spec: Spec
    provider_type: str
    places: list[Place]
    unknown: list[str]


def _walk(side: _Side, fields: Mapping[str, Any], block: Block, at: Place) -> None:
    names = {*block.attributes, *block.blocks}
    for wire, expression in fields.items():
        path = (*at.wire, wire)
        name = renamed(side.provider_type, path) or property_name(wire, names)
        if name is None:
            side.unknown.append(".".join(path))
            continue
        place = Place(path, (*at.names, name))
        side.places.append(place)
        inner = _fields(side.spec, expression)
        if inner and name in block.blocks and len(path) < _DEEPEST:
            _walk(side, inner, block.blocks[name].block, place)
        elif inner and name in block.attributes:
            _walk_type(side, inner, block.attributes[name].type, place)


def _walk_type(side: _Side, fields: Mapping[str, Any], value_type: ValueType, at: Place) -> None:
    while kind(value_type) in {"list", "set", "map"}:
        value_type = value_type[1]
    if kind(value_type) != "object":
        return
    for wire in fields:
        name = property_name(wire, fields_of(value_type))
        if name is None:
            side.unknown.append(".".join((*at.wire, wire)))
            continue
        side.places.append(Place((*at.wire, wire), (*at.names, name)))


# Some schemas nest without end (firewall statements inside statements); nothing of ours stands this deep.
_DEEPEST: Final = 8


def _fields(spec: Spec, expression: Any) -> Mapping[str, Any]:
    """The fields of an object type, or of the members of a list of them; empty for anything else."""
    found = as_object(expression)
    while found is not None and "list" in found:
        found = as_object(found["list"])
    if found is None or "object" not in found:
        return {}
    return {name: item.type for name, item in spec.types[str(found["object"])].items()}
