"""What no program should send: the gate says so in a sentence, in bounded time and memory, and stays closed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshfed.rules.catalog import BY_ID, RULES
from meshfed.rules.gate import Policy, judge
from meshfed.rules.judge import State, Verdict
from meshfed.rules.node import Finding
from meshfed.rules.plain import MOST, Unknown
from meshfed.rules.resource import Resource, resource_of
from meshfed.rules.rule import ANY, Rule
from tests.rules.cases import STACK, Case, all_cases

POLICY = Policy(RULES, date(2026, 11, 21))
CASES = tuple(case for case in all_cases() if case.settings is None and case.group != "unknown" and case.resources)
WRONG: Sequence[Any] = (["x"], {"x": "y"}, 7, -1.5, "x", None, [], {}, [None], [["x"]], [{}])
PERMISSIVE = {
    "apiVersion": "security.istio.io/v1",
    "kind": "PeerAuthentication",
    "metadata": {"name": "shop", "namespace": "shop"},
    "spec": {"mtls": {"mode": "PERMISSIVE"}},
}


def said(*resources: Resource, policy: Policy = POLICY) -> list[Verdict]:
    """All verdicts about a stack of some resources."""
    return [one.verdict for one in judge(policy, {STACK: resources}).judged]


def given_as(token: str, inputs: object) -> Resource:
    """One resource."""
    return resource_of(token, f"{STACK}{token}::one", inputs)


def text_of(*documents: str) -> Resource:
    """A ConfigGroup with a text."""
    return given_as("kubernetes:yaml/v2:ConfigGroup", {"yaml": "\n---\n".join(documents)})


def only(verdicts: Sequence[Verdict]) -> str:
    """The one verdict, as it is told."""
    (verdict,) = verdicts
    assert verdict.state is State.VIOLATION
    return str(verdict)


@pytest.mark.parametrize("place", ["checks", "stack_checks", "relations"])
def test_a_rule_that_raises_is_a_violation_that_names_no_value(place: str) -> None:
    def bursts(*_: object) -> Iterator[Finding]:
        yield from ()
        raise KeyError("hunter2")

    rule = replace(BY_ID["MF-I1"], checks={}, stack_checks=(), relations=())
    broken = {
        "checks": replace(rule, checks={ANY: (bursts,)}),
        "stack_checks": replace(rule, stack_checks=(bursts,)),
        "relations": replace(rule, relations=(bursts,)),
    }[place]
    message = only(said(given_as("aws:sns/topic:Topic", {}), policy=Policy((broken,), POLICY.today)))
    assert message.startswith("MF-I1 the rule itself failed with KeyError, so nobody knows whether it holds")
    assert "hunter2" not in message


def test_a_rule_that_raises_hides_no_other_rule() -> None:
    def bursts(*_: object) -> Iterator[Finding]:
        raise RecursionError

    broken: Rule = replace(BY_ID["MF-I2"], checks={ANY: (bursts,)})
    verdicts = said(text_of(json.dumps(PERMISSIVE)), policy=Policy((broken, BY_ID["MF-I1"]), POLICY.today))
    assert {verdict.rule.id for verdict in verdicts} == {"MF-I1", "MF-I2"}


def test_a_yaml_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert f"holds more than {MOST:,} values" in only(said(text_of("\n".join(lines))))


def test_a_yaml_that_holds_itself_is_refused() -> None:
    assert "is nested deeper than 128 levels" in only(said(text_of("a: &a {b: *a}")))


def test_a_key_that_stands_twice_is_refused() -> None:
    text = json.dumps(PERMISSIVE).replace('{"mode"', '{"mode": "STRICT", "mode"')
    column = text.rindex('"mode"') + 1
    assert f"is not YAML: line 1, column {column}: key mode stands twice. Give" in only(said(text_of(text)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "is not YAML: line 2, column 1:"),
        ("a: !!python/object:os.system x", "is not YAML: line 1, column 4: could not determine a constructor"),
        ("a: 2026-99-99", "holds a value that YAML cannot make"),
        ("just words", "cannot be taken apart: an object"),
        ("kind: Pod", "cannot be taken apart: an object with apiVersion and kind is wanted"),
        ("\u0000", "is not YAML:"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused(text: str, why: str) -> None:
    assert why in only(said(text_of(text)))


def test_what_stands_behind_a_broken_text_is_still_judged() -> None:
    group = given_as("kubernetes:yaml:ConfigGroup", {"yaml": ["a: [", json.dumps(PERMISSIVE)]})
    assert sorted(verdict.rule.id for verdict in said(group)) == ["MF-G2", "MF-I1"]


def test_ten_megabytes_in_one_object_are_read_to_the_end() -> None:
    big = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"a": "x" * 10_000_000}}
    assert [verdict.rule.id for verdict in said(text_of(json.dumps(big), json.dumps(PERMISSIVE)))] == ["MF-I1"]


def test_more_than_thirty_two_megabytes_of_text_are_refused() -> None:
    assert "holds more than 32 MiB of text" in only(said(text_of("# " + "x" * 33 * 1024 * 1024)))


def test_lists_in_lists_are_read_and_what_is_nested_deeper_is_refused() -> None:
    def nested(depth: int) -> Resource:
        content: Mapping[str, Any] = PERMISSIVE
        for _ in range(depth):
            content = {"apiVersion": "v1", "kind": "List", "items": [content]}
        return given_as("kubernetes:core/v1:List", content)

    assert [verdict.rule.id for verdict in said(nested(6))] == ["MF-I1"]
    assert "is nested in more than 6 other objects" in only(said(nested(8)))


def test_deeply_nested_texts_are_refused() -> None:
    text = json.dumps(PERMISSIVE)[:-1] + ', "deep": ' + "[" * 200 + "]" * 200 + "}"
    assert "is nested deeper than 128 levels" in only(said(text_of(text)))
    assert "MF-G2" in only(said(text_of("[" * 100_000 + "]" * 100_000)))


def configured(text: str) -> Resource:
    """A ConfigMap with a file for a tunnel."""
    return given_as("kubernetes:core/v1:ConfigMap", {"metadata": {"name": "wg"}, "data": {"wg0.conf": text}})


def federated(condition: str) -> Resource:
    """A provider of workload identities with a condition."""
    inputs = {"attributeCondition": condition, "oidc": {"issuerUri": "https://token.example.com/of/a/cluster"}}
    return given_as("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider", inputs)


def granted(condition: str) -> Resource:
    """An administrator under a condition."""
    inputs = {
        "role": "roles/resourcemanager.projectIamAdmin",
        "member": "user:a@b",
        "condition": {"expression": condition},
    }
    return given_as("gcp:projects/iAMMember:IAMMember", inputs)


PEERS = [f"[Peer]\nAllowedIPs = 10.{n >> 16}.{n >> 8 & 255}.{n & 255}/32\n" for n in range(20_000)]
HOSTILE = {
    "blank lines behind a peer": configured("[Peer]" + "\n" * 1_000_000),
    "blanks in a setting": configured("[Peer]\nEndpoint = a" + " " * 200_000 + "b\nAllowedIPs = 0.0.0.0/0"),
    "peers": configured("[Interface]\n" + "".join(PEERS)),
    "interfaces": configured("".join(f"[Interface]\nMTU = {n}\n{peer}" for n, peer in enumerate(PEERS))),
    "ranges": configured("[Peer]\n" + "AllowedIPs = 10.0.0.1/32\n" * 30_000),
    "peers in JSON": configured(json.dumps({"wg": [{"allowed_ips": [one[20:-1]]} for one in PEERS[:9_000]]})),
    "a condition of brackets": federated("(" * 1_000_000),
    "a condition of negated brackets": federated("!(" * 500_000),
    "a list in a condition": federated("assertion.sub in [" + "'b'," * 200_000),
    "a pattern of what may be missing": federated(f"assertion.sub.matches('{'.?' * 40}~')"),
    "a pattern of alternatives": federated(f"assertion.sub.matches('{'(.|..)' * 24}~')"),
    "a grant under brackets": granted("(" * 1_000_000),
    "a grant under calls": granted("!has(" * 200_000),
    "a chart of versions": given_as("kubernetes:helm.sh/v3:Release", {"chart": "https://x/" + "1-" * 500_000}),
}
"""What would take minutes to years if each part were compared with each other part, or tried in each way."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_judged_at_once(name: str) -> None:
    verdicts = said(HOSTILE[name])
    assert len({verdict.message for verdict in verdicts}) == len(verdicts) in range(1, 20)
    assert [verdict.message for verdict in verdicts if "the rule itself failed" in verdict.message] == []


def test_more_peers_than_anybody_has_are_refused() -> None:
    assert "holds more than 1,000 peers of WireGuard" in only(said(configured("".join(PEERS))))


def variants(value: object, wrong: object) -> Iterator[object]:
    """A value once for each place in it, with something in that place that cannot stand there."""
    yield wrong
    if isinstance(value, Mapping):
        named = cast("Mapping[str, object]", value)
        for key in named:
            yield from ({**named, key: inner} for inner in variants(named[key], wrong))
    elif isinstance(value, list):
        items = cast("list[object]", value)
        for index, item in enumerate(items):
            yield from ([*items[:index], inner, *items[index + 1 :]] for inner in variants(item, wrong))


@settings(max_examples=400, deadline=None)
@given(case=st.sampled_from(CASES), wrong=st.sampled_from(WRONG), data=st.data())
def test_no_wrong_type_anywhere_makes_a_rule_fail(case: Case, wrong: object, data: st.DataObject) -> None:
    resources = case.resources
    number = data.draw(st.integers(0, len(resources) - 1))
    one = resources[number]
    inputs = data.draw(st.sampled_from(list(variants(one.props.value, wrong))))
    changed = resource_of(one.token, one.urn, inputs, options=one.options, provider=one.provider)
    policy = replace(POLICY, parameters=case.parameters)
    verdicts = said(*resources[:number], changed, *resources[number + 1 :], policy=policy)
    assert [str(verdict) for verdict in verdicts if "the rule itself failed" in verdict.message] == []


STEP = re.compile(r'\["([^"]+)"\]|\[(\d+)\]|([^.\[\]]+)')


def steps_of(path: str) -> list[str]:
    """The steps of a finding's path."""
    return [key or index or name for key, index, name in STEP.findall(path)]


def replaced(value: object, steps: Sequence[str], wrong: object) -> object:
    """A value with something else at a place; KeyError where there is no text, number or bool at that place."""
    if not steps:
        if isinstance(value, Mapping | list | Unknown) or value in (None, ""):
            raise KeyError
        return wrong
    if isinstance(value, Mapping):
        named = cast("Mapping[str, object]", value)
        return {**named, steps[0]: replaced(named[steps[0]], steps[1:], wrong)}
    if isinstance(value, list) and steps[0].isdigit():
        items, index = cast("list[object]", value), int(steps[0])
        return [*items[:index], replaced(items[index], steps[1:], wrong), *items[index + 1 :]]
    raise KeyError


def with_wrong_culprit(case: Case, wrong: object) -> list[Resource] | None:
    """The resources of a case with something of a wrong type in place of the value that it fails for."""
    policy = replace(POLICY, parameters=case.parameters)
    place = next(verdict for verdict in said(*case.resources, policy=policy) if verdict.state is State.VIOLATION)
    resources, is_changed = list[Resource](), False
    for one in case.resources:
        inputs = one.props.value
        if one.urn == place.urn:
            try:
                inputs, is_changed = replaced(inputs, steps_of(place.path), wrong), True
            except (KeyError, IndexError):
                return None
        resources.append(resource_of(one.token, one.urn, inputs, options=one.options, provider=one.provider))
    return resources if is_changed else None


OF_THIS_TYPE_TOO = {
    "MF-A12": "a principal is a text or an object",
    "MF-K11": "an object in place of a key holds none, and in place of a name names no Secret",
    "MF-W2": "an object in place of a key holds none",
    "MF-W5": "an object in place of user data sets no password",
}
"""Ids whose culprits may have the other type as well, so that nothing is wrong with it."""


@pytest.mark.parametrize("wrong", [{"x": "y"}, [["x"]]], ids=["an object", "a list in a list"])
def test_a_wrong_type_in_place_of_what_is_wrong_is_no_pass(wrong: object) -> None:
    changed = [
        (case, resources)
        for case in CASES
        if case.group == "bad" and (resources := with_wrong_culprit(case, wrong)) is not None
    ]
    assert len(changed) > 100
    passed = [case for case, resources in changed if not said(*resources, policy=_policy(case))]
    assert [str(case) for case in passed if case.rule not in OF_THIS_TYPE_TOO] == []


def _policy(case: Case) -> Policy:
    return replace(POLICY, parameters=case.parameters)
