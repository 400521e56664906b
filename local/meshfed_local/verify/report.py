"""What the judges said, as a table for people and as JSON for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from meshfed_local.toolchain import MODULES
from meshfed_local.verify.day2 import Changed
from meshfed_local.verify.gallery import Judged
from meshfed_local.verify.judge import TOOLS, Finding

NO_JUDGE: Final = (
    "Azure and Kubernetes: no provider code judges these here (azure-native follows ARM itself); "
    "the stand-ins' own checks are all there is."
)


@dataclass(slots=True)
class Report:
    """Everything that one run found."""

    settings: list[Judged] = field(default_factory=list[Judged])
    changes: list[Changed] = field(default_factory=list[Changed])
    stale: list[str] = field(default_factory=list[str])
    """Replacement tables that are not current, and why."""
    seconds: float = 0.0
    """Spent in all, with the deployment that the changes begin from."""

    @property
    def findings(self) -> list[Finding]:
        """Every finding, settings first."""
        groups: Sequence[Judged | Changed] = (*self.settings, *self.changes)
        return [finding for group in groups for finding in group.findings]

    @property
    def failures(self) -> list[str]:
        """Settings and changes that could not be judged, and why."""
        groups: Sequence[Judged | Changed] = (*self.settings, *self.changes)
        return [f"{group.name}: {group.failure}" for group in groups if group.failure]

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
            "changes": [asdict(item) for item in self.changes],
            "stale_replacement_tables": self.stale,
        }

    def write(self, path: Path) -> None:
        """Writes the JSON report."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_json(), indent=1) + "\n")

    def lines(self) -> list[str]:
        """The report as a person reads it."""
        lines = _columns(
            [("setting", *TOOLS, "types", "findings", "seconds", ""), *(_setting_row(item) for item in self.settings)]
        )
        if self.changes:
            head = ("change", "changed", "replaced", "findings", "seconds", "replaced because of")
            lines += ["", *_columns([head, *(_change_row(item) for item in self.changes)])]
        lines += [line for finding in self.findings for line in _finding_lines(finding)]
        lines += [line for failure in self.failures for line in ("", f"not judged: {failure}")]
        lines += [f"stale table: {text}; `--write-replacements` writes it anew" for text in self.stale]
        count = f"{len(self.findings)} findings, {len(self.failures)} not judged, {len(self.stale)} stale tables"
        return [*lines, "", NO_JUDGE, "passed" if self.passed else f"failed: {count}"]


def _setting(item: Judged) -> dict[str, Any]:
    return {
        "setting": item.name,
        "note": item.note,
        "failure": item.failure,
        "seconds": round(item.seconds),
        "resources": dict(item.resources),
        "types": sorted(item.tokens),
        "findings": [finding.as_json() for finding in item.findings],
    }


def _setting_row(item: Judged) -> tuple[str, ...]:
    counts = (str(item.resources[package]) for package in TOOLS)
    return item.name, *counts, str(len(item.tokens)), str(len(item.findings)), f"{item.seconds:.0f}", item.note


def _change_row(item: Changed) -> tuple[str, ...]:
    because = sorted({f"{found.token}: {path}" for found in item.replaced for path in found.because})
    counts = (item.resources, len(item.replaced), len(item.findings), round(item.seconds))
    return item.name, *(str(count) for count in counts), "; ".join(because)


def _finding_lines(finding: Finding) -> list[str]:
    where = f"{finding.stack}: {finding.resource} ({finding.token})"
    return ["", f"{finding.kind.value}: {where}", f"  {finding.path or '(resource)'}: {finding.message}"]


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _version(tool: str) -> str:
    """The version of a judge, as its go.mod requires it."""
    line = next(text for text in (MODULES / tool / "go.mod").read_text().splitlines() if f"/{tool} v" in text)
    return line.split()[-1]
