"""Helm charts: the chart by its canonical name, with its values as they take effect.

Text files of values are laid below `values`; a file that stands elsewhere is not opened (MF-G1 says so). The charts
of Istio read some values from two places; the part has them where a rule looks for them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.node import Node, WrongTypeError
from meshfed.rules.plain import Plain, Unknown
from meshfed.rules.resource import Resource

CHARTS: Final = ("helm.sh/Chart", "helm.sh/Release")
"""What installs a chart."""
OPERATOR: Final = "install.istio.io/IstioOperator"
SAIL: Final = {
    "sailoperator.io/Istio": "istiod",
    "sailoperator.io/IstioRevision": "istiod",
    "sailoperator.io/IstioCNI": "cni",
    "sailoperator.io/ZTunnel": "ztunnel",
}
"""Objects of the Sail operator, which takes the place of Istio's own -> the chart whose values they hold."""
ISTIOD: Final = "helm:istiod"
GATEWAY_CHART: Final = "helm:gateway"
_ALIASES: Final = {
    "istio-discovery": "istiod",
    "istio-base": "base",
    "istio-cni": "cni",
    "istio-ztunnel": "ztunnel",
    "istio-gateway": "gateway",
    "spire-nested": "spire",
}
_NO_VERSION: Final = re.compile(r"[^\w.+-]")
_VERSION: Final = re.compile(r"-v?\d")
TRANSPARENT: Final = ("defaults", "_internal_defaults_do_not_set")
"""Where Istio's charts keep their defaults; what a user writes there takes effect too."""


def helm_charts(resource: Resource) -> Iterator[Resource]:
    """The chart that a resource installs: `helm:istiod`, with the values that take effect."""
    if resource.kind in CHARTS:
        name = chart_name(resource.props["chart"].text() or resource.props["path"].text())
        values = values_of(resource)
        yield replace(resource, kind=f"helm:{name}", props=_effective(name, values))
    elif resource.kind == OPERATOR:
        yield replace(resource, kind=ISTIOD, props=_of_operator(resource))
    elif resource.kind in SAIL:
        chart = SAIL[resource.kind]
        yield replace(resource, kind=f"helm:{chart}", props=_effective(chart, values_of(resource)))


def chart_name(chart: str) -> str:
    """The canonical name of a chart, however it is reached.

    >>> chart_name("oci://registry.example.com/charts/istiod:1.9.0"), chart_name("./vendor/istio-cni-1.9.0.tgz")
    ('istiod', 'cni')
    """
    last = chart.strip().rstrip("/").replace("\\", "/").rpartition("/")[2].partition("@")[0]
    if "://" in chart:
        last = last.partition("?")[0].partition(":")[0]
    last = _without_archive(last).lower()
    return _ALIASES.get(last, last)


def _without_archive(file: str) -> str:
    """A name without the ending and the version of an archive."""
    stem = file.removesuffix(".tgz") if file.endswith(".tgz") else file.removesuffix(".tar.gz")
    if stem == file:
        return file
    tail = _NO_VERSION.split(stem)[-1]
    found = _VERSION.search(tail)
    return stem.removesuffix(tail[found.start() :]) if found else stem


def values_of(resource: Resource) -> Node:
    """The values that a program gives, files of text included, in the form in which it gives them."""
    if resource.kind == OPERATOR:
        spec = resource.props["spec"]
        unchecked = spec["unvalidatedValues"]
        return spec["values"] if unchecked.is_absent else _with(spec["values"], _laid(unchecked, spec["values"]))
    if resource.kind in SAIL:
        return _of_sail(resource.props["spec"]["values"], SAIL[resource.kind])
    values = _as_object(resource.props["values"])
    for file in reversed(resource.props["valueYamlFiles"].items()):
        if not is_unread(file):
            values = _with(values, _laid(_as_object(_text_of(file)), values))
    return values


def is_unread(file: Node) -> bool:
    """Whether a file of values is one that the gate does not open."""
    value = file.value
    if isinstance(value, Unknown):
        return value.reason.startswith("is a file")
    return isinstance(value, Mapping) and "text" not in value


def merged(below: Plain, above: Plain) -> Plain:
    """One object laid over another, as Helm does it: objects are mixed, all else is replaced."""
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        both = dict(below)
        for name, value in above.items():
            both[name] = merged(below[name], value) if name in below else value
        return both
    return above


def _of_operator(resource: Resource) -> Node:
    """The values of an IstioOperator, below what it says of the mesh and of the component `pilot` beside them."""
    values = _effective("istiod", values_of(resource))
    beside = resource.props["spec"]
    env = beside["components"]["pilot"]["k8s"]["env"]
    if values.is_unknown or beside["meshConfig"].is_unknown or env.is_unknown:
        return _with(values, Unknown())
    over: Plain = {"meshConfig": beside["meshConfig"].value or {}, "pilot": {"env": env_list(env.items())}}
    return _with(values, merged(values.value or {}, over))


def _of_sail(values: Node, chart: str) -> Node:
    """Values of the Sail operator; those of ztunnel's chart stand below its name, unlike in the chart."""
    if chart != "ztunnel" or not isinstance(values.value, Mapping):
        return values
    beside = {name: item for name, item in values.value.items() if name != chart}
    return _with(values, merged(beside, values.value.get(chart) or {}))


def _text_of(file: Node) -> Node:
    return file["text"] if isinstance(file.value, Mapping) else file


def _as_object(values: Node) -> Node:
    if not isinstance(values.value, str):
        return values
    found = documents(values.value)
    if len(found) > 1 or not all(isinstance(one, Mapping) for one in found):
        raise WrongTypeError(values.path, "one object", values.urn)
    return _with(values, found[0] if found else {})


def _laid(below: Node, above: Node) -> Plain:
    if below.is_unknown or above.is_unknown:
        return Unknown()
    return merged(below.value or {}, above.value or {})


def _with(node: Node, value: Plain) -> Node:
    return replace(node, value=value, is_missing=False)


def _effective(chart: str, values: Node) -> Node:
    value = values.value
    if value is None:
        return _with(values, {})
    if not isinstance(value, Mapping):
        return values
    whole: Plain = {name: item for name, item in value.items() if name not in TRANSPARENT}
    for name in reversed(TRANSPARENT):
        if isinstance(value.get(name), Mapping):
            whole = merged(value[name], whole)
    return _with(values, _descoped(chart, cast("Mapping[str, Plain]", whole)))


def _descoped(chart: str, values: Mapping[str, Plain]) -> Plain:
    """Istiod's chart and that of the CNI plugin take what stands under their own name for what stands at the top."""
    scope = {"istiod": "pilot", "cni": "cni"}.get(chart)
    inner = values.get(scope) if scope else None
    if scope is None or not (inner is None or isinstance(inner, Mapping)):
        return values
    top = {name: item for name, item in values.items() if name != scope}
    whole = cast("Mapping[str, Plain]", merged(top, inner or {}))
    return {**whole, scope: merged(top, inner or {})} if chart == "istiod" else {**whole, scope: inner}


def env_list(items: Sequence[Node]) -> dict[str, Plain]:
    """A container's environment as an object; what comes from another object is not known."""
    found: dict[str, Plain] = {}
    for item in items:
        elsewhere = not item["valueFrom"].is_absent
        found[item["name"].text()] = _ELSEWHERE if elsewhere else item["value"].value
    return found


_ELSEWHERE: Final = Unknown("is taken from another object, which the gate does not read; write the value")
