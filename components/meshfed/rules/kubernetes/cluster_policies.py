"""Network policies that count before those of namespaces, or instead of them: of clusters, Calico, Antrea and AWS."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.kubernetes.policy_ports import are_many, opens_many
from meshfed.rules.kubernetes.selectors import takes_nearly_all
from meshfed.rules.networks import internet_among
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_SIDES: Final = (("ingress", "from"), ("egress", "to"))
_CALICO_SIDES: Final = (("ingress", "source"), ("egress", "destination"))
_ALLOWS: Final = frozenset({"allow", "accept"})
_PINGS: Final = frozenset({"icmp", "icmpv6"})
_EVERYBODY: Final = "everybody is allowed, whatever the policies of namespaces say"
_INTERNET: Final = "the range is the whole internet"
_NAMED: Final = re.compile(r"==|\bin\b|\bhas\(|\bcontains\b|\bstarts with\b|\bends with\b")
_EVERY: Final = re.compile(
    r"all\(\)|!\s*has\([^)]*\)|\bnot in\s*\{[^}]*\}|has\(\s*projectcalico\.org/[^)]*\)"
    r"|projectcalico\.org/orchestrator\s*==\s*\S+"
)
"""What every pod is, or nearly every one."""


def _allows_somebody(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = policy.props["spec"]

    for direction, side in _SIDES:

        def names_a_side(rule: Node, side: str = side) -> Iterator[Finding]:
            if rule["action"].text("Allow").lower() in _ALLOWS:
                yield from _side_is_named(rule, rule[side], spec)

        yield from each(spec[direction].items(), names_a_side)


def _side_is_named(rule: Node, peers: Node, spec: Node) -> Iterator[Finding]:
    networks = [network for peer in peers.items() for network in _networks(peer)]
    if (wide := internet_among(networks)) is not None:
        yield wide.wrong(_INTERNET)
    elif (peers.is_absent or any(map(_is_everybody, peers.items()))) and (
        _takes_every_pod(rule, spec) or (opens_many(rule["ports"]) and opens_many(rule["protocols"]))
    ):
        yield rule.wrong(_EVERYBODY)


def _networks(peer: Node) -> list[Node]:
    block = peer["ipBlock"]["cidr"]
    return [*peer["networks"].items(), *([] if block.is_missing else [block])]


def _is_everybody(peer: Node) -> bool:
    if not peer["namespaces"].is_missing:
        return takes_nearly_all(peer["namespaces"])
    if not peer["pods"].is_missing:
        return _takes_all(peer["pods"])
    return not peer["namespaceSelector"].is_missing and _takes_all(peer)


def _takes_all(pods: Node) -> bool:
    return takes_nearly_all(pods["namespaceSelector"]) and takes_nearly_all(pods["podSelector"])


def _takes_every_pod(rule: Node, spec: Node) -> bool:
    """Whether a policy is about every pod: by its subject, or by what Antrea applies it to."""
    subject = spec["subject"]
    if not subject.is_missing:
        return takes_nearly_all(subject["namespaces"]) and _takes_all(subject["pods"])
    applied = [*spec["appliedTo"].items(), *rule["appliedTo"].items()]
    return not applied or any(_takes_all(one) and one["group"].is_absent for one in applied)


def _calico_allows_somebody(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = policy.props["spec"]

    for direction, side in _CALICO_SIDES:

        def names_a_side(rule: Node, side: str = side) -> Iterator[Finding]:
            if _lets_in(rule["action"], spec) and rule["protocol"].text().lower() not in _PINGS:
                yield from _calico_side_is_named(rule, rule[side], spec)

        yield from each(spec[direction].items(), names_a_side)


def _lets_in(action: Node, spec: Node) -> bool:
    """Whether a rule allows; Pass does too in the tier of the namespaces' own policies, as none comes after it."""
    word = action.text().lower()
    return word in _ALLOWS or (word == "pass" and spec["tier"].text("default") in ("default", ""))


def _calico_side_is_named(rule: Node, peer: Node, spec: Node) -> Iterator[Finding]:
    if (wide := internet_among(peer["nets"].items())) is not None:
        yield wide.wrong(_INTERNET)
        return
    is_of_all = all(_is_of_every_pod(spec[name]) for name in ("selector", "namespaceSelector"))
    is_of_all = is_of_all and spec["serviceAccountSelector"].is_absent
    if _calico_is_everybody(peer) and (is_of_all or _opens_many(rule["destination"]["ports"])):
        yield rule.wrong(_EVERYBODY)


def _calico_is_everybody(peer: Node) -> bool:
    named = ("nets", "serviceAccounts", "services", "domains")
    chosen = ("selector", "namespaceSelector")
    return all(peer[name].is_absent for name in named) and all(_is_of_every_pod(peer[name]) for name in chosen)


def _is_of_every_pod(selector: Node) -> bool:
    """Whether one of a selector's alternatives asks for nothing that a pod must have."""
    return any(not _NAMED.search(_EVERY.sub("", term)) for term in selector.text().split("||"))


def _opens_many(ports: Node) -> bool:
    return ports.is_absent or are_many(
        (int(first), int(last or first))
        for first, _, last in (text.partition(":") for text in ports.texts())
        if first.isdigit() and (last or first).isdigit()
    )


_BY_SUBJECT: Final = (
    "policy.networking.k8s.io/AdminNetworkPolicy",
    "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
    "policy.networking.k8s.io/ClusterNetworkPolicy",
    "networking.k8s.aws/ClusterNetworkPolicy",
    "crd.antrea.io/ClusterNetworkPolicy",
    "crd.antrea.io/NetworkPolicy",
)
_CALICO: Final = tuple(
    f"{group}/{kind}"
    for group in ("projectcalico.org", "crd.projectcalico.org")
    for kind in ("GlobalNetworkPolicy", "NetworkPolicy")
)
CLUSTER_POLICIES: Final[Mapping[str, tuple[Check, ...]]] = {
    **dict.fromkeys(_BY_SUBJECT, (_allows_somebody,)),
    **dict.fromkeys(_CALICO, (_calico_allows_somebody,)),
}
"""Checks of MF-K6 about policies beside those of Kubernetes and Cilium, by kind."""
