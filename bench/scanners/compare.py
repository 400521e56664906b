"""Which scanner catches which failing case: only what it does not say of the near miss counts."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from bench.scanners.fixtures import Given
from bench.scanners.programs import Said


def twins(bad: Given, good: Sequence[Given]) -> list[Given]:
    """The near misses to compare with: the rule's own with things of the same kinds, else others' with these kinds."""
    alike = [one for one in good if one.is_whole and one.kinds & bad.kinds and one.texts.keys() & bad.texts.keys()]
    own = [one for one in alike if one.case.rule == bad.case.rule]
    return own or alike


def nearest(bad: Given, near: Sequence[Given]) -> Given | None:
    """Of near misses the one whose text is most like the failing case's."""
    return max(near, key=lambda one: _likeness(bad, one), default=None)


def _likeness(bad: Given, one: Given) -> float:
    texts = ["\n".join(text for _, text in sorted(each.texts.items())).splitlines() for each in (bad, one)]
    return SequenceMatcher(None, *texts, autojunk=False).ratio()


def caught(bad: Given, good: Sequence[Given], said: Said) -> list[str]:
    """The checks that speak up for a failing case and not for its nearest near miss; empty where it is not caught.

    Without a near miss nobody can tell what a scanner would say anyway, so such a case is never caught.
    """
    near = nearest(bad, [one for one in twins(bad, good) if one.folder in said])
    return sorted(said.get(bad.folder, set()) - said[near.folder]) if near and bad.is_whole else []
