"""How near two regions can be: the floor that light in fibre sets, what was measured, promises held against both."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations
from math import asin, cos, radians, sin, sqrt

from meshfed.errors import Fault
from meshfed.settings.locations import LOCATIONS, Location
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import Cloud

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""
LIGHT_KM_PER_MS = 299.792458
"""Speed of light in vacuum."""
FIBRE_INDEX = 1.468
"""Group index of single-mode fibre at 1550 nm (ITU-T G.652 data sheets)."""
TYPICAL_STRETCH = 1.87
"""Median of measured round trip over floor, for pairs more than 1,000 km apart in `measured_rtt.csv`."""
PROPOSALS = 3
"""How many locations a refusal names."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far apart two locations are."""

    kilometres: float
    """Great circle."""
    floor_ms: float
    """Round trip that light in fibre needs along it; nothing is faster."""
    measured_ms: float | None
    """Mean round trip that was measured, where there is a row."""

    @property
    def expected_ms(self) -> float:
        """What to plan with: the measured round trip, or the floor with the typical stretch."""
        return self.measured_ms if self.measured_ms is not None else self.floor_ms * TYPICAL_STRETCH


def fibre_floor_ms(kilometres: float) -> float:
    """The shortest round trip over a great circle in fibre, in milliseconds.

    >>> round(fibre_floor_ms(6221), 1)
    60.9
    """
    return 2 * kilometres * FIBRE_INDEX / LIGHT_KM_PER_MS


def great_circle_km(one: Location, other: Location) -> float:
    """Length of the great circle between two places, in kilometres (haversine)."""
    north = radians(other.latitude - one.latitude) / 2
    east = radians(other.longitude - one.longitude) / 2
    chord = sin(north) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(chord))


@cache
def distance(one: tuple[Cloud, str], other: tuple[Cloud, str]) -> Distance:
    """How far apart two locations of the clouds are."""
    kilometres = great_circle_km(LOCATIONS[one[0]][one[1]], LOCATIONS[other[0]][other[1]])
    names = sorted(f"{cloud.value}:{location}" for cloud, location in (one, other))
    return Distance(kilometres, fibre_floor_ms(kilometres), _measured().get((names[0], names[1])))


def between(one: RegionPlan, other: RegionPlan) -> Distance:
    """How far apart two regions are."""
    return distance((one.cloud, one.settings.location), (other.cloud, other.settings.location))


def latency_faults(plan: Plan) -> Iterator[Fault]:
    """Promises that no network could keep."""
    for index, slo in enumerate(plan.federation.slos):
        for one, other in combinations([key for key in slo.between if key in plan.regions], 2):
            yield from _below_floor(plan, f"slos[{index}].p99_ms", (one, other), slo.p99_ms)
    for index, call in enumerate(plan.federation.services.calls):
        for one, other in _ways(plan, call.caller, call.callee):
            path = f"services.calls[{index}]"
            if call.p99_ms is not None:
                yield from _below_floor(plan, f"{path}.p99_ms", (one, other), call.p99_ms)
            yield from _below_floor(plan, f"{path}.timeout_ms", (one, other), call.timeout_ms)


def _ways(plan: Plan, caller: str, callee: str) -> Iterator[tuple[str, str]]:
    """The pairs of regions that a call crosses: only where the callee does not also run beside the caller."""
    services = plan.federation.services.services
    if caller not in services or callee not in services:
        return
    served = [key for key in services[callee].regions if key in plan.regions]
    for one in services[caller].regions:
        if one in plan.regions and one not in served:
            yield from ((one, other) for other in served)


def _below_floor(plan: Plan, path: str, pair: tuple[str, str], limit_ms: float) -> Iterator[Fault]:
    one, other = plan.regions[pair[0]], plan.regions[pair[1]]
    far = between(one, other)
    if far.floor_ms <= limit_ms:
        return
    measured = f", {far.measured_ms:.0f} ms were measured" if far.measured_ms is not None else ""
    wanted = (
        f"cannot hold between {one.key} ({one.settings.location}) and {other.key} ({other.settings.location}): "
        f"light in fibre needs {far.floor_ms:.1f} ms for {far.kilometres:,.0f} km{measured}."
    )
    yield Fault(path, f"{limit_ms:g} ms", wanted, _nearest_feasible(one, other, limit_ms))


def _nearest_feasible(anchor: RegionPlan, moved: RegionPlan, limit_ms: float) -> str:
    """The locations of the second region's cloud that keep the promise towards the first, nearest first."""
    here = (moved.cloud, moved.settings.location)
    at_anchor = (anchor.cloud, anchor.settings.location)
    feasible = [
        (distance(here, (moved.cloud, name)).kilometres, name, distance(at_anchor, (moved.cloud, name)))
        for name in LOCATIONS[moved.cloud]
        if distance(at_anchor, (moved.cloud, name)).expected_ms <= limit_ms
    ]
    if not feasible:
        floor = between(anchor, moved).expected_ms
        return f"No location of {moved.cloud.value} keeps it; expect {floor:.0f} ms here."
    named = ", ".join(f"{name} ({far.expected_ms:.1f} ms)" for _, name, far in sorted(feasible)[:PROPOSALS])
    return f"Nearest feasible for {moved.key} in {moved.cloud.value}: {named}."


@cache
def _measured() -> dict[tuple[str, str], float]:
    """The measured table; its head says where it comes from and what it is not."""
    text = files("meshfed.topology").joinpath("measured_rtt.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    return {(one, other): float(rtt) for one, other, rtt in rows[1:]}
