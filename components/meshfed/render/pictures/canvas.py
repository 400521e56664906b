"""The drawing surface that pictures share: the same plan gives the same bytes, so that a picture can be committed."""

# pyright: reportUnknownMemberType=false
# The drawing library leaves the types of its keyword arguments open.

from io import StringIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

CLOUD_COLOURS = {"aws": "#ffb454", "azure": "#7cb7ff", "gcp": "#8fd19e"}
INK = "#22303c"
QUIET = "#7d8b97"


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of a size in inches with one bare axis."""
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasSVG(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    return figure, axes


def svg(figure: Figure) -> str:
    """The figure as SVG, without date and with stable ids; letters stay text, so that they can be searched."""
    out = StringIO()
    with mpl.rc_context({"svg.hashsalt": "meshfed", "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
