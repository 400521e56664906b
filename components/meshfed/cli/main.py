"""Puts the verbs together and turns a user's mistake into one message and an exit code."""

import os
import sys
from importlib.metadata import entry_points
from typing import Annotated, cast

import typer

from meshfed import __version__
from meshfed.cli import check, facts, graph, plan, schema
from meshfed.cli.exits import Exit
from meshfed.cli.gate import app as gate
from meshfed.errors import FaultsError, MeshfedError

app = typer.Typer(
    name="meshfed",
    help="A zero-trust service mesh over AWS, Azure and GCP as Pulumi components.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 1 a file or plan is wrong, 2 wrong usage, 3 an engine or tool failed, 130 interrupted;"
    " of `meshfed gate`, 4 violations, 5 undecided.",
)
for verb in (check.app, plan.app, graph.app, schema.app, facts.app, gate.app):
    app.add_typer(verb)
for point in sorted(entry_points(group="meshfed.commands"), key=lambda found: found.name):
    app.add_typer(cast("typer.Typer", point.load()), name=point.name)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer hands an option's value over by position
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """A zero-trust service mesh over AWS, Azure and GCP as Pulumi components."""


def main() -> None:
    """Runs the command."""
    try:
        app()
    except FaultsError as error:
        _say(error)
        sys.exit(Exit.MISTAKE)
    except MeshfedError as error:
        _say(error)
        sys.exit(Exit.FAILED)
    except OSError as error:
        # A file or pipe that no verb expected to fail: the disk is full, or may not be written to.
        _say(f"{error.filename or 'meshfed'}: {error.strerror or error}. Mend it and run the same command again.")
        sys.exit(Exit.FAILED)
    except SystemExit as end:
        # Typer makes its own end of a Ctrl-C, and says nothing.
        if end.code == Exit.INTERRUPTED:
            _say("Interrupted. Nothing is lost: run the same command again.")
        raise


def _say(message: object) -> None:
    is_coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    typer.echo(typer.style(str(message), fg=typer.colors.RED) if is_coloured else str(message), err=True)
