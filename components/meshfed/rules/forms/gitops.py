"""Charts that a controller installs: Flux's HelmRelease, Argo CD's Application, Rancher's HelmChart, as releases."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, cast

from meshfed.rules.forms.helm import merged
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.node import Node, WrongTypeError
from meshfed.rules.plain import Plain, Unknown
from meshfed.rules.resource import Resource

FLUX: Final = "helm.toolkit.fluxcd.io/HelmRelease"
ARGO: Final = "argoproj.io/Application"
REPOSITORIES: Final = ("source.toolkit.fluxcd.io/HelmRepository", "source.toolkit.fluxcd.io/OCIRepository")
"""Where Flux takes charts from."""
RANCHER: Final = "helm.cattle.io/HelmChart"
_RELEASE: Final = "helm.sh/Release"
_RELEASE_TYPE: Final = "kubernetes:helm.sh/v3:Release"
_ELSEWHERE: Final = Unknown("is a file that the gate does not open; write the values where the chart is named")


def gitops_releases(resource: Resource) -> Iterator[Resource]:
    """The releases that an object asks its controller for."""
    spec = resource.props["spec"]
    if resource.kind == FLUX:
        yield _release(resource, spec, _flux(spec), (spec["targetNamespace"], spec["releaseName"]))
    elif resource.kind == ARGO:
        for source in (*spec["source"].items(), *spec["sources"].items()):
            if not source["chart"].is_missing:
                place = (spec["destination"]["namespace"], source["helm"]["releaseName"])
                yield _release(resource, source, _argo(source), place)
    elif resource.kind == RANCHER:
        yield _release(resource, spec, _rancher(spec), (spec["targetNamespace"], resource.props["metadata"]["name"]))


def _release(resource: Resource, place: Node, given: Mapping[str, Plain], named: tuple[Node, Node]) -> Resource:
    """One release, with the namespace and the name that it is given; what its controller makes up is left out."""
    namespace, name = (node.value for node in named)
    props = replace(place, value={**given, "namespace": namespace, "name": name}, is_missing=False)
    return replace(resource, kind=_RELEASE, token=_RELEASE_TYPE, props=props)


def _flux(spec: Node) -> Mapping[str, Plain]:
    chart = spec.at("chart", "spec", "chart")
    named, source = chart, spec.at("chart", "spec", "sourceRef")
    if chart.is_missing:
        named, source = spec["chartRef"]["name"], spec["chartRef"]
    given = _given(named, spec["values"].value or {}, is_whole=spec["valuesFrom"].is_absent)
    return {**given, "sourceRef": source.value}


def _argo(source: Node) -> Mapping[str, Plain]:
    """An Application's values, later ones over earlier: files, a text, an object, parameters."""
    helm = source["helm"]
    text = helm["values"]
    values = _over(_object(text) if text.value else {}, helm["valuesObject"].value or {})
    for parameter in helm["parameters"].items():
        values = _over(values, _nested(parameter["name"].text(), parameter["value"].value))
    is_whole = helm["valueFiles"].is_absent and helm["fileParameters"].is_absent
    given = _given(source["chart"], values, is_whole=is_whole)
    return {**given, "repositoryOpts": {"repo": _address(source["repoURL"])}}


def _rancher(spec: Node) -> Mapping[str, Plain]:
    text = spec["valuesContent"]
    values = _over(_object(text) if text.value else {}, spec["values"].value or {})
    for name, node in spec["set"].entries():
        values = _over(values, _nested(name, node.value))
    is_whole = spec["valuesSecrets"].is_absent and spec["chartContent"].is_absent
    given = _given(spec["chart"], values, is_whole=is_whole)
    return {**given, "repositoryOpts": {"repo": spec["repo"].value}}


def _nested(path: str, value: Plain) -> Plain:
    """What `--set a.b=value` means."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


def _address(repository: Node) -> Plain:
    """Argo CD writes registries without `oci://`."""
    text = repository.value
    return f"oci://{text}" if isinstance(text, str) and text and "://" not in text else text


def _over(below: Plain, above: Plain) -> Plain:
    """One object laid over another; where one of them is not known, neither is the whole."""
    return Unknown() if isinstance(below, Unknown) or isinstance(above, Unknown) else merged(below, above)


def _object(text: Node) -> Plain:
    if text.is_unknown:
        return text.value
    found = documents(text.text())
    if len(found) != 1 or not isinstance(found[0], Mapping):
        raise WrongTypeError(text.path, "one object in YAML", text.urn)
    return cast("Plain", found[0])


def _given(chart: Node, values: Plain, *, is_whole: bool) -> Mapping[str, Plain]:
    return {"chart": chart.value, "values": values, "valueYamlFiles": [] if is_whole else [_ELSEWHERE]}
