"""Which stack may go next, and why: region stacks first closed, then facts pinned, then open (decision 12)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from meshfed.settings.facts import RegionFacts
from meshfed.topology.plan import Plan
from meshfed.values import LifeCycle


class Action(StrEnum):
    """What an operator does next."""

    UP = "pulumi up"
    PIN = "meshfed pin"
    DESTROY = "pulumi destroy"


@dataclass(frozen=True, slots=True)
class StackState:
    """What a region's stack said of itself after its last deploy."""

    facts: RegionFacts | None
    """The facts that its outputs tell; None where the stack has no outputs."""
    opened: frozenset[str]
    """The peers that it opened."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that may be done now."""

    action: Action
    region: str
    why: str


def next_steps(plan: Plan, states: Mapping[str, StackState]) -> tuple[Step, ...]:
    """What may be done now, all of one kind; empty when every region stands and every pinned peer is open.

    `states` holds the stacks that stand, by region.
    """
    for found in (_to_deploy(plan, states), _to_pin(plan, states), _to_open(plan, states), _to_destroy(plan, states)):
        steps = tuple(found)
        if steps:
            return steps
    return ()


def _to_deploy(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    for region in plan.regions.values():
        state = states.get(region.key)
        if region.state.is_deployed and (state is None or state.facts is None):
            yield Step(Action.UP, region.key, "its stack does not stand yet; it goes up with every peer closed")


def _to_pin(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    for region in plan.regions.values():
        state = states.get(region.key)
        told = state.facts if state else None
        if told is None or told == region.pinned:
            continue
        why = (
            "nothing of it is pinned"
            if region.pinned is None
            else f"its {', '.join(_changed(told, region.pinned))} changed"
        )
        yield Step(Action.PIN, region.key, why)


def _to_open(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    for region in plan.regions.values():
        if not region.state.is_deployed or region.key not in states:
            continue
        wanted = {peer.key for peer in plan.open_peers(region.key)}
        opened = states[region.key].opened
        if wanted - opened:
            names = ", ".join(sorted(wanted - opened))
            yield Step(Action.UP, region.key, f"the facts of {names} are pinned, and it is still closed towards them")
        elif opened - wanted:
            yield Step(Action.UP, region.key, f"it is still open towards {', '.join(sorted(opened - wanted))}")


def _to_destroy(plan: Plan, states: Mapping[str, StackState]) -> Iterator[Step]:
    for key in states:
        region = plan.federation.regions.get(key)
        if region is None or region.state in {LifeCycle.RETIRED, LifeCycle.PLANNED}:
            what = "is no longer in the settings" if region is None else f"is {region.state.value}"
            yield Step(Action.DESTROY, key, f"it {what}, no peer is open towards it any more")


def _changed(told: RegionFacts, pinned: RegionFacts) -> list[str]:
    return [name for name in RegionFacts.model_fields if getattr(told, name) != getattr(pinned, name)]
