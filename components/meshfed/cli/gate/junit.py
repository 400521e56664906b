"""The run as JUnit: a suite for each stack, a case for each rule, and one more for each further verdict."""

from collections.abc import Iterator
from typing import Final, cast

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from meshfed.cli.gate.outcome import Run, WhenUndecided
from meshfed.cli.gate.rows import Outcome, Row
from meshfed.rules.judge import PLAN_URN
from meshfed.rules.resource import stack_of
from meshfed.rules.rule import Rule

_PLAN: Final = stack_of(PLAN_URN)


def junit_report(run: Run) -> str:
    """The report as XML."""
    document = JUnitXml("meshfed gate")
    stacks = dict.fromkeys([*run.report.stacks, *(row.stack for row in run.rows)])
    for stack in stacks:
        suite = TestSuite(stack)
        for name, level in run.report.policy.changed_levels.items():
            suite.add_property(f"level of {name}", str(level))
        suite.add_property("packs", ", ".join(run.packs))
        suite.add_property("read", run.sources.words)
        for note in run.notes:
            suite.add_property("note", note)
        suite.add_testcases(list(_cases(run, stack)))
        document.add_testsuite(suite)
    document.update_statistics()
    return cast("bytes", document.tostring()).decode("utf-8") + "\n"


def _cases(run: Run, stack: str) -> Iterator[TestCase]:
    for rule in run.rules:
        rows = [row for row in run.rows if row.rule is rule and row.stack == stack]
        if not rows and stack != _PLAN:
            yield _case(rule, rule.title)
        for row in rows:
            place = f" {row.path}" if row.path else ""
            case = _case(rule, f"{row.urn}{place}")
            case.result = [_result(run, row)]
            yield case


def _case(rule: Rule, name: str) -> TestCase:
    return TestCase(f"{rule.id} {name}", f"{rule.packs[0]}.{rule.id}", 0)


def _result(run: Run, row: Row) -> Failure | Error | Skipped:
    what = f"{row.path}: {row.message}" if row.path else row.message
    match row.outcome:
        case Outcome.VIOLATION:
            result: Failure | Error | Skipped = Failure(what, row.rule.id)
        case Outcome.ADVICE:
            result = Skipped(f"advice: {what}", row.rule.id)
        case Outcome.UNDECIDED if run.when_undecided is WhenUndecided.FAIL:
            result = Error(f"cannot be decided yet: {what}", row.rule.id)
        case Outcome.UNDECIDED:
            result = Skipped(f"cannot be decided yet: {what}", row.rule.id)
        case Outcome.WAIVED:
            by = f" until {row.waiver.until} by {row.waiver.owner}: {row.waiver.reason}" if row.waiver else ""
            result = Skipped(f"waived{by}: {what}", row.rule.id)
    result.text = f"{row.place}\n{row.urn}\n{what}\nWhy: {row.rule.why}\nDo: {row.rule.mend}\n{row.page}"
    return result
