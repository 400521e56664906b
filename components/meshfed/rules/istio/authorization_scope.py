"""Where AuthorizationPolicies take effect: together with each other, with gateways and with waypoints of a cluster."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.istio.authorization_policy import TRAPS
from meshfed.rules.istio.objects import API_GATEWAY, AUTHORIZATION_POLICY, installs_istio
from meshfed.rules.node import Finding, Node, each, some
from meshfed.rules.plain import Unknown
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_CONTROLS: Final = ("NIST SP 800-207 tenet 3", "NIST SP 800-53 AC-3")
_API_GROUP: Final = API_GATEWAY.partition("/")[0]
_ATTACHABLE: Final = ("Gateway", "GatewayClass", "Service", "ServiceEntry")
_WAYPOINT: Final = "istio.io/use-waypoint"
Labels = dict[str, str]


def _something_is_enforced(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        policies = [_Scope(policy) for policy in cluster.of(AUTHORIZATION_POLICY)]
        yield from each(policies, partial(_audits_alone, parameters, policies))


class _Scope:
    """What a policy decides, read once, however many others it is compared with."""

    def __init__(self, policy: Resource) -> None:
        self.policy = policy

    @cached_property
    def decides(self) -> bool:
        """Whether it lets in or keeps out. Raises UndecidedError."""
        return self.policy.props["spec"]["action"].text() != "AUDIT" and _is_enforced(self.policy)

    @cached_property
    def namespace(self) -> str:
        """Where it takes effect. Raises UndecidedError."""
        return self.policy.namespace

    @cached_property
    def labels(self) -> frozenset[tuple[str, str]]:
        """Of the workloads that it selects. Raises UndecidedError."""
        return frozenset(_selected(self.policy).items())

    @cached_property
    def targets(self) -> frozenset[tuple[str, str]]:
        """What it is attached to. Raises UndecidedError."""
        return frozenset(_targets(self.policy))


def _audits_alone(parameters: GateParameters, policies: Sequence[_Scope], audit: _Scope) -> Iterator[Finding]:
    action = audit.policy.props["spec"]["action"]
    if action.text() == "AUDIT" and not some(policies, partial(_enforces_beside, parameters, audit)):
        yield action.wrong("writes to the log, and no other policy decides for the same workloads")


def _enforces_beside(parameters: GateParameters, audit: _Scope, policy: _Scope) -> bool:
    return (
        policy.decides
        and policy.namespace in (audit.namespace, parameters.root_namespace)
        and policy.labels <= audit.labels
        and policy.targets <= audit.targets
    )


def _gateways_exist(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        yield from each(cluster.of(AUTHORIZATION_POLICY), partial(_its_gateways_exist, cluster))


def _its_gateways_exist(cluster: Stack, policy: Resource) -> Iterator[Finding]:
    yield from each(_references(policy), partial(_gateway_exists, cluster, policy))


def _gateway_exists(cluster: Stack, policy: Resource, reference: Node) -> Iterator[Finding]:
    kind = reference["kind"].text()
    if kind not in _ATTACHABLE:
        yield reference["kind"].wrong("is no kind that a policy can be attached to: it is attached to nothing")
    if kind != "Gateway":
        return
    name, space = reference["name"].text(), reference["namespace"].text(policy.namespace)
    if reference["group"].text() != _API_GROUP:
        yield reference["group"].wrong(f"is not {_API_GROUP}: the policy is attached to nothing")
    elif space != policy.namespace:
        yield reference["namespace"].wrong("is not the policy's own namespace: the policy is attached to nothing")
    elif not some(cluster.of(API_GATEWAY), lambda one: (one.namespace, one.name) == (space, name)):
        yield reference["name"].wrong(f"is no Gateway of namespace {space}: the policy is attached to nothing")


def _waypoints_read_it(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        labelled = [one for one in cluster.of("core/Namespace", POD, "core/Service") if _is_labelled(one)]
        yield from each(cluster.of(AUTHORIZATION_POLICY) if labelled else (), partial(_waypoint_reads_it, labelled))


def _is_labelled(resource: Resource) -> bool:
    """Whether it has the label of a waypoint, or could: told apart first, so that most resources are looked at once."""
    labels = resource.labels.value
    return isinstance(labels, Unknown) or (isinstance(labels, Mapping) and _WAYPOINT in labels)


def _waypoint_reads_it(labelled: Sequence[Resource], policy: Resource) -> Iterator[Finding]:
    if not _selected(policy):
        return
    for waypoint in _waypoints(labelled, policy):
        if not _admits_only(policy, waypoint):
            yield policy.props["spec"]["selector"].wrong(
                f"selects workloads behind the waypoint {waypoint}, which ignores policies with a selector"
            )
            return


def _admits_only(policy: Resource, waypoint: str) -> bool:
    """Whether it lets in nobody but the waypoint itself, which is what a policy at the workload is for."""
    spec = policy.props["spec"]
    sources = [source["source"] for rule in spec["rules"].items() for source in rule["from"].items()]
    principals = [source["principals"].texts() for source in sources]
    return (
        spec["action"].text("ALLOW") == "ALLOW"
        and bool(principals)
        and all(names and all(name.endswith(f"/sa/{waypoint}") for name in names) for names in principals)
    )


def _waypoints(labelled: Sequence[Resource], policy: Resource) -> Iterator[str]:
    """Names of the waypoints that serve what a policy selects."""
    for one in labelled:
        if _serves(one, policy) and (name := one.labels[_WAYPOINT].text()) not in ("", "none"):
            yield name


def _serves(labelled: Resource, policy: Resource) -> bool:
    wanted = _selected(policy)
    match labelled.kind:
        case "core/Namespace":
            return labelled.name == policy.namespace
        case "core/Service":
            selector = _texts(labelled.props["spec"]["selector"])
            return labelled.namespace == policy.namespace and _meet(wanted, selector)
        case _:
            return labelled.namespace == policy.namespace and wanted.items() <= _texts(labelled.labels).items()


def _meet(one: Labels, other: Labels) -> bool:
    """Whether two selectors speak of the same label and contradict each other in none."""
    shared = one.keys() & other.keys()
    return bool(shared) and all(one[name] == other[name] for name in shared)


def _all_is_denied(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        denies = partial(_denies_all, parameters)
        if installs_istio(cluster) and not some(cluster.of(AUTHORIZATION_POLICY), denies):
            yield Finding("", f"no AuthorizationPolicy in {parameters.root_namespace} denies all (spec: {{}})")


def _denies_all(parameters: GateParameters, policy: Resource) -> bool:
    spec = policy.props["spec"]
    return (
        policy.namespace == parameters.root_namespace
        and spec["action"].text("ALLOW") == "ALLOW"
        and spec["rules"].is_absent
        and not _selected(policy)
        and not _references(policy)
        and _is_enforced(policy)
    )


def _is_enforced(policy: Resource) -> bool:
    return policy.annotations["istio.io/dry-run"].text("false").lower() in ("false", "f", "0")


def _selected(policy: Resource) -> Labels:
    return _texts(policy.props["spec"]["selector"]["matchLabels"])


def _texts(labels: Node) -> Labels:
    return {name: label.text() for name, label in labels.entries()}


def _references(policy: Resource) -> list[Node]:
    spec = policy.props["spec"]
    single = spec["targetRef"]
    return [*spec["targetRefs"].items(), *([] if single.is_absent else [single])]


def _targets(policy: Resource) -> Iterator[tuple[str, str]]:
    for reference in _references(policy):
        yield reference["kind"].text(), reference["name"].text()


RULES: Final = (
    Rule(
        id="MF-I16",
        title="An AuthorizationPolicy decides what it seems to decide",
        why="A DENY with fields of HTTP denies whole ports that are not HTTP, CUSTOM without a provider asks nobody,"
        " and AUDIT alone lets everything pass.",
        mend="Name to.operation.ports beside fields of HTTP, a provider for CUSTOM, and an ALLOW or DENY beside AUDIT.",
        packs=(Pack.ZERO_TRUST,),
        checks={AUTHORIZATION_POLICY: TRAPS},
        relations=(_something_is_enforced,),
        controls=_CONTROLS,
        weaker="Looks for the policy beside AUDIT in the same stack; where another stack has it, a waiver says so.",
    ),
    Rule(
        id="MF-I18",
        title="An AuthorizationPolicy is attached to something that reads it",
        why="A waypoint ignores policies with a selector, and a reference to a Gateway that is not there attaches the"
        " policy to nothing.",
        mend="Attach it with targetRefs to a Gateway or Service of its namespace; at workloads behind a waypoint select"
        " only to admit the waypoint's own principal.",
        packs=(Pack.ZERO_TRUST,),
        relations=(_gateways_exist, _waypoints_read_it),
        controls=_CONTROLS,
        weaker="Sees Gateways and labels of one stack: a waypoint that another stack sets is not seen, and a reference"
        " to a Gateway that another stack makes needs a waiver.",
    ),
    Rule(
        id="MF-I19",
        title="Whoever installs Istio denies by default",
        why="As long as no ALLOW policy selects a workload, everyone may call it.",
        mend="Add an AuthorizationPolicy with spec: {} in the root namespace.",
        packs=(Pack.ZERO_TRUST,),
        stack_checks=(_all_is_denied,),
        controls=_CONTROLS,
        weaker="Asked of the stack that installs Istio.",
        live="Whether a cluster whose Istio came by hand has the policy.",
    ),
)
