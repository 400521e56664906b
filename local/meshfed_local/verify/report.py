"""What the judges said, as a table for people and as JSON for machines."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from meshfed_local.toolchain import MODULES
from meshfed_local.verify.day2 import Changed
from meshfed_local.verify.gallery import Judged
from meshfed_local.verify.judge import TOOLS, Finding, Kind

NO_JUDGE: Final = (
    "Azure and Kubernetes: no provider code judges these here (azure-native follows ARM itself); "
    "the stand-ins' own checks are all there is."
)

_UNTRIED: Final = (
    "it has a replacement table, and no setting asks for it; add it to one in meshfed_local/verify/settings, or take "
    "the type from the table where nothing makes it any more"
)
_UNMAPPED: Final = (Kind.UNMAPPED_TYPE, Kind.UNMAPPED_PROPERTY)


@dataclass(slots=True)
class Report:
    """Everything that one run found."""

    settings: list[Judged] = field(default_factory=list[Judged])
    changes: list[Changed] = field(default_factory=list[Changed])
    stale: list[str] = field(default_factory=list[str])
    """Replacement tables that are not current, and why."""
    untried: list[str] = field(default_factory=list[str])
    """Types that are in use, and no setting asked for them; told after a run over all settings."""
    seconds: float = 0.0
    """Spent in all, with the deployment that the changes begin from."""

    @property
    def findings(self) -> list[Finding]:
        """Every finding, settings first."""
        groups: Sequence[Judged | Changed] = (*self.settings, *self.changes)
        return [finding for group in groups for finding in group.findings]

    @property
    def failures(self) -> list[str]:
        """What could not be judged, or not whole, and why."""
        groups: Sequence[Judged | Changed] = (*self.settings, *self.changes)
        told = [f"{group.name}: {group.failure}" for group in groups if group.failure]
        silent = [item.name for item in self.settings if not (item.resources or item.note or item.failure)]
        told += [f"{name}: no resource of it was judged" for name in silent]
        told += [f"{token}: {_UNTRIED}" for token in self.untried]
        return told if self.settings else ["nothing: there is no settings file here; run it in the project's folder"]

    @property
    def judged(self) -> Counter[str]:
        """Judged resources by type token: of all settings, and those that the changes made."""
        counts = (*(item.resources for item in self.settings), *(item.made for item in self.changes))
        return sum(counts, Counter[str]())

    @property
    def passed(self) -> bool:
        """Whether nothing was found and the tables are current."""
        return not self.findings and not self.stale and not self.failures

    def as_json(self) -> dict[str, Any]:
        """The report as a plain object."""
        return {
            "passed": self.passed,
            "seconds": round(self.seconds),
            "judges": {package: _version(tool) for package, tool in TOOLS.items()},
            "not_judged": NO_JUDGE,
            "settings": [_setting(item) for item in self.settings],
            "changes": [_change(item) for item in self.changes],
            "stale_replacement_tables": self.stale,
        }

    def write(self, path: Path) -> None:
        """Writes the JSON report."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_json(), indent=1) + "\n")

    def lines(self) -> list[str]:
        """The report as a person reads it."""
        head = ("setting", "stacks", *TOOLS, "types", "findings", "seconds", "")
        lines = _columns([head, *(_setting_row(item) for item in self.settings)])
        if self.changes:
            head = ("change", "changed", "made", "replaced", "findings", "seconds", "replaced because of")
            lines += ["", *_columns([head, *(_change_row(item) for item in self.changes)])]
        lines += ["", *_columns([("judged", "type"), *((str(n), kind) for kind, n in sorted(self.judged.items()))])]
        lines += [line for finding in self.findings for line in _finding_lines(finding)]
        lines += [line for failure in self.failures for line in ("", f"not judged: {failure}")]
        lines += [f"stale table: {text}; `--write-replacements` writes it anew" for text in self.stale]
        verdict = "passed" if self.passed else "failed"
        return [*lines, "", NO_JUDGE, self._coverage(), f"{verdict}: {self._count()}"]

    def _coverage(self) -> str:
        of = ", ".join(f"{sum(item.count(package) for item in self.settings)} of {package}" for package in TOOLS)
        refused = sum(bool(item.note) for item in self.settings)
        changed = sum(item.changed for item in self.changes)
        made, replaced = (
            sum(item.made.total() for item in self.changes),
            sum(len(item.replaced) for item in self.changes),
        )
        return (
            f"judged: {len(self.settings)} settings, {refused} of them refused by the plan; "
            f"{sum(item.stacks for item in self.settings)} stacks; resources {of}; "
            f"{len(self.judged)} types; {len(self.changes)} day-2 changes with {changed} resources changed, "
            f"{replaced} of them replaced, and {made} made"
        )

    def _count(self) -> str:
        unmapped = sum(finding.kind in _UNMAPPED for finding in self.findings)
        parts = (f"{len(self.findings)} findings", f"{unmapped} of them unmapped", f"{len(self.failures)} not judged")
        return ", ".join((*parts, f"{len(self.stale)} stale tables"))


def _setting(item: Judged) -> dict[str, Any]:
    return {
        "setting": item.name,
        "note": item.note,
        "failure": item.failure,
        "seconds": round(item.seconds),
        "stacks": item.stacks,
        "resources": {package: item.count(package) for package in TOOLS},
        "types": dict(sorted(item.resources.items())),
        "findings": [finding.as_json() for finding in item.findings],
    }


def _change(item: Changed) -> dict[str, Any]:
    return {
        "change": item.name,
        "failure": item.failure,
        "seconds": round(item.seconds),
        "changed": item.changed,
        "made": dict(sorted(item.made.items())),
        "replaced": [asdict(found) for found in item.replaced],
        "stricter": item.stricter,
        "findings": [finding.as_json() for finding in item.findings],
    }


def _setting_row(item: Judged) -> tuple[str, ...]:
    counts = (item.stacks, *(item.count(package) for package in TOOLS), len(item.resources), len(item.findings))
    return item.name, *(str(count) for count in counts), f"{item.seconds:.0f}", item.note


def _change_row(item: Changed) -> tuple[str, ...]:
    because = sorted({f"{found.token}: {path}" for found in item.replaced for path in found.because})
    counts = (item.changed, item.made.total(), len(item.replaced), len(item.findings), round(item.seconds))
    return item.name, *(str(count) for count in counts), "; ".join(because)


def _finding_lines(finding: Finding) -> list[str]:
    where = f"{finding.stack}: {finding.resource} ({finding.token})"
    return ["", f"{finding.kind.value}: {where}", f"  {finding.path or '(resource)'}: {finding.message}"]


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _version(tool: str) -> str:
    """The version of a judge, as its go.mod requires it."""
    found = re.search(rf"/{tool}(?:/v\d+)? (v\S+)", (MODULES / tool / "go.mod").read_text())
    return found.group(1) if found else "of no known version"
