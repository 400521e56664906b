"""`meshfed local program`: anybody's own Pulumi program on this machine's engine, under the packs."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from meshfed.errors import Fault, SettingsError
from meshfed.settings.places import SETTINGS
from meshfed_local.engine import Engine, name_of_project
from meshfed_local.environment import PACKS, pack_program
from meshfed_local.folder import Stack, write_whole
from meshfed_local.gate_line import gate_line

WORLDS = Path(".local")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
"""A stack's name as the engine takes it, and as a name of files."""

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the program's Pulumi.yaml is.")]
StackOption = Annotated[
    str, typer.Option("--stack", help="Its stack; Pulumi.<stack>.yaml beside Pulumi.yaml is read, never written.")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--policy-pack-config", help="Levels and parameters of the gate, as Pulumi takes them.")
]
WorldOption = Annotated[
    Path | None, typer.Option("--world", help="Folder of the world; left out: .local/program-<name of the project>.")
]

app = typer.Typer(
    help="Run your own Pulumi program here: the real engine under the packs, stand-ins for the clouds.",
    no_args_is_help=True,
)


@app.command()
def preview(
    folder: FolderArgument, stack: StackOption = "dev", config: ConfigOption = None, world: WorldOption = None
) -> None:
    """Say what `up` would do, and what the gate says of it."""
    named = _stack(folder, stack)
    typer.echo(gate_line(_engine(folder, world, config).preview([named])))


@app.command()
def up(
    folder: FolderArgument, stack: StackOption = "dev", config: ConfigOption = None, world: WorldOption = None
) -> None:
    """Deploy it; what a rule refuses is not made."""
    named = _stack(folder, stack)
    typer.echo(gate_line(_engine(folder, world, config).up([named])))


@app.command()
def down(folder: FolderArgument, stack: StackOption = "dev", world: WorldOption = None) -> None:
    """Take it down."""
    named = _stack(folder, stack)
    _engine(folder, world, None).destroy([named])


@app.command()
def export(
    folder: FolderArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write; it holds secrets in plain text.")],
    stack: StackOption = "dev",
    world: WorldOption = None,
) -> None:
    """Write what stands to a file for `meshfed gate`."""
    _refuse_no_name(stack)
    save_export(_engine(folder, world, None), stack, out)
    typer.echo(f"{out} written; it shows the stack's secrets. Judge it: `meshfed gate {out}`")


def save_export(engine: Engine, stack: str, path: Path) -> None:
    """Writes a stack with its secrets in plain text, for its owner's eyes alone."""
    if not engine.exists(stack):
        hint = "Deploy it first."
        raise SettingsError("meshfed local", [Fault("--stack", stack, "does not stand in this world.", hint)])
    text = json.dumps(engine.export(stack, show_secrets=True), indent=1)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, text + "\n")
    except OSError as error:
        hint = "Name a file in a folder that may be written to."
        fault = Fault("--out", str(path), f"cannot be written: {error.strerror}.", hint)
        raise SettingsError("meshfed local", [fault]) from error


def _engine(folder: Path, world: Path | None, config: Path | None) -> Engine:
    if not (folder / "Pulumi.yaml").is_file():
        fault = Fault("FOLDER", str(folder), "has no Pulumi.yaml.", "Name the folder of a Pulumi program.")
        raise SettingsError("meshfed local program", [fault])
    if config is not None and not config.is_file():
        fault = Fault("--policy-pack-config", str(config), "is not there.", "Name a JSON file.")
        raise SettingsError("meshfed local program", [fault])
    # The federation pack compares with a federation's settings; a program that is of none has none.
    is_federated = (folder / SETTINGS).is_file()
    packs = PACKS if is_federated else (pack_program("zero-trust"), pack_program("cloud-baseline"))
    made = Engine(world or WORLDS / f"program-{name_of_project(folder)}", folder, typer.echo, packs=packs)
    if config is not None:
        made.configure_gate(config.absolute())
    made.ready()
    return made


def _stack(folder: Path, name: str) -> Stack:
    _refuse_no_name(name)
    file = folder / f"Pulumi.{name}.yaml"
    return Stack(name, file if file.exists() else None)


def _refuse_no_name(stack: str) -> None:
    if not _NAME.fullmatch(stack):
        hint = "Up to 100 letters, digits, hyphens, underscores and dots are wanted, no dot at the beginning."
        raise SettingsError("meshfed local program", [Fault("--stack", stack, "is no name of a stack.", hint)])
