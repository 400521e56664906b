"""`meshfed validate`: says whether a federation can be built, with everything that stands against it."""

import typer

from meshfed.cli.common import FACTS, SETTINGS, FactsOption, SettingsOption, read_plan

app = typer.Typer()


@app.command()
def validate(settings: SettingsOption = SETTINGS, facts: FactsOption = FACTS) -> None:
    """Check a settings file and the plan that follows from it."""
    plan = read_plan(settings, facts)
    pending = sum(region.facts is None for region in plan.regions.values())
    regions, tunnels = len(plan.regions), 4 * len(plan.pairs)
    typer.echo(f"{settings}: {regions} regions, {tunnels} tunnels, {pending} regions not pinned yet. No faults.")
