"""`meshfed pin` and `meshfed next`: facts go from stacks to a reviewed file, and decide what goes next."""

from pathlib import Path
from typing import Annotated

import typer

from meshfed.cli.common import FactsOption, GrantOption, SettingsOption, facts_to_read, read_plan
from meshfed.cli.granting import read_grants, request
from meshfed.cli.outputs import OutputsError, OutputsSource, from_files, from_pulumi
from meshfed.cli.pinning import pin_facts, readings_of
from meshfed.settings.federation import Federation
from meshfed.settings.load import load_facts, load_federation, read_facts
from meshfed.settings.places import FACTS, SETTINGS
from meshfed.topology.order import next_steps

OutputsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--outputs",
        help="KEY=FILE: outputs of a region's stack (`pulumi stack output --json`), instead of asking pulumi.",
    ),
]

app = typer.Typer()


@app.command()
def pin(
    settings: SettingsOption = SETTINGS,
    facts: FactsOption = None,
    outputs: OutputsOption = None,
    grant: GrantOption = None,
) -> None:
    """Read the facts of every stack that stands and write them to the facts file."""
    federation = load_federation(settings)
    path = facts or FACTS
    grants = read_grants(grant or [], federation)
    for line in pin_facts(federation, read_facts(path), _source(outputs, federation), path, grants):
        typer.echo(line)


@app.command()
def grant(
    region: Annotated[str, typer.Argument(help="Key of the region that was rebuilt.")],
    settings: SettingsOption = SETTINGS,
    outputs: OutputsOption = None,
) -> None:
    """Print what a region's offline key signs, so that its new epoch counts; `meshfed pin --grant` takes it back."""
    federation = load_federation(settings)
    # To the byte: a line end more, and the signature would be of another text.
    typer.echo(request(federation, region, _source(outputs, federation)), nl=False)


@app.command(name="next")
def next_(settings: SettingsOption = SETTINGS, facts: FactsOption = None, outputs: OutputsOption = None) -> None:
    """Say which stack may go next, and why."""
    plan = read_plan(settings, facts)
    pinned = load_facts(facts_to_read(facts), plan.federation)
    found = readings_of(plan.federation, pinned, _source(outputs, plan.federation))
    for key, problem in found.unread.items():
        typer.echo(f"! {key}: {problem}", err=True)
    steps = next_steps(plan, found.states, found.unread)
    for step in steps:
        subject = "" if step.action.value == "meshfed pin" else f" --stack {step.region}"
        typer.echo(f"{step.action.value}{subject}: {step.region}: {step.why}.")
    if found.unread:
        raise OutputsError(f"{', '.join(found.unread)}: could not be read; what they need is not known.")
    if not steps:
        typer.echo("Nothing: every region stands, and every pinned peer is open.")


def _source(outputs: list[str] | None, federation: Federation) -> OutputsSource:
    return from_files(outputs, federation.regions) if outputs else from_pulumi(Path.cwd())
