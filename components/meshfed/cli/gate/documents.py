"""Reports for machines: our own JSON, and SARIF 2.1.0 for code scanning."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from meshfed import __version__
from meshfed.cli.gate.outcome import Run
from meshfed.cli.gate.rows import Outcome, Row, page_of
from meshfed.rules.rule import Level, Rule
from meshfed.settings.gate import Waiver

VERSION: Final = 1
"""Of the JSON report; it changes when a reader of the last one would go wrong."""
_SARIF: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {Level.MANDATORY: "error", Level.ADVISORY: "warning", Level.DISABLED: "none"}


def json_report(run: Run) -> dict[str, Any]:
    """All verdicts and counts as plain values."""
    return {
        "format": "meshfed-gate",
        "version": VERSION,
        "meshfed": __version__,
        "judged_on": str(run.report.policy.today),
        "packs": [str(pack) for pack in run.packs],
        "packs_left_out": {str(pack): why for pack, why in run.sources.left_out.items()},
        "read": {
            "settings": run.sources.settings,
            "facts": run.sources.facts,
            "pinned_regions": run.sources.pinned,
            "configuration": run.sources.configuration,
            "exceptions": run.sources.exceptions,
        },
        "notes": list(run.notes),
        "is_whole": run.report.is_whole,
        "files": [
            {
                "file": reading.file,
                "form": str(reading.form),
                "stacks": list(reading.stacks),
                "resources": reading.resources,
                "notes": [note for note in (reading.missing, *reading.notes) if note],
            }
            for reading in run.inputs.readings
        ],
        "passed_over": list(run.inputs.passed_over),
        "counts": run.counts,
        "exit_code": int(run.exit_code),
        "verdicts": [_verdict(row) for row in run.rows],
        "waivers": [_waiver(waiver) for waiver in run.report.in_force],
        "levels": {name: str(level) for name, level in run.report.policy.changed_levels.items()},
        "allowed": [one.model_dump(mode="json") for one in run.report.policy.exceptions.allowed],
    }


def sarif_report(run: Run) -> dict[str, Any]:
    """The run as SARIF 2.1.0: a waived verdict is a suppressed result, an undecided one is open."""
    index = {rule.id: number for number, rule in enumerate(run.rules)}
    return {
        "$schema": _SARIF,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "meshfed",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": [_sarif_rule(run, rule) for rule in run.rules],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "exitCode": int(run.exit_code),
                        "exitCodeDescription": run.verdict,
                        "toolExecutionNotifications": _notifications(run),
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "results": [_result(row, index) for row in run.rows],
            }
        ],
    }


def _verdict(row: Row) -> dict[str, Any]:
    return {
        "id": row.rule.id,
        "outcome": str(row.outcome),
        "level": str(row.level),
        "stack": row.stack,
        "urn": row.urn,
        "path": row.path,
        "message": row.message,
        "title": row.rule.title,
        "why": row.rule.why,
        "mend": row.rule.mend,
        "page": row.page,
        "file": row.file,
        "line": row.line,
        "fingerprint": row.fingerprint,
        "waiver": _waiver(row.waiver) if row.waiver else None,
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return waiver.model_dump(mode="json")


def _sarif_rule(run: Run, rule: Rule) -> dict[str, Any]:
    page = {"helpUri": f"{run.pages.rstrip('/')}/{page_of(rule).removeprefix('docs/rules/')}"} if run.pages else {}
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.why} {rule.mend} See {page_of(rule)}.",
            "markdown": f"{rule.why}\n\n**Instead:** {rule.mend}\n\n`{page_of(rule)}`",
        },
        "defaultConfiguration": {"level": _LEVELS[run.report.policy.level(rule)]},
        "properties": {"tags": ["security", *map(str, rule.packs), *rule.controls]},
        **page,
    }


def _result(row: Row, index: Mapping[str, int]) -> dict[str, Any]:
    is_open = row.outcome is Outcome.UNDECIDED
    place = f"{row.path}: " if row.path else ""
    begin = "Cannot be decided yet: " if is_open else ""
    return {
        "ruleId": row.rule.id,
        "ruleIndex": index[row.rule.id],
        "kind": "open" if is_open else "fail",
        "level": "none" if is_open else _LEVELS[row.level],
        "message": {"text": f"{begin}{place}{row.message}. {row.rule.mend} ({row.urn})"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(row.file.replace("\\", "/"))},
                    "region": {"startLine": row.line},
                },
                "logicalLocations": [{"fullyQualifiedName": row.urn, "name": row.path or row.urn, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"meshfed/v1": row.fingerprint},
        "suppressions": [_suppression(row.waiver)] if row.waiver else [],
    }


def _suppression(waiver: Waiver) -> dict[str, Any]:
    why = f"{waiver.reason} ({waiver.owner}, until {waiver.until})"
    return {"kind": "external", "status": "accepted", "justification": why}


def _notifications(run: Run) -> list[dict[str, Any]]:
    notes = [f"Judged by {', '.join(run.packs)}; {run.sources.words}.", *run.notes]
    notes += [f"the configuration makes {name} {level}" for name, level in run.report.policy.changed_levels.items()]
    notes += [
        f"{reading.file}: {note}"
        for reading in run.inputs.readings
        for note in (reading.missing, *reading.notes)
        if note
    ]
    return [{"level": "note", "message": {"text": note}} for note in notes]
