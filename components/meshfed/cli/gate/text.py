"""The report for people: by rule, what is wrong where, what to do, then the counts."""

from collections.abc import Sequence
from itertools import groupby
from textwrap import wrap
from typing import Final
from urllib.parse import unquote

from rich.console import Console
from rich.text import Text

from meshfed.cli.common import counted
from meshfed.cli.gate.outcome import Run
from meshfed.cli.gate.rows import Outcome, Row, clean, page_of
from meshfed.rules.resource import MANIFESTS, stack_of
from meshfed.rules.rule import Rule

_TITLES: Final = {
    Outcome.VIOLATION: ("Violations", "bold red"),
    Outcome.ADVICE: ("Advice", "bold yellow"),
    Outcome.UNDECIDED: ("Cannot be decided yet", "bold cyan"),
    Outcome.WAIVED: ("Waived", "bold"),
}


def print_report(console: Console, run: Run) -> None:
    """Prints a run."""
    for reading in run.inputs.readings:
        stacks = ", ".join(map(_cluster, reading.stacks))
        _line(console, 0, f"{reading.file}: {reading.form} ({stacks}), {counted(reading.resources, 'resource')}")
        for note in (reading.missing, *reading.notes):
            if note:
                _line(console, 2, f"! {note}")
    for file in run.inputs.passed_over:
        _line(console, 0, f"{file}: passed over, holds no object of a cluster", "dim")
    _line(console, 0, f"judged by {', '.join(run.packs)}; {run.sources.words}", hang=2)
    for note in run.notes:
        _line(console, 0, f"! {note}", "bold", hang=2)
    for outcome, (title, style) in _TITLES.items():
        if rows := run.of(outcome):
            _line(console, 0, "")
            _line(console, 0, f"{title}: {len(rows)}", style)
            for rule, found in groupby(rows, key=lambda row: row.rule):
                _rule(console, rule, list(found), outcome)
    _print_exceptions(console, run)
    if changed := run.report.policy.changed_levels:
        _line(console, 0, "")
        named = ", ".join(f"{name} {level}" for name, level in changed.items())
        _line(console, 0, f"! levels that the configuration changes: {named}", "bold")
    _line(console, 0, "")
    _line(console, 0, run.verdict, "bold red" if run.exit_code else "bold green")


def _cluster(urn: str) -> str:
    """The stack's name; of manifests, the folder that is one cluster."""
    return unquote(urn.split("::")[1]) if stack_of(urn) == MANIFESTS and urn.split("::")[1] else stack_of(urn)


def print_rule(console: Console, rule: Rule) -> None:
    """Prints what is to be known of a rule."""
    _line(console, 0, f"{rule.id}  {rule.title}", "bold")
    told = {
        "why": rule.why,
        "do": rule.mend,
        "level": str(rule.level),
        "packs": ", ".join(rule.packs),
        "controls": ", ".join(rule.controls),
        "weaker": rule.weaker,
        "live": rule.live,
        "page": page_of(rule),
    }
    for name, text in told.items():
        if text:
            _line(console, 2, f"{name:<9}{text}", hang=9)


def _rule(console: Console, rule: Rule, rows: Sequence[Row], outcome: Outcome) -> None:
    _line(console, 0, "")
    _line(console, 0, f"{rule.id}  {rule.title}", "bold")
    if outcome in (Outcome.VIOLATION, Outcome.ADVICE):
        _line(console, 2, f"why   {rule.why}", hang=6)
        _line(console, 2, f"do    {rule.mend}", hang=6)
        _line(console, 2, f"page  {page_of(rule)}")
    for urn, found in groupby(rows, key=lambda row: row.urn):
        of_urn = list(found)
        _line(console, 2, urn, "cyan", hang=None)
        for row in of_urn:
            where = f"{row.place}  " if row.place != "-" else ""
            path = f"{row.path}: " if row.path else ""
            _line(console, 4, f"{where}{path}{row.message}", hang=2)


def _print_exceptions(console: Console, run: Run) -> None:
    exceptions = run.report.policy.exceptions
    if run.report.in_force:
        _line(console, 0, "")
        _line(console, 0, f"Waivers in force: {len(run.report.in_force)}", "bold")
        for waiver in run.report.in_force:
            used = sum(row.waiver is waiver for row in run.rows)
            what = f"{', '.join(waiver.ids)} on {', '.join(waiver.urns)}"
            _line(console, 2, f"until {waiver.until}, {waiver.owner}: {what}: {waiver.reason} ({used} here)", hang=2)
    if exceptions.allowed:
        _line(console, 0, "")
        _line(console, 0, f"Allowed for good, by name and content: {len(exceptions.allowed)}", "bold")
        for allowed in exceptions.allowed:
            what = f"{allowed.kind} {allowed.namespace}/{allowed.name}"
            _line(console, 2, f"{what}, {allowed.owner}: {allowed.reason}", hang=2)


def _line(console: Console, indent: int, text: str, style: str = "", hang: int | None = 0) -> None:
    """One line; on a terminal folded, with what follows further in by `hang`; None: left whole, to be copied."""
    lines = [" " * indent + clean(text)]
    if console.is_terminal and hang is not None:
        further = " " * (indent + hang)
        lines = wrap(lines[0], console.width, subsequent_indent=further, break_on_hyphens=False) or [""]
    for line in lines:
        if console.is_terminal:
            # Text takes no markup: a name with brackets stays what it is.
            console.print(Text(line, style=style), soft_wrap=True)
        else:
            console.file.write(f"{line}\n")
