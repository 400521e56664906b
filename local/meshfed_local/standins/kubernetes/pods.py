"""What an API server refuses in pods and in what makes pods: containers, images, ports, volumes, selectors."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.kubernetes import names
from meshfed_local.standins.kubernetes.kinds import known_text, listed, mapping, of_token
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.world import World

_TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "Deployment": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
_SELECTING: Final = frozenset({"Deployment", "DaemonSet", "StatefulSet", "ReplicaSet"})
_ALWAYS_RESTARTED: Final = frozenset({*_SELECTING, "ReplicationController"})


def template(token: str, inputs: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Path and value of the pod (or its template) in an object, None for kinds that make no pods."""
    kind = of_token(token)
    if kind is None or not kind.is_built_in or kind.name not in _TEMPLATES:
        return None
    value, path = inputs, _TEMPLATES[kind.name]
    for key in path:
        value = mapping(value.get(key))
    return ".".join(path), value


def pods_are_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """Containers, volumes and mounts of a pod fit together, and each has a name and form that nodes accept."""
    found = template(resource.token, resource.inputs)
    kind = of_token(resource.token)
    if found is None or kind is None:
        return
    path, pod = found
    spec, where = mapping(pod.get("spec")), f"{path}.spec" if path else "spec"
    if not spec:
        return
    containers = listed(spec.get("containers"))
    if not containers and "containers" in spec and isinstance(spec["containers"], list):
        yield Fault(f"{where}.containers", "it is empty", "one container at least")
    yield from _named_once(containers, f"{where}.containers", names.label)
    yield from _named_once(listed(spec.get("initContainers")), f"{where}.initContainers", names.label)
    yield from _named_once(listed(spec.get("volumes")), f"{where}.volumes", names.label)
    volumes = {known_text(mapping(volume).get("name")) for volume in listed(spec.get("volumes"))}
    if kind.name == "StatefulSet":
        claims = listed(mapping(resource.inputs.get("spec")).get("volumeClaimTemplates"))
        volumes |= {known_text(mapping(mapping(claim).get("metadata")).get("name")) for claim in claims}
    for place, container in _containers(spec, where):
        yield from _container(container, place)
        yield from _mounts(container, place, volumes)
    policy = known_text(spec.get("restartPolicy"))
    if kind.name in _ALWAYS_RESTARTED and policy not in {"", "Always"}:
        yield Fault(f"{where}.restartPolicy", f"it is {policy!r}", "Always, as a controller replaces its pods")


def _containers(spec: Mapping[str, Any], where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for group in ("containers", "initContainers"):
        for index, container in enumerate(listed(spec.get(group))):
            yield f"{where}.{group}[{index}]", mapping(container)


def _named_once(items: list[Any], path: str, form: Callable[[str], str | None]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        name = known_text(mapping(item).get("name"))
        if not name:
            continue
        wanted = form(name)
        if wanted:
            yield Fault(f"{path}[{index}].name", f"{name!r} is no name", wanted)
        elif name in seen:
            yield Fault(f"{path}[{index}].name", f"{name!r} is there twice", "names that differ")
        seen.add(name)


def _container(container: Mapping[str, Any], path: str) -> Iterator[Fault]:
    image = container.get("image")
    if isinstance(image, str) and (wanted := names.image(image)):
        yield Fault(f"{path}.image", f"{image!r} is no image", wanted)
    elif image is None:
        yield Fault(f"{path}.image", "it is missing", "an image, as a container without one cannot be started")
    ports = listed(container.get("ports"))
    yield from _named_once(ports, f"{path}.ports", names.port_name)
    for index, item in enumerate(ports):
        for key in ("containerPort", "hostPort"):
            value = mapping(item).get(key)
            if isinstance(value, int) and (wanted := names.port(value)):
                yield Fault(f"{path}.ports[{index}].{key}", f"{value} is no port", wanted)


def _mounts(container: Mapping[str, Any], path: str, volumes: set[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, item in enumerate(listed(container.get("volumeMounts"))):
        mount = mapping(item)
        name, target = known_text(mount.get("name")), known_text(mount.get("mountPath"))
        if name and name not in volumes:
            listing = ", ".join(sorted(volumes)) or "none is declared"
            yield Fault(f"{path}.volumeMounts[{index}].name", f"there is no volume {name!r}", f"one of: {listing}")
        if target and target in seen:
            yield Fault(f"{path}.volumeMounts[{index}].mountPath", f"{target!r} is there twice", "paths that differ")
        seen.add(target)


def selectors_match_templates(resource: Resource, _world: World) -> Iterator[Fault]:
    """A controller's selector finds the pods that its own template makes."""
    kind, found = of_token(resource.token), template(resource.token, resource.inputs)
    if kind is None or found is None or kind.name not in _SELECTING:
        return
    spec = mapping(resource.inputs.get("spec"))
    selector = mapping(spec.get("selector"))
    wanted = mapping(selector.get("matchLabels"))
    if selector and not wanted and not listed(selector.get("matchExpressions")):
        yield Fault("spec.selector", "it is empty", "matchLabels or matchExpressions that find the template's pods")
    labels = mapping(mapping(found[1].get("metadata")).get("labels"))
    for key, value in wanted.items():
        if isinstance(value, str) and key not in labels:
            yield Fault(f"spec.selector.matchLabels.{key}", "the template's pods have no such label", "the same labels")
        elif isinstance(value, str) and isinstance(labels.get(key), str) and labels[key] != value:
            yield Fault(
                f"spec.selector.matchLabels.{key}", f"{value!r} differs from the template's {labels[key]!r}", "the same"
            )
