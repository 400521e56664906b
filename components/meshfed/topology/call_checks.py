"""What chains of calls add up to: circles, callers that give up first, retries that multiply, time on the way.

One call alone is checked in `latency` and in the settings; here is what only the whole service graph shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from meshfed.errors import Fault
from meshfed.settings.services import Call
from meshfed.topology.latency import between
from meshfed.topology.plan import Plan

ATTEMPTS = 2
"""How often a call that is declared idempotent is sent at most: once, and once again."""
MOST_REQUESTS = 8
"""Requests at most that one request may become at one service, along one chain of calls."""


@dataclass(frozen=True, slots=True)
class Step:
    """A call between services, with its place in the settings."""

    path: str
    call: Call


@dataclass(frozen=True, slots=True)
class Chain:
    """The slowest way through the calls that a service makes for one request."""

    rtts_ms: tuple[float, ...] = ()
    """Expected round trip of each call, in milliseconds."""
    places: tuple[str, ...] = ()
    """Where each call ends: `stock (euc1)`."""

    @property
    def expected_ms(self) -> float:
        """Time on the way alone, in milliseconds."""
        return sum(self.rtts_ms)


def call_faults(plan: Plan) -> Iterator[Fault]:
    """Chains of calls that cannot hold what they promise; where calls run in a circle, the circles alone."""
    services = plan.federation.services
    steps = [
        Step(f"services.calls[{index}]", call)
        for index, call in enumerate(services.calls)
        if call.caller in services.services
    ]
    circles = list(_circles(steps))
    if circles:
        yield from circles
        return
    order = _callers_first(steps)
    yield from _timeouts(steps)
    yield from _amplification(steps, order)
    yield from _budgets(plan, steps, order)


def _from_caller(steps: Sequence[Step]) -> Mapping[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.call.caller, []).append(step)
    return found


def _circles(steps: Sequence[Step]) -> Iterator[Fault]:
    """Each circle once; the call that closes it is put aside before the next one is looked for."""
    rest = list(steps)
    while circle := _circle(rest):
        closing = circle[-1]
        named = " -> ".join([circle[0].call.caller, *(step.call.callee for step in circle)])
        yield Fault(closing.path, "", f"closes the circle {named}.", "Turn one of these calls round or take it out.")
        rest.remove(closing)


def _circle(steps: Sequence[Step]) -> list[Step]:
    """The calls of one circle; empty where there is none."""
    left = list(steps)
    while True:
        called = {step.call.callee for step in left}
        calling = {step.call.caller for step in left}
        kept = [step for step in left if step.call.caller in called and step.call.callee in calling]
        if len(kept) == len(left):
            break
        left = kept
    if not left:
        return []
    first_from = {step.call.caller: step for step in reversed(left)}
    walked = [left[0]]
    while (following := first_from[walked[-1].call.callee]) not in walked:
        walked.append(following)
    circle = walked[walked.index(following) :]
    # It begins where its earliest call stands in the file, so that the message stays the same.
    start = circle.index(min(circle, key=steps.index))
    return circle[start:] + circle[:start]


def _callers_first(steps: Sequence[Step]) -> list[str]:
    """Every service and host of the graph, each after all that call it."""
    callers: dict[str, set[str]] = {}
    for step in steps:
        callers.setdefault(step.call.caller, set())
        callers.setdefault(step.call.callee, set()).add(step.call.caller)
    order: list[str] = []
    while callers:
        free = sorted(name for name, waits_for in callers.items() if not waits_for)
        order += free
        callers = {name: waits_for - set(free) for name, waits_for in callers.items() if name not in free}
    return order


def _timeouts(steps: Sequence[Step]) -> Iterator[Fault]:
    made = _from_caller(steps)
    for step in steps:
        longest = max(made.get(step.call.callee, []), key=lambda inner: inner.call.timeout_ms, default=None)
        if longest is not None and longest.call.timeout_ms > step.call.timeout_ms:
            needed = longest.call.timeout_ms
            wanted = (
                f"{step.call.caller} gives up before {step.call.callee}, which waits {needed} ms for "
                f"{longest.call.callee} ({longest.path})."
            )
            hint = f"Give {needed} or more here, or less there."
            yield Fault(f"{step.path}.timeout_ms", f"{step.call.timeout_ms} ms", wanted, hint)


def _amplification(steps: Sequence[Step], order: Sequence[str]) -> Iterator[Fault]:
    made = _from_caller(steps)
    worst: dict[str, tuple[int, tuple[str, ...]]] = {name: (1, (name,)) for name in order}
    for name in order:
        requests, chain = worst[name]
        for step in made.get(name, []):
            reached = requests * (ATTEMPTS if step.call.idempotent else 1)
            whole = (*chain, step.call.callee)
            if requests <= MOST_REQUESTS < reached:
                wanted = f"is what retries make of one along {' -> '.join(whole)}; {MOST_REQUESTS} are allowed."
                hint = "Declare idempotent, and so retry, fewer calls of this chain."
                yield Fault(f"{step.path}.idempotent", f"{reached} requests", wanted, hint)
            if reached > worst[step.call.callee][0]:
                worst[step.call.callee] = (reached, whole)


def _budgets(plan: Plan, steps: Sequence[Step], order: Sequence[str]) -> Iterator[Fault]:
    slowest = _slowest(plan, steps, order)
    for step in steps:
        promised = step.call.p99_ms
        if promised is None:
            continue
        ways = [(region, _onward(plan, region, step, slowest)) for region in _regions(plan, step.call.caller)]
        region, chain = max(ways, key=lambda way: way[1].expected_ms, default=("", Chain()))
        if chain.expected_ms > promised:
            named = " -> ".join([f"{step.call.caller} ({region})", *chain.places])
            each = " + ".join(f"{rtt:.1f}" for rtt in chain.rtts_ms)
            wanted = f"expect {chain.expected_ms:.1f} ms ({each}) on the way {named}."
            hint = "Promise more, or run what is called beside its callers."
            yield Fault(f"{step.path}.p99_ms", f"{promised:g} ms", wanted, hint)


def _slowest(plan: Plan, steps: Sequence[Step], order: Sequence[str]) -> Mapping[tuple[str, str], Chain]:
    """By service and region: the slowest chain of the calls that it makes there, one after another."""
    made = _from_caller(steps)
    found: dict[tuple[str, str], Chain] = {}
    for name in reversed(order):
        for region in _regions(plan, name):
            ways = [_onward(plan, region, step, found) for step in made.get(name, [])]
            found[name, region] = max(ways, key=lambda way: way.expected_ms, default=Chain())
    return found


def _onward(plan: Plan, region: str, step: Step, known: Mapping[tuple[str, str], Chain]) -> Chain:
    """The slowest chain that begins with one call from one region; a callee beside the caller is the one called."""
    callee = step.call.callee
    served = _regions(plan, callee)
    ways: list[Chain] = []
    for target in [region] if region in served else served:
        rtt = 0.0 if target == region else between(plan.regions[region], plan.regions[target]).expected_ms
        rest = known[callee, target]
        ways.append(Chain((rtt, *rest.rtts_ms), (f"{callee} ({target})", *rest.places)))
    return max(ways, key=lambda way: way.expected_ms, default=Chain())


def _regions(plan: Plan, service: str) -> list[str]:
    """Where a service runs; nowhere for a host outside."""
    known = plan.federation.services.services.get(service)
    return [key for key in known.regions if key in plan.regions] if known else []
