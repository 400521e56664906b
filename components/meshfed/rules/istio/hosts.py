"""Names and addresses that traffic goes to: VirtualServices, routes, ServiceEntries, WorkloadEntries, imports."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.istio.objects import EVERYTHING, SERVICE_ENTRY, VIRTUAL_SERVICE, WORKLOAD_ENTRY, WORKLOAD_GROUP
from meshfed.rules.networks import is_internet
from meshfed.rules.node import Finding, Network, Node, UndecidedError, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.statement import (
    Absent,
    All,
    AnyOf,
    Condition,
    Matches,
    Named,
    Not,
    OneOf,
    Some,
    Statement,
    every,
    stated,
)
from meshfed.settings.gate import GateParameters

_ROUTES: Final = ("gateway.networking.k8s.io/HTTPRoute", "gateway.networking.k8s.io/GRPCRoute")
_IDENTITY_HEADER: Final = "(?i)^(x-forwarded-client-cert|x-envoy-peer-metadata(-id)?)$"
_SPOOFS: Final = "writes the header by which proxies tell each other who called"
_SPIFFE_ID: Final = r"^spiffe://[^/*]+/ns/[^/*]+/sa/[^/*]+$"
_REMOTE_ENDPOINT: Final = AnyOf((Not(Absent("network")), Some("ports.{}", OneOf("", (15443,)))))
_IS_IMPORT: Final = All(
    (
        OneOf("location", ("MESH_INTERNAL",), default="MESH_EXTERNAL"),
        AnyOf(
            (
                Some("endpoints[]", _REMOTE_ENDPOINT),
                Some("ports[]", AnyOf((OneOf("number", (15443,)), OneOf("targetPort", (15443,))))),
            )
        ),
    )
)


def _headers(*places: str) -> Statement:
    written = AnyOf(
        tuple(Some(path, Named(_IDENTITY_HEADER)) for path in ("headers.request.set.{}", "headers.request.add.{}"))
    )
    return Statement(places, written, _SPOOFS, at="headers.request")


def _filters(*places: str) -> Statement:
    written: Condition = AnyOf(
        (
            Some("requestHeaderModifier.set[]", Matches("name", _IDENTITY_HEADER)),
            Some("requestHeaderModifier.add[]", Matches("name", _IDENTITY_HEADER)),
        )
    )
    return Statement(places, written, _SPOOFS, at="requestHeaderModifier")


def _delegates_stay_at_home(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["spec"]["http"].items(), lambda route: _stays_at_home(route, resource))


def _stays_at_home(route: Node, resource: Resource) -> Iterator[Finding]:
    namespace = route["delegate"]["namespace"]
    if not namespace.is_absent and namespace.text() != resource.namespace:
        yield namespace.wrong("hands the routes of these hosts to whoever writes in another namespace")


def _addresses_are_somebody(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    pending: UndecidedError | None = None
    found: list[Network] = []
    for node in resource.props["spec"]["addresses"].items():
        try:
            network = node.network()
        except UndecidedError as error:
            pending = error
            continue
        found += [network] if network is not None else []
    if is_internet(*found):
        yield resource.props["spec"]["addresses"].wrong("stands for a large part of all addresses")
    elif pending:
        raise pending


def _account_is_of_its_namespace(path: str) -> Statement:
    return Statement(
        (path,),
        All((Not(Absent("serviceAccount")), Not(Matches("serviceAccount", "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")))),
        "names an account outside of its own namespace",
        at="serviceAccount",
    )


def _remote_names_no_account(path: str) -> Statement:
    return Statement(
        (path,),
        All((_REMOTE_ENDPOINT, Not(Absent("serviceAccount")))),
        "is verified as an identity of the own trust domain, though it stands in another region",
        at="serviceAccount",
    )


_IMPORTS: Final = stated(
    Statement(
        ("spec",),
        All((_IS_IMPORT, Absent("subjectAltNames"))),
        "takes any service of the other region for this one",
        at="subjectAltNames",
    ),
    Statement(
        ("spec",),
        All((_IS_IMPORT, Not(every("subjectAltNames[]", Matches("", _SPIFFE_ID))))),
        "names something else than whole SPIFFE ids",
        at="subjectAltNames",
    ),
    _remote_names_no_account("spec.endpoints[]"),
)

RULES: Final = (
    Rule(
        id="MF-I31",
        title="A VirtualService routes its own hosts, and writes nobody's identity",
        why="A wildcard, a foreign delegate or an export to everyone lets one namespace take another's traffic; a"
        " written x-forwarded-client-cert speaks in the caller's name.",
        mend='Name the hosts, keep delegates in the namespace, write exportTo: ["."] or the namespaces that call.',
        packs=(Pack.ZERO_TRUST,),
        checks={
            VIRTUAL_SERVICE: (
                *stated(
                    Statement(("spec.hosts[]",), Matches("", EVERYTHING), "takes traffic for hosts of others"),
                    Statement(("spec.exportTo[]",), OneOf("", ("*",)), "changes routes for callers in every namespace"),
                    _headers("spec.http[]", "spec.http[].route[]"),
                ),
                _delegates_stay_at_home,
            ),
            **dict.fromkeys(
                _ROUTES,
                stated(_filters("spec.rules[].filters[]", "spec.rules[].backendRefs[].filters[]")),
            ),
        },
        controls=("NIST SP 800-53 AC-4",),
        weaker="An exportTo that is left out means everyone too, unless MeshConfig's defaultVirtualServiceExportTo"
        " says less; it is not refused.",
    ),
    Rule(
        id="MF-I32",
        title="An entry of the registry names what it means",
        why="A wildcard or a range of everything makes REGISTRY_ONLY an open door; an entry with a foreign account"
        " puts somebody's machine behind another team's name.",
        mend="Name hosts and addresses, and accounts of the entry's own namespace.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            SERVICE_ENTRY: (
                *stated(
                    Statement(("spec.hosts[]",), Matches("", EVERYTHING), "is a way out to everything"),
                    _account_is_of_its_namespace("spec.endpoints[]"),
                ),
                _addresses_are_somebody,
            ),
            WORKLOAD_ENTRY: stated(_account_is_of_its_namespace("spec")),
            WORKLOAD_GROUP: stated(_account_is_of_its_namespace("spec.template")),
        },
        controls=("NIST SP 800-53 SC-7", "NIST SP 800-53 AC-4"),
        weaker="Whose account it is within a namespace, and whether labels put an entry behind another team's Service,"
        " is not seen: who may write entries is a matter of RBAC.",
    ),
    Rule(
        id="MF-I39",
        title="An import from another region pins whom it means",
        why="Without subjectAltNames every service of the other region, also a captured one, passes for the imported"
        " one; an account in their place means the own trust domain.",
        mend="Write subjectAltNames with the SPIFFE id of the exporting service in its own trust domain.",
        packs=(Pack.ZERO_TRUST, Pack.FEDERATION),
        checks={SERVICE_ENTRY: _IMPORTS, WORKLOAD_ENTRY: stated(_remote_names_no_account("spec"))},
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 IA-9", "NIST SP 800-53 SC-23"),
        weaker="An import is known by MESH_INTERNAL with a network or port 15443; one whose endpoints come by a"
        " workloadSelector alone is not. Which trust domain must be pinned, MF-F1 and MF-F2 say.",
    ),
)
