"""What a Kubernetes API server refuses, beyond types: one function a rule, listed by resource type.

Sources: Kubernetes documentation, "Object Names and IDs", "Labels and Selectors", "Annotations", "ConfigMaps",
"Service", and the API server's validation of built-in kinds. Custom kinds are judged by name and labels only.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from meshfed_local.standins.faults import UNKNOWN, Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.reading import absent, at, found, number, objects, texts
from meshfed_local.standins.rules.shapes import distinct, within
from meshfed_local.standins.world import World

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SERVICE: Final = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PATH: Final = re.compile(r"(?!\.{1,2}$)[^/%]{1,253}")
_KEY: Final = re.compile(r"((?=[^/]{1,253}/)[a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?")
_VALUE: Final = re.compile(r"([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?")
_ANNOTATIONS_BYTES: Final = 262144
_DATA_BYTES: Final = 1048576
_TEMPLATED: Final = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


def _kind(resource: Resource) -> str:
    return resource.token.rsplit(":", 1)[-1]


def name_is_one_of_its_kind(resource: Resource, _world: World) -> Iterator[Fault]:
    """Namespaces are DNS labels, services begin with a letter, RBAC names are path parts, the rest DNS subdomains."""
    kind, group = _kind(resource), resource.token.split(":")[1]
    pattern, wanted = _SUBDOMAIN, "at most 253 of a-z 0-9 -., letters or digits at both ends (RFC 1123)"
    if kind == "Namespace":
        pattern, wanted = _LABEL, "at most 63 of a-z 0-9 -, letters or digits at both ends (RFC 1123 label)"
    elif kind == "Service":
        pattern, wanted = _SERVICE, "at most 63 of a-z 0-9 -, a letter first (RFC 1035 label)"
    elif group.startswith("rbac.authorization.k8s.io/"):
        pattern, wanted = _PATH, "a path part: no / and no %, not . or .."
    for place, name in texts(resource.inputs, "metadata.name"):
        if not pattern.fullmatch(name):
            yield Fault(place, f"{name!r} is no name of a {kind}", wanted)
    for place, name in texts(resource.inputs, "metadata.namespace"):
        if not _LABEL.fullmatch(name):
            yield Fault(place, f"{name!r} is no namespace", "at most 63 of a-z 0-9 - (RFC 1123 label)")


def labels_are_labels(resource: Resource, _world: World) -> Iterator[Fault]:
    """Keys and values of labels, wherever a kind has them."""
    for path in ("metadata.labels", "spec.selector.matchLabels", "spec.template.metadata.labels"):
        for place, labels in objects(resource.inputs, path):
            yield from _labels(place, labels)
    if _kind(resource) == "Service":
        for place, labels in objects(resource.inputs, "spec.selector"):
            yield from _labels(place, labels)


def _labels(place: str, labels: Mapping[str, Any]) -> Iterator[Fault]:
    for key, value in labels.items():
        if not _KEY.fullmatch(key):
            yield Fault(
                f"{place}.{key}", f"{key!r} is no key of a label", "prefix/name, the name at most 63 of A-Z a-z 0-9 -_."
            )
        if isinstance(value, str) and not _VALUE.fullmatch(value):
            yield Fault(f"{place}.{key}", f"{value!r} is no value of a label", "at most 63 of A-Z a-z 0-9 -_.")


def annotations_fit(resource: Resource, _world: World) -> Iterator[Fault]:
    """All annotations together are at most 256 KiB."""
    for place, annotations in objects(resource.inputs, "metadata.annotations"):
        size = sum(len(f"{key}{value}".encode()) for key, value in annotations.items() if isinstance(value, str))
        if size > _ANNOTATIONS_BYTES:
            yield Fault(place, f"they are {size} bytes long", f"at most {_ANNOTATIONS_BYTES} bytes")


def data_fits(resource: Resource, _world: World) -> Iterator[Fault]:
    """A config map or secret is at most 1 MiB, and its keys are file names."""
    size = 0
    for part in ("data", "stringData", "binaryData"):
        for place, data in objects(resource.inputs, part):
            for key, value in data.items():
                size += len(value.encode()) if isinstance(value, str) else 0
                if not re.fullmatch(r"(?!\.{1,2}$)[-._a-zA-Z0-9]{1,253}", key):
                    yield Fault(f"{place}.{key}", f"{key!r} is no key", "1 to 253 of a-z A-Z 0-9 -._")
    if size > _DATA_BYTES:
        yield Fault("data", f"it is {size} bytes long", f"at most {_DATA_BYTES} bytes")


def selector_finds_its_pods(resource: Resource, _world: World) -> Iterator[Fault]:
    """The labels that a workload selects are on the pods that it makes."""
    given = at(resource.inputs, "spec.template.metadata.labels")
    if given is UNKNOWN:
        return
    for _, wanted in objects(resource.inputs, "spec.selector.matchLabels"):
        for key, value in wanted.items():
            have = cast("Mapping[str, Any]", given).get(key) if isinstance(given, Mapping) else None
            if isinstance(value, str) and have is not UNKNOWN and have != value:
                path = f"spec.template.metadata.labels.{key}"
                yield Fault(path, f"it is not {value!r}, which the selector wants", "the labels of spec.selector")


def ports_have_names(resource: Resource, _world: World) -> Iterator[Fault]:
    """Several ports of a service have names."""
    ports = list(objects(resource.inputs, "spec.ports[]"))
    for place, port in ports if len(ports) > 1 else ():
        if absent(port, "name"):
            yield Fault(f"{place}.name", "it is missing, and there are several ports", "a name for each port")


def pods_have_containers(resource: Resource, _world: World) -> Iterator[Fault]:
    """Containers are named as DNS labels, differently."""
    before = "spec" if _kind(resource) == "Pod" else "spec.template.spec"
    seen: set[str] = set()
    for path in ("containers[].name", "initContainers[].name"):
        for place, name in texts(resource.inputs, f"{before}.{path}"):
            if not _LABEL.fullmatch(name):
                yield Fault(place, f"{name!r} is no name of a container", "at most 63 of a-z 0-9 - (RFC 1123 label)")
            if name in seen:
                yield Fault(place, f"{name!r} is the name of two containers", "names that differ")
            seen.add(name)
    if absent(resource.inputs, f"{before}.containers") and at(resource.inputs, before) is not None:
        yield Fault(f"{before}.containers", "it is missing", "at least one container")


def replicas_are_not_negative(resource: Resource, _world: World) -> Iterator[Fault]:
    """A number of pods is zero or more."""
    wanted = number(resource.inputs, "spec.replicas")
    if wanted is not None and wanted < 0:
        yield Fault("spec.replicas", f"{wanted:g} is negative", "zero or more")


def peers_are_ranges(resource: Resource, _world: World) -> Iterator[Fault]:
    """Ranges of a network policy are ranges."""
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for place, cidr in found(resource.inputs, f"spec.{direction}[].{side}[].ipBlock.cidr"):
            if isinstance(cidr, str) and not re.fullmatch(r"[0-9a-fA-F:.]+/\d{1,3}", cidr):
                yield Fault(place, f"{cidr!r} is no range", "a range as 10.0.0.0/16")


_WORKLOAD: Final[tuple[Rule, ...]] = (selector_finds_its_pods, pods_have_containers, replicas_are_not_negative)

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "*": (name_is_one_of_its_kind, labels_are_labels, annotations_fit),
    **{f"kubernetes:apps/v1:{kind}": _WORKLOAD for kind in _TEMPLATED},
    "kubernetes:core/v1:Pod": (pods_have_containers,),
    "kubernetes:core/v1:ConfigMap": (data_fits,),
    "kubernetes:core/v1:Secret": (data_fits,),
    "kubernetes:core/v1:Service": (
        ports_have_names,
        distinct("spec.ports[].name", "names of ports", "Service"),
        within("spec.ports[].port", 1, 65535, "Service"),
        within("spec.ports[].nodePort", 30000, 32767, "Service; the default range of node ports"),
    ),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": (peers_are_ranges,),
}
