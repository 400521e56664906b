"""Waivers: which violations an owner has taken on, and which waivers have ended or are of no use."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from meshfed.errors import Fault, SettingsError
from meshfed.rules.judge import State, Verdict
from meshfed.rules.resource import stack_of
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import Exceptions, Waiver

WAIVERS_COUNT: Final = Rule(
    id="MF-G8",
    title="Every waiver is in force and used",
    why="A waiver that outlives its reason lets the next violation through unseen.",
    mend="Mend what it was for and take it out, or have it reviewed again with a new end date.",
    packs=tuple(Pack),
)
"""Has no checks: it speaks about the waivers themselves."""


LONGEST_DAYS: Final = 366
"""For how long a waiver may be given; what is needed for longer is a parameter, or allowed by name and content."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the waiver that takes it on."""

    verdict: Verdict
    waiver: Waiver | None

    @property
    def fails(self) -> bool:
        """Whether it is a violation that nobody took on."""
        return self.verdict.state is State.VIOLATION and self.waiver is None


class Waivers:
    """The waivers of a file on one day."""

    def __init__(self, waivers: Sequence[Waiver], today: date) -> None:
        self.in_force = tuple(waiver for waiver in waivers if waiver.until >= today)
        self._too_long = tuple(one for one in self.in_force if (one.until - today).days > LONGEST_DAYS)
        self._expired = tuple(waiver for waiver in waivers if waiver.until < today)

    def judged(self, verdict: Verdict) -> Judged:
        """A verdict with the waiver that covers it, if one does."""
        covering = (waiver for waiver in self.in_force if _covers(waiver, verdict))
        return Judged(verdict, next(covering, None))

    def verdicts(self, judged: Iterable[Judged], ids: Collection[str], stacks: Collection[str]) -> Iterator[Verdict]:
        """What is wrong with the waivers themselves, given all verdicts of these rules about these stacks."""
        for waiver in self._expired:
            yield _verdict(waiver, f"expired on {waiver.until}")
        for waiver in self._too_long:
            yield _verdict(waiver, f"lasts until {waiver.until}; {LONGEST_DAYS} days from now are the most")
        verdicts = [one.verdict for one in judged]
        for waiver in self.in_force:
            yield from _unused(waiver, verdicts, ids, stacks)


def refuse_unknown_ids(path: str, exceptions: Exceptions, ids: Collection[str]) -> None:
    """Raises SettingsError where a waiver names a rule that there is not: a typing error would waive nothing."""
    faults = [
        Fault(f"waivers[{index}].ids", name, "is no rule's id.", "docs/rules has all of them.")
        for index, waiver in enumerate(exceptions.waivers)
        for name in waiver.ids
        if name not in ids
    ]
    if faults:
        raise SettingsError(path, faults)


def matches(pattern: str, urn: str) -> bool:
    """Whether a URN is what a pattern means; `*` is any text, and nothing else is special.

    >>> matches("urn:pulumi:use1::*Key::use1-*", "urn:pulumi:use1::meshfed::aws:kms/key:Key::use1-data")
    True
    """
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), urn) is not None


def _covers(waiver: Waiver, verdict: Verdict) -> bool:
    return verdict.rule.id in waiver.ids and any(matches(pattern, verdict.urn) for pattern in waiver.urns)


def _unused(
    waiver: Waiver, verdicts: Sequence[Verdict], ids: Collection[str], stacks: Collection[str]
) -> Iterator[Verdict]:
    """Ids and patterns of a waiver that cover nothing, as far as these rules and stacks can tell."""
    patterns = [one for one in waiver.urns if any(matches(stack_of(one), stack) for stack in stacks)]
    judged = [name for name in waiver.ids if name in ids]
    if not patterns or not judged:
        return
    met = [verdict for verdict in verdicts if _covers(waiver, verdict)]
    for name in judged:
        if not any(verdict.rule.id == name for verdict in met):
            yield _verdict(waiver, f"covers no violation of {name}")
    if len(judged) == len(waiver.ids):
        for pattern in patterns:
            if not any(matches(pattern, verdict.urn) for verdict in met):
                yield _verdict(waiver, f"covers nothing by {pattern}")


def _verdict(waiver: Waiver, what: str) -> Verdict:
    named = f"the waiver of {', '.join(waiver.ids)} ({waiver.owner}: {waiver.reason})"
    return Verdict(WAIVERS_COUNT, State.VIOLATION, waiver.urns[0], "", f"{named} {what}")
