"""Every rule against its cases: what fails fails for that rule alone, its near miss passes, an unknown is no pass."""

from datetime import date
from pathlib import Path

import pytest

from meshfed.rules.catalog import RULES
from meshfed.rules.gate import Policy, Report, judge
from meshfed.rules.judge import State
from tests.rules.cases import FOLDER, STACK, Case, all_cases, cases_of, content
from tests.rules.plans import plan_of

TODAY = date(2026, 11, 21)
JUDGING = [rule for rule in RULES if rule.checks or rule.stack_checks or rule.relations or rule.plan_checks]


def report_of(case: Case) -> Report:
    """What all rules say of a case."""
    plan = plan_of(case.settings, case.facts) if case.settings is not None else None
    return judge(Policy(RULES, TODAY, case.parameters), {STACK: case.resources}, plan)


def _said(case: Case, state: State) -> list[str]:
    return [str(one.verdict) for one in report_of(case).judged if one.verdict.state is state]


@pytest.mark.parametrize("case", [case for case in all_cases() if case.group == "bad"], ids=str)
def test_what_is_wrong_is_refused_for_one_reason(case: Case) -> None:
    violations = _said(case, State.VIOLATION)
    assert len(violations) == 1, violations
    assert violations[0].startswith(f"{case.rule} "), violations


@pytest.mark.parametrize("case", [case for case in all_cases() if case.group == "good"], ids=str)
def test_a_near_miss_passes(case: Case) -> None:
    assert [str(one.verdict) for one in report_of(case).judged] == []


@pytest.mark.parametrize("case", [case for case in all_cases() if case.group == "unknown"], ids=str)
def test_what_nobody_can_know_yet_is_undecided(case: Case) -> None:
    assert _said(case, State.VIOLATION) == []
    undecided = _said(case, State.UNDECIDED)
    assert any(one.startswith(f"{case.rule} ") for one in undecided), undecided


@pytest.mark.parametrize("rule", JUDGING, ids=lambda rule: rule.id)
def test_every_rule_has_two_forms_that_fail_and_one_near_miss(rule: object) -> None:
    name = str(getattr(rule, "id", ""))
    forms = {case.note for case in cases_of(name, "bad")}
    assert len(forms) >= 2, f"{name} has {len(forms)} failing forms"
    assert cases_of(name, "good"), f"{name} has no near miss"


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_rule_has_an_unknown_or_says_why_none_can_be(path: Path) -> None:
    file = content(path)
    assert bool(file.get("unknown")) != bool(file.get("no_unknown")), path


def test_every_case_says_in_words_what_it_shows() -> None:
    assert [str(case) for case in all_cases() if not isinstance(case.note, str) or case.note in ("true", "false")] == []


def test_every_case_is_about_a_rule() -> None:
    assert {case.rule for case in all_cases()} - {rule.id for rule in RULES} == set()


def test_every_id_is_unique_and_says_what_its_page_needs() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    silent = [rule.id for rule in RULES if not (rule.title and rule.why and rule.mend and rule.packs)]
    assert silent == []
