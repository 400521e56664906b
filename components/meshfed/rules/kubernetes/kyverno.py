"""Kyverno's policies: that they refuse, that nobody is taken out of them, and that they make and change nothing."""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.allowed import by_spec
from meshfed.rules.kubernetes.mutations import CHANGES
from meshfed.rules.node import Finding, Node
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_WRITTEN: Final = "what the policy refuses is let in, and only written down"
_DELETES: Final = "deletes objects that the gate has judged, and with them what they protect"
_LEFTOVERS: Final = frozenset({"cronjob", "horizontalpodautoscaler", "job", "pod", "replicaset"})
"""Kinds of which nothing in the mesh depends on a single object."""
_EXCEPTED: Final = "what a policy refuses is let in here"


def _changes_nothing(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    for rule in policy.props["spec"]["rules"].items():
        for name in ("mutate", "generate"):
            if not rule[name].is_absent:
                yield rule[name].wrong(CHANGES)


def _refuses(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = policy.props["spec"]
    action = spec["validationFailureAction"]
    for rule in spec["rules"].items():
        images = rule["verifyImages"].items()
        for place in [*([] if rule["validate"].is_absent else [rule["validate"]]), *images]:
            own = place["failureAction"]
            if (own if own.value is not None else action).text("audit").lower() != "enforce":
                yield place.wrong(_WRITTEN)
            yield from _is_overridden(place["failureActionOverrides"])
    yield from _is_overridden(spec["validationFailureActionOverrides"])
    if not spec["admission"].flag(default=True):
        yield spec["admission"].wrong(_WRITTEN)


def _is_overridden(overrides: Node) -> Iterator[Finding]:
    for one in overrides.items():
        if one["action"].text().lower() != "enforce":
            yield one.wrong(_WRITTEN)


def _fails_closed(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = policy.props["spec"]
    for holder in (spec, spec["webhookConfiguration"]):
        if holder["failurePolicy"].text("Fail") != "Fail":
            yield holder["failurePolicy"].wrong("while Kyverno is away, everything is let in")
    if not spec["webhookConfiguration"]["matchConditions"].is_absent:
        yield spec["webhookConfiguration"]["matchConditions"].wrong("what the condition leaves out is let in")


def _new_policy_refuses(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = policy.props["spec"]
    if "Deny" not in spec["validationActions"].texts():
        yield spec["validationActions"].wrong(_WRITTEN)
    if not spec["evaluation"]["admission"]["enabled"].flag(default=True):
        yield spec["evaluation"]["admission"]["enabled"].wrong(_WRITTEN)
    yield from _fails_closed(policy, GateParameters())


def _takes_nobody_out(exception: Resource, _: GateParameters) -> Iterator[Finding]:
    yield exception.props["spec"].wrong(_EXCEPTED)


def _deletes_leftovers_alone(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    match = policy.props["spec"]["match"]
    filters = [match, *match["any"].items(), *match["all"].items()]
    kinds = [kind for one in filters for kind in one["resources"]["kinds"].items()]
    others = [kind for kind in kinds if kind.text().lower().rpartition("/")[2] not in _LEFTOVERS]
    if others or not kinds:
        yield (others[0] if others else match).wrong(_DELETES)


def _deletes_resources_of_leftovers_alone(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    rules = policy.props["spec"]["matchConstraints"]["resourceRules"]
    names = [name.text().lower().removesuffix("s") for rule in rules.items() for name in rule["resources"].items()]
    if not names or not _LEFTOVERS.issuperset(names):
        yield rules.wrong(_DELETES)


def _makes_nothing(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    yield policy.props["spec"].wrong(CHANGES)


_REFUSING: Final = tuple(map(by_spec, (_changes_nothing, _refuses, _fails_closed)))
_NEW: Final = "policies.kyverno.io"
KYVERNO: Final[Mapping[str, tuple[Check, ...]]] = {
    **dict.fromkeys(("kyverno.io/ClusterPolicy", "kyverno.io/Policy"), _REFUSING),
    **{
        f"{_NEW}/{prefix}{kind}": (by_spec(check),)
        for prefix in ("", "Namespaced")
        for kind, check in (
            ("ValidatingPolicy", _new_policy_refuses),
            ("ImageValidatingPolicy", _new_policy_refuses),
            ("MutatingPolicy", _makes_nothing),
            ("GeneratingPolicy", _makes_nothing),
            ("DeletingPolicy", _deletes_resources_of_leftovers_alone),
        )
    },
    **dict.fromkeys(
        ("kyverno.io/ClusterCleanupPolicy", "kyverno.io/CleanupPolicy"),
        (by_spec(_deletes_leftovers_alone),),
    ),
    **dict.fromkeys(("kyverno.io/PolicyException", f"{_NEW}/PolicyException"), (by_spec(_takes_nobody_out),)),
}
"""Checks of MF-K10 about Kyverno's objects, by kind."""
