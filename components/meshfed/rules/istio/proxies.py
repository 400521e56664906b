"""Ways out of the mesh for a pod: no proxy, ports that no proxy sees, a proxy of its own."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.helm import GATEWAY_CHART, ISTIOD
from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.istio.objects import API_GATEWAY, INJECTOR, SERVICE_ENTRY, WORKLOAD_ENTRY, WORKLOAD_GROUP
from meshfed.rules.node import Finding, Node, WrongTypeError, each
from meshfed.rules.plain import UnreadableError
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.rules.statement import Absent, All, AnyOf, Condition, Named, Not, OneOf, Parameter, Some, Statement, stated
from meshfed.settings.gate import GateParameters

NAMESPACE: Final = "core/Namespace"
CNI: Final = "helm:cni"
_CONTROLS: Final = ("NIST SP 800-207 tenet 2", "NIST SP 800-53 SC-7", "NIST SP 800-53 AC-4")
_MARKS: Final = ("metadata.annotations.{}", "metadata.labels.{}")
_GROUP_MARKS: Final = ("spec.metadata.annotations.{}", "spec.metadata.labels.{}")
_GATEWAY_MARKS: Final = (*_MARKS, "spec.infrastructure.annotations.{}", "spec.infrastructure.labels.{}")
_CHART_MARKS: Final = ("podAnnotations.{}", "labels.{}", "annotations.{}")
_OF_THE_PLATFORM: Final = OneOf("/metadata.namespace", Parameter("system_namespaces"), default="default")
_SPIRE_TEMPLATES: Final = ("gateway,spire-gateway", "gateway, spire-gateway", "sidecar,spire", "sidecar, spire")
"""Templates of injection that keep the identity from SPIRE."""


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


def _named(*names: str) -> Named:
    return Named(f"^({'|'.join(name.replace('.', '[.]') for name in names)})$")


_INJECTS: Final = Some("/metadata.labels.{}", All((_named("sidecar.istio.io/inject"), OneOf("", ("true",)))))
_HAS_NO_PROXY: Final = AnyOf(
    (
        All((_named("sidecar.istio.io/inject"), Not(OneOf("", ("true", ""), default="")))),
        All((_named("istio.io/dataplane-mode"), OneOf("", ("none",)), Not(_INJECTS))),
    )
)
_IS_OUT: Final = AnyOf(
    (
        All((_named("istio-injection"), Not(OneOf("", ("enabled",))))),
        All((_named("istio.io/dataplane-mode"), OneOf("", ("none",)))),
    )
)
_CALLED_IN_PLAINTEXT: Final = All((_named("security.istio.io/tlsMode"), Not(OneOf("", ("istio",)))))
"""On the label by which callers know whether a workload understands the mesh's TLS."""
_JOINS: Final = Some("metadata.labels.{}", _named("istio-injection", "istio.io/rev", "istio.io/dataplane-mode"))
_PREFIX: Final = "traffic.sidecar.istio.io"
_NOT_CAPTURED: Final = AnyOf(
    (
        All(
            (
                _named(
                    f"{_PREFIX}/excludeInboundPorts",
                    f"{_PREFIX}/excludeOutboundPorts",
                    f"{_PREFIX}/excludeOutboundIPRanges",
                    f"{_PREFIX}/excludeInterfaces",
                ),
                Not(Absent("")),
            )
        ),
        All(
            (
                _named(
                    f"{_PREFIX}/includeInboundPorts",
                    f"{_PREFIX}/includeOutboundIPRanges",
                    f"{_PREFIX}/includeOutboundPorts",
                ),
                Not(OneOf("", ("*",))),
            )
        ),
    )
)
_GOES_AROUND: Final = AnyOf(
    (
        All((_named("ambient.istio.io/bypass-inbound-capture"), Not(OneOf("", ("false", ""), default="")))),
        All((_named("istio.io/reroute-virtual-interfaces", f"{_PREFIX}/kubevirtInterfaces"), Not(Absent("")))),
        All((_named("sidecar.istio.io/interceptionMode"), Not(OneOf("", ("REDIRECT", "TPROXY"))))),
    )
)
_OWN_PROXY: Final = AnyOf(
    (
        All(
            (
                _named(
                    "proxy.istio.io/config",
                    "proxy.istio.io/overrides",
                    "sidecar.istio.io/proxyImage",
                    "sidecar.istio.io/proxyImageType",
                    "sidecar.istio.io/bootstrapOverride",
                    "sidecar.istio.io/discoveryAddress",
                    "sidecar.istio.io/userVolume",
                    "sidecar.istio.io/userVolumeMount",
                ),
                Not(Absent("")),
            )
        ),
        All((_named("inject.istio.io/templates"), Not(OneOf("", _SPIRE_TEMPLATES)))),
    )
)


def _no_plaintext(*places: str) -> tuple[Check, ...]:
    return stated(Statement(places, _CALLED_IN_PLAINTEXT, "makes callers send it plaintext"))


def _everywhere(bad: Condition, message: str) -> dict[str, tuple[Check, ...]]:
    """A condition on the marks of pods, also of those that a chart or istiod makes, and of machines."""
    return {
        POD: stated(Statement(_MARKS, bad, message)),
        GATEWAY_CHART: stated(Statement(_CHART_MARKS, bad, message)),
        API_GATEWAY: stated(Statement(_GATEWAY_MARKS, bad, message)),
        WORKLOAD_GROUP: stated(Statement(_GROUP_MARKS, bad, message)),
    }


def _nobody_is_left_out(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    webhook = resource.props["sidecarInjectorWebhook"]
    if not webhook["neverInjectSelector"].is_absent:
        yield webhook["neverInjectSelector"].wrong("leaves pods without a proxy by their labels")


def _injection_is_on(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    policy = resource.props["global"]["proxy"]["autoInject"]
    if policy.text("enabled") != "enabled":
        yield policy.wrong("leaves every pod without a proxy that does not ask for one")


def _injector_leaves_nobody_out(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.props["policy"].text("enabled") != "enabled":
        yield resource.props["policy"].wrong("leaves every pod without a proxy that does not ask for one")
    if not resource.props["neverInjectSelector"].is_absent:
        yield resource.props["neverInjectSelector"].wrong("leaves pods without a proxy by their labels")


def _injector_has_the_charts_templates(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for name, template in resource.props["templates"].entries():
        if name not in _CHART_TEMPLATES:
            yield from _adds_the_socket(template)


def _plugin_leaves_out_the_platform_alone(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    for name in resource.props["excludeNamespaces"].items():
        if name.text() not in parameters.system_namespaces:
            yield name.wrong("leaves the pods of a namespace that is not the platform's without redirection")


def _proxies_see_everything(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    proxy = resource.props["global"]["proxy"]
    for name in ("excludeInboundPorts", "excludeOutboundPorts", "excludeIPRanges"):
        if not proxy[name].is_absent:
            yield proxy[name].wrong("takes traffic of every pod past its proxy")
    for name in ("includeInboundPorts", "includeIPRanges"):
        if proxy[name].text("*") != "*":
            yield proxy[name].wrong("takes traffic of every pod past its proxy that is not listed")
    if not proxy["includeOutboundPorts"].is_absent:
        yield proxy["includeOutboundPorts"].wrong("takes traffic of every pod past its proxy that is not listed")


def _templates_add_the_socket_alone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
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


_OWN_PROXIES: Final = _everywhere(_OWN_PROXY, "replaces a part of the proxy")

RULES: Final = (
    Rule(
        id="MF-I25",
        title="No workload opts out of the mesh",
        why="A pod without a proxy takes plaintext from everyone and calls others without an identity.",
        mend="Label the namespace istio-injection: enabled (or istio.io/rev, or istio.io/dataplane-mode: ambient), and"
        " take what switches it off away.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            POD: (
                *stated(Statement(_MARKS, All((_HAS_NO_PROXY, Not(_OF_THE_PLATFORM))), "has no proxy")),
                *_no_plaintext("metadata.labels.{}"),
            ),
            API_GATEWAY: _no_plaintext("spec.infrastructure.labels.{}"),
            GATEWAY_CHART: _no_plaintext("labels.{}"),
            SERVICE_ENTRY: _no_plaintext("spec.endpoints[].labels.{}"),
            WORKLOAD_ENTRY: _no_plaintext("metadata.labels.{}", "spec.labels.{}"),
            WORKLOAD_GROUP: _no_plaintext("spec.metadata.labels.{}", "spec.template.labels.{}"),
            NAMESPACE: stated(
                Statement(
                    ("metadata.labels.{}",),
                    All((_IS_OUT, Not(OneOf("/metadata.name", Parameter("system_namespaces"))))),
                    "keeps the namespace out of the mesh",
                ),
                Statement(
                    ("",),
                    All((Not(_JOINS), Not(OneOf("metadata.name", Parameter("system_namespaces"))))),
                    "has no label that brings its pods into the mesh",
                    at="metadata.labels",
                ),
            ),
            ISTIOD: (_nobody_is_left_out, _injection_is_on),
            INJECTOR: (_injector_leaves_nobody_out,),
            CNI: (_plugin_leaves_out_the_platform_alone,),
        },
        controls=_CONTROLS,
        weaker="Pods of a namespace that another stack labels are judged by their own marks alone.",
    ),
    Rule(
        id="MF-I26",
        title="All traffic of a pod goes through its proxy",
        why="STRICT, identity and authorisation hold on the ports and addresses that the proxy sees, and on no other.",
        mend="Take the annotation away; for a port that must stay plain, have a waiver reviewed.",
        packs=(Pack.ZERO_TRUST,),
        checks={**_everywhere(_NOT_CAPTURED, "takes traffic past the proxy"), ISTIOD: (_proxies_see_everything,)},
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I27",
        title="Nothing goes around the redirection to the proxy",
        why="What is not redirected arrives in plaintext, and no policy of the mesh is asked.",
        mend="Take the mark away.",
        packs=(Pack.ZERO_TRUST,),
        checks=_everywhere(_GOES_AROUND, "takes what arrives past the mesh"),
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I28",
        title="A pod runs the mesh's own proxy, with its own bootstrap and identity",
        why="Whoever replaces the proxy, its configuration or what is mounted into it decides what it checks and whom"
        " it trusts.",
        mend="Take the annotation away; mesh-wide settings belong into MeshConfig, where they are judged.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            **_OWN_PROXIES,
            API_GATEWAY: (
                *_OWN_PROXIES[API_GATEWAY],
                *stated(
                    Statement(
                        ("spec.infrastructure.parametersRef",),
                        Not(Absent("")),
                        "takes changes of the proxy's pod from another object",
                    )
                ),
            ),
            ISTIOD: (_templates_add_the_socket_alone,),
            INJECTOR: (_injector_has_the_charts_templates,),
        },
        controls=("NIST SP 800-53 CM-7", "NIST SP 800-53 SI-7"),
        weaker="Of inject.istio.io/templates the pairs that keep SPIRE's identity pass; a template of injection may"
        " add SPIRE's socket and nothing else. The text of the templates that the chart has by itself is not compared.",
    ),
)
