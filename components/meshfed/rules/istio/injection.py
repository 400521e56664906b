"""Whom istiod injects, by which templates, and what these add to every pod."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.node import Finding, Node, WrongTypeError, each
from meshfed.rules.plain import UnreadableError
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

_CHART_TEMPLATES: Final = frozenset(
    {
        "agentgateway",
        "agentgateway-waypoint",
        "gateway",
        "grpc-agent",
        "grpc-simple",
        "kube-gateway",
        "sidecar",
        "waypoint",
    }
)
"""Templates of injection that istiod's chart has itself."""


def nobody_is_left_out(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """No pod is left out by its labels, in the values."""
    webhook = resource.props["sidecarInjectorWebhook"]
    if not webhook["neverInjectSelector"].is_absent:
        yield webhook["neverInjectSelector"].wrong("leaves pods without a proxy by their labels")


def webhook_is_there(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """The chart makes what injects."""
    for name in ("operatorManageWebhooks", "omitSidecarInjectorConfigMap"):
        node = resource.props["global"][name]
        if node.flag():
            yield node.wrong("leaves out what injects the proxy, so pods start without one")


def injection_is_on(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """Pods get a proxy without asking, in the values."""
    policy = resource.props["global"]["proxy"]["autoInject"]
    if policy.text("enabled") != "enabled":
        yield policy.wrong("leaves every pod without a proxy that does not ask for one")


def injector_leaves_nobody_out(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """The same in the ConfigMap that istiod reads."""
    if resource.props["policy"].text("enabled") != "enabled":
        yield resource.props["policy"].wrong("leaves every pod without a proxy that does not ask for one")
    if not resource.props["neverInjectSelector"].is_absent:
        yield resource.props["neverInjectSelector"].wrong("leaves pods without a proxy by their labels")


def every_pod_gets_a_sidecar(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """What a pod gets that asks for nothing, in the values."""
    yield from _usual_templates(resource.props["sidecarInjectorWebhook"])


def injector_gives_every_pod_a_sidecar(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """What a pod gets that asks for nothing, in the ConfigMap."""
    yield from _usual_templates(resource.props)
    if not resource.props["aliases"].is_absent:
        yield resource.props["aliases"].wrong("gives pods other templates than they name")


def _usual_templates(given: Node) -> Iterator[Finding]:
    usual = given["defaultTemplates"]
    names = usual.texts()
    if names and ("sidecar" not in names or any(name in _CHART_TEMPLATES - {"sidecar"} for name in names)):
        yield usual.wrong("gives pods that ask for nothing another proxy than the sidecar")


def pods_are_marked_with_nothing_of_istio(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """What injection writes onto every pod, in the values."""
    yield from _marks(resource.props["sidecarInjectorWebhook"])


def injector_marks_pods_with_nothing_of_istio(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """What injection writes onto every pod, in the ConfigMap."""
    yield from _marks(resource.props)


def _marks(given: Node) -> Iterator[Finding]:
    for name, node in given["injectedAnnotations"].entries():
        if "istio.io/" in name:
            yield node.wrong("changes the proxy of every pod, or what it sees")


def injector_has_the_charts_templates(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """Templates beside the chart's, in the ConfigMap."""
    for name, template in resource.props["templates"].entries():
        if name not in _CHART_TEMPLATES:
            yield from _adds_the_socket(template)


def templates_add_the_socket_alone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """Templates of injection, in the values."""
    yield from each(
        [member for _, member in resource.props["sidecarInjectorWebhook"]["templates"].entries()], _adds_the_socket
    )


def _adds_the_socket(template: Node) -> Iterator[Finding]:
    try:
        found = documents(template.text())
    except UnreadableError:
        found = []
    if len(found) != 1:
        yield template.wrong("is a template of injection that cannot be read without running it")
        return
    try:
        is_socket = _is_socket(Node(found[0], template.path, urn=template.urn))
    except WrongTypeError:
        is_socket = False
    if not is_socket:
        yield template.wrong("changes more in injected pods than the volume with SPIRE's socket")


def _is_socket(template: Node) -> bool:
    spec = template["spec"]
    containers = [one for name in ("initContainers", "containers") for one in spec[name].items()]
    return (
        _names(template) <= {"spec"}
        and _names(spec) <= {"initContainers", "containers", "volumes"}
        and all(_names(one) <= {"name", "volumeMounts"} for one in containers)
        and all(_names(one) == {"name", "csi"} for one in spec["volumes"].items())
        and all(
            one["csi"]["driver"].text() == "csi.spiffe.io" and one["csi"]["readOnly"].flag()
            for one in spec["volumes"].items()
        )
    )


def _names(node: Node) -> set[str]:
    return {name for name, _ in node.entries()}
