"""Istio's MeshConfig, and whom istiod injects by which values, wherever they are written.

MeshConfig is read as protobuf reads it: names with underscores are the same fields as those in camel case.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from meshfed.rules.forms.helm import ISTIOD
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.istio.objects import INJECTOR, INJECTOR_VALUES, MESH_CONFIG
from meshfed.rules.node import Node, WrongTypeError
from meshfed.rules.plain import Plain
from meshfed.rules.resource import Resource

_INJECTOR: Final = re.compile(r"^istio-sidecar-injector(-|$)")
_CONFIG_MAP: Final = re.compile(r"^istio(-|$)")
_SNAKE: Final = re.compile(r"^[a-z][a-zA-Z0-9]*(_[A-Za-z0-9]+)+$")


def mesh_configs(resource: Resource) -> Iterator[Resource]:
    """MeshConfig in the ConfigMap `istio`, in istiod's values and in an IstioOperator."""
    found: Node | None = None
    if resource.kind == "core/ConfigMap":
        found = _of_config_map(resource, "mesh", _CONFIG_MAP)
    elif resource.kind == ISTIOD:
        found = resource.props["meshConfig"]
        if resource.token.endswith(":IstioOperator"):
            found = replace(found, path="spec.meshConfig")
    if found is not None:
        yield replace(resource, kind=MESH_CONFIG, props=_canonical_node(found), outer=resource)


def injectors(resource: Resource) -> Iterator[Resource]:
    """Whom istiod injects, by which templates and with which values, in the ConfigMap that it reads them from."""
    if resource.kind == "core/ConfigMap":
        for name, kind in (("config", INJECTOR), ("values", INJECTOR_VALUES)):
            found = _of_config_map(resource, name, _INJECTOR)
            if found is not None:
                yield replace(resource, kind=kind, props=found, outer=resource)


def _of_config_map(resource: Resource, name: str, names: re.Pattern[str]) -> Node | None:
    text = resource.props["data"][name]
    if text.is_missing or not names.match(resource.name):
        return None
    if text.is_unknown:
        return text
    found = documents(text.text())
    if len(found) > 1 or not all(isinstance(one, Mapping) for one in found):
        raise WrongTypeError(text.path, "one object in YAML", text.urn)
    return replace(text, value=found[0] if found else {})


def _canonical_node(node: Node) -> Node:
    return replace(node, value=_canonical(node.value or {}, node), is_missing=False)


def _canonical(value: Plain, node: Node) -> Plain:
    if isinstance(value, Mapping):
        renamed = [(_camel(name), _canonical(item, node)) for name, item in value.items()]
        if len({name for name, _ in renamed}) < len(renamed):
            raise WrongTypeError(node.path, "each field once, in one way of writing its name", node.urn)
        return dict(renamed)
    if isinstance(value, list):
        return [_canonical(item, node) for item in value]
    return value


def _camel(name: str) -> str:
    """A protobuf field's name as JSON has it.

    >>> _camel("outbound_traffic_policy"), _camel("mesh_mTLS"), _camel("ISTIO_META_DNS_CAPTURE")
    ('outboundTrafficPolicy', 'meshMTLS', 'ISTIO_META_DNS_CAPTURE')
    """
    if not _SNAKE.match(name):
        return name
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
