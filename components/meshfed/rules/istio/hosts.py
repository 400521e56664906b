"""Names and addresses that traffic goes to: VirtualServices, routes, ServiceEntries, WorkloadEntries, imports."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from meshfed.rules.istio.endpoints import ENDPOINTS
from meshfed.rules.istio.mesh_networks import MESH_NETWORKS
from meshfed.rules.istio.objects import EVERYTHING, SERVICE_ENTRY, VIRTUAL_SERVICE, WORKLOAD_ENTRY, WORKLOAD_GROUP
from meshfed.rules.networks import is_internet
from meshfed.rules.node import Finding, Network, Node, UndecidedError, each, some
from meshfed.rules.resource import Resource, Stack
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
_SPIFFE_ID: Final = r"^spiffe://([^/*]+)/ns/[^/*]+/sa/[^/*]+$"
_REMOTE_ENDPOINT: Final = AnyOf((Not(Absent("network")), Some("ports.{}", OneOf("", (15443,)))))
_OF_A_CLUSTER: Final = r"(?i)(?:^|[./])([^./]+)[.]svc(?:[.](?:cluster|clusterset)[.]local)?[.]?$"
"""The name of a cluster's Service, with its namespace."""
_OUTSIDE: Final = "MESH_EXTERNAL"
_PASSES_ON: Final = AnyOf(
    (
        Some("endpoints[]", _REMOTE_ENDPOINT),
        Some("ports[]", AnyOf((OneOf("number", (15443,)), OneOf("targetPort", (15443,))))),
    )
)
_HAS_UNNAMED: Final = AnyOf(
    (
        Some("endpoints[]", Absent("serviceAccount")),
        Not(Absent("workloadSelector")),
        All((Absent("endpoints"), Matches("resolution", "(?i)DNS"))),
    )
)
"""Members without an account: from an account istiod makes the identity that it asks for, without one it asks none."""
_IS_IMPORT: Final = AnyOf((_PASSES_ON, All((Not(OneOf("location", (_OUTSIDE,), default=_OUTSIDE)), _HAS_UNNAMED))))


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


def _foreign_hosts_stay_at_home(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["spec"]["hosts"].items(), lambda host: _is_routed_at_home(host, resource))


def _is_routed_at_home(host: Node, resource: Resource) -> Iterator[Finding]:
    if _is_of_others(host, resource) and resource.props["spec"]["exportTo"].is_absent:
        yield host.wrong("is another namespace's, and without exportTo its callers everywhere are led by these routes")


def _services_are_of_its_namespace(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.props["spec"]["location"].text(_OUTSIDE) != _OUTSIDE:
        yield from each(resource.props["spec"]["hosts"].items(), lambda host: _is_its_own(host, resource))


def _is_its_own(host: Node, resource: Resource) -> Iterator[Finding]:
    if _is_of_others(host, resource):
        yield host.wrong("is a service of another namespace: its calls are led to these endpoints")


def _is_of_others(host: Node, resource: Resource) -> bool:
    """Whether a host is a Service of another namespace than the resource's; every namespace's are for `EVERYTHING`."""
    found = re.search(_OF_A_CLUSTER, host.text())
    return found is not None and found.group(1) not in ("*", resource.namespace)


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


def _pins_the_federation(entry: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if parameters.trust_domains:
        names = entry.props["spec"]["subjectAltNames"].items()
        yield from each(names, lambda name: _is_of_the_federation(name, parameters))


def _is_of_the_federation(name: Node, parameters: GateParameters) -> Iterator[Finding]:
    found = re.match(_SPIFFE_ID, name.text())
    if found and found.group(1) not in parameters.trust_domains:
        yield name.wrong("is an identity of a trust domain that is none of the federation's")


def _remote_entries_are_pinned(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        yield from each(cluster.of(WORKLOAD_ENTRY), partial(_is_pinned, cluster.of(SERVICE_ENTRY)))


def _is_pinned(entries: Sequence[Resource], member: Resource) -> Iterator[Finding]:
    spec = member.props["spec"]
    is_remote = not spec["network"].is_absent or any(port.text() == "15443" for _, port in spec["ports"].entries())
    if is_remote and not some(entries, partial(_pins, member)):
        yield spec["address"].wrong("is in another region, and no ServiceEntry that selects it pins who answers there")


def _pins(member: Resource, entry: Resource) -> bool:
    spec, labels = entry.props["spec"], member.props["spec"]["labels"]
    selected = [(name, value.text()) for name, value in spec["workloadSelector"]["labels"].entries()]
    return (
        entry.namespace == member.namespace
        and bool(selected)
        and all(labels[name].text() == value for name, value in selected)
        and not spec["subjectAltNames"].is_absent
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
                _foreign_hosts_stay_at_home,
            ),
            **dict.fromkeys(
                _ROUTES,
                stated(_filters("spec.rules[].filters[]", "spec.rules[].backendRefs[].filters[]")),
            ),
        },
        controls=("NIST SP 800-53 AC-4",),
        weaker="An exportTo that is left out means everyone too, unless MeshConfig's defaultVirtualServiceExportTo"
        " says less; it is refused for Services of other namespaces alone. Namespaces that are named in exportTo"
        " are believed. A host with one dot (pay.shop) is taken for one outside of the mesh, and where requests are"
        " copied to is not asked.",
    ),
    Rule(
        id="MF-I32",
        title="An entry of the registry names what it means",
        why="A wildcard or a range of everything makes REGISTRY_ONLY an open door; an entry with a foreign account"
        " puts somebody's machine behind another team's name; an address that is written into a Service by hand has no"
        " identity at all.",
        mend="Name hosts and addresses, and accounts of the entry's own namespace; for what is outside of the mesh"
        " write a ServiceEntry, in place of Endpoints, an EndpointSlice or an ExternalName.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            SERVICE_ENTRY: (
                *stated(
                    Statement(("spec.hosts[]",), Matches("", EVERYTHING), "is a way out to everything"),
                    Statement(
                        ("spec.hosts[]",),
                        All(
                            (
                                Matches("", _OF_A_CLUSTER),
                                Not(Matches("", EVERYTHING)),
                                Not(OneOf("/spec.location", ("MESH_INTERNAL",), default="MESH_EXTERNAL")),
                            )
                        ),
                        "is a service of the cluster, whose calls leave the mesh in plaintext",
                    ),
                    _account_is_of_its_namespace("spec.endpoints[]"),
                ),
                _addresses_are_somebody,
                _services_are_of_its_namespace,
            ),
            WORKLOAD_ENTRY: stated(_account_is_of_its_namespace("spec")),
            WORKLOAD_GROUP: stated(_account_is_of_its_namespace("spec.template")),
            **ENDPOINTS,
        },
        controls=("NIST SP 800-53 SC-7", "NIST SP 800-53 AC-4"),
        weaker="Whose account it is within a namespace, and whether labels put an entry behind another team's Service,"
        " is not seen: who may write entries is a matter of RBAC. An EndpointSlice without the label of a Service leads"
        " nobody.",
    ),
    Rule(
        id="MF-I39",
        title="An import from another region pins whom it means",
        why="Without subjectAltNames every service of the other region, also a captured one, passes for the imported"
        " one; an account in their place means the own trust domain.",
        mend="Write subjectAltNames with the SPIFFE id of the exporting service in its own trust domain.",
        packs=(Pack.ZERO_TRUST, Pack.FEDERATION),
        checks={
            SERVICE_ENTRY: (*_IMPORTS, _pins_the_federation),
            WORKLOAD_ENTRY: stated(_remote_names_no_account("spec")),
            **MESH_NETWORKS,
        },
        relations=(_remote_entries_are_pinned,),
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 IA-9", "NIST SP 800-53 SC-23"),
        weaker="An import is known by a network or port 15443, and by MESH_INTERNAL with members that name no account"
        " (a workloadSelector's are taken for such); one with resolution NONE and no endpoints is not. Trust domains"
        " are compared where trust_domains is set; which of them it must be, MF-F2 says. A gateway of meshNetworks may"
        " have any private address.",
    ),
)
