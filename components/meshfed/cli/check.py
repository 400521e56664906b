"""`meshfed validate`: says whether a federation can be built, with everything that stands against it."""

import typer

from meshfed.cli.common import FactsOption, SettingsOption, counted, read_plan
from meshfed.cli.texts import refuse_text_faults
from meshfed.settings.places import SETTINGS

app = typer.Typer()


@app.command()
def validate(settings: SettingsOption = SETTINGS, facts: FactsOption = None) -> None:
    """Check a settings file, the plan that follows from it and what gateways boot from."""
    plan = read_plan(settings, facts)
    refuse_text_faults(plan)
    pending = sum(region.facts is None for region in plan.regions.values())
    for key, region in plan.regions.items():
        if region.ungranted:
            typer.echo(f"! {key}: {region.ungranted}; nothing opens towards it. Run `meshfed pin`.", err=True)
    regions, left = counted(len(plan.regions), "region"), counted(pending, "region")
    typer.echo(f"{settings}: {regions}, {4 * len(plan.pairs)} tunnels, {left} not pinned yet. No faults.")
