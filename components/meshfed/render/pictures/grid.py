"""The topology of many regions: a row for each region, a cell for the four tunnels of each pair."""

# pyright: reportUnknownMemberType=false
# The drawing library leaves the types of its keyword arguments open.

from collections.abc import Sequence

from matplotlib.colors import to_rgb

from meshfed.render.pictures.canvas import CLOUD_COLOURS, INK, QUIET, canvas, svg
from meshfed.topology.plan import Plan, RegionPlan

CELL = 0.17
"""Side of a cell in inches: names beside it stay readable."""
OPEN = QUIET
CLOSED = "#e8ecef"


def grid_svg(plan: Plan, keys: Sequence[str], title: str) -> str:
    """Regions in the order of the keys; dark cells are open, light ones closed until both regions are pinned."""
    regions = [plan.regions[key] for key in keys]
    linked = {frozenset((pair.low, pair.high)) for pair in plan.pairs}
    cells = [[to_rgb(_colour(row, column, linked)) for column in regions] for row in regions]
    side, margin, top = CELL * len(regions), 4.3, 1.3
    width, height = max(side + margin + 0.3, 7.5), side + top + 0.5
    figure, axes = canvas(width, height)
    axes.set_axis_on()
    axes.set_position((margin / width, 0.5 / height, side / width, side / height))
    axes.imshow(cells, interpolation="nearest", aspect="auto")
    axes.set_xticks(range(len(regions)), list(keys), rotation=90, fontsize=8, color=INK)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(regions)), [_name(region) for region in regions], fontsize=8, color=INK)
    edges = [index - 0.5 for index in range(len(regions) + 1)]
    axes.hlines(edges, edges[0], edges[-1], color="white", linewidth=0.8)
    axes.vlines(edges, edges[0], edges[-1], color="white", linewidth=0.8)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    figure.text(0.2 / width, 1 - 0.25 / height, title, fontsize=15, weight="bold", color=INK, va="center")
    note = "dark: both ends pinned; light: closed until pinned; diagonal: the cloud"
    figure.text(0.2 / width, 0.25 / height, note, fontsize=10, color=QUIET, va="center")
    return svg(figure)


def _colour(row: RegionPlan, column: RegionPlan, linked: set[frozenset[str]]) -> str:
    if row.key == column.key:
        return CLOUD_COLOURS[row.cloud.value]
    if frozenset((row.key, column.key)) not in linked:
        return "white"
    return OPEN if row.facts is not None and column.facts is not None else CLOSED


def _name(region: RegionPlan) -> str:
    """The facts of one region on one line, its key last, beside its cells."""
    state = "" if region.state.value == "active" else region.state.value
    parts = (region.settings.metro, state, region.settings.location, str(region.ranges.gateways), region.key)
    return " · ".join(part for part in parts if part)
