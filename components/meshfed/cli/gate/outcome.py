"""What a run of the gate came to, for every report, and the exit code that says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from meshfed.cli.common import counted
from meshfed.cli.exits import Exit
from meshfed.cli.gate.reading import Inputs
from meshfed.cli.gate.rows import Outcome, Row
from meshfed.rules.gate import Report
from meshfed.rules.rule import Level, Pack, Rule


class WhenUndecided(StrEnum):
    """What a value that is not known yet does to the exit code."""

    FAIL = "fail"
    ALLOW = "allow"


@dataclass(frozen=True)
class Sources:
    """What was read beside the files that are judged, and which packs did not judge, and why; empty: nothing."""

    settings: str = ""
    facts: str = ""
    pinned: int = 0
    """Regions that the facts pin."""
    configuration: str = ""
    exceptions: str = ""
    left_out: Mapping[Pack, str] = field(default_factory=dict[Pack, str])
    unread: tuple[str, ...] = ()
    """What was named, and no pack that judged reads."""
    lost: tuple[str, ...] = ()
    """Files that waivers name and that are not there."""

    @property
    def words(self) -> str:
        """All of it in a line."""
        pinned = counted(self.pinned, "region") if self.pinned else "nothing"
        parts = (
            f"settings {self.settings or 'none'}",
            f"facts {self.facts} ({pinned} pinned)" if self.facts else "facts none",
            f"levels and parameters {self.configuration or 'as they come'}",
            f"waivers {self.exceptions or 'none'}",
        )
        return "; ".join(parts)


@dataclass(frozen=True)
class Run:
    """One run of the gate."""

    report: Report
    rows: Sequence[Row]
    inputs: Inputs
    packs: tuple[Pack, ...]
    when_undecided: WhenUndecided
    sources: Sources = Sources()
    pages: str = ""
    """Address below which `docs/rules` is published; empty: nowhere."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the whole run."""
        notes = [f"The pack {pack} did not judge: {why}" for pack, why in self.sources.left_out.items()]
        notes += [f"{path} was not read: only the pack federation compares with it." for path in self.sources.unread]
        notes += [
            f"A waiver in {self.sources.exceptions} names {file}, which is not there: mend its name, or take it out."
            for file in self.sources.lost
        ]
        if not self.report.is_whole:
            notes.append("Partial: what is missing in these stacks was not judged.")
        if any(row.rule.id == _PINNED and row.outcome is Outcome.VIOLATION for row in self.rows):
            hint = "a local world has its own, .local/NAME/facts.yaml: give the right ones with --facts."
            notes.append(f"{_PINNED} compares with the facts of {self.sources.facts}; {hint}")
        return tuple(notes)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that were judged by."""
        policy = self.report.policy
        return tuple(rule for rule in policy.rules if policy.level(rule) is not Level.DISABLED)

    def of(self, outcome: Outcome) -> list[Row]:
        """The verdicts of one outcome."""
        return [row for row in self.rows if row.outcome is outcome]

    @property
    def exit_code(self) -> int:
        """0, or what the command ends with."""
        if self.of(Outcome.VIOLATION):
            return Exit.VIOLATIONS
        if self.of(Outcome.UNDECIDED) and self.when_undecided is WhenUndecided.FAIL:
            return Exit.UNDECIDED
        return 0

    @property
    def counts(self) -> dict[str, int]:
        """The figures at the end of every report."""
        return {
            "violations": len(self.of(Outcome.VIOLATION)),
            "advice": len(self.of(Outcome.ADVICE)),
            "undecided": len(self.of(Outcome.UNDECIDED)),
            "waived": len(self.of(Outcome.WAIVED)),
            "waivers_in_force": len(self.report.in_force),
            "resources": self.report.resources,
            "rules": len(self.rules),
        }

    @property
    def verdict(self) -> str:
        """The end in words."""
        counts = self.counts
        judged = f"{counted(counts['resources'], 'resource')} and {counted(counts['rules'], 'rule')}"
        said = (
            f"{counted(counts['violations'], 'violation')}, {counts['advice']} advice, {counts['undecided']} undecided"
        )
        waived = f"{counts['waived']} waived by {counted(counts['waivers_in_force'], 'waiver')} in force"
        end = _LEFT if counts["undecided"] and not self.exit_code else _END[self.exit_code]
        return f"{said}, {waived}; {judged} judged. {end}"


_PINNED: Final = "MF-F10"
_LEFT: Final = "The gate is open; what is undecided is left to `pulumi up` under the packs."
_END: Final = {
    0: "The gate is open.",
    Exit.VIOLATIONS: "The gate stays closed.",
    Exit.UNDECIDED: "The gate stays closed until this is known; --undecided allow leaves it to `pulumi up`.",
}
