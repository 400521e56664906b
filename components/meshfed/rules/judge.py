"""Runs rules over resources. Whatever goes wrong inside of a rule is a violation: the gate never opens by accident."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from meshfed.rules.node import Finding, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import ANY, Check, Rule, StackCheck
from meshfed.settings.gate import GateParameters
from meshfed.topology.plan import Plan

PLAN_URN: Final = "urn:pulumi:federation::plan"
"""Of what the settings and facts say, where no stack has it."""


_STOPS: Final = 100
"""How many resources with unknown values a check of stacks is led around."""
_MOST_AGAIN: Final = 10_000
"""How many resources it looks at again on that way, so that a large stack with much unknown takes no hours."""
UNDECIDED: Final = "cannot be decided yet"
"""How an undecided verdict is told, in every way out."""
WAIVED: Final = "waived"
"""How a verdict that a waiver takes on is told by an engine."""


class State(StrEnum):
    """What a verdict says."""

    VIOLATION = "violation"
    UNDECIDED = "undecided"
    """A rule needs a value that is not known yet."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule about one place of one resource, or about a stack."""

    rule: Rule
    state: State
    urn: str
    """Of the resource, or of the stack for what is missing in it."""
    path: str
    message: str
    owed_by: str = ""
    """Of what a stack lacks, the resource for which it is asked; empty where no single one is."""

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        if self.state is State.UNDECIDED:
            return f"{self.rule.id} {UNDECIDED}: {place}{self.message}"
        return f"{self.rule.id} {place}{self.message}. {self.rule.mend}"


class Judge:
    """Rules with an owner's parameters."""

    def __init__(self, rules: Sequence[Rule], parameters: GateParameters) -> None:
        self._parameters = parameters
        self._rules = rules
        self._by_kind: dict[str, list[tuple[Rule, Check]]] = {}
        for rule in rules:
            for kind, checks in rule.checks.items():
                self._by_kind.setdefault(kind, []).extend((rule, check) for check in checks)

    def parts(self, parts: Iterable[Resource]) -> list[Verdict]:
        """What the rules say of resources and parts of resources (`expand` gives them); raises nothing."""
        return list(_once(self._parts(parts)))

    def stack(self, stack: Stack, *, is_whole: bool = True) -> list[Verdict]:
        """What the rules about stacks say; of a part of one, only what does not fit together. Raises nothing."""
        return list(_once(self._stack(stack, is_whole=is_whole)))

    def owing(self, verdict: Verdict, stack: Stack) -> str:
        """URN of the first resource for whose sake a stack lacks something: alone, it would lack the same."""
        alone: dict[str, list[Resource]] = {}
        for part in stack.resources:
            alone.setdefault(part.urn, []).append(part)
        for urn, parts in alone.items():
            if verdict in self._of_stack(verdict.rule, verdict.rule.stack_checks, Stack(stack.urn, parts)):
                return urn
        return ""

    def plan(self, plan: Plan, stacks: Sequence[Stack]) -> list[Verdict]:
        """What the rules about the whole federation say; raises nothing."""
        return list(_once(self._plan(plan, stacks)))

    def _parts(self, parts: Iterable[Resource]) -> Iterator[Verdict]:
        for part in parts:
            for rule, check in (*self._by_kind.get(part.kind, ()), *self._by_kind.get(ANY, ())):
                yield from self._run(rule, lambda check=check, part=part: check(part, self._parameters), part.urn)

    def _stack(self, stack: Stack, *, is_whole: bool) -> Iterator[Verdict]:
        for rule in self._rules:
            yield from self._of_stack(rule, (*(rule.stack_checks if is_whole else ()), *rule.relations), stack)

    def _of_stack(self, rule: Rule, checks: Iterable[StackCheck], stack: Stack) -> Iterator[Verdict]:
        for check in checks:
            yield from self._to_the_end(
                rule, lambda given, check=check: check(given[0], self._parameters), (stack,), stack.urn
            )

    def _plan(self, plan: Plan, stacks: Sequence[Stack]) -> Iterator[Verdict]:
        for rule in self._rules:
            for check in rule.plan_checks:
                yield from self._to_the_end(
                    rule, lambda given, check=check: check(plan, given, self._parameters), stacks, PLAN_URN
                )

    def _to_the_end(
        self, rule: Rule, check: Callable[[Sequence[Stack]], Iterator[Finding]], stacks: Sequence[Stack], urn: str
    ) -> Iterator[Verdict]:
        """What a check says of stacks; where a value that is not known stopped it, also what it would have come to.

        Without the resource that stopped it others may seem wrong, so that only what is not known is taken from there.
        """
        left, found = stacks, list(self._run(rule, lambda: check(stacks), urn))
        yield from found
        size = sum(len(one.resources) for one in stacks)
        for _ in range(min(_STOPS, _MOST_AGAIN // max(size, 1))):
            stopped = {one.urn for one in found if one.state is State.UNDECIDED}
            smaller = [Stack(one.urn, [part for part in one.resources if part.urn not in stopped]) for one in left]
            if sum(len(one.resources) for one in smaller) == sum(len(one.resources) for one in left):
                return
            left, found = smaller, list(self._run(rule, lambda given=smaller: check(given), urn))
            yield from (one for one in found if one.state is State.UNDECIDED)

    def _run(self, rule: Rule, check: Callable[[], Iterator[Finding]], urn: str) -> Iterator[Verdict]:
        try:
            for finding in guarded(check()):
                yield _verdict(rule, finding, urn)
        except Exception as error:  # noqa: BLE001 - a rule that fails must close the gate, whatever it fails with
            # The text of the exception may hold a secret of the resource; its type cannot.
            message = f"the rule itself failed with {type(error).__name__}, so nobody knows whether it holds"
            yield Verdict(rule, State.VIOLATION, urn, "", message)


def _verdict(rule: Rule, finding: Finding, urn: str) -> Verdict:
    state = State.VIOLATION if finding.is_decided else State.UNDECIDED
    return Verdict(rule, state, finding.urn or urn, finding.path, finding.message)


def _once(verdicts: Iterator[Verdict]) -> Iterator[Verdict]:
    """Each verdict once: a part can be reached in two ways, and several checks of a rule can meet one unknown."""
    seen: set[tuple[str, State, str, str, str]] = set()
    for verdict in verdicts:
        key = (verdict.rule.id, verdict.state, verdict.urn, verdict.path, verdict.message)
        if key not in seen:
            seen.add(key)
            yield verdict
