"""Nothing in the picture of a topology lies where it could be taken for something else.

Judged on the geometry that is drawn; how wide a letter is in another font is not.
"""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshfed.render.pictures.ring import Rectangle, Ring, ring
from meshfed.render.pictures.topology import MANY_REGIONS, layout, topology_svg
from meshfed.settings.facts import Facts
from meshfed.settings.load import load_federation
from meshfed.topology.build import build
from tests.topology.federations import federation_of

# The infeasible example is there to be refused: it has no plan to draw.
GALLERY = sorted(
    path for path in (Path(__file__).parents[2] / "stacks/config/gallery").glob("*.yaml") if path.stem != "infeasible"
)


def _ring(sizes: list[int]) -> Ring:
    keys = iter(f"r{number}" for number in range(sum(sizes)))
    groups = {f"metro {number}": [next(keys) for _ in range(size)] for number, size in enumerate(sizes)}
    members = [key for group in groups.values() for key in group]
    return ring(groups, dict.fromkeys(combinations(members, 2), "188"))


def _faults(drawn: Ring) -> list[str]:
    """Every line behind a foreign box or number, and every two things on one another."""
    faults: list[str] = []
    things: dict[object, Rectangle] = {**drawn.boxes, **drawn.labels}
    for (one, first), (other, second) in combinations(things.items(), 2):
        if first.overlaps(second):
            faults.append(f"{one} lies on {other}")
    for low, high in drawn.labels:
        start, end = drawn.boxes[low].centre, drawn.boxes[high].centre
        for name, thing in things.items():
            if name not in (low, high, (low, high)) and thing.is_crossed(start, end):
                faults.append(f"the line {low}-{high} passes behind {name}")
    return faults


@pytest.mark.parametrize("count", range(1, MANY_REGIONS + 1))
def test_no_line_passes_behind_a_foreign_box_or_number_without_metros(count: int) -> None:
    drawn = _ring([1] * count)
    assert len(drawn.boxes) == count
    assert len(drawn.labels) == count * (count - 1) // 2
    assert not _faults(drawn)


@pytest.mark.parametrize("sizes", [[3, 3, 1], [3, 3], [3], [1, 3], [2, 2, 2, 2], [5, 1], [MANY_REGIONS], [6, 6]])
def test_no_line_passes_behind_a_foreign_box_or_number_with_metros(sizes: list[int]) -> None:
    drawn = _ring(sizes)
    assert not _faults(drawn)
    assert len(drawn.metros) == sum(size > 1 for size in sizes)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5).filter(lambda sizes: sum(sizes) <= 9))
def test_however_regions_are_spread_over_metros_lines_are_told_apart(sizes: list[int]) -> None:
    assert not _faults(_ring(sizes))


def test_a_number_stands_on_its_own_line() -> None:
    drawn = _ring([3, 3, 1])
    for (low, high), label in drawn.labels.items():
        assert label.is_crossed(drawn.boxes[low].centre, drawn.boxes[high].centre)


def test_a_line_through_a_rectangle_is_seen_and_one_beside_it_is_not() -> None:
    rectangle = Rectangle((0.0, 0.0), 2.0, 1.0)
    assert rectangle.is_crossed((-3.0, -1.0), (3.0, 1.0))
    assert rectangle.is_crossed((0.0, 5.0), (0.0, 0.0))
    assert not rectangle.is_crossed((-3.0, 0.6), (3.0, 0.6))
    assert not rectangle.is_crossed((2.0, 0.0), (3.0, 0.0))
    assert not rectangle.is_crossed((-3.0, 0.0), (0.0, 3.0))


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_the_pictures_of_the_gallery_are_clear(path: Path) -> None:
    plan = build(load_federation(path), Facts())
    assert len(plan.regions) <= MANY_REGIONS
    drawn = layout(plan)
    assert set(drawn.labels) == {(pair.low, pair.high) for pair in plan.pairs}
    assert not _faults(drawn)


def test_beyond_what_lines_can_show_each_region_has_a_row() -> None:
    plan = build(federation_of(range(MANY_REGIONS + 1)))
    svg = topology_svg(plan)
    for region in plan.regions.values():
        assert f"{region.settings.location} · {region.ranges.gateways} · {region.key}" in svg
