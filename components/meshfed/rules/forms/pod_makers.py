"""Pods in objects of any operator, found by their form and not by a list of kinds.

Where a `spec` has containers, at any depth, a whole pod stands; what other places say of pods (Argo's and Tekton's
steps, the fields that an operator lays over pods of its own) are parts of pods: there only what is written counts.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from meshfed.rules.forms.kubernetes import POD, TEMPLATES, in_its_namespace
from meshfed.rules.forms.nested import is_object, members
from meshfed.rules.forms.opaque import opaque
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.kinds import object_kind
from meshfed.rules.node import Node, UndecidedError
from meshfed.rules.plain import Plain, Unknown, UnreadableError
from meshfed.rules.resource import Resource

PART: Final = "pod-part"
"""Kind of a part of a pod: one mapping of it, such as a container, a volume or a pod's labels."""
_CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")
_READ: Final = frozenset({"hostNetwork", "hostPID", "hostIPC", "volumes", "securityContext", "metadata", *_CONTAINERS})
"""What rules read of a whole pod; everything else is looked through for further pods, and parts of pods."""
_WORDS: Final = frozenset(
    {
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "hostPort",
        "hostPath",
        "hostProcess",
        "privileged",
        "allowPrivilegeEscalation",
        "runAsUser",
        "runAsGroup",
        "runAsNonRoot",
        "add",
        "image",
    }
)
"""Names that make a mapping a part of a pod."""
_MARK: Final = re.compile(r"(^|[.])istio[.]io/|^istio-injection$")
_WRITTEN: Final = re.compile(
    r"\b(host(Network|PID|IPC|Path|Port|Process)|privileged|allowPrivilegeEscalation|capabilities|runAs(User|Group))\b"
    r"|istio[.]io/|[\\][uUx]"
)
"""Words of a pod in a text, such as Argo's podSpecPatch; a letter written by its number can be in any of them."""
_TEMPLATE: Final = re.compile(r"(template|podspec)$", re.IGNORECASE)
_MAKES_NONE: Final = re.compile(
    r"^((core|apps|batch|policy|autoscaling|yaml|helm[.]sh|kustomize|install[.]istio[.]io|helm[.]toolkit[.]fluxcd[.]io"
    r"|helm[.]cattle[.]io|spire[.]spiffe[.]io|security[.]openshift[.]io"
    r"|(.+[.])?(istio[.]io|sailoperator[.]io|gatekeeper[.]sh|kyverno[.]io|k8s[.]io))/|argoproj[.]io/App)"
)
"""Kinds in which a pod is described, chosen or configured, and never made; charts have rules of their own."""


def made_pods(resource: Resource) -> Iterator[Resource]:
    """Pods, and parts of pods, of an object that is no workload of Kubernetes itself."""
    if not resource.is_kubernetes or resource.outer is not None or "/" not in resource.kind:
        return
    if resource.kind not in TEMPLATES and not _MAKES_NONE.match(resource.kind):
        yield from _mapping(resource, resource.props, "")


def _walk(whole: Resource, node: Node, name: str) -> Iterator[Resource]:
    value = node.value
    if isinstance(value, Unknown):
        if _TEMPLATE.search(name):
            yield opaque(whole, UndecidedError(node.path, value.reason))
    elif isinstance(value, str):
        yield from _written(whole, node)
    elif not isinstance(value, Mapping):
        yield from _all(whole, node, frozenset())
    elif not is_object(node):
        yield from _mapping(whole, node, name)
    elif not _is_a_workload(node):
        # Whoever writes a kind into a template cannot hide it so.
        found = _mapping(whole, node, name)
        yield from (one for one in found if one.kind == POD or not _MAKES_NONE.match(_kind(node)))


def _mapping(whole: Resource, node: Node, name: str) -> Iterator[Resource]:
    if _has_containers(node["spec"]):
        yield _pod(whole, node, node)
        yield from _all(whole, node["spec"], _READ)
        yield from _all(whole, node, frozenset({"metadata", "spec"}))
    elif _TEMPLATE.search(name) and _has_containers(node):
        yield _pod(whole, node, replace(node, value={"spec": node.value}))
        yield from _all(whole, node, _READ)
    elif not name:
        yield from _all(whole, node, frozenset({"metadata", "status"}))
    else:
        if isinstance(node.value, Mapping) and any(one in _WORDS or _MARK.search(one) for one in node.value):
            yield replace(whole, kind=PART, props=node, outer=whole)
        yield from _all(whole, node, frozenset())


def _all(whole: Resource, node: Node, but: frozenset[str]) -> Iterator[Resource]:
    for name, member in members(node):
        if name not in but and name != "matchLabels":
            yield from _walk(whole, member, name or "[]")


def _has_containers(node: Node) -> bool:
    value = node.value
    return isinstance(value, Mapping) and any(_are_containers(value.get(name)) for name in _CONTAINERS)


def _are_containers(value: Plain) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, Mapping | Unknown) for one in value)
    return isinstance(value, Unknown)


def _pod(whole: Resource, node: Node, pod: Node) -> Resource:
    is_whole = node.path == whole.props.path
    props = pod if is_whole else in_its_namespace(pod, whole.props["metadata"]["namespace"])
    return replace(whole, kind=POD, props=props, outer=None if is_whole else whole)


def _is_a_workload(node: Node) -> bool:
    """Whether an object is one of Kubernetes' own workloads, whose pod is found by its kind."""
    path = TEMPLATES.get(_kind(node))
    return path is not None and _has_containers(node.at(*path, "spec"))


def _kind(node: Node) -> str:
    version, kind = node["apiVersion"].value, node["kind"].value
    return object_kind(version, kind).judged if isinstance(version, str) and isinstance(kind, str) else ""


def _written(whole: Resource, text: Node) -> Iterator[Resource]:
    """Parts of pods in a text; one that is no YAML is none that a controller could read."""
    if not isinstance(text.value, str) or not _WRITTEN.search(text.value):
        return
    try:
        found = documents(text.value)
    except UnreadableError:
        return
    for index, document in enumerate(found):
        if isinstance(document, Mapping | list):
            yield from _walk(whole, Node(document, f"{text.path}#{index}", urn=whole.urn), "#")
