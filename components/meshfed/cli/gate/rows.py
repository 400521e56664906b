"""Verdicts as every report shows them: what, where in the resource, and on which line of which file."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from meshfed.cli.gate.found import Form
from meshfed.cli.gate.manifests import line_of
from meshfed.cli.gate.reading import Inputs
from meshfed.rules.exceptions import WAIVERS_COUNT, Judged
from meshfed.rules.gate import Report
from meshfed.rules.judge import PLAN_URN, State, Verdict
from meshfed.rules.resource import stack_of
from meshfed.rules.rule import Level, Rule
from meshfed.settings.gate import Waiver

_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"
    # Unicode's category Cf: what is not seen, or turns the direction of writing.
    r"\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0001-\U000e007f]"
)


class Outcome(StrEnum):
    """What a verdict comes to."""

    VIOLATION = "violation"
    ADVICE = "advice"
    UNDECIDED = "undecided"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Row:
    """One verdict."""

    rule: Rule
    outcome: Outcome
    level: Level
    urn: str
    path: str
    message: str
    file: str
    line: int
    waiver: Waiver | None

    @property
    def stack(self) -> str:
        """The stack that it is about."""
        return stack_of(self.urn)

    @property
    def place(self) -> str:
        """`k8s/shop.yaml:14`."""
        return f"{self.file}:{self.line}" if self.line > 1 else self.file

    @property
    def page(self) -> str:
        """The rule's place in the documentation."""
        return page_of(self.rule)

    @property
    def fingerprint(self) -> str:
        """The same for the same finding in every run, whatever moves around it."""
        return hashlib.sha256("|".join((self.rule.id, self.urn, self.path)).encode()).hexdigest()[:32]


class Places:
    """Where everything that is judged is written."""

    def __init__(self, inputs: Inputs, settings: str, exceptions: str) -> None:
        self._inputs = inputs
        self._settings = settings
        self._exceptions = exceptions
        self._found = {
            found.resource.urn: (reading, found)
            for reading in inputs.readings
            for stack in reading.stacks.values()
            for found in stack
        }
        # The first file of several: what no single resource is asked for begins there.
        self._stacks = {urn: reading.file for reading in reversed(inputs.readings) for urn in reading.stacks}

    def of(self, verdict: Verdict) -> tuple[str, int]:
        """File and line of a verdict; of what a stack lacks, of what it is asked for; about the plan, the settings."""
        if verdict.rule is WAIVERS_COUNT:
            return self._exceptions, 1
        place = verdict.owed_by or verdict.urn
        if place not in self._found:
            return (self._settings if verdict.urn == PLAN_URN else self._stacks.get(verdict.urn, "-")), 1
        reading, found = self._found[place]
        if reading.form is Form.MANIFESTS and found.document is not None:
            return reading.file, line_of(self._inputs.texts[reading.file], found.document, verdict.path)
        name, _, line = found.position.partition("#")
        return (name, int(line)) if line.isdigit() else (reading.file, 1)


def page_of(rule: Rule) -> str:
    """Page and place of a rule in the documentation."""
    return f"docs/rules/{rule.packs[0]}.md#{rule.id.lower()}"


def rows_of(report: Report, places: Places) -> list[Row]:
    """All verdicts in the order of rules, what is said of one resource together."""
    order = {rule.id: index for index, rule in enumerate(report.policy.rules)}
    rows = [_row(report, judged, places) for judged in report.judged]
    first = {urn: index for index, urn in reversed(list(enumerate(row.urn for row in rows)))}
    return sorted(rows, key=lambda row: (order[row.rule.id], first[row.urn]))


def clean(text: str) -> str:
    """A text of somebody's file without characters that steer a terminal or break a document.

    >>> clean("a\\x1b[2Jb")
    'a?[2Jb'
    """
    return _CONTROL.sub("?", text)


def _row(report: Report, judged: Judged, places: Places) -> Row:
    verdict = judged.verdict
    file, line = places.of(verdict)
    return Row(
        rule=verdict.rule,
        outcome=_outcome(report, judged),
        level=report.policy.level(verdict.rule),
        urn=clean(verdict.urn),
        path=clean(verdict.path),
        message=clean(verdict.message),
        file=clean(file),
        line=line,
        waiver=judged.waiver,
    )


def _outcome(report: Report, judged: Judged) -> Outcome:
    if judged.waiver is not None:
        return Outcome.WAIVED
    if judged.verdict.state is State.UNDECIDED:
        return Outcome.UNDECIDED
    return Outcome.ADVICE if report.policy.level(judged.verdict.rule) is Level.ADVISORY else Outcome.VIOLATION
