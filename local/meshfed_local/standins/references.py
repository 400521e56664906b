"""What a resource refers to, by which names others know it, and references that lead nowhere."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.cloud import Cloud
from meshfed_local.standins.faults import Fault, leaves
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.world import World

_LABELS: Final = frozenset({"tags", "labels", "tagsAll", "resourceLabels", "userLabels", "metadata", "__defaults"})
_OWN_WORDS: Final = ("name", "nameprefix", "description", "location", "region", "zone", "key", "version", "project")
"""Ends of properties whose value may equal another thing's id by chance: a role and a profile of one name."""
_SHORTEST_NAME: Final = 3


def dangling(resource: Resource, cloud: Cloud, world: World) -> Iterator[Fault]:
    """Inputs that have the shape of an id, ARN or self link, where nothing in this world has it."""
    for path, value in _strings(resource.inputs):
        if cloud.looks_issued(value) and cloud.refers(value, resource, world) is None:
            yield Fault(path, f"{value!r} refers to nothing", "the id of something that exists in this world")


def uses(resource: Resource, identifier: str, cloud: Cloud, world: World) -> tuple[tuple[str, str], ...]:
    """What a resource refers to: pairs of input path and identifier, and the things its own id lies in."""
    found: dict[tuple[str, str], None] = {}
    for path, value in _strings(resource.inputs):
        if not cloud.looks_issued(value) and not _may_name_another(path, value):
            continue
        named = cloud.refers(value, resource, world)
        if named is not None:
            found[path, named] = None
    for parent in _parents(identifier):
        named = cloud.refers(parent, resource, world)
        if named is not None and named != identifier:
            found["(its id)", named] = None
    return tuple(found)


def identifiers(inputs: Mapping[str, Any], outputs: Mapping[str, Any], cloud: Cloud, world: World) -> tuple[str, ...]:
    """Names that came into the world with a resource: id-like outputs that it did not take from elsewhere."""
    given = {value for _, value in leaves(inputs) if isinstance(value, str)}
    made = (value for _, value in leaves(outputs) if isinstance(value, str) and cloud.looks_issued(value))
    names = (value.lower() if cloud.caseless else value for value in made if value not in given)
    return tuple(dict.fromkeys(name for name in names if not world.exists(name)))


def _strings(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, value in leaves({name: value for name, value in inputs.items() if name not in _LABELS}):
        if isinstance(value, str):
            yield path, value


def _may_name_another(path: str, value: str) -> bool:
    last = path.rsplit(".", 1)[-1].split("[", 1)[0]
    return len(value) >= _SHORTEST_NAME and last.lower() not in _OWN_WORDS


def _parents(identifier: str) -> Iterator[str]:
    parts = identifier.split("/")
    for count in range(1, len(parts)):
        parent = "/".join(parts[:count])
        if parent:
            yield parent
