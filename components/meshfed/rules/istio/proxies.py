"""Ways out of the mesh for a pod: no proxy, ports that no proxy sees, a proxy of its own."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.helm import GATEWAY_CHART, ISTIOD
from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.forms.pod_makers import PART
from meshfed.rules.istio.apart import controllers_alone_stand_outside
from meshfed.rules.istio.gateway_overlays import overlays_of_a_class, overlays_of_values
from meshfed.rules.istio.injection import (
    every_pod_gets_a_sidecar,
    injection_is_on,
    injector_gives_every_pod_a_sidecar,
    injector_has_the_charts_templates,
    injector_leaves_nobody_out,
    injector_marks_pods_with_nothing_of_istio,
    nobody_is_left_out,
    pods_are_marked_with_nothing_of_istio,
    templates_add_the_socket_alone,
    webhook_is_there,
)
from meshfed.rules.istio.objects import (
    API_GATEWAY,
    INJECTOR,
    INJECTOR_VALUES,
    SERVICE_ENTRY,
    WORKLOAD_ENTRY,
    WORKLOAD_GROUP,
)
from meshfed.rules.istio.proxy_containers import charts_proxy_is_as_injected, proxy_is_as_injected
from meshfed.rules.istio.revisions import revisions_are_served
from meshfed.rules.kubernetes.workloads import of_applications
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.rules.statement import Absent, All, AnyOf, Condition, Named, Not, OneOf, Parameter, Some, Statement, stated
from meshfed.settings.gate import GateParameters

NAMESPACE: Final = "core/Namespace"
CNI: Final = "helm:cni"
CONFIG_MAP: Final = "core/ConfigMap"
_PLUGINS: Final = "istio-cni-config"
_CONTROLS: Final = ("NIST SP 800-207 tenet 2", "NIST SP 800-53 SC-7", "NIST SP 800-53 AC-4")
_MARKS: Final = ("metadata.annotations.{}", "metadata.labels.{}")
_GROUP_MARKS: Final = ("spec.metadata.annotations.{}", "spec.metadata.labels.{}")
_GATEWAY_MARKS: Final = (*_MARKS, "spec.infrastructure.annotations.{}", "spec.infrastructure.labels.{}")
_CHART_MARKS: Final = ("podAnnotations.{}", "labels.{}", "annotations.{}")
_OF_THE_PLATFORM: Final = OneOf("/metadata.namespace", Parameter("system_namespaces"), default="default")
_SPIRE_TEMPLATES: Final = ("gateway,spire-gateway", "gateway, spire-gateway", "sidecar,spire", "sidecar, spire")
"""Templates of injection that keep the identity from SPIRE."""


_HARMLESS: Final = (
    "agentLogLevel",
    "capNetBindService",
    "componentLogLevel",
    "extraStatTags",
    "inject",
    "interceptionMode",
    "logLevel",
    "nativeSidecar",
    "proxyCPU",
    "proxyCPULimit",
    "proxyMemory",
    "proxyMemoryLimit",
    "rewriteAppHTTPProbers",
    "statsCompression",
    "statsEvictionInterval",
    "statsFlushInterval",
    "statsHistogramBins",
    "statsHistogramBuckets",
    "statsInclusionPrefixes",
    "statsInclusionRegexps",
    "statsInclusionSuffixes",
)
"""Marks below sidecar.istio.io that change neither what a proxy is nor whom it trusts, or that another rule judges."""


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
        All((_named("istio.io/dataplane-mode"), Not(OneOf("", ("ambient",))))),
    )
)
_NEVER_INJECTED: Final = ("kube-node-lease", "kube-public", "local-path-storage")
"""Namespaces that istiod leaves out whatever their labels say, beside kube-system."""
_CALLED_IN_PLAINTEXT: Final = All((_named("security.istio.io/tlsMode"), Not(OneOf("", ("istio",)))))
"""On the label by which callers know whether a workload understands the mesh's TLS."""
_JOINS: Final = Some("metadata.labels.{}", _named("istio-injection", "istio.io/rev", "istio.io/dataplane-mode"))
_PREFIX: Final = "traffic.sidecar.istio.io"
_NOT_CAPTURED: Final = All(
    (
        Named(r"^traffic[.]sidecar[.]istio[.]io/"),
        Not(_named(f"{_PREFIX}/kubevirtInterfaces")),
        AnyOf(
            (
                All((Named("/include"), Not(OneOf("", ("*",))))),
                All((Not(Named("/include")), Not(Absent("")))),
            )
        ),
    )
)
_GOES_AROUND: Final = AnyOf(
    (
        All((_named("ambient.istio.io/bypass-inbound-capture"), Not(OneOf("", ("false", ""), default="")))),
        All((_named("ambient.istio.io/redirection"), Not(OneOf("", ("enabled", ""), default="")))),
        All((_named("istio.io/reroute-virtual-interfaces", f"{_PREFIX}/kubevirtInterfaces"), Not(Absent("")))),
        All((_named("sidecar.istio.io/interceptionMode"), Not(OneOf("", ("REDIRECT", "TPROXY"))))),
    )
)
_OWN_PROXY: Final = AnyOf(
    (
        All(
            (
                Named(r"^(sidecar|proxy)[.]istio[.]io/"),
                Not(_named(*(f"sidecar.istio.io/{name}" for name in _HARMLESS))),
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
        PART: stated(Statement(("{}",), bad, message)),
        GATEWAY_CHART: stated(Statement(_CHART_MARKS, bad, message)),
        API_GATEWAY: stated(Statement(_GATEWAY_MARKS, bad, message)),
        WORKLOAD_GROUP: stated(Statement(_GROUP_MARKS, bad, message)),
    }


def _part_has_a_proxy(part: Resource, parameters: GateParameters) -> Iterator[Finding]:
    for check in stated(Statement(("{}",), _HAS_NO_PROXY, "has no proxy")):
        findings = list(check(part, parameters))
        if findings and part.namespace not in parameters.system_namespaces:
            yield from findings


def _plugin_leaves_out_the_platform_alone(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    for name in resource.props["excludeNamespaces"].items():
        if name.text() not in parameters.system_namespaces:
            yield name.wrong("leaves the pods of a namespace that is not the platform's without redirection")


def _plugins_configuration_leaves_out_the_platform_alone(
    config: Resource, parameters: GateParameters
) -> Iterator[Finding]:
    node = config.props["data"]["EXCLUDE_NAMESPACES"]
    if node.is_missing or config.name != _PLUGINS:
        return
    names = {name.strip() for name in node.text().split(",")} - {""}
    if not names <= set(parameters.system_namespaces):
        yield node.wrong("leaves the pods of a namespace that is not the platform's without redirection")


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


_OWN_PROXIES: Final = _everywhere(_OWN_PROXY, "replaces a part of the proxy")

RULES: Final = (
    Rule(
        id="MF-I25",
        title="No workload opts out of the mesh",
        why="A pod without a proxy takes plaintext from everyone and calls others without an identity.",
        mend="Label the namespace istio-injection: enabled, istio.io/rev with a revision that is served, or"
        " istio.io/dataplane-mode: ambient, and take what switches it off away.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            POD: (
                *stated(Statement(_MARKS, All((_HAS_NO_PROXY, Not(_OF_THE_PLATFORM))), "has no proxy")),
                *_no_plaintext("metadata.labels.{}"),
                *stated(
                    Statement(
                        ("metadata.namespace",),
                        All((OneOf("", _NEVER_INJECTED), Not(_OF_THE_PLATFORM))),
                        "is a namespace whose pods never get a proxy",
                    )
                ),
            ),
            PART: (_part_has_a_proxy, *_no_plaintext("{}")),
            API_GATEWAY: _no_plaintext("spec.infrastructure.labels.{}"),
            GATEWAY_CHART: _no_plaintext("labels.{}"),
            SERVICE_ENTRY: _no_plaintext("spec.endpoints[].labels.{}"),
            WORKLOAD_ENTRY: _no_plaintext("metadata.labels.{}", "spec.labels.{}"),
            WORKLOAD_GROUP: _no_plaintext("spec.metadata.labels.{}", "spec.template.labels.{}"),
            NAMESPACE: stated(
                Statement(
                    ("metadata.labels.{}",),
                    All((_IS_OUT, Not(OneOf("/metadata.name", Parameter("namespaces_outside"))))),
                    "keeps the namespace out of the mesh",
                ),
                Statement(
                    ("",),
                    All((Not(_JOINS), Not(OneOf("metadata.name", Parameter("namespaces_outside"))))),
                    "has no label that brings its pods into the mesh",
                    at="metadata.labels",
                ),
            ),
            ISTIOD: (nobody_is_left_out, injection_is_on, webhook_is_there),
            INJECTOR: (injector_leaves_nobody_out,),
            CNI: (_plugin_leaves_out_the_platform_alone,),
            CONFIG_MAP: (_plugins_configuration_leaves_out_the_platform_alone,),
        },
        relations=(revisions_are_served, controllers_alone_stand_outside),
        controls=_CONTROLS,
        weaker="Pods of a namespace that another stack labels are judged by their own marks alone. That the default"
        " revision is served, which istio-injection: enabled asks for, is taken for granted. A namespace that a"
        " workload of `controllers` or `privileged_workloads` stands in may be outside of the mesh, for these alone.",
    ),
    Rule(
        id="MF-I26",
        title="All traffic of a pod goes through its proxy",
        why="STRICT, identity and authorisation hold on the ports and addresses that the proxy sees, and on no other.",
        mend="Take the annotation away; for a port that must stay plain, have a waiver reviewed.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            **_everywhere(_NOT_CAPTURED, "takes traffic past the proxy"),
            ISTIOD: (_proxies_see_everything,),
            INJECTOR_VALUES: (_proxies_see_everything,),
        },
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
        mend="Take the annotation away; mesh-wide settings belong into MeshConfig, where they are judged. A gateway's"
        " pods have inject.istio.io/templates: gateway,spire-gateway.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            **_OWN_PROXIES,
            POD: (*_OWN_PROXIES[POD], of_applications(proxy_is_as_injected)),
            GATEWAY_CHART: (*_OWN_PROXIES[GATEWAY_CHART], charts_proxy_is_as_injected),
            CONFIG_MAP: (overlays_of_a_class,),
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
            ISTIOD: (
                templates_add_the_socket_alone,
                every_pod_gets_a_sidecar,
                pods_are_marked_with_nothing_of_istio,
                overlays_of_values,
            ),
            INJECTOR: (
                injector_has_the_charts_templates,
                injector_gives_every_pod_a_sidecar,
                injector_marks_pods_with_nothing_of_istio,
            ),
        },
        controls=("NIST SP 800-53 CM-7", "NIST SP 800-53 SI-7"),
        weaker="Of inject.istio.io/templates the pairs that keep SPIRE's identity pass; a template of injection may"
        " add SPIRE's socket and nothing else. The text of the templates that the chart has by itself is not compared.",
    ),
)
