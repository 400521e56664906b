"""The same thing written in other ways gets the same verdict: every mutation over every case, and some after another.

Where a mutation honestly changes the meaning, a table says so by id and with the reason.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshfed.rules.catalog import RULES
from meshfed.rules.gate import Policy, judge
from meshfed.rules.resource import Resource
from tests.rules.cases import STACK, Case, all_cases
from tests.rules.mutations import MUTATIONS, in_other_cases

RIGHT_IN_SMALL_LETTERS: Mapping[str, str] = {
    "Ambient": "the case is about this spelling of ambient",
    "DoesNotExist": "a selector with an operator that nobody knows selects nothing",
    "Exists": "a selector with an operator that nobody knows selects nothing",
    "Internal": "the case is about a spelling that no cloud takes",
    "Istio": "the case is about this spelling of istio",
    "NotIn": "a selector with an operator that nobody knows selects nothing",
    "SYMMETRIC_DEFAULT": "the service takes no other spelling, so that no key is made",
    "True": "the case is about a spelling that no cloud takes",
}
"""Words that may say something else in another case, and why that is right."""
Said = frozenset[tuple[str, str]]
CASES = tuple(case for case in all_cases() if case.settings is None and case.resources)
_TO_PARTS = {"MF-I7": "MF-I8"}
RENAMED: Mapping[str, Mapping[str, str]] = {
    "tls of a subset": _TO_PARTS,
    "tls of a port": _TO_PARTS,
    "tls of a port of a subset": _TO_PARTS,
}
"""What another id says after a mutation: the whole rule's TLS is MF-I7's, that of its parts MF-I8's."""
CHANGED = {
    "as a Patch": {
        "MF-I5": "a Patch changes the policy that stands and is no second one",
        "MF-I33": "a Patch of an authentication owes no policy that asks for its token",
        "MF-K6": "a Patch of a namespace or a pod makes none",
        "MF-K7": "a Patch that is silent about the token leaves it as it is",
        "MF-K9": "a Patch that is silent about the label leaves it as it is",
    },
    "bools as texts": {"MF-I20": "a permanent exception counts for one content, and this is another"},
    "of another version": {"MF-K10": "the default of failurePolicy is another one in v1beta1"},
    "rules behind another": {"MF-I18": "the policy admits someone beside the waypoint then"},
}
"""Ids that may say something else after a mutation, and why that is right."""
_OF_ONE_CONTENT = "a permanent exception counts for one content, and this is another"
ADDED = {
    "as a Patch": {"MF-K8": "a Patch of a role makes none, so that a binding to it is to one that is not here"},
    "as text with aliases": {"MF-S2": "the neighbour that holds the text's aliases is not the object that is allowed"},
    "the internet of IPv6": {"MF-C5": _OF_ONE_CONTENT},
    "the internet in halves": {"MF-C5": _OF_ONE_CONTENT},
    "the internet with a zero more": {"MF-C5": _OF_ONE_CONTENT},
    "under a foreign token": {"MF-I28": "a ConfigMap by its token can change gateways, as labels not known may say"},
}
"""Ids that may say more after a mutation, and why that is right; what they said before they still say."""


def said_of(case: Case, resources: Sequence[Resource]) -> Said:
    """Ids and states of all verdicts."""
    report = judge(Policy(RULES, date(2026, 11, 21), case.parameters), {STACK: resources})
    return frozenset((one.verdict.rule.id, one.verdict.state.value) for one in report.judged)


def mutated(case: Case, *names: str) -> list[Resource] | None:
    """The resources of a case after some mutations; None where none of them has another form."""
    resources, is_changed = case.resources, False
    for name in names:
        others = [MUTATIONS[name](resource) for resource in resources]
        is_changed = is_changed or any(other is not None for other in others)
        resources = [other or resource for other, resource in zip(others, resources, strict=True)]
    return resources if is_changed else None


def difference(case: Case, *names: str) -> str:
    """What a case says after some mutations, where it is not what it must say."""
    resources = mutated(case, *names)
    if resources is None:
        return ""
    before, after = said_of(case, case.resources), said_of(case, resources)
    for name in names:
        before, after = _renamed(before, name), _renamed(after, name)
    free = {one for name in names for one in CHANGED.get(name, ())}
    more = {one for name in names for one in ADDED.get(name, ())}
    added = {pair for pair in after - before if pair[0] in more}
    wanted, found = ({pair for pair in said if pair[0] not in free} for said in (before, after - added))
    return "" if wanted == found else f"{case}: {sorted(wanted)} becomes {sorted(found)}"


def _renamed(said: Said, mutation: str) -> Said:
    return frozenset((RENAMED.get(mutation, {}).get(one, one), state) for one, state in said)


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_case_in_another_form_gets_the_same_verdict(name: str) -> None:
    assert [text for case in CASES if (text := difference(case, name))] == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_has_a_case_that_fails(name: str) -> None:
    assert any(mutated(case, name) for case in CASES if case.group == "bad")


@pytest.mark.parametrize("group", ["MF-I", "MF-K", "MF-A", "MF-Z", "MF-C", "MF-S", "MF-G", "MF-W"])
def test_a_word_in_another_case_leaves_the_gate_closed(group: str) -> None:
    opened = [
        f"{case}: {word}"
        for case in CASES
        if case.group == "bad" and case.rule.startswith(group)
        for index, resource in enumerate(case.resources)
        for word, other in in_other_cases(resource)
        if word not in RIGHT_IN_SMALL_LETTERS and not _is_closed(case, index, other)
    ]
    assert opened == []


def _is_closed(case: Case, index: int, other: Resource) -> bool:
    resources = [other if number == index else one for number, one in enumerate(case.resources)]
    return "violation" in {state for _, state in said_of(case, resources)}


def test_every_word_that_may_change_its_meaning_stands_in_a_case() -> None:
    words = {word for case in CASES for resource in case.resources for word, _ in in_other_cases(resource)}
    assert RIGHT_IN_SMALL_LETTERS.keys() <= words


@settings(max_examples=300, deadline=None)
@given(
    case=st.sampled_from(CASES),
    names=st.lists(st.sampled_from(sorted(MUTATIONS)), min_size=2, max_size=3, unique=True),
)
def test_one_form_in_another_gets_the_same_verdict(case: Case, names: list[str]) -> None:
    assert difference(case, *names) == ""


@pytest.mark.parametrize(("name", "id_"), [(name, one) for name, ids in CHANGED.items() for one in ids])
def test_what_a_mutation_may_change_it_does_change(name: str, id_: str) -> None:
    def spoken(said: Said) -> Said:
        return frozenset(pair for pair in said if pair[0] == id_)

    forms = [(case, resources) for case in CASES if (resources := mutated(case, name))]
    assert any(spoken(said_of(case, case.resources)) != spoken(said_of(case, resources)) for case, resources in forms)
