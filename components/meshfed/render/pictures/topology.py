"""The topology as a picture: metros, regions, tunnel gateways and the tunnels between regions."""

# pyright: reportUnknownMemberType=false
# The drawing library leaves the types of its keyword arguments open.

from collections.abc import Mapping
from math import cos, pi, sin

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch

from meshfed.render.pictures.canvas import CLOUD_COLOURS, INK, QUIET, canvas, svg
from meshfed.topology.latency import between
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.topology.tunnels import Pair

Point = tuple[float, float]

MANY_REGIONS = 12
"""Beyond this, pairs are drawn without numbers: they could not be read."""


def topology_svg(plan: Plan) -> str:
    """Every region in its metro, and a line for the four tunnels of each pair with the round trip to expect."""
    places, metros = _layout(plan)
    left, right = min(x for x, _ in places.values()) - 2.4, max(x for x, _ in places.values()) + 2.4
    bottom, top = min(y for _, y in places.values()) - 2.0, max(y for _, y in places.values()) + 2.4
    figure, axes = canvas(right - left, top - bottom)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    for name, (centre, radius) in metros.items():
        axes.add_patch(Circle(centre, radius, facecolor="#f4f6f8", edgecolor="#d5dbe0", linewidth=1.2, zorder=0))
        axes.text(centre[0], centre[1] + radius + 0.15, name, ha="center", va="bottom", fontsize=13, color=QUIET)
    for pair in plan.pairs:
        _line(axes, plan, pair, places)
    for key, region in plan.regions.items():
        _box(axes, region, places[key])
    pinned = sum(region.facts is not None for region in plan.regions.values())
    title = (
        f"{plan.federation.name}: {len(plan.regions)} regions, {4 * len(plan.pairs)} tunnels, {pinned} regions pinned"
    )
    axes.text(left + 0.2, top - 0.2, title, fontsize=15, color=INK, ha="left", va="top", weight="bold")
    note = "solid: both ends pinned; dotted: closed until pinned; numbers: round trip to expect in ms"
    axes.text(left + 0.2, bottom + 0.2, note, fontsize=10, color=QUIET, ha="left", va="bottom")
    return svg(figure)


def _layout(plan: Plan) -> tuple[dict[str, Point], dict[str, tuple[Point, float]]]:
    """Places on a circle of metros, each a circle of its regions."""
    groups: dict[str, list[str]] = {}
    for key, region in plan.regions.items():
        groups.setdefault(region.settings.metro or key, []).append(key)
    widest = max(len(keys) for keys in groups.values())
    radius = 0.0 if widest == 1 else max(1.6, 0.62 * widest)
    ring = 0.0 if len(groups) == 1 else max(1.75 * (radius + 1.6), len(groups) * (radius + 1.2) / pi)
    places: dict[str, Point] = {}
    metros: dict[str, tuple[Point, float]] = {}
    for index, (name, keys) in enumerate(groups.items()):
        turn = pi - 2 * pi * index / len(groups)
        centre = (ring * cos(turn), ring * sin(turn))
        if len(keys) > 1:
            metros[name] = (centre, radius + 1.15)
        for position, key in enumerate(keys):
            # The first region of a metro looks away from the centre, so that no two lines lie on one another.
            angle = turn - 2 * pi * position / len(keys)
            reach = radius if len(keys) > 1 else 0.0
            places[key] = (centre[0] + reach * cos(angle), centre[1] + reach * sin(angle))
    return places, metros


def _line(axes: Axes, plan: Plan, pair: Pair, places: Mapping[str, Point]) -> None:
    low, high = plan.regions[pair.low], plan.regions[pair.high]
    is_open = low.facts is not None and high.facts is not None
    (x1, y1), (x2, y2) = places[pair.low], places[pair.high]
    axes.plot([x1, x2], [y1, y2], color=QUIET, linewidth=1.4, linestyle="-" if is_open else ":", zorder=1)
    if len(plan.regions) > MANY_REGIONS:
        return
    share = (
        0.5 if low.settings.metro == high.settings.metro else 0.5 + 0.07 * ((pair.low_slot + pair.high_slot) % 5 - 2)
    )
    text = (
        f"{between(low, high).expected_ms:.0f}"
        if between(low, high).expected_ms >= 10
        else f"{between(low, high).expected_ms:.1f}"
    )
    axes.text(
        x1 + (x2 - x1) * share,
        y1 + (y2 - y1) * share,
        text,
        fontsize=9,
        color=INK,
        ha="center",
        va="center",
        zorder=2,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
    )


def _box(axes: Axes, region: RegionPlan, place: Point) -> None:
    x, y = place
    width, height = 1.9, 0.92
    colour = CLOUD_COLOURS[region.cloud.value]
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0.02,rounding_size=0.1",
            facecolor=colour,
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
