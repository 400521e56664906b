"""Cilium's network policies: whom a rule of theirs lets in or out."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.kubernetes.policy_ports import opens_many
from meshfed.rules.kubernetes.selectors import takes_nearly_all
from meshfed.rules.networks import internet_among
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

CILIUM: Final = ("cilium.io/CiliumNetworkPolicy", "cilium.io/CiliumClusterwideNetworkPolicy")
_SIDES: Final = (("ingress", "from"), ("egress", "to"))
_WORLD: Final = frozenset({"all", "world", "world-ipv4", "world-ipv6"})
_PEERS: Final = ("Endpoints", "Requires", "CIDR", "CIDRSet", "Entities", "Groups", "Nodes", "Services", "FQDNs")
_OF_EVERY_POD: Final = "io.kubernetes.pod.namespace"
"""Label that Cilium gives every pod."""


def cilium_names_somebody(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    """What is wrong with whom a policy allows."""
    is_of_cluster = policy.kind == CILIUM[1]
    for spec in specs(policy):
        for direction, word in _SIDES:

            def rule_names_somebody(rule: Node, word: str = word, spec: Node = spec) -> Iterator[Finding]:
                yield from _is_not_the_world(rule, word)
                yield from _is_not_everybody(rule, word, spec, is_of_cluster=is_of_cluster)

            yield from each(spec[direction].items(), rule_names_somebody)


def specs(policy: Resource) -> list[Node]:
    """The policies that an object holds."""
    one = policy.props["spec"]
    return [*([] if one.is_missing else [one]), *policy.props["specs"].items()]


def cilium_denies(policy: Resource) -> bool:
    """Whether a policy closes every pod that it can reach: Cilium closes what a rule selects."""
    for spec in specs(policy):
        rules = [] if spec["ingress"].is_missing else spec["ingress"].items()
        selector = spec["endpointSelector"]
        takes_all = selector["matchLabels"].is_absent and selector["matchExpressions"].is_absent
        closes = not spec["ingress"].is_missing and spec["enableDefaultDeny"]["ingress"].flag(default=True)
        if closes and takes_all:
            return all(rule.value in ({}, None) for rule in rules)
    return False


def _is_not_the_world(rule: Node, word: str) -> Iterator[Finding]:
    yield from each(rule[f"{word}Entities"].items(), _is_no_word_for_it)
    yield from each(rule[f"{word}FQDNs"].items(), _is_a_domain)
    ranges = [*rule[f"{word}CIDR"].items(), *(one["cidr"] for one in rule[f"{word}CIDRSet"].items())]
    if (wide := internet_among(one for one in ranges if one.is_unknown or not one.is_absent)) is not None:
        yield wide.wrong("the range is the whole internet")


def _is_no_word_for_it(node: Node) -> Iterator[Finding]:
    if node.text().lower() in _WORLD:
        yield node.wrong("the whole internet is allowed")


def _is_a_domain(name: Node) -> Iterator[Finding]:
    pattern = name["matchPattern"]
    if not pattern.is_absent and not pattern.text().strip("*."):
        yield pattern.wrong("the whole internet is allowed")


def _is_not_everybody(rule: Node, word: str, spec: Node, *, is_of_cluster: bool) -> Iterator[Finding]:
    if rule.value in ({}, None):
        return
    given = [rule[f"{word}{name}"] for name in _PEERS if not rule[f"{word}{name}"].is_missing]
    is_of_all, is_of_every_port = _takes_all(spec["endpointSelector"]), _opens_many(rule["toPorts"])
    if not given and (is_of_all or is_of_every_port):
        yield rule.wrong("a rule that names nobody allows everybody")
    elif is_of_all and is_of_every_port and _names_everybody(rule, word, is_of_cluster=is_of_cluster):
        yield rule.wrong("every pod of every namespace is allowed to every pod")


def _names_everybody(rule: Node, word: str, *, is_of_cluster: bool) -> bool:
    if "cluster" in rule[f"{word}Entities"].texts():
        return True
    return any(
        _takes_all(one) and (is_of_cluster or not one["matchExpressions"].is_absent)
        for one in rule[f"{word}Endpoints"].items()
    )


def _takes_all(selector: Node) -> bool:
    others = [one for one in selector["matchExpressions"].items() if not _is_of_every_pod(one)]
    is_narrow = any(one["operator"].text() in ("In", "Exists") for one in others)
    return takes_nearly_all(selector) or (selector["matchLabels"].is_absent and not is_narrow)


def _is_of_every_pod(expression: Node) -> bool:
    return expression["operator"].text() == "Exists" and expression["key"].text().endswith(_OF_EVERY_POD)


def _opens_many(ports: Node) -> bool:
    return ports.is_absent or any(opens_many(one["ports"]) for one in ports.items())
