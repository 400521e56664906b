"""What is laid over the objects that istiod makes of Gateways, by a ConfigMap of a class or the chart (MF-I28)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.kubernetes.services import is_internal
from meshfed.rules.node import Finding, Node, WrongTypeError, each
from meshfed.rules.plain import UnreadableError
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

_LABEL: Final = "gateway.istio.io/defaults-for-class"
_FREE: Final = frozenset({"horizontalPodAutoscaler", "podDisruptionBudget"})
_OF_A_POD: Final = frozenset(
    {
        "affinity",
        "nodeSelector",
        "priorityClassName",
        "terminationGracePeriodSeconds",
        "tolerations",
        "topologySpreadConstraints",
    }
)
_OF_A_SERVICE: Final = frozenset({"externalTrafficPolicy", "ipFamilies", "ipFamilyPolicy", "loadBalancerSourceRanges"})


def overlays_of_a_class(config: Resource, _: GateParameters) -> Iterator[Finding]:
    """Of the ConfigMap that istiod reads for a class of gateways."""
    if config.props["data"].is_missing or config.labels[_LABEL].is_absent:
        return
    yield from each(config.props["data"].entries(), lambda entry: _overlay(*entry))


def overlays_of_values(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    """Of the chart's values."""
    for _name, overlays in chart.props["gatewayClasses"].entries():
        yield from each(overlays.entries(), lambda entry: _overlay(*entry))


def _overlay(kind: str, node: Node) -> Iterator[Finding]:
    if kind in _FREE:
        return
    given = _read(node)
    if given is None or not _is_harmless(kind, given):
        yield node.wrong(
            "changes what istiod makes of every Gateway of the class: its pods, their proxy or their ports"
        )


def _read(node: Node) -> Node | None:
    if isinstance(node.value, Mapping):
        return node
    try:
        found = documents(node.text())
    except UnreadableError:
        return None
    return replace(node, value=found[0]) if len(found) == 1 else None


def _is_harmless(kind: str, overlay: Node) -> bool:
    try:
        if kind == "service":
            return (
                _names(overlay) <= {"metadata", "spec"}
                and _names(overlay["spec"]) <= _OF_A_SERVICE
                and _keeps_internal(overlay["metadata"]["annotations"])
            )
        return kind == "deployment" and _is_harmless_deployment(overlay)
    except WrongTypeError:
        return False


def _keeps_internal(annotations: Node) -> bool:
    """Whether what is laid over makes nothing public: null takes an annotation of the Gateway away."""
    given = annotations.entries()
    return all(node.value is not None for _, node in given) and not any(
        finding.path.startswith(annotations.path) and finding.path != annotations.path
        for finding in is_internal(annotations, annotations)
    )


def _is_harmless_deployment(overlay: Node) -> bool:
    pod = overlay["spec"]["template"]["spec"]
    return (
        _names(overlay) <= {"spec"}
        and _names(overlay["spec"]) <= {"replicas", "strategy", "template"}
        and _names(overlay["spec"]["template"]) <= {"spec"}
        and _names(pod) <= _OF_A_POD | {"containers"}
        and all(_names(one) <= {"name", "resources"} for one in pod["containers"].items())
    )


def _names(node: Node) -> set[str]:
    return {name for name, _ in node.entries()}
