"""Plans for cases: the default settings with some changes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from meshfed.settings.federation import Federation
from meshfed.topology.build import draft
from meshfed.topology.plan import Plan
from tests.rules.cases import laid_over
from tests.topology.federations import facts_for

_DEFAULT = Path(__file__).parents[2] / "stacks/config/federation.yaml"


def plan_of(changes: Mapping[str, Any], pinned: Sequence[str] = ()) -> Plan:
    """The plan of the default settings with `changes` laid over them, whatever stands against it."""
    return draft(Federation.model_validate(settings_with(changes)), facts_for(*pinned))


def settings_with(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The default settings with `changes` laid over them, as a settings file has them."""
    return laid_over(cast("dict[str, Any]", yaml.safe_load(_DEFAULT.read_text(encoding="utf-8"))), changes)
