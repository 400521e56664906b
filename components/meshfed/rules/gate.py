"""The gate: rules, parameters and waivers together over stacks of resources; one report for every way out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from meshfed.rules.exceptions import WAIVERS_COUNT, Judged, Waivers, place_of
from meshfed.rules.forms.expand import expand
from meshfed.rules.judge import Judge, State, Verdict
from meshfed.rules.resource import Resource, Stack, stack_of
from meshfed.rules.rule import Level, Rule
from meshfed.settings.cluster import NewCluster
from meshfed.settings.gate import Exceptions, GateParameters, Waiver
from meshfed.settings.region import AwsRegion
from meshfed.topology.plan import Plan


@dataclass(frozen=True)
class Policy:
    """What is judged by: rules with their levels, parameters and exceptions on one day."""

    rules: Sequence[Rule]
    today: date
    parameters: GateParameters = field(default_factory=GateParameters)
    exceptions: Exceptions = field(default_factory=Exceptions)
    levels: Mapping[str, Level] = field(default_factory=dict[str, Level])
    """By id, where they differ from the rule's own."""

    def level(self, rule: Rule) -> Level:
        """What a violation of a rule does here."""
        return self.levels.get(rule.id, rule.level)

    @property
    def changed_levels(self) -> Mapping[str, Level]:
        """Levels that the configuration changes, by id, so that no report hides a rule that was turned down."""
        own = {rule.id: rule.level for rule in self.rules}
        return {name: level for name, level in sorted(self.levels.items()) if own.get(name, level) is not level}

    def effective(self, plan: Plan | None) -> GateParameters:
        """The parameters, with the permanent exceptions of the reviewed file, and what a plan tells better."""
        allowed = (*self.parameters.allowed, *self.exceptions.allowed)
        return self.parameters.model_copy(update={"allowed": allowed, **(_told_by(plan) if plan else {})})


@dataclass(frozen=True)
class Report:
    """Everything that was judged and what was said."""

    policy: Policy
    judged: tuple[Judged, ...]
    resources: int
    stacks: tuple[str, ...]
    is_whole: bool = True
    """Whether the stacks were whole, so that what is missing in them was judged too."""

    @property
    def failures(self) -> tuple[Verdict, ...]:
        """Violations of mandatory rules that nobody has taken on."""
        return self._violations(Level.MANDATORY)

    @property
    def advice(self) -> tuple[Verdict, ...]:
        """Violations of advisory rules."""
        return self._violations(Level.ADVISORY)

    @property
    def undecided(self) -> tuple[Verdict, ...]:
        """What cannot be decided yet and nobody has taken on."""
        return tuple(one.verdict for one in self.judged if one.verdict.state is State.UNDECIDED and one.waiver is None)

    @property
    def waived(self) -> tuple[Judged, ...]:
        """Verdicts that a waiver in force takes on."""
        return tuple(one for one in self.judged if one.waiver is not None)

    @property
    def in_force(self) -> tuple[Waiver, ...]:
        """All waivers that count today, used here or not."""
        return Waivers(self.policy.exceptions.waivers, self.policy.today).in_force

    def _violations(self, level: Level) -> tuple[Verdict, ...]:
        return tuple(one.verdict for one in self.judged if one.fails and self.policy.level(one.verdict.rule) is level)


def _told_by(plan: Plan) -> Mapping[str, object]:
    """Parameters that the settings and facts have already, so that nobody writes them twice."""
    told: dict[str, object] = {
        "trust_domains": tuple(region.trust_domain for region in plan.regions.values()),
        "lifetimes": plan.federation.lifetimes,
        "leaving_regions": tuple(key for key, one in plan.regions.items() if not one.state.is_protected),
    }
    if pinned := [region.facts.issuer for region in plan.regions.values() if region.facts is not None]:
        told["issuers"] = tuple(pinned)
    clusters = [one.settings.cluster for one in plan.regions.values() if isinstance(one.settings, AwsRegion)]
    if named := [arn for one in clusters if isinstance(one, NewCluster) for arn in one.administrators]:
        told["cluster_administrators"] = tuple(named)
    return told


class Judging:
    """Rules and waivers at work: keeps every verdict with the waiver that takes it on."""

    def __init__(self, policy: Policy, plan: Plan | None = None) -> None:
        rules = [rule for rule in policy.rules if policy.level(rule) is not Level.DISABLED]
        self._ids = frozenset(rule.id for rule in rules)
        self._judge = Judge(rules, policy.effective(plan))
        self._plan = plan
        self.waivers = Waivers(policy.exceptions.waivers, policy.today)
        self.judged: list[Judged] = []

    def parts(self, parts: Sequence[Resource]) -> Sequence[Judged]:
        """What is new of resources and parts of resources."""
        return self._keep(self._judge.parts(parts))

    def stack(self, stack: Stack, *, is_whole: bool = True) -> Sequence[Judged]:
        """What is new of a stack, or of a part of one."""
        verdicts = self._judge.stack(stack, is_whole=is_whole)
        return self._keep(
            [replace(one, owed_by=self._judge.owing(one, stack)) if one.urn == stack.urn else one for one in verdicts]
        )

    def federation(self, stacks: Sequence[Stack]) -> Sequence[Judged]:
        """What is new of the plan with these stacks; nothing where there is no plan."""
        return self._keep(self._judge.plan(self._plan, stacks)) if self._plan is not None else ()

    def unused_waivers(self, places: Sequence[str]) -> Sequence[Judged]:
        """What is new of the waivers themselves, once these stacks, of manifests these files, were judged whole."""
        if WAIVERS_COUNT.id not in self._ids:
            return ()
        told = [Judged(verdict, None) for verdict in self.waivers.verdicts(self.judged, self._ids, places)]
        self.judged += told
        return told

    def _keep(self, verdicts: Sequence[Verdict]) -> Sequence[Judged]:
        judged = [self.waivers.judged(verdict) for verdict in verdicts]
        self.judged += judged
        return judged


def judge(
    policy: Policy, stacks: Mapping[str, Sequence[Resource]], plan: Plan | None = None, *, is_whole: bool = True
) -> Report:
    """Judges the resources of stacks (by the stack's URN), the stacks, and the plan where one is given.

    Of stacks that are not whole nobody can say what is missing in them, nor which waiver is of no use.
    """
    judging = Judging(policy, plan)
    expanded = [Stack(urn, tuple(part for one in given for part in expand(one))) for urn, given in stacks.items()]
    for stack in expanded:
        judging.parts(stack.resources)
        judging.stack(stack, is_whole=is_whole)
    judging.federation(expanded)
    names = tuple(stack_of(urn) for urn in stacks)
    judging.unused_waivers(_places(stacks) if is_whole else ())
    return Report(policy, tuple(judging.judged), sum(map(len, stacks.values())), names, is_whole=is_whole)


def _places(stacks: Mapping[str, Sequence[Resource]]) -> list[str]:
    """The stacks, and of manifests the files, that are judged: what URNs begin with."""
    urns = [*stacks, *(one.urn for resources in stacks.values() for one in resources)]
    return list(dict.fromkeys(map(place_of, urns)))
