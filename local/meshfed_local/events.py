"""Reads the engine's event log: how far it is, what it changed, and what it says went wrong."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from meshfed.rules.judge import UNDECIDED, WAIVED

NAMED_AT_MOST = 12
"""Resources of a stack that are named one by one when an operation has touched them."""

_COLOUR = re.compile(r"<\{%[^%]*%\}>")
_TOLD = ("create", "update", "replace", "delete")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy pack said of one resource."""

    rule: str
    name: str
    """Of the resource."""
    message: str
    """The rule's title, then where and what, then why, how to mend it and where help is."""
    ends: bool
    """Whether it ended the run."""

    @property
    def is_undecided(self) -> bool:
        """Whether a value that it needs is not known yet."""
        return f"\n{UNDECIDED}" in self.message

    @property
    def is_waived(self) -> bool:
        """Whether an owner has taken it on for a time."""
        return f"\n{WAIVED} " in self.message

    @property
    def line(self) -> str:
        """Where and what in one line, without the rule's title."""
        first, _, rest = self.message.partition("\n")
        return f"{self.rule} {self.name}: {rest.partition(chr(10))[0] or first}"

    def __str__(self) -> str:
        return f"{self.rule} {self.name}: {self.message}" if self.name else f"{self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one operation did to one stack."""

    stack: str
    seconds: float
    changes: Mapping[str, int]
    """Number of resources by what happened to them: `create`, `update`, `replace`, `delete`, `same` …"""
    warnings: tuple[str, ...]
    touched: tuple[str, ...] = ()
    """Resources that were not left as they were: what happened, type and name."""
    verdicts: tuple[Verdict, ...] = ()
    """What the policy packs said without ending the run."""
    packs: tuple[str, ...] = ()
    """Policy packs that judged it, by path."""

    @property
    def undecided(self) -> int:
        """Number of verdicts that wait for values that are not known yet."""
        return sum(verdict.is_undecided for verdict in self.verdicts)

    @property
    def changed(self) -> int:
        """Number of resources that were not left as they were."""
        return sum(count for kind, count in self.changes.items() if kind != "same")

    @property
    def resources(self) -> int:
        """Number of resources that the operation looked at."""
        return sum(self.changes.values())

    def __str__(self) -> str:
        parts = [f"{count} {kind}" for kind, count in sorted(self.changes.items()) if count]
        verdicts = "1 verdict" if self.undecided == 1 else f"{self.undecided} verdicts"
        waiting = f"; {verdicts} of the gate not decided yet" if self.undecided else ""
        return f"{self.stack}: {', '.join(parts) or 'nothing to do'} in {self.seconds:.1f} s{waiting}"

    def details(self) -> list[str]:
        """What was touched, the count alone where it is all new or all gone; then what the gate noted; a line each."""
        is_one_thing = set(self.changes) <= {"create"} or set(self.changes) <= {"delete"}
        return [*_some(() if is_one_thing else self.touched), *_some([verdict.line for verdict in self.verdicts])]


def _some(lines: Sequence[str]) -> list[str]:
    left = len(lines) - NAMED_AT_MOST
    more = [f"and {left} more, see its log"] if left > 0 else []
    return [f"  {line}" for line in (*lines[:NAMED_AT_MOST], *more)]


@dataclass(slots=True)
class EventLog:
    """The log of one operation, read while the engine still writes it."""

    path: Path
    done: int = 0
    """Resources that were changed so far."""
    changes: dict[str, int] = field(default_factory=dict[str, int])
    errors: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    spoken: list[str] = field(default_factory=list[str])
    """What plugins and packs wrote to their standard error."""
    touched: dict[str, None] = field(default_factory=dict[str, None])
    """What happened to which resource, in order."""
    verdicts: dict[Verdict, None] = field(default_factory=dict[Verdict, None])
    """What the policy packs said, in order; what two packs say alike, once."""
    packs: list[str] = field(default_factory=list[str])
    """Paths of the policy packs that the engine says it ran."""
    _offset: int = 0

    def read_on(self) -> None:
        """Takes in what was written since the last call; an unfinished last line waits for the next."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._offset)
            whole, _, _ = file.read().rpartition(b"\n")
        if not whole:
            return
        self._offset += len(whole) + 1
        for line in whole.splitlines():
            # A disk that was full for a moment leaves a piece of a line.
            with suppress(ValueError):
                self._take(cast(dict[str, dict[str, object]], json.loads(line)))

    def _take(self, event: Mapping[str, Mapping[str, object]]) -> None:
        if outputs := event.get("resOutputsEvent"):
            metadata = cast(Mapping[str, object], outputs.get("metadata", {}))
            self.done += metadata.get("op") not in ("same", "read", "refresh")
            self._take_step(str(metadata.get("op")), str(metadata.get("urn")))
        elif summary := event.get("summaryEvent"):
            self.changes = dict(cast(Mapping[str, int], summary.get("resourceChanges") or {}))
            # "NAME|local|PATH"
            loaded = cast(Mapping[str, str], summary.get("PolicyPacks") or {})
            self.packs = [name.rpartition("|")[2] for name in loaded]
        elif diagnostic := event.get("diagnosticEvent"):
            self._take_diagnostic(diagnostic)
        elif verdict := event.get("policyEvent"):
            self._take_verdict(verdict)

    def _take_step(self, step: str, urn: str) -> None:
        if step in _TOLD:
            kind, _, name = urn.split("::", 2)[-1].rpartition("::")
            self.touched[f"{step} {kind.rpartition('$')[2]} {name}"] = None

    def _take_verdict(self, verdict: Mapping[str, object]) -> None:
        name = str(verdict.get("resourceUrn") or "").rpartition("::")[2]
        message = _COLOUR.sub("", str(verdict.get("message", ""))).strip()
        ends = verdict.get("enforcementLevel") == "mandatory"
        self.verdicts[Verdict(str(verdict.get("policyName")), name, message, ends)] = None

    def _take_diagnostic(self, diagnostic: Mapping[str, object]) -> None:
        text = _COLOUR.sub("", str(diagnostic.get("message", ""))).strip()
        if not text or diagnostic.get("ephemeral"):
            return
        name = str(diagnostic.get("urn") or "").rpartition("::")[2]
        line = f"{name}: {text}" if name else text
        lists = {"error": self.errors, "warning": self.warnings, "info#err": self.spoken}
        found = lists.get(str(diagnostic.get("severity")))
        if found is not None and line not in found:
            found.append(line)


# What only follows from the first failure.
_ECHO = re.compile(
    r"program exited with non-zero exit code: \d+$|(update|refresh|destroy|preview) failed$"
    r"|resource monitor shut down|the client connection is closing"
)
# Said of each plugin found on PATH, which is how the local target wants it.
_AS_WANTED = re.compile(r"using pulumi-\S+ from \$PATH at ")


def worth_telling(messages: list[str], beside: Sequence[str] = ()) -> tuple[str, ...]:
    """The messages without what is as wanted, and without bare echoes of a failure where something better is there.

    `beside` is what is told already.
    """
    meant = [message for message in messages if not _AS_WANTED.search(message)]
    better = tuple(message for message in meant if not _ECHO.search(message))
    return better if better or beside else tuple(meant)
