"""Kubernetes manifests: every document of a file as a resource, and the line on which a part of it stands."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote, unquote

import yaml

from meshfed.cli.gate.found import STDIN, Form, Found, Reading
from meshfed.rules.forms.kubernetes import object_resource
from meshfed.rules.forms.opaque import opaque
from meshfed.rules.node import Node, WrongTypeError
from meshfed.rules.plain import Plain, UnreadableError
from meshfed.rules.resource import MANIFESTS, Resource

_BUILT: Final = "is built by kustomize, and its patches are seen only in what `kubectl kustomize` prints; judge that."
_OF_A_LIST: Final = frozenset({"apiVersion", "kind", "metadata", "items"})
_STEP: Final = re.compile(r'\["(?P<key>[^"]*)"\]|\[(?P<index>\d+)\]|(?P<name>[^.\[\]#]+)')
_Loader: Final = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def is_object(document: Plain) -> bool:
    """Whether a document is what a cluster takes."""
    return isinstance(document, Mapping) and "apiVersion" in document and "kind" in document


def is_empty_list(document: Plain) -> bool:
    """Whether a document is a List without objects: what `kubectl get` prints of a wrong namespace."""
    if not isinstance(document, Mapping) or not set(document) <= _OF_A_LIST:
        return False
    kind, items = document.get("kind"), document.get("items")
    if not isinstance(kind, str) or not kind.endswith("List") or not is_object(document):
        return False
    return not items or (isinstance(items, list) and all(map(is_empty_list, items)))


def manifests(file: str, cluster: str, found: Sequence[Plain]) -> Reading:
    """The documents of a file as resources of a stack; one that is no object is kept as something unseen.

    Manifests with the same text for `cluster` are of one cluster.
    """
    urn = f"urn:pulumi:{MANIFESTS}::{quote(cluster)}{'::' if cluster else ''}"
    place = f"urn:pulumi:{MANIFESTS}::{quote(named(file))}::"
    names: dict[str, int] = {}
    resources: list[Found] = []
    for index, document in enumerate(found):
        if is_empty_list(document):
            continue
        resource = replace(_resource(place, index, document), provider=urn)
        count = names[resource.urn] = names.get(resource.urn, 0) + 1
        if count > 1:
            again = f"{resource.urn}#{count}"
            resource = replace(resource, urn=again, props=replace(resource.props, urn=again))
        resources.append(Found(resource, document=index))
    return Reading(file, Form.MANIFESTS, {urn: resources})


def named(path: str) -> str:
    """A file or folder as seen from its working tree, else from here, so that its name is one however it is given."""
    if path == STDIN:
        return "stdin"
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as they are named
    tree = _tree(whole if whole.is_dir() else whole.parent)
    return (whole.relative_to(tree) if whole.is_relative_to(tree) else whole).as_posix()


def unlisted(waived: str) -> str:
    """The file of manifests that a waiver's URN names and that is not there; empty where it is, or names no single one.

    >>> unlisted("urn:pulumi:manifests::no/such%20file.yaml::*"), unlisted("urn:pulumi:manifests::k8s/*")
    ('no/such file.yaml', '')
    """
    parts = waived.split("::")
    if parts[0] != f"urn:pulumi:{MANIFESTS}" or len(parts) < 3 or "*" in parts[1]:
        return ""
    name = unquote(parts[1])
    if not name or name == named(STDIN):
        return ""
    return "" if (_tree(Path.cwd()) / name).exists() else name


def _tree(folder: Path) -> Path:
    """The working tree of Git that a folder is in, else the project of Pulumi, else the folder we are in."""
    for sign in (".git", "Pulumi.yaml"):
        for above in (folder, *folder.parents):
            if (above / sign).exists():
                return above
    return Path.cwd()


def line_of(text: str, document: int, path: str) -> int:
    """The line on which a place of a document stands, or the nearest place around it; 1 where nobody can tell."""
    roots = _roots(text)
    if document >= len(roots):
        return 1
    node = roots[document]
    line = _line(node)
    for step in _STEP.finditer(path.partition("#")[0]):
        inner = _below(node, step)
        if inner is None:
            break
        line, node = inner
    return line


def _resource(place: str, index: int, document: Plain) -> Resource:
    unnamed = f"{place}manifest::{index}"
    whole = Resource("kubernetes:manifest", "manifest", unnamed, Node(document, urn=unnamed))
    if not is_object(document):
        return opaque(whole, UnreadableError("is no object with apiVersion and kind"))
    resource = object_resource(whole, whole.props)
    if resource.kind.startswith("kustomize.config.k8s.io/"):
        return opaque(whole, UnreadableError(_BUILT))
    name = _name(resource) or str(index)
    urn = f"{place}{resource.token}::{quote(name)}"
    return replace(resource, urn=urn, props=replace(resource.props, urn=urn))


def _name(resource: Resource) -> str:
    """Namespace and name as far as they can be read: only the URN needs them."""
    try:
        parts = [resource.props["metadata"][key].value for key in ("namespace", "name")]
    except WrongTypeError:
        return ""
    return "/".join(part for part in parts if isinstance(part, str) and part)


@cache
def _roots(text: str) -> list[Any]:
    try:
        found = list(cast("Any", yaml).compose_all(text, Loader=_Loader))
    except (yaml.YAMLError, RecursionError):
        # JSON that is no YAML: tabs, say. It was read as JSON.
        return []
    return [node for node in found if node is not None and node.tag != "tag:yaml.org,2002:null"]


def _below(node: Any, step: re.Match[str]) -> tuple[int, Any] | None:
    if isinstance(node, yaml.SequenceNode) and step["index"] is not None:
        items = cast("Sequence[Any]", node.value)
        index = int(step["index"])
        return (_line(items[index]), items[index]) if index < len(items) else None
    if isinstance(node, yaml.MappingNode):
        wanted = step["key"] if step["key"] is not None else step["name"]
        for key, value in cast("Sequence[tuple[Any, Any]]", node.value):
            if str(key.value) == wanted:
                return _line(key), value
    return None


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
