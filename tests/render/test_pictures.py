"""Pictures show what the plan says, for two regions and for many, and the same plan gives the same bytes."""

import re
from xml.etree import ElementTree as ET

import pytest

from meshfed.render.pictures.latency import latency_svg
from meshfed.render.pictures.topology import topology_svg
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from tests.topology.federations import facts_for, federation_of

SVG = "{http://www.w3.org/2000/svg}"


def _texts(svg: str) -> list[str]:
    # Our own text, just made; nothing from outside is parsed.
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own picture


@pytest.fixture
def plan() -> Plan:
    return build(federation_of(range(3)), facts_for("r0", "r1"))


def test_the_topology_names_every_region_its_place_and_what_is_pinned(plan: Plan) -> None:
    texts = _texts(topology_svg(plan))
    for region in plan.regions.values():
        assert {region.key, region.settings.location, str(region.ranges.gateways)} <= set(texts)
    assert "acme: 3 regions, 12 tunnels, 2 regions pinned" in texts
    assert "2.9" in texts


def test_the_heat_map_holds_measured_times_above_and_floors_below_its_diagonal(plan: Plan) -> None:
    texts = _texts(latency_svg(plan))
    assert {"r0 (aws)", "r1 (gcp)", "r2 (azure)", "2.9", "1.9", "2.4"} <= set(texts)
    assert texts.count("·") == 3


def test_the_same_plan_gives_the_same_bytes(plan: Plan) -> None:
    assert topology_svg(plan) == topology_svg(plan)
    assert latency_svg(plan) == latency_svg(plan)
    assert not re.search(r"<dc:date>", topology_svg(plan))


def test_many_regions_are_still_drawn() -> None:
    plan = build(federation_of(range(45)))
    assert "r44" in _texts(topology_svg(plan))
    assert "r44 (azure)" in _texts(latency_svg(plan))
