"""How clients call: TLS settings of a DestinationRule wherever they can stand, and of a BackendTLSPolicy."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from meshfed.rules.istio.objects import DESTINATION_RULE, SERVICE_ENTRY
from meshfed.rules.node import Finding, Node, each, some
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Check, Pack, Rule, StackCheck
from meshfed.rules.statement import (
    Absent,
    All,
    Condition,
    Matches,
    Named,
    Not,
    OneOf,
    Some,
    Statement,
    places,
    stated,
)
from meshfed.settings.gate import GateParameters

_WHOLE: Final = ("spec.trafficPolicy.tls",)
_PARTS: Final = (
    "spec.trafficPolicy.portLevelSettings[].tls",
    "spec.subsets[].trafficPolicy.tls",
    "spec.subsets[].trafficPolicy.portLevelSettings[].tls",
)
_OWN: Final = ("SIMPLE", "MUTUAL")
_DISABLED: Final = Not(OneOf("mode", (*_OWN, "ISTIO_MUTUAL"), default="DISABLE"))
"""Where tls stands without a mode, the mode is DISABLE, the first value of the enumeration; other spellings are none
of the modes that are TLS."""
_OWN_TLS: Final = OneOf("mode", _OWN)
_IN_MESH: Final = r"(?i)^[^.]*$|\.svc(\.|$)|\.local\.?$|\.global$"
"""Short names, `*`, services by any of their names, `*.local`, and the old suffix of services elsewhere."""
_PLAINTEXT: Final = "sends plaintext; a tls without a mode does"
BACKEND_TLS: Final = "gateway.networking.k8s.io/BackendTLSPolicy"
_EXTERNAL: Final = "MESH_EXTERNAL"
_IGNORED: Final = "istio.io/ignore-policy-attachment"
_IS_IGNORED: Final = Some(
    "/metadata.annotations.{}", All((Named(f"^{_IGNORED.replace('.', '[.]')}$"), Matches("", "(?i)^true$")))
)
_OUTSIDE: Final = "calls a host of the mesh without the workload's mesh identity"
_WEAKER: Final = (
    "Knows hosts of the mesh by their names (short ones, .svc, .local, .global) and by ServiceEntries of the same"
    " stack; a host with another name that another stack brings in is not seen."
)
_CONTROLS: Final = ("NIST SP 800-207 tenet 2", "NIST SP 800-53 SC-8")


def _calls_are_mutual(places: tuple[str, ...]) -> tuple[Statement, ...]:
    return (
        Statement(places, _DISABLED, _PLAINTEXT, at="mode"),
        Statement(places, All((_OWN_TLS, Matches("/spec.host", _IN_MESH))), _OUTSIDE, at="mode"),
    )


def _backend_stays_in_the_mesh(section: Condition) -> tuple[Check, ...]:
    """What a BackendTLSPolicy says: istiod makes SIMPLE of it, for whoever calls the Service."""
    is_service = All((Not(_IS_IGNORED), Not(OneOf("kind", ("ServiceEntry",))), section))
    return stated(Statement(("spec.targetRefs[]",), is_service, _OUTSIDE, at="name"))


def _backend_entries_stay(*, section: bool) -> StackCheck:
    """The same for a ServiceEntry of the stack that brings a host into the mesh."""

    def check(stack: Stack, _: GateParameters) -> Iterator[Finding]:
        for cluster in stack.clusters():
            yield from each(cluster.of(BACKEND_TLS), partial(_backend_entry_stays, cluster, section=section))

    return check


def _backend_entry_stays(cluster: Stack, policy: Resource, *, section: bool) -> Iterator[Finding]:
    if policy.annotations[_IGNORED].text().lower() == "true":
        return
    for target in policy.props["spec"]["targetRefs"].items():
        named = (policy.namespace, target["name"].text())
        is_meant = target["kind"].text() == "ServiceEntry" and target["sectionName"].is_absent is not section
        if is_meant and some(cluster.of(SERVICE_ENTRY), partial(_is_inside, named)):
            yield target["name"].wrong(_OUTSIDE)


def _is_inside(named: tuple[str, str], entry: Resource) -> bool:
    spec = entry.props["spec"]
    return (entry.namespace, entry.name) == named and (
        spec["location"].text(_EXTERNAL) != _EXTERNAL
        or any(re.search(_IN_MESH, host) for host in spec["hosts"].texts())
    )


def _server_is_verified(places: tuple[str, ...]) -> tuple[Statement, ...]:
    no_authority: Condition = All((_OWN_TLS, Absent("caCertificates"), Absent("credentialName")))
    return (
        Statement(places, OneOf("insecureSkipVerify", (True,)), "verifies nothing", at="insecureSkipVerify"),
        Statement(places, no_authority, "names no authority that the server must be signed by", at="caCertificates"),
        Statement(places, All((_OWN_TLS, Absent("subjectAltNames"))), "names no server", at="subjectAltNames"),
    )


def _imports_stay_in_the_mesh(paths: tuple[str, ...]) -> StackCheck:
    """The same for hosts that a ServiceEntry of the stack brings into the mesh, whatever their names are."""

    def check(stack: Stack, _: GateParameters) -> Iterator[Finding]:
        for cluster in stack.clusters():
            yield from each(cluster.of(DESTINATION_RULE), partial(_calls_import, cluster, paths))

    return check


def _calls_import(cluster: Stack, paths: tuple[str, ...], rule: Resource) -> Iterator[Finding]:
    tls_settings = (tls for path in paths for tls in places(rule.props, path))
    yield from each(tls_settings, partial(_leaves_import, cluster, rule.props["spec"]["host"]))


def _leaves_import(cluster: Stack, host: Node, tls: Node) -> Iterator[Finding]:
    if tls["mode"].text() in _OWN and not re.search(_IN_MESH, host.text()) and _is_import(cluster, host.text()):
        yield tls["mode"].wrong(_OUTSIDE)


def _is_import(cluster: Stack, host: str) -> bool:
    hosts = (
        name
        for entry in cluster.of(SERVICE_ENTRY)
        if entry.props["spec"]["location"].text(_EXTERNAL) != _EXTERNAL
        for name in entry.props["spec"]["hosts"].texts()
    )
    return any(_meet(host.lower(), name.lower()) for name in hosts)


def _meet(one: str, other: str) -> bool:
    """Whether two host names, each of which may begin with `*`, can mean the same host."""
    if one.startswith("*"):
        return other.endswith(one[1:]) or (other.startswith("*") and one.endswith(other[1:]))
    return one == other or (other.startswith("*") and one.endswith(other[1:]))


RULES: Final = (
    Rule(
        id="MF-I7",
        title="A DestinationRule calls the mesh by mutual TLS",
        why="DISABLE sends plaintext; SIMPLE or MUTUAL to a host of the mesh leaves the workload's identity at home.",
        mend="Take spec.trafficPolicy.tls out for hosts of the mesh, or write mode: ISTIO_MUTUAL; attach a"
        " BackendTLSPolicy to a ServiceEntry of a host outside, never to a Service.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            DESTINATION_RULE: stated(*_calls_are_mutual(_WHOLE)),
            BACKEND_TLS: _backend_stays_in_the_mesh(Absent("sectionName")),
        },
        relations=(_imports_stay_in_the_mesh(_WHOLE), _backend_entries_stay(section=False)),
        controls=_CONTROLS,
        weaker=_WEAKER,
    ),
    Rule(
        id="MF-I8",
        title="No port and no subset of a DestinationRule calls the mesh in another way",
        why="TLS settings of a port or a subset override those above; scanners that read one place do not see them.",
        mend="Take tls out of the port or subset, or write mode: ISTIO_MUTUAL there.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            DESTINATION_RULE: stated(*_calls_are_mutual(_PARTS)),
            BACKEND_TLS: _backend_stays_in_the_mesh(Not(Absent("sectionName"))),
        },
        relations=(_imports_stay_in_the_mesh(_PARTS), _backend_entries_stay(section=True)),
        controls=_CONTROLS,
        weaker=_WEAKER,
    ),
    Rule(
        id="MF-I9",
        title="A DestinationRule that brings its own TLS verifies the server",
        why="Without an authority and a name whoever answers at the address is believed.",
        mend="Write caCertificates (or credentialName) and subjectAltNames, and never insecureSkipVerify.",
        packs=(Pack.ZERO_TRUST,),
        checks={DESTINATION_RULE: stated(*_server_is_verified((*_WHOLE, *_PARTS)))},
        controls=_CONTROLS,
    ),
)
