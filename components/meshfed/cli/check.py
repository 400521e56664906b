"""`meshfed validate`: says whether a federation can be built, with everything that stands against it."""

from collections.abc import Iterator

import typer

from meshfed.cli.common import FACTS, SETTINGS, FactsOption, SettingsOption, read_plan
from meshfed.errors import Fault, PlanError, RenderError
from meshfed.render.agent_settings import GatewayHost
from meshfed.render.cloud_init import user_data
from meshfed.topology.plan import Plan
from meshfed.values import GatewayName

app = typer.Typer()

# Only a cloud knows the real ones; these are as long as the longest names that its store and its key can have.
_LONGEST_HOST = GatewayHost(
    store_kind="azure_blob",
    store_location="x" * 128,
    store_region="x" * 20,
    signer_kind="azure_key_vault",
    signer_key="x" * 256,
    signer_region="x" * 20,
)


@app.command()
def validate(settings: SettingsOption = SETTINGS, facts: FactsOption = FACTS) -> None:
    """Check a settings file, the plan that follows from it and what gateways boot from."""
    plan = read_plan(settings, facts)
    found = list(text_faults(plan))
    if found:
        raise PlanError("plan", found)
    pending = sum(region.facts is None for region in plan.regions.values())
    regions, tunnels = len(plan.regions), 4 * len(plan.pairs)
    typer.echo(f"{settings}: {regions} regions, {tunnels} tunnels, {pending} regions not pinned yet. No faults.")


def text_faults(plan: Plan) -> Iterator[Fault]:
    """What a cloud would refuse of the texts that gateways boot from: the same faults as at their deploy."""
    for key in plan.regions:
        try:
            user_data(plan, key, GatewayName.A, _LONGEST_HOST)
        except RenderError as error:
            path = f"regions.{key}"
            yield Fault(path, "", str(error).removeprefix(f"{path}: "), "")
