"""Kubernetes objects in Lists, in manifests given as text or objects, and pods in what makes them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from meshfed.rules.forms.opaque import UNSEEN, opaque
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.kinds import kind_of, object_kind
from meshfed.rules.node import Node, WrongTypeError
from meshfed.rules.resource import Resource

POD: Final = "pod"
"""Kind of a pod or of the template of one: `metadata` and `spec`."""
TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "core/Pod": (),
    "core/PodTemplate": ("template",),
    "core/ReplicationController": ("spec", "template"),
    "apps/Deployment": ("spec", "template"),
    "apps/StatefulSet": ("spec", "template"),
    "apps/DaemonSet": ("spec", "template"),
    "apps/ReplicaSet": ("spec", "template"),
    "batch/Job": ("spec", "template"),
    "batch/CronJob": ("spec", "jobTemplate", "spec", "template"),
    "argoproj.io/Rollout": ("spec", "template"),
    "serving.knative.dev/Service": ("spec", "template"),
}
"""Kinds that are or make pods -> where the pod stands in them."""
_API_VERSION: Final = re.compile(r"([a-z0-9][a-z0-9.-]*/)?[a-z][a-z0-9-]*")
_KIND: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_VERSION_WANTED: Final = "an apiVersion such as apps/v1"
_KIND_WANTED: Final = "a kind such as ConfigMap"
_TEXTS: Final = ("yaml/ConfigFile", "yaml/ConfigGroup")


def as_written(resource: Resource) -> Iterator[Resource]:
    """What an object says that it is, where its type token says something else: a cluster goes by the object."""
    if not resource.is_kubernetes or resource.outer is not None or "/" not in resource.kind:
        return
    version, kind = resource.props["apiVersion"], resource.props["kind"]
    if kind.is_missing or version.is_missing:
        return
    group, name = _said(resource.props)
    written = object_kind(group, name).judged
    if written != resource.kind:
        yield replace(resource, kind=written, token=f"kubernetes:{group}:{name}")


def list_items(resource: Resource) -> Iterator[Resource]:
    """The objects of a List."""
    if resource.token.startswith("kubernetes:") and kind_of(resource.token).is_list:
        for item in resource.props["items"].items():
            yield object_resource(resource, item)


def manifests(resource: Resource) -> Iterator[Resource]:
    """The objects that a ConfigFile or ConfigGroup is given as text or as objects."""
    if resource.kind not in _TEXTS:
        return
    for text in resource.props["yaml"].items():
        yield from _documents(resource, text)
    for name in ("objs", "objects"):
        for item in resource.props[name].items():
            yield object_resource(resource, item)


def _documents(whole: Resource, text: Node) -> Iterator[Resource]:
    try:
        found = documents(text.text())
    except UNSEEN as error:
        yield opaque(whole, error, text.path)
        return
    for index, document in enumerate(found):
        yield object_resource(whole, Node(document, f"{text.path}#{index}", urn=whole.urn))


def pod_templates(resource: Resource) -> Iterator[Resource]:
    """The pod that an object is or makes."""
    path = TEMPLATES.get(resource.kind)
    if path is None:
        return
    template = in_its_namespace(resource.props.at(*path), resource.props["metadata"]["namespace"])
    yield replace(resource, kind=POD, props=template, outer=resource if path else None)


def in_its_namespace(template: Node, namespace: Node) -> Node:
    """A template with the namespace that its pods will have, which only what makes them names."""
    metadata = template["metadata"].value if isinstance(template.value, Mapping) else None
    if namespace.is_missing or not isinstance(metadata, Mapping | None) or not isinstance(template.value, Mapping):
        return template
    return replace(template, value={**template.value, "metadata": {**(metadata or {}), "namespace": namespace.value}})


def object_resource(whole: Resource, item: Node) -> Resource:
    """An object inside of another resource as a resource of its own; opaque where it cannot be seen what it is."""
    try:
        version, kind = _said(item)
    except UNSEEN as error:
        return opaque(whole, error, item.path)
    token = f"kubernetes:{version}:{kind}"
    return replace(whole, token=token, kind=object_kind(version, kind).judged, props=item, outer=None)


def _said(item: Node) -> tuple[str, str]:
    """apiVersion and kind of an object; raises one of UNSEEN where these name nothing that a cluster has."""
    version, kind = item["apiVersion"], item["kind"]
    if not version.text() or not kind.text():
        raise WrongTypeError(item.path, "an object with apiVersion and kind")
    for node, form, wanted in ((version, _API_VERSION, _VERSION_WANTED), (kind, _KIND, _KIND_WANTED)):
        if not isinstance(node.value, str) or not form.fullmatch(node.value):
            raise WrongTypeError(node.path, wanted)
    return version.text(), kind.text()
