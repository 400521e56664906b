"""Floors and promises: what light forbids is refused with the reason and the way out."""

from itertools import combinations

import pytest

from meshfed.errors import PlanError
from meshfed.settings.federation import Federation
from meshfed.settings.locations import LOCATIONS
from meshfed.topology.build import build
from meshfed.topology.latency import TYPICAL_STRETCH, distance
from meshfed.values import Cloud
from tests.topology.federations import federation_of, raw, region

TRIPLE = {
    "use1": region("aws", "us-east-1", 0),
    "euw1": region("gcp", "europe-west1", 1),
    "sea": region("azure", "southeastasia", 2),
}
AWS, GCP, AZURE = Cloud.AWS, Cloud.GCP, Cloud.AZURE


@pytest.mark.parametrize(
    ("one", "other", "floor"),
    [
        ((AWS, "us-east-1"), (GCP, "europe-west1"), 60.9),
        ((GCP, "europe-west1"), (AZURE, "southeastasia"), 103.8),
        ((AWS, "us-east-1"), (AZURE, "southeastasia"), 152.2),
    ],
)
def test_the_floors_of_the_source_documents_triple(
    one: tuple[Cloud, str], other: tuple[Cloud, str], floor: float
) -> None:
    assert distance(one, other).floor_ms == pytest.approx(floor, abs=0.3)


def test_no_measured_round_trip_is_below_its_floor() -> None:
    places = [(cloud, name) for cloud, names in LOCATIONS.items() for name in names]
    found = [distance(one, other) for one, other in combinations(places, 2)]
    measured = [far for far in found if far.measured_ms is not None]
    assert len(measured) > 2000
    assert [far for far in measured if far.measured_ms is not None and far.measured_ms < far.floor_ms] == []


def test_the_typical_stretch_is_the_median_of_the_table() -> None:
    places = [(cloud, name) for cloud, names in LOCATIONS.items() for name in names]
    far = (distance(one, other) for one, other in combinations(places, 2))
    stretches = sorted(one.measured_ms / one.floor_ms for one in far if one.measured_ms and one.kilometres > 1000)
    assert stretches[len(stretches) // 2] == pytest.approx(TYPICAL_STRETCH, abs=0.03)


def test_an_infeasible_promise_names_floors_and_nearest_feasible_regions() -> None:
    federation = Federation.model_validate(raw(TRIPLE, slos=[{"between": ["use1", "euw1", "sea"], "p99_ms": 38}]))
    with pytest.raises(PlanError) as refused:
        build(federation)
    texts = [str(fault) for fault in refused.value.faults]
    assert len(texts) == 3
    assert "use1 (us-east-1) and euw1 (europe-west1): light in fibre needs 61.0 ms" in texts[0]
    assert "82 ms were measured" in texts[0]
    assert "us-east4 (2.9 ms)" in texts[0]
    assert "light in fibre needs 152.2 ms" in texts[1]
    assert "light in fibre needs 103.8 ms" in texts[2]


def test_a_feasible_promise_is_accepted() -> None:
    plan = build(federation_of(range(3), slos=[{"between": ["r0", "r1", "r2"], "p99_ms": 10}]))
    assert len(plan.pairs) == 3


def _graph(timeout_ms: int, callee_regions: list[str]) -> dict[str, object]:
    service = {"tenant": "shop", "namespace": "shop", "ports": {"http": {"number": 80, "protocol": "http"}}}
    return {
        "tenants": {"shop": {"owner": "shop-team", "namespaces": ["shop"]}},
        "services": {
            "cart": {**service, "service_account": "cart", "regions": ["use1"]},
            "stock": {**service, "service_account": "stock", "regions": callee_regions},
        },
        "calls": [{"caller": "cart", "callee": "stock", "methods": ["GET"], "paths": ["/"], "timeout_ms": timeout_ms}],
    }


def test_a_call_that_waits_less_than_light_needs_is_refused_unless_the_callee_is_beside_it() -> None:
    with pytest.raises(PlanError, match=r"services\.calls\[0\]\.timeout_ms: 50 ms: cannot hold between use1"):
        build(Federation.model_validate(raw(TRIPLE, services=_graph(50, ["euw1"]))))
    build(Federation.model_validate(raw(TRIPLE, services=_graph(50, ["use1", "euw1"]))))
    build(Federation.model_validate(raw(TRIPLE, services=_graph(500, ["euw1"]))))
