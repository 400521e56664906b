"""What changes proxies from inside: EnvoyFilters, WebAssembly and Lua, and the TLS sessions that they may resume."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from meshfed.rules.allowed import digest_of
from meshfed.rules.istio.objects import ENVOY_FILTER, TRAFFIC_EXTENSION, WASM_PLUGIN, installs_istio
from meshfed.rules.node import Finding, Node, UndecidedError
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.rules.statement import Absent, All, Matches, Not, OneOf, Statement, stated
from meshfed.settings.gate import GateParameters
from meshfed.topology.mesh_filters import MESH_FILTERS, NO_RESUMPTION, spec_sha256

_CONTROLS: Final = ("NIST SP 800-53 CM-7", "NIST SP 800-53 SI-7")
_RESUMPTION: Final = frozenset({"disable_stateless_session_resumption", "disable_stateful_session_resumption"})
_CHECKING: Final = ("AUTHN", "AUTHZ")
"""Phases in which a plugin decides who may pass."""
_CLOSED: Final = ("FAIL_CLOSE", "FAIL_RELOAD")
_CAMEL: Final = frozenset({"disableStatelessSessionResumption", "disableStatefulSessionResumption"})
_TICKETS: Final = ("session_ticket_keys", "sessionTicketKeys")


def is_allowed(resource: Resource, parameters: GateParameters) -> bool:
    """Whether an object is a permanent exception, by name and content. Raises UndecidedError."""
    digest = digest_of(resource.props["spec"])
    place = (resource.kind, resource.namespace, resource.name)
    if any((one.kind, one.namespace, one.name, one.sha256) == (*place, digest) for one in parameters.allowed):
        return True
    if place[:2] != (ENVOY_FILTER, parameters.root_namespace):
        return False
    return any((one.name, spec_sha256(one.spec)) == (resource.name, digest) for one in MESH_FILTERS)


def _filter_is_allowed(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not is_allowed(resource, parameters):
        digest = digest_of(resource.props["spec"])
        yield resource.props["spec"].wrong(f"changes proxies past every rule; the sha256 of its spec is {digest}")


def _fails_closed(*names: str) -> Check:
    def check(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        strategy = resource.props.at(*names, "failStrategy")
        # In the phases of authentication and authorisation no exception helps: a statement says so.
        is_open = strategy.text(_CLOSED[0]) not in _CLOSED and resource.props["spec"]["phase"].text() not in _CHECKING
        if is_open and not is_allowed(resource, parameters):
            digest = digest_of(resource.props["spec"])
            yield strategy.wrong(f"lets requests pass where the plugin fails; the sha256 of its spec is {digest}")

    return check


def _lua_is_allowed(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    lua = resource.props["spec"]["lua"]
    if not lua.is_absent and not is_allowed(resource, parameters):
        digest = digest_of(resource.props["spec"])
        yield lua.wrong(f"is a program in every proxy that nobody has reviewed; the sha256 of its spec is {digest}")


def _code(at: str) -> tuple[Statement, ...]:
    """What must not be said of WebAssembly that is given at a path."""
    return (
        Statement(
            (at,),
            Matches("url", r"(?i)^http://"),
            "is loaded without TLS, so whoever is on the way chooses the code",
            at="url",
        ),
        Statement(
            (at,),
            All((Absent("sha256"), Not(Matches("url", r"@sha256:[0-9a-f]{64}$")))),
            "names no digest, so whoever writes to the store chooses the code",
            at="url",
        ),
        Statement(
            (at,),
            All((Not(OneOf("failStrategy", _CLOSED, default=_CLOSED[0])), OneOf("/spec.phase", _CHECKING))),
            "lets requests pass unchecked where a plugin of authentication or authorisation fails",
            at="failStrategy",
        ),
    )


def _no_sessions_are_resumed(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        if installs_istio(cluster) and not _has_the_filter(cluster, parameters):
            yield Finding(
                "",
                f"no EnvoyFilter in {parameters.root_namespace} makes sidecars refuse to resume TLS sessions"
                f" ({NO_RESUMPTION.name})",
            )


def _has_the_filter(cluster: Stack, parameters: GateParameters) -> bool:
    pending: UndecidedError | None = None
    for one in cluster.of(ENVOY_FILTER):
        try:
            if _stops_resumption(one, parameters):
                return True
        except UndecidedError as error:
            pending = error
    if pending:
        raise pending
    return False


def _stops_resumption(resource: Resource, parameters: GateParameters) -> bool:
    spec = resource.props["spec"]
    if resource.namespace != parameters.root_namespace or not spec["workloadSelector"].is_absent:
        return False
    return any(_is_the_patch(patch) for patch in spec["configPatches"].items())


def _is_the_patch(patch: Node) -> bool:
    match = patch["match"]
    typed = patch["patch"]["value"]["transport_socket"]["typed_config"]
    return (
        patch["applyTo"].text() == "FILTER_CHAIN"
        and match["context"].text() in ("SIDECAR_INBOUND", "ANY")
        and {name for name, _ in match["listener"].entries()} <= {"filterChain"}
        and {name for name, _ in match["listener"]["filterChain"].entries()} <= {"transportProtocol"}
        and match["proxy"].is_absent
        and patch["patch"]["operation"].text() == "MERGE"
        and all(typed[name].flag() for name in _RESUMPTION)
    )


def _resumes_nothing(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _resuming(resource.props["spec"]["configPatches"])


def _resuming(node: Node) -> Iterator[Finding]:
    if isinstance(node.value, Mapping):
        for name, member in node.entries():
            if name.startswith(_TICKETS):
                yield member.wrong("gives proxies keys of session tickets, by which TLS sessions are resumed")
            elif name in _RESUMPTION | _CAMEL and not member.flag():
                yield member.wrong("lets proxies resume TLS sessions again")
            else:
                yield from _resuming(member)
    elif isinstance(node.value, Sequence) and not isinstance(node.value, str):
        for member in node.items():
            yield from _resuming(member)


RULES: Final = (
    Rule(
        id="MF-I20",
        title="An EnvoyFilter is on the list of permanent exceptions",
        why="It can take authentication, authorisation and mTLS out of every proxy, and nothing else shows it.",
        mend="Do it with Istio's own objects, or have the object allowed by its namespace, name and sha256.",
        packs=(Pack.ZERO_TRUST,),
        checks={ENVOY_FILTER: (_filter_is_allowed,)},
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I21",
        title="A plugin of proxies is pinned, loaded by TLS, and closes where it fails",
        why="Code in a proxy sees every request in the clear; one that fails open takes the check with it.",
        mend="Name sha256 (or an image by digest) and https:// or oci://, and leave failStrategy at FAIL_CLOSE. A"
        " plugin outside of authentication and authorisation that must fail open can be allowed by its sha256.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            WASM_PLUGIN: (*stated(*_code("spec")), _fails_closed("spec")),
            TRAFFIC_EXTENSION: (*stated(*_code("spec.wasm")), _fails_closed("spec", "wasm"), _lua_is_allowed),
        },
        controls=_CONTROLS,
        weaker="A verificationKey is not asked for, since a digest says more; what the code does is not read.",
    ),
    Rule(
        id="MF-I38",
        title="TLS sessions inside the mesh are not resumed",
        why="A resumed session is served after the certificate that opened it has expired or was withdrawn.",
        mend="Apply the EnvoyFilter that this rule's page shows, and take out what lets sessions be resumed.",
        packs=(Pack.ZERO_TRUST,),
        checks={ENVOY_FILTER: (_resumes_nothing,)},
        stack_checks=(_no_sessions_are_resumed,),
        controls=("NIST SP 800-53 SC-23", "NIST SP 800-207 tenet 6"),
        weaker="Sees sidecars; gateways that end TLS, waypoints and ztunnel have no setting that was tried. Asked of"
        " the stack that installs Istio.",
    ),
)
