"""One run of an engine under one pack or several: each resource before it is made, then the stack as a whole.

The engine gives stacks by their outputs, of which a preview knows next to nothing; so the inputs of each resource that
was judged are kept, and rules about stacks judge those.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from meshfed.rules.catalog import BY_ID
from meshfed.rules.exceptions import Judged, place_of
from meshfed.rules.forms.expand import expand
from meshfed.rules.gate import Judging, Policy
from meshfed.rules.judge import UNDECIDED, WAIVED, State
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Level, Rule
from meshfed.topology.plan import Plan

_UNKNOWNS: Final = BY_ID["MF-G6"]


@dataclass(frozen=True, slots=True)
class Said:
    """What the engine is to tell: under which name, of which resource, and whether it ends the run."""

    name: str
    """A rule's id, or `meshfed` for what is about the gate itself."""
    urn: str
    message: str
    ends: bool


def help_page(rule: Rule) -> str:
    """Where a rule is explained: with the first pack that it is of."""
    return f"docs/rules/{rule.packs[0]}.md#{rule.id.lower()}"


class Run:
    """The rules of some packs over one stack."""

    def __init__(self, policy: Policy, *, is_preview: bool, plan: Plan | None = None) -> None:
        self._policy = policy
        self._is_preview = is_preview
        self._judging = Judging(policy, plan)
        self._parts: dict[str, tuple[Resource, ...]] = {}

    def resource(self, resource: Resource) -> list[Said]:
        """What the rules say of a resource that is about to be made or kept."""
        parts = tuple(expand(resource))
        self._parts[resource.urn] = parts
        return list(map(self._said, self._judging.parts(parts)))

    def stack(self, urn: str, resources: Iterable[Resource]) -> list[Said]:
        """What the rules say of the whole, given all of it as it stands; and what was waived or stays undecided."""
        whole = Stack(urn, tuple(part for one in resources for part in self._known(one)))
        judged = [*self._judging.stack(whole), *self._judging.federation([whole])]
        judged += self._judging.unused_waivers([place_of(urn)])
        return [*map(self._said, judged), *self._notes(urn)]

    def _known(self, resource: Resource) -> Sequence[Resource]:
        """The inputs that were judged; of what was not judged in this run (it was only read), its outputs."""
        return self._parts.get(resource.urn) or tuple(expand(resource))

    def _said(self, judged: Judged) -> Said:
        verdict = judged.verdict
        return Said(verdict.rule.id, verdict.urn, self._words(judged), self._ends(judged))

    def _ends(self, judged: Judged) -> bool:
        if judged.waiver is not None:
            return False
        is_mandatory = self._policy.level(judged.verdict.rule) is Level.MANDATORY
        if judged.verdict.state is State.VIOLATION:
            return is_mandatory
        # What is not known when the resource is made will not be known to this gate at any time.
        return is_mandatory and (not self._is_preview or self._policy.level(_UNKNOWNS) is Level.MANDATORY)

    def _words(self, judged: Judged) -> str:
        verdict, waiver = judged.verdict, judged.waiver
        place = f"{verdict.path}: " if verdict.path else ""
        rule = verdict.rule
        page = help_page(rule)
        if waiver is not None:
            waived = f"{WAIVED} until {waiver.until} by {waiver.owner}: {waiver.reason}"
            return f"{rule.title}\n{place}{verdict.message}\n{waived}"
        if verdict.state is State.UNDECIDED:
            return f"{rule.title}\n{UNDECIDED}: {place}{verdict.message}\nhelp: {page}"
        return f"{rule.title}\n{place}{verdict.message}\nwhy: {rule.why}\nmend: {rule.mend}\nhelp: {page}"

    def _notes(self, urn: str) -> Iterator[Said]:
        undecided = [one for one in self._judging.judged if one.verdict.state is State.UNDECIDED and one.waiver is None]
        if undecided:
            count = "1 verdict is" if len(undecided) == 1 else f"{len(undecided)} verdicts are"
            what = "`up` decides each before its resource is made" if self._is_preview else "and none will be later"
            yield Said(GATE, urn, f"{count} not decided yet; {what}", ends=False)
        for waiver in self._judging.waivers.in_force:
            what = f"waiver of {', '.join(waiver.ids)} until {waiver.until}"
            yield Said(GATE, urn, f"{what}, {waiver.owner}: {waiver.reason}", ends=False)
        if changed := self._policy.changed_levels:
            named = ", ".join(f"{name} {level}" for name, level in changed.items())
            yield Said(GATE, urn, f"levels that the configuration changes: {named}", ends=False)


GATE: Final = "meshfed"
"""Name for what is about the gate itself; the entry of a pack's configuration that holds its parameters."""
