"""What an API server refuses in any object, and in services, stored data, roles, network policies and webhooks."""

import base64
import binascii
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.faults import UNKNOWN, Fault, leaves
from meshfed_local.standins.kubernetes import names
from meshfed_local.standins.kubernetes.kinds import DEFINITION, known_text, listed, mapping, of_token
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.world import World

_MIB: Final = 1024 * 1024
_LARGEST_ANNOTATIONS_BYTES: Final = 256 * 1024
_NAME_FORMS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "Namespace": names.label,
    "Service": names.service,
    **dict.fromkeys(("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), names.path_segment),
}
_SERVICE_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_NODE_PORTS: Final = range(30000, 32768)


def objects_are_well_named(resource: Resource, _world: World) -> Iterator[Fault]:
    """Names, namespaces, labels and annotations have the form that the API server takes."""
    kind = of_token(resource.token)
    metadata = mapping(resource.inputs.get("metadata"))
    if kind is None:
        return
    form = _NAME_FORMS.get(kind.name, names.subdomain) if kind.is_built_in else names.subdomain
    name, namespace = metadata.get("name"), metadata.get("namespace")
    # Without a name one is made of the logical name, which then needs the form (nine characters are added).
    shown = known_text(name) if name is not None else f"{resource.name}-00000000"
    if name is not UNKNOWN and (wanted := form(shown)):
        yield Fault("metadata.name", f"{shown!r} is no name of a {kind.name}", wanted)
    if kind.is_in_cluster and namespace is not None:
        yield Fault("metadata.namespace", f"a {kind.name} is in no namespace", "no namespace")
    elif isinstance(namespace, str) and (wanted := names.label(namespace)):
        yield Fault("metadata.namespace", f"{namespace!r} is no name of a namespace", wanted)
    yield from _version_and_kind(resource, kind.api_version, kind.name)
    yield from labels_are_well_formed(mapping(metadata.get("labels")), "metadata.labels")
    yield from _annotations(mapping(metadata.get("annotations")))


def _version_and_kind(resource: Resource, api_version: str, kind: str) -> Iterator[Fault]:
    for name, wanted in (("apiVersion", api_version), ("kind", kind)):
        given = resource.inputs.get(name)
        if isinstance(given, str) and given != wanted:
            yield Fault(name, f"it is {given!r}", f"{wanted}, as the resource's type says")


def labels_are_well_formed(labels: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """Keys and values of labels, or of a selector by labels."""
    for key, value in labels.items():
        if wanted := names.label_key(key):
            yield Fault(f"{path}.{key}", f"{key!r} is no key of a label", wanted)
        if isinstance(value, str) and (wanted := names.label_value(value)):
            yield Fault(f"{path}.{key}", f"{value!r} is no value of a label", wanted)


def _annotations(annotations: Mapping[str, Any]) -> Iterator[Fault]:
    for key in annotations:
        if wanted := names.label_key(key):
            yield Fault(f"metadata.annotations.{key}", f"{key!r} is no key of an annotation", wanted)
    size = sum(len(key) + len(known_text(value)) for key, value in annotations.items())
    if size > _LARGEST_ANNOTATIONS_BYTES:
        yield Fault("metadata.annotations", f"they have {size} bytes", f"at most {_LARGEST_ANNOTATIONS_BYTES} bytes")


def selectors_are_well_formed(resource: Resource, _world: World) -> Iterator[Fault]:
    """Labels in selectors and templates, anywhere in the object."""
    if resource.token == DEFINITION:
        return
    for path, value in parts(resource.inputs.get("spec"), "spec"):
        last = path.rsplit(".", 1)[-1]
        if last == "matchLabels" or (path == "spec.selector" and "matchLabels" not in value):
            strings = {key: item for key, item in value.items() if isinstance(item, str)}
            yield from labels_are_well_formed(strings, path)
        elif path.endswith("template.metadata"):
            yield from labels_are_well_formed(mapping(value.get("labels")), f"{path}.labels")


def parts(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object in a value, itself first, with its path."""
    if isinstance(value, Mapping):
        yield path, mapping(value)
        for key, item in mapping(value).items():
            yield from parts(item, f"{path}.{key}")
    for index, item in enumerate(listed(value)):
        yield from parts(item, f"{path}[{index}]")


def services_have_usable_ports(resource: Resource, _world: World) -> Iterator[Fault]:
    """A service names its ports once, in range, and has any unless it is only a name."""
    spec = mapping(resource.inputs.get("spec"))
    kind = known_text(spec.get("type")) or "ClusterIP"
    if kind not in _SERVICE_TYPES and spec.get("type") is not UNKNOWN:
        yield Fault("spec.type", f"{kind!r} is no type of service", f"one of {', '.join(_SERVICE_TYPES)}")
    ports = spec.get("ports")
    if not ports and ports is not UNKNOWN and kind != "ExternalName" and spec.get("clusterIP") != "None":
        yield Fault("spec.ports", "there are none", "one port at least")
    seen: set[str] = set()
    for index, item in enumerate(listed(ports)):
        port, path = mapping(item), f"spec.ports[{index}]"
        name = known_text(port.get("name"))
        if len(listed(ports)) > 1 and not name and port.get("name") is not UNKNOWN:
            yield Fault(f"{path}.name", "it is missing", "a name, as the service has several ports")
        elif name and (wanted := names.label(name)):
            yield Fault(f"{path}.name", f"{name!r} is no name of a port", wanted)
        elif name and name in seen:
            yield Fault(f"{path}.name", f"{name!r} is there twice", "names that differ")
        seen.add(name)
        yield from _port_numbers(port, path)


def _port_numbers(port: Mapping[str, Any], path: str) -> Iterator[Fault]:
    number, target, node = port.get("port"), port.get("targetPort"), port.get("nodePort")
    if isinstance(number, int) and (wanted := names.port(number)):
        yield Fault(f"{path}.port", f"{number} is no port", wanted)
    if isinstance(target, int) and (wanted := names.port(target)):
        yield Fault(f"{path}.targetPort", f"{target} is no port", wanted)
    elif isinstance(target, str) and (wanted := names.port_name(target)):
        yield Fault(f"{path}.targetPort", f"{target!r} is no name of a container's port", wanted)
    if isinstance(node, int) and node not in _NODE_PORTS:
        yield Fault(f"{path}.nodePort", f"{node} is out of range", f"{_NODE_PORTS[0]} to {_NODE_PORTS[-1]}")


def stored_data_is_storable(resource: Resource, _world: World) -> Iterator[Fault]:
    """Keys of a ConfigMap or Secret can be files' names, binary data is base64, and all of it fits."""
    size, is_secret = 0, resource.token.endswith(":Secret")
    encoded = {"data"} if is_secret else {"binaryData"}
    for part in ("data", "binaryData", "stringData"):
        for key, value in mapping(resource.inputs.get(part)).items():
            size += len(known_text(value).encode())
            if wanted := names.data_key(key):
                yield Fault(f"{part}.{key}", f"{key!r} is no key", wanted)
            if part in encoded and isinstance(value, str) and not _is_base64(value):
                yield Fault(f"{part}.{key}", "it is not base64", "base64, or the plain text under another property")
    if size > _MIB:
        yield Fault("data", f"it has {size} bytes", f"at most {_MIB} bytes in all")


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def bindings_name_whom_and_what(resource: Resource, _world: World) -> Iterator[Fault]:
    """A role binding gives an RBAC role to users, groups or service accounts."""
    role = mapping(resource.inputs.get("roleRef"))
    everywhere = resource.token.endswith(":ClusterRoleBinding")
    kinds = ("ClusterRole",) if everywhere else ("ClusterRole", "Role")
    if known_text(role.get("kind")) and role["kind"] not in kinds:
        yield Fault("roleRef.kind", f"it is {role['kind']!r}", " or ".join(kinds))
    if known_text(role.get("apiGroup")) and role["apiGroup"] != "rbac.authorization.k8s.io":
        yield Fault("roleRef.apiGroup", f"it is {role['apiGroup']!r}", "rbac.authorization.k8s.io")
    for index, item in enumerate(listed(resource.inputs.get("subjects"))):
        subject = mapping(item)
        kind = known_text(subject.get("kind"))
        if kind and kind not in {"Group", "ServiceAccount", "User"}:
            yield Fault(f"subjects[{index}].kind", f"it is {kind!r}", "Group, ServiceAccount or User")
        elif kind == "ServiceAccount" and everywhere and subject.get("namespace") is None:
            yield Fault(f"subjects[{index}].namespace", "it is missing", "the service account's namespace")


def blocks_are_networks(resource: Resource, _world: World) -> Iterator[Fault]:
    """Address blocks of a network policy are networks, and exceptions lie inside."""
    for path, block in parts(resource.inputs.get("spec"), "spec"):
        if path.rsplit(".", 1)[-1] != "ipBlock":
            continue
        outer = _network(block.get("cidr"))
        if outer is None and isinstance(block.get("cidr"), str):
            yield Fault(f"{path}.cidr", f"{block['cidr']!r} is no network", "a CIDR such as 10.0.0.0/8 or 10.0.0.1/32")
        for index, text in enumerate(listed(block.get("except"))):
            inner = _network(text)
            if isinstance(text, str) and (inner is None or (outer is not None and not _is_inside(inner, outer))):
                yield Fault(f"{path}.except[{index}]", f"{text!r} is not inside {block.get('cidr')!r}", "a part of it")


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: Any) -> _Network | None:
    try:
        # Python takes an address alone for a network of one; an API server does not.
        return ipaddress.ip_network(text) if isinstance(text, str) and "/" in text else None
    except ValueError:
        return None


def _is_inside(inner: _Network, outer: _Network) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer) and inner != outer
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer) and inner != outer
    return False


def budgets_say_one_thing(resource: Resource, _world: World) -> Iterator[Fault]:
    """A disruption budget gives a minimum or a maximum, not both."""
    spec = mapping(resource.inputs.get("spec"))
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield Fault("spec.maxUnavailable", "minAvailable is given, too", "one of the two")


def webhooks_are_fully_named(resource: Resource, _world: World) -> Iterator[Fault]:
    """A webhook has a name of three parts, no unknown side effects, and one way to reach it."""
    for index, item in enumerate(listed(resource.inputs.get("webhooks"))):
        hook, path = mapping(item), f"webhooks[{index}]"
        name = known_text(hook.get("name"))
        if name and (names.subdomain(name) or name.count(".") < 2):
            yield Fault(f"{path}.name", f"{name!r} is not fully qualified", "three parts at least: hook.team.example")
        if known_text(hook.get("sideEffects")) not in {"", "None", "NoneOnDryRun"}:
            yield Fault(f"{path}.sideEffects", f"it is {hook['sideEffects']!r}", "None or NoneOnDryRun")
        config = mapping(hook.get("clientConfig"))
        if config and (config.get("service") is None) == (config.get("url") is None):
            yield Fault(f"{path}.clientConfig", "it gives no address, or two", "either `service` or `url`")


def no_value_is_left_open(resource: Resource, _world: World) -> Iterator[Fault]:
    """No text still holds what a template or a program failed to fill in."""
    for path, value in leaves(resource.inputs):
        if isinstance(value, str) and ("<no value>" in value or "Calling __str__ on Output" in value):
            yield Fault(path, "the text has a part that was never filled in", "the value itself")
