"""The second layer below mTLS: network policies that close a namespace and open it for somebody."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.networks import names_internet
from meshfed.rules.node import Finding, Node, UndecidedError, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

POLICY: Final = "networking.k8s.io/NetworkPolicy"
CILIUM: Final = ("cilium.io/CiliumNetworkPolicy", "cilium.io/CiliumClusterwideNetworkPolicy")
_WORLD: Final = frozenset({"all", "world", "world-ipv4", "world-ipv6"})


def _selects_everything(selector: Node) -> bool:
    return selector["matchLabels"].is_absent and selector["matchExpressions"].is_absent


def _opens_to_somebody(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = policy.props["spec"]
    everything = _selects_everything(spec["podSelector"])
    for direction, side in (("ingress", "from"), ("egress", "to")):

        def names_a_side(rule: Node, side: str = side) -> Iterator[Finding]:
            sides = rule[side]
            if sides.is_absent and (everything or rule["ports"].is_absent):
                yield rule.wrong("a rule that names nobody allows everybody")
            elif everything and rule["ports"].is_absent and any(map(_is_everybody, sides.items())):
                yield sides.wrong("every pod of every namespace is allowed to every pod")

        yield from each(spec[direction].items(), names_a_side)


def _is_everybody(peer: Node) -> bool:
    return (
        peer["ipBlock"].is_absent
        and not peer["namespaceSelector"].is_missing
        and _selects_everything(peer["namespaceSelector"])
        and _selects_everything(peer["podSelector"])
    )


def _blocks_are_networks(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = policy.props["spec"]
    for direction, side in (("ingress", "from"), ("egress", "to")):

        def blocks(rule: Node, side: str = side) -> Iterator[Finding]:
            yield from each(rule[side].items(), lambda peer: _is_a_network(peer["ipBlock"]["cidr"]))

        yield from each(spec[direction].items(), blocks)


def _is_a_network(node: Node) -> Iterator[Finding]:
    if names_internet(node):
        yield node.wrong("the range is the whole internet")


def _cilium_names_somebody(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    for spec in _specs(policy):
        for direction, word in (("ingress", "from"), ("egress", "to")):

            def rule_names_somebody(rule: Node, word: str = word) -> Iterator[Finding]:
                yield from each(rule[f"{word}Entities"].items(), _is_not_the_world)
                yield from each(rule[f"{word}CIDR"].items(), _is_a_network)
                yield from each(rule[f"{word}CIDRSet"].items(), lambda one: _is_a_network(one["cidr"]))

            yield from each(spec[direction].items(), rule_names_somebody)


def _is_not_the_world(node: Node) -> Iterator[Finding]:
    if node.text().lower() in _WORLD:
        yield node.wrong("the whole internet is allowed")


def _specs(policy: Resource) -> list[Node]:
    one = policy.props["spec"]
    return [*([] if one.is_missing else [one]), *policy.props["specs"].items()]


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
    denying += [policy for policy in cluster.of(*CILIUM) if _cilium_denies(policy)]
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


def _cilium_denies(policy: Resource) -> bool:
    """Cilium closes what a rule selects; an empty rule allows nobody there."""
    for spec in _specs(policy):
        rules = [] if spec["ingress"].is_missing else spec["ingress"].items()
        if not spec["ingress"].is_missing and _selects_everything(spec["endpointSelector"]):
            return all(rule.value in ({}, None) for rule in rules)
    return False


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
            **dict.fromkeys(CILIUM, (_cilium_names_somebody,)),
        },
        stack_checks=(_namespaces_are_closed,),
        controls=("CIS EKS 4.3.2", "CIS AKS 4.4.2", "CIS GKE 4.3.2", "NIST SP 800-53 SC-7"),
        weaker="Asked of namespaces that the stack makes and runs pods in. AdminNetworkPolicy and Calico's own kinds "
        "are not read, and only the closing of incoming traffic is asked for.",
    ),
)
