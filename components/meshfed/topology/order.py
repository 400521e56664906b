"""Which stack may go next, and why: region stacks first closed, then facts pinned, then open (decision 12)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from meshfed.settings.facts import TOLD, RegionFacts
from meshfed.topology.grants import FIRST_EPOCH
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import LifeCycle


class Action(StrEnum):
    """What an operator does next."""

    UP = "pulumi up"
    PIN = "meshfed pin"
    DESTROY = "pulumi destroy"


@dataclass(frozen=True, slots=True)
class StackState:
    """What a region's stack said of itself after its last deploy."""

    facts: RegionFacts
    """The facts that its outputs tell."""
    opened: frozenset[str]
    """The peers that it opened."""
    relied_on: Mapping[str, str]
    """Digests of the facts that it was deployed with, of its own and of the peers that it opened."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that may be done now."""

    action: Action
    region: str
    why: str


def next_steps(plan: Plan, states: Mapping[str, StackState], unread: Collection[str] = ()) -> tuple[Step, ...]:
    """What may be done now, all of one kind; empty when every region stands and every pinned peer is open.

    `states` holds the region stacks that stand, also those of regions that the settings no longer have; of those in
    `unread` nothing is known, and nothing is said. Closing comes
    first: whoever must not be reached any more is left before anything else is done.
    """
    for found in (
        closing_steps(plan, states),
        _to_deploy(plan, {*states, *unread}),
        _to_begin(plan, states),
        _to_pin(plan, states),
        _to_open(plan, states),
        _to_renew(plan, states),
        _to_destroy(plan, states),
    ):
        steps = tuple(found)
        if steps:
            return steps
    return ()


def closing_steps(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    """The regions that are open towards one that they should not reach any more."""
    for key, wanted, opened in _openings(plan, states):
        if opened - wanted:
            yield Step(Action.UP, key, f"it is still open towards {', '.join(sorted(opened - wanted))}")


def _to_deploy(plan: Plan, standing: Collection[str]) -> Iterator[Step]:
    for region in plan.regions.values():
        if region.state.is_peer and region.key not in standing:
            yield Step(Action.UP, region.key, "its stack does not stand yet; it goes up with every peer closed")


def _to_begin(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    for region in plan.regions.values():
        state = states.get(region.key)
        if region.state.is_peer and state is not None and state.facts.epoch != region.settings.epoch:
            why = f"its stack stands as epoch {state.facts.epoch}, and the settings say {region.settings.epoch}"
            yield Step(Action.UP, region.key, why)


def _to_pin(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    for region in plan.regions.values():
        state = states.get(region.key)
        if not region.state.is_peer or state is None:
            continue
        why = _pin_reason(region, state.facts)
        if why:
            yield Step(Action.PIN, region.key, why)


def _pin_reason(region: RegionPlan, told: RegionFacts) -> str:
    """Why a region that stands is to be pinned; empty where it is."""
    if region.pinned is None:
        why = "nothing of it is pinned"
    elif changed := _changed(told, region.pinned):
        why = f"its {', '.join(changed)} changed"
    else:
        return region.ungranted
    begins = region.pinned is None or region.pinned.epoch != region.settings.epoch
    if begins and region.settings.epoch > FIRST_EPOCH:
        return f"{why}; epoch {region.settings.epoch} needs a grant of its offline key (`meshfed grant`)"
    return why


def _to_open(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    for key, wanted, opened in _openings(plan, states):
        if wanted - opened:
            names = ", ".join(sorted(wanted - opened))
            yield Step(Action.UP, key, f"the facts of {names} are pinned, and it is still closed towards them")


def _to_renew(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    """Regions deployed before the facts that they rely on were pinned as they are now, their own among them."""
    for key, wanted, _ in _openings(plan, states):
        digests = {one: facts.digest for one in (key, *wanted) if (facts := plan.regions[one].facts) is not None}
        stale = sorted(one for one, digest in digests.items() if states[key].relied_on.get(one) != digest)
        if stale:
            yield Step(Action.UP, key, f"the facts of {', '.join(stale)} are pinned anew since its last deploy")


def _openings(plan: Plan, states: Mapping[str, StackState]) -> Iterator[tuple[str, set[str], frozenset[str]]]:
    """For each region that stands: whom it should be open towards, and whom it is."""
    # A quarantined region is closed by the others: it may be in wrong hands, and nobody waits for it.
    for region in plan.regions.values():
        if region.state.is_peer and region.key in states:
            yield region.key, {peer.key for peer in plan.open_peers(region.key)}, states[region.key].opened


def _to_destroy(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    for key in states:
        region = plan.federation.regions.get(key)
        if region is None or region.state in {LifeCycle.RETIRED, LifeCycle.PLANNED}:
            what = "is no longer in the settings" if region is None else f"is {region.state.value}"
            yield Step(Action.DESTROY, key, f"it {what}, no peer is open towards it any more")


def _changed(told: RegionFacts, pinned: RegionFacts) -> list[str]:
    return [name for name in TOLD if getattr(told, name) != getattr(pinned, name)]
