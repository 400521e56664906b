"""SPIRE's own configuration, in HCL or JSON, in any text of a resource."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from meshfed.rules.forms.hcl import HclReader, joined
from meshfed.rules.forms.kubernetes import object_resource
from meshfed.rules.forms.opaque import opaque
from meshfed.rules.forms.texts import is_an_object, leaves, readings
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.node import Node
from meshfed.rules.plain import Plain, Unknown, UnreadableError, plain
from meshfed.rules.resource import Resource

SERVER_CONF: Final = "spire-server-conf"
"""Part: `server` and `plugins` with all names in small letters; labels of blocks are levels."""
AGENT_CONF: Final = "spire-agent-conf"
_GROUP: Final = "spire.spiffe.io/"
_KINDS: Final = {"server": SERVER_CONF, "agent": AGENT_CONF}
_FILES: Final = {"server.conf": SERVER_CONF, "agent.conf": AGENT_CONF}
_WORDS: Final = ("trust_domain", "keymanager", "nodeattestor", "datastore", "workloadattestor")
"""In small letters: what a configuration has one of, also where an option of the command gives the rest."""
_MARK: Final = re.compile(f"{'|'.join(_WORDS)}|[A-Za-z0-9+/]{{40}}", re.IGNORECASE)
_BLOCK: Final = re.compile(r'(?<![^\s}])"?(server|agent|plugins)"?\s*=?\s*\{', re.IGNORECASE)


def spire_configurations(resource: Resource) -> Iterator[Resource]:
    """The configurations of SPIRE servers and agents that the texts of a resource hold."""
    if not is_an_object(resource):
        return
    for leaf in leaves(resource.props.value):
        place = leaf.node(resource.props) if isinstance(leaf.value, Unknown) or _MARK.search(leaf.value) else None
        if place is None:
            continue
        if isinstance(leaf.value, Unknown):
            if leaf.name in _FILES:
                yield replace(resource, kind=_FILES[leaf.name], props=place, outer=resource)
            continue
        try:
            yield from _parts(resource, place, leaf.value)
        except UnreadableError as error:
            yield opaque(resource, error, place.path)


def spire_manifests(resource: Resource) -> Iterator[Resource]:
    """The objects of SPIRE's controller in the texts of a resource: it also takes them from files."""
    if not is_an_object(resource):
        return
    for leaf in leaves(resource.props.value):
        if isinstance(leaf.value, str) and (_GROUP in leaf.value or resource.kind == "core/Secret"):
            place = leaf.node(resource.props)
            for index, document in enumerate(_manifests(leaf.value)):
                yield object_resource(resource, Node(document, f"{place.path}#{index}", urn=resource.urn))


def _manifests(text: str) -> Iterator[Plain]:
    try:
        for reading in readings(text):
            found = documents(reading) if _GROUP in reading and "apiVersion" in reading else []
            for document in found:
                if isinstance(document, Mapping) and str(document.get("apiVersion")).startswith(_GROUP):
                    yield document
    except UnreadableError:
        # What is no YAML is no manifest, to the controller neither.
        return


def _parts(resource: Resource, place: Node, text: str) -> Iterator[Resource]:
    for reading in readings(text):
        if not any(word in reading.lower() for word in _WORDS):
            continue
        found = _from_json(reading) or _from_hcl(reading)
        for name, kind in _KINDS.items():
            body = found.get(name)
            if isinstance(body, Mapping) and ("trust_domain" in body or _has_plugins(found)):
                yield replace(resource, kind=kind, props=Node(found, place.path, urn=resource.urn), outer=resource)


def _has_plugins(found: Mapping[str, Plain]) -> bool:
    plugins = found.get("plugins")
    return isinstance(plugins, Mapping) and not plugins.keys().isdisjoint(_WORDS)


def _from_json(text: str) -> dict[str, Plain]:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        found = _folded(plain(json.loads(text)))
    except (ValueError, RecursionError):
        return {}
    return dict(found) if isinstance(found, Mapping) else {}


def _folded(value: Plain) -> Plain:
    """Names in small letters; a list of objects is, to SPIRE, one block after the other."""
    if isinstance(value, Mapping):
        folded: dict[str, Plain] = {}
        for name, item in value.items():
            low = name.lower()
            folded[low] = joined(folded[low], _folded(item), low) if low in folded else _folded(item)
        return folded
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [_folded(item) for item in cast("Sequence[Plain]", value)]
        if items and all(isinstance(item, dict) for item in items):
            whole: Plain = {}
            for item in items:
                whole = joined(whole, item, "a list")
            return whole
        return items
    return value


def _from_hcl(text: str) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    end = 0
    for match in _BLOCK.finditer(text):
        if match.start() < end:
            continue
        reader = HclReader(text, match.start())
        for name, body in reader.block().items():
            found[name] = joined(found[name], body, name) if name in found else body
        end = reader.at
    return found
