"""`meshfed graph`: the topology and the latency between regions as SVG."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from meshfed.cli.common import FactsOption, SettingsOption, read_plan, write_file
from meshfed.settings.places import SETTINGS
from meshfed.topology.plan import Plan

OutOption = Annotated[Path, typer.Option("--out", "-o", help="The SVG file to write.")]

graphs = typer.Typer(help="Draw the topology or the latency between regions as SVG.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(graphs, name="graph")


@graphs.command()
def topology(
    out: OutOption = Path("topology.svg"), settings: SettingsOption = SETTINGS, facts: FactsOption = None
) -> None:
    """Draw regions, metros and tunnels."""
    from meshfed.render.pictures.topology import topology_svg  # noqa: PLC0415 - loading the drawing library takes a second

    _write(out, read_plan(settings, facts), topology_svg)


@graphs.command()
def latency(
    out: OutOption = Path("latency.svg"), settings: SettingsOption = SETTINGS, facts: FactsOption = None
) -> None:
    """Draw the latency between every two regions as a heat map."""
    from meshfed.render.pictures.latency import latency_svg  # noqa: PLC0415 - loading the drawing library takes a second

    _write(out, read_plan(settings, facts), latency_svg)


def _write(out: Path, plan: Plan, draw: Callable[[Plan], str]) -> None:
    write_file(out, draw(plan))
    typer.echo(f"{out} written.")
