"""The second layer below mTLS: network policies that close a namespace and open it for somebody."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.kubernetes.cilium import CILIUM, cilium_denies, cilium_names_somebody
from meshfed.rules.kubernetes.cilium_settings import CILIUM_SETTINGS
from meshfed.rules.kubernetes.cluster_policies import CLUSTER_POLICIES
from meshfed.rules.kubernetes.managed_policies import MANAGED
from meshfed.rules.kubernetes.policy_ports import opens_many
from meshfed.rules.kubernetes.selectors import takes_nearly_all
from meshfed.rules.networks import internet_among
from meshfed.rules.node import Finding, Node, UndecidedError, each, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

POLICY: Final = "networking.k8s.io/NetworkPolicy"
_SIDES: Final = (("ingress", "from"), ("egress", "to"))


def _selects_everything(selector: Node) -> bool:
    return selector["matchLabels"].is_absent and selector["matchExpressions"].is_absent


def _opens_to_somebody(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = policy.props["spec"]
    everything = takes_nearly_all(spec["podSelector"])
    for direction, side in _SIDES:

        def names_a_side(rule: Node, side: str = side) -> Iterator[Finding]:
            sides = rule[side]
            if sides.is_absent and (everything or opens_many(rule["ports"])):
                yield rule.wrong("a rule that names nobody allows everybody")
            elif everything and opens_many(rule["ports"]) and any(map(_is_everybody, sides.items())):
                yield sides.wrong("every pod of every namespace is allowed to every pod")

        yield from each(spec[direction].items(), names_a_side)


def _is_everybody(peer: Node) -> bool:
    return (
        peer["ipBlock"].is_absent
        and not peer["namespaceSelector"].is_missing
        and takes_nearly_all(peer["namespaceSelector"])
        and takes_nearly_all(peer["podSelector"])
    )


def _blocks_are_networks(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    for direction, side in _SIDES:
        rules = policy.props["spec"][direction].items()
        yield from guarded(_are_networks([peer["ipBlock"]["cidr"] for rule in rules for peer in rule[side].items()]))


def _are_networks(blocks: list[Node]) -> Iterator[Finding]:
    if (wide := internet_among(block for block in blocks if not block.is_missing)) is not None:
        yield wide.wrong("the range is the whole internet")


def _namespaces_are_closed(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        yield from each(cluster.of("core/Namespace"), lambda one, cluster=cluster: _is_closed(one, cluster, parameters))


def _is_closed(namespace: Resource, cluster: Stack, parameters: GateParameters) -> Iterator[Finding]:
    place = namespace.props["metadata"]["name"]
    if namespace.is_patch or (not place.is_unknown and namespace.name in parameters.system_namespaces):
        return
    if not cluster.of(POD) or not _some(cluster.of(POD), namespace):
        return
    denying = [policy for policy in cluster.of(POLICY) if _denies(policy)]
    denying += [policy for policy in cluster.of(*CILIUM) if cilium_denies(policy)]
    if not _some(denying, namespace):
        yield place.wrong("no network policy closes the namespace, whose pods this stack runs")


def _some(resources: "tuple[Resource, ...] | list[Resource]", namespace: Resource) -> bool:
    """Whether one of these stands in a namespace. Raises UndecidedError where only an unknown one could."""
    pending: UndecidedError | None = None
    for resource in resources:
        try:
            if resource.kind == CILIUM[1] or resource.namespace == namespace.name:
                return True
        except UndecidedError as error:
            pending = error
    if pending:
        raise pending
    return False


def _denies(policy: Resource) -> bool:
    spec = policy.props["spec"]
    types = spec["policyTypes"]
    closes = types.is_absent or "Ingress" in types.texts()
    return closes and _selects_everything(spec["podSelector"]) and spec["ingress"].is_absent


RULES: Final = (
    Rule(
        id="MF-K6",
        title="A namespace with workloads is closed by a network policy and opened for somebody",
        why="mTLS is the first layer. Where it fails, an open network leads from every pod, and from the internet, to "
        "every port.",
        mend="Add a NetworkPolicy with podSelector: {} and policyTypes: [Ingress, Egress] and no rules; then name who "
        "may come, by labels or by ranges of your own.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            POLICY: (_opens_to_somebody, _blocks_are_networks),
            **dict.fromkeys(CILIUM, (cilium_names_somebody,)),
            **CLUSTER_POLICIES,
            **CILIUM_SETTINGS,
            **MANAGED,
        },
        stack_checks=(_namespaces_are_closed,),
        controls=("CIS EKS 4.3.2", "CIS AKS 4.4.2", "CIS GKE 4.3.2", "NIST SP 800-53 SC-7"),
        weaker="Asked of namespaces that the stack makes and runs pods in; only the closing of incoming traffic is "
        "asked for. A label that every pod has by its team's own habit is taken for a choice. What a policy lets pass "
        "to the next tier is not followed, nor are Cilium's settings that are no switch of its policies. That vpc-cni, "
        "which enforces policies only where it is told to, is told so is not asked: another plugin may do it.",
    ),
)
