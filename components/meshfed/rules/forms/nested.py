"""Kubernetes objects that stand whole inside of another one, for a controller to make: here or in another cluster.

Known are those of Crossplane, Open Cluster Management and Karmada; any other is found by its form.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from meshfed.rules.forms.kubernetes import object_resource
from meshfed.rules.forms.opaque import opaque
from meshfed.rules.kinds import kind_of
from meshfed.rules.node import Node, UndecidedError
from meshfed.rules.plain import Unknown
from meshfed.rules.resource import Resource

_WRAPPERS: Final = {
    "kubernetes.crossplane.io/Object": ("spec", "forProvider", "manifest"),
    "work.open-cluster-management.io/ManifestWork": ("spec", "workload", "manifests"),
    "work.open-cluster-management.io/ManifestWorkReplicaSet": ("spec", "manifestWorkTemplate", "workload", "manifests"),
    "work.karmada.io/Work": ("spec", "workload", "manifests"),
}
"""Kinds that exist for the objects inside of them -> where these stand; what is not known there is not seen."""
_TAKEN_APART: Final = ("helm.sh/", "yaml/", "kustomize/", "apiextensions.k8s.io/")
_OBJECT: Final = ("apiVersion", "kind", "metadata")
"""What an object has; a reference to one has no metadata."""


def nested_objects(resource: Resource) -> Iterator[Resource]:
    """The objects inside of an object."""
    is_list = kind_of(resource.token).is_list
    if not resource.is_kubernetes or resource.outer or is_list or "/" not in resource.kind:
        return
    if resource.kind.startswith(_TAKEN_APART):
        return
    place = _WRAPPERS.get(resource.kind)
    if place is not None:
        for item in resource.props.at(*place).items():
            yield from _given(resource, item)
        return
    for name, member in members(resource.props):
        if name != "metadata":
            yield from _found(resource, member)


def _given(whole: Resource, item: Node) -> Iterator[Resource]:
    if isinstance(item.value, Unknown):
        yield opaque(whole, UndecidedError(item.path, item.value.reason))
    else:
        yield object_resource(whole, item)


def _found(whole: Resource, node: Node) -> Iterator[Resource]:
    if is_object(node):
        yield object_resource(whole, node)
        return
    for _, member in members(node):
        yield from _found(whole, member)


def is_object(node: Node) -> bool:
    """Whether a place holds a whole object."""
    return isinstance(node.value, Mapping) and all(node.value.get(name) for name in _OBJECT)


def members(node: Node) -> Sequence[tuple[str, Node]]:
    """Names and members of an object, or the members of a list, which have no names."""
    if isinstance(node.value, Mapping):
        return node.entries()
    if isinstance(node.value, Sequence) and not isinstance(node.value, str):
        return [("", item) for item in node.items()]
    return []
