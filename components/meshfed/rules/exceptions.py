"""Waivers: which violations an owner has taken on, and which waivers have ended or are of no use."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from meshfed.errors import Fault, SettingsError
from meshfed.rules.judge import State, Verdict
from meshfed.rules.resource import MANIFESTS, stack_of
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


_BETWEEN: Final = "\0"
"""What no URN holds."""
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

    def verdicts(self, judged: Iterable[Judged], ids: Collection[str], places: Collection[str]) -> Iterator[Verdict]:
        """What is wrong with the waivers themselves, given all verdicts of these rules about these places."""
        for waiver in self._expired:
            yield _verdict(waiver, f"expired on {waiver.until}")
        for waiver in self._too_long:
            yield _verdict(waiver, f"lasts until {waiver.until}; {LONGEST_DAYS} days from now are the most")
        verdicts = [one.verdict for one in judged]
        for waiver in self.in_force:
            yield from _unused(waiver, verdicts, ids, places)


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

    `::` stands between stack, project, type and name: a name may hold any text, also the end of another URN.

    >>> matches("urn:pulumi:use1::*Key::use1-*", "urn:pulumi:use1::meshfed::aws:kms/key:Key::use1-data")
    True
    >>> matches("urn:pulumi:use1::*Key::data", "urn:pulumi:use1::meshfed::aws:eks/cluster:Cluster::x:Key::data")
    False
    """
    wanted = pattern.replace("::", _BETWEEN).split("*")
    return re.fullmatch(".*".join(map(re.escape, wanted)), urn.replace("::", _BETWEEN, 3), re.DOTALL) is not None


def place_of(urn: str) -> str:
    """The part of a URN that names its stack and project, of a manifest its file.

    >>> place_of("urn:pulumi:manifests::k8s/a.yaml::kubernetes:v1:Service::shop/web")
    'urn:pulumi:manifests::k8s/a.yaml'
    """
    return "::".join([*urn.split("::"), ""][:2])


def _covers(waiver: Waiver, verdict: Verdict) -> bool:
    return verdict.rule.id in waiver.ids and any(matches(pattern, verdict.urn) for pattern in waiver.urns)


def _unused(
    waiver: Waiver, verdicts: Sequence[Verdict], ids: Collection[str], places: Collection[str]
) -> Iterator[Verdict]:
    """One verdict for all ids and patterns of a waiver that cover nothing, as far as these rules and places tell."""
    patterns = [one for one in waiver.urns if any(_may_be_in(one, place) for place in places)]
    judged = [name for name in waiver.ids if name in ids]
    if not patterns or not judged:
        return
    met = [verdict for verdict in verdicts if _covers(waiver, verdict)]
    idle = [name for name in judged if not any(verdict.rule.id == name for verdict in met)]
    empty = [one for one in patterns if not any(matches(one, verdict.urn) for verdict in met)]
    if idle == judged:
        yield _verdict(waiver, f"covers nothing: no violation of {', '.join(idle)} is where it is for")
        return
    # A pattern may be for the ids that are not judged here.
    told = [f"no violation of {', '.join(idle)}"] * bool(idle)
    told += [f"nothing by {', '.join(empty)}"] * bool(empty and len(judged) == len(waiver.ids))
    if told:
        yield _verdict(waiver, f"covers {' and '.join(told)}")


def _may_be_in(pattern: str, place: str) -> bool:
    """Whether a pattern is for a stack, and of manifests for a file, that is judged.

    >>> _may_be_in("urn:pulumi:manifests::k8s/*", "urn:pulumi:manifests::k8s/a.yaml")
    True
    """
    if not matches(stack_of(pattern), stack_of(place)):
        return False
    if stack_of(place) != MANIFESTS:
        return True
    begin, star, _ = pattern.split("::")[1].partition("*")
    name = place.split("::")[1]
    return name.startswith(begin) if star else name == begin


def _verdict(waiver: Waiver, what: str) -> Verdict:
    named = f"the waiver of {', '.join(waiver.ids)} ({waiver.owner}: {waiver.reason})"
    return Verdict(WAIVERS_COUNT, State.VIOLATION, waiver.urns[0], "", f"{named} {what}")
