"""Options that verbs share, and how they read the federation."""

from pathlib import Path
from typing import Annotated

import typer

from meshfed.settings.load import load_facts, load_federation
from meshfed.topology.build import build
from meshfed.topology.plan import Plan

SETTINGS = Path("stacks/config/federation.yaml")
FACTS = Path("stacks/config/facts.yaml")

SettingsOption = Annotated[Path, typer.Option("--settings", "-s", help="The settings file.")]
FactsOption = Annotated[Path, typer.Option("--facts", "-f", help="The facts file.")]


def read_plan(settings: Path, facts: Path) -> Plan:
    """The plan of a settings file and its facts; raises SettingsError or PlanError."""
    federation = load_federation(settings)
    return build(federation, load_facts(facts, federation))
