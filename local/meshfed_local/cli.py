"""`meshfed local`: the same programs, deployed by Pulumi's own engine against stand-ins for the clouds."""

import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from meshfed.cli.common import GrantOption, SettingsOption
from meshfed.cli.tables import new_table, print_tables
from meshfed.errors import Fault, SettingsError
from meshfed.settings.places import SETTINGS
from meshfed_local import program
from meshfed_local.deploy import Deployment
from meshfed_local.gate_line import gate_line
from meshfed_local.program import save_export
from meshfed_local.toolchain import Say

WORLDS = Path(".local")
"""Where worlds are kept, one a settings file, unless --world says otherwise."""

WorldOption = Annotated[
    Path | None, typer.Option("--world", help="Folder of the world; left out: .local/<name of the settings file>.")
]

app = typer.Typer(help="Deploy to this machine: the real engine, stand-ins for the clouds.", no_args_is_help=True)
app.add_typer(program.app, name="program")


@app.command()
def up(
    settings: SettingsOption = SETTINGS,
    world: WorldOption = None,
    stack: Annotated[str | None, typer.Option("--stack", help="Only this region first.")] = None,
    grant: GrantOption = None,
) -> None:
    """Deploy every region, pin the facts, open the peers."""
    started = time.monotonic()
    deployment = _deployment(settings, world)
    if stack is not None and stack not in deployment.federation.regions:
        known = ", ".join(deployment.federation.regions)
        raise SettingsError(str(settings), [Fault("--stack", stack, "is no region.", f"Choose one of {known}.")])
    deployment.up(stack, grant or ())
    from meshfed.render.pictures.topology import topology_svg  # noqa: PLC0415 - loading the drawing library takes a second

    deployment.picture.write_text(topology_svg(deployment.plan), encoding="utf-8")
    _table(deployment, with_seconds=True)
    took = f"{time.monotonic() - started:.0f} s"
    typer.echo(gate_line(deployment.outcomes))
    typer.echo(f"{_changes(deployment.changed)}, {took}. Topology: {_short(deployment.picture)}")
    chosen = "" if settings == SETTINGS else f"-s {settings} "
    typer.echo(f"Open peers: `meshfed plan {chosen}-f {_short(deployment.facts)}`")


@app.command()
def preview(
    settings: SettingsOption = SETTINGS,
    world: WorldOption = None,
    *,
    expect_no_changes: Annotated[bool, typer.Option("--expect-no-changes", help="Fail where there is one.")] = False,
) -> None:
    """Say what `up` would do."""
    outcomes = _deployment(settings, world).preview(expect_no_changes=expect_no_changes)
    typer.echo(gate_line(outcomes))
    typer.echo(_changes(sum(outcome.changed for outcome in outcomes)))


@app.command()
def down(settings: SettingsOption = SETTINGS, world: WorldOption = None) -> None:
    """Take down everything of this world."""
    if not _deployment(settings, world).down():
        typer.echo("Nothing stands in this world.")


@app.command()
def grant(
    region: Annotated[str, typer.Argument(help="Key of the region that was rebuilt.")],
    settings: SettingsOption = SETTINGS,
    world: WorldOption = None,
) -> None:
    """Print what a region's offline key signs, so that its new epoch counts; `up --grant` takes it back."""
    # What is printed is kept to the byte, so progress goes elsewhere.
    typer.echo(_deployment(settings, world, partial(typer.echo, err=True)).grant_request(region), nl=False)


@app.command()
def export(
    settings: SettingsOption = SETTINGS,
    world: WorldOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder; left out: `exports` in the world's.")] = None,
) -> None:
    """Write what stands, a file a stack, for `meshfed gate`; the files show the world's secrets."""
    deployment = _deployment(settings, world)
    folder = out or deployment.facts.parent / "exports"
    names = [row.region for row in deployment.rows()]
    if not names:
        raise SettingsError("meshfed local", [Fault("world", "", "has nothing that stands.", "Run `make up` first.")])
    for name in names:
        save_export(deployment.engine, name, folder / f"{name}.json")
    chosen = "" if settings == SETTINGS else f"-s {settings} "
    if deployment.exceptions.exists():
        chosen += f"-e {_short(deployment.exceptions)} "
    typer.echo(
        f"{len(names)} stacks. Judge them: `meshfed gate {_short(folder)} {chosen}-f {_short(deployment.facts)}`"
    )


@app.command()
def status(settings: SettingsOption = SETTINGS, world: WorldOption = None) -> None:
    """Show what stands."""
    _table(_deployment(settings, world))


def _deployment(settings: Path, world: Path | None, say: Say = typer.echo) -> Deployment:
    project = Path.cwd()
    if not (project / "Pulumi.yaml").exists():
        fault = Fault("folder", str(project), "has no Pulumi.yaml.", "Run it in the folder of the project.")
        raise SettingsError("meshfed local", [fault])
    if world is not None and world.exists() and not world.is_dir():
        raise SettingsError("meshfed local", [Fault("--world", str(world), "is no folder.", "Name a folder.")])
    return Deployment(settings, world or WORLDS / settings.stem, project, say)


def _table(deployment: Deployment, *, with_seconds: bool = False) -> None:
    names = ("region", "cloud", "cluster", "gateways", "tunnels", "resources")
    table = new_table(f"{deployment.federation.name}: regions that stand", (*names, *["seconds"] * with_seconds))
    for row in deployment.rows():
        numbers = (str(row.tunnels), str(row.resources), *[f"{row.seconds:.1f}"] * with_seconds)
        table.add_row(row.region, row.cloud, row.cluster, row.gateways, *numbers)
    print_tables(table)


def _changes(count: int) -> str:
    return {0: "no changes", 1: "1 change"}.get(count, f"{count} changes")


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
