"""The topology as a picture: metros, regions, tunnel gateways and the tunnels between regions."""

# pyright: reportUnknownMemberType=false
# The drawing library leaves the types of its keyword arguments open.

from math import dist

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from meshfed.render.pictures.canvas import CLOUD_COLOURS, INK, QUIET, canvas, svg
from meshfed.render.pictures.grid import grid_svg
from meshfed.render.pictures.ring import Rectangle, Ring, ring
from meshfed.topology.latency import between
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.topology.tunnels import Pair

MANY_REGIONS = 12
"""Beyond this, lines between boxes could not be told apart: pairs are the cells of a grid."""
METRO_WIDTH = 2.4
"""Width of the band behind the regions of a metro, in inches."""


def topology_svg(plan: Plan) -> str:
    """Every region in its metro, and a line for the four tunnels of each pair with the round trip to expect."""
    pinned = sum(region.facts is not None for region in plan.regions.values())
    title = (
        f"{plan.federation.name}: {len(plan.regions)} regions, {4 * len(plan.pairs)} tunnels, {pinned} regions pinned"
    )
    if len(plan.regions) > MANY_REGIONS:
        return grid_svg(plan, [key for keys in _groups(plan).values() for key in keys], title)
    return _ring_svg(plan, layout(plan), title)


def layout(plan: Plan) -> Ring:
    """Where the boxes and numbers of a plan stand."""
    return ring(_groups(plan), {(pair.low, pair.high): _round_trip(plan, pair) for pair in plan.pairs})


def _groups(plan: Plan) -> dict[str, list[str]]:
    """Keys by metro; a region without one is alone."""
    groups: dict[str, list[str]] = {}
    for key, region in plan.regions.items():
        groups.setdefault(f"metro {region.settings.metro}" if region.settings.metro else key, []).append(key)
    return groups


def _round_trip(plan: Plan, pair: Pair) -> str:
    expected = between(plan.regions[pair.low], plan.regions[pair.high]).expected_ms
    return f"{expected:.0f}" if expected >= 10 else f"{expected:.1f}"


def _ring_svg(plan: Plan, places: Ring, title: str) -> str:
    drawn = [box.centre for box in places.boxes.values()] + [point for arc in places.metros.values() for point in arc]
    left, bottom = min(x for x, _ in drawn) - 1.9, min(y for _, y in drawn) - 2.1
    right, top = max(max(x for x, _ in drawn) + 1.9, left + 8.4), max(y for _, y in drawn) + 2.3
    figure, axes = canvas(right - left, top - bottom)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    _metros(axes, places)
    for pair in plan.pairs:
        _line(axes, plan, pair, places)
    for key, region in plan.regions.items():
        _box(axes, region, places.boxes[key])
    axes.text(left + 0.2, top - 0.2, title, fontsize=15, color=INK, ha="left", va="top", weight="bold")
    note = "solid: both ends pinned; dotted: closed until pinned; numbers: round trip to expect in ms"
    axes.text(left + 0.2, bottom + 0.2, note, fontsize=10, color=QUIET, ha="left", va="bottom")
    return svg(figure)


def _metros(axes: Axes, places: Ring) -> None:
    for name, arc in places.metros.items():
        across, up = [x for x, _ in arc], [y for _, y in arc]
        for colour, width in (("#d5dbe0", METRO_WIDTH + 0.03), ("#f4f6f8", METRO_WIDTH)):
            axes.plot(across, up, color=colour, linewidth=72 * width, solid_capstyle="round", zorder=0)
        if dist(arc[0], arc[-1]) < METRO_WIDTH:
            axes.fill(across, up, color="#f4f6f8", zorder=0)
        (x, y), turn = places.signs[name]
        text = name.removeprefix("metro ")
        axes.text(x, y, text, ha="center", va="center", rotation=turn, fontsize=13, color=QUIET, zorder=4)


def _line(axes: Axes, plan: Plan, pair: Pair, places: Ring) -> None:
    low, high = plan.regions[pair.low], plan.regions[pair.high]
    is_open = low.facts is not None and high.facts is not None
    (x1, y1), (x2, y2) = places.boxes[pair.low].centre, places.boxes[pair.high].centre
    axes.plot([x1, x2], [y1, y2], color=QUIET, linewidth=1.2, linestyle="-" if is_open else ":", zorder=1)
    axes.text(
        *places.labels[pair.low, pair.high].centre,
        _round_trip(plan, pair),
        fontsize=9,
        color=INK,
        ha="center",
        va="center",
        zorder=2,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )


def _box(axes: Axes, region: RegionPlan, box: Rectangle) -> None:
    x, y = box.centre
    axes.add_patch(
        FancyBboxPatch(
            (x - box.width / 2, y - box.height / 2),
            box.width,
            box.height,
            boxstyle="round,pad=0,rounding_size=0.1",
            facecolor=CLOUD_COLOURS[region.cloud.value],
            edgecolor=INK,
            linewidth=1.0,
            linestyle="-" if region.state.is_peer else ":",
            zorder=3,
        )
    )
    axes.text(x, y + 0.22, region.key, fontsize=12, weight="bold", color=INK, ha="center", va="center", zorder=4)
    axes.text(x, y - 0.04, region.settings.location, fontsize=8, color=INK, ha="center", va="center", zorder=4)
    state = "" if region.state.value == "active" else f" · {region.state.value}"
    gateways = f"{region.ranges.gateways}{state}"
    axes.text(x, y - 0.28, gateways, fontsize=7.5, color=INK, ha="center", va="center", zorder=4)
