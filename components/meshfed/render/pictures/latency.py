"""Latency between regions as a heat map: what was measured above the diagonal, the floor of light in fibre below."""

# pyright: reportUnknownMemberType=false
# The drawing library leaves the types of its keyword arguments open.

from collections.abc import Sequence

from matplotlib.axes import Axes

from meshfed.render.pictures.canvas import INK, QUIET, canvas, svg
from meshfed.topology.latency import Distance, between
from meshfed.topology.plan import Plan

MANY_REGIONS = 40
"""Beyond this, cells carry no numbers: they could not be read."""


def latency_svg(plan: Plan) -> str:
    """A cell for each two regions, in milliseconds of round trip."""
    regions = list(plan.regions.values())
    count = len(regions)
    side = count * (0.8 if count <= MANY_REGIONS else 0.16)
    margin = 1.6
    width, height = max(side + margin + 0.5, 7.5), side + margin + 0.4
    figure, axes = canvas(width, height)
    far = [[between(one, other) for other in regions] for one in regions]
    values = [[_shown(far[row][column], row, column) for column in range(count)] for row in range(count)]
    axes.set_axis_on()
    axes.set_position((margin / width, 0.65 / height, side / width, side / height))
    axes.imshow(values, cmap="YlOrRd", vmin=0.0, interpolation="nearest", aspect="auto")
    axes.set_xticks(range(count), list(plan.regions), rotation=45 if count > 8 else 0, fontsize=10, color=INK)
    axes.xaxis.tick_top()
    names = [f"{region.key} ({region.cloud.value})" for region in regions]
    axes.set_yticks(range(count), names, fontsize=10, color=INK)
    if count <= MANY_REGIONS:
        _numbers(axes, far, values)
    title = f"{plan.federation.name}: round trip in ms"
    figure.text(0.02, 1 - 0.3 / height, title, fontsize=14, weight="bold", color=INK, va="center")
    note = "above the diagonal: measured (italic: estimated); below it, italic: the floor that light in fibre sets"
    figure.text(0.02, 0.25 / height, note, fontsize=9, color=QUIET, va="center")
    return svg(figure)


def _numbers(axes: Axes, far: Sequence[Sequence[Distance]], values: Sequence[Sequence[float]]) -> None:
    top = max(value for row in values for value in row)
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            text = "·" if row == column else _number(value)
            is_computed = row > column or far[row][column].measured_ms is None
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                fontsize=10,
                color="white" if value > 0.65 * top else INK,
                style="italic" if is_computed else "normal",
            )


def _shown(far: Distance, row: int, column: int) -> float:
    if row == column:
        return 0.0
    return far.expected_ms if row < column else far.floor_ms


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
