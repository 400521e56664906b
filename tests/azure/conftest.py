"""Plans with regions in Azure, and their arguments."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from meshfed.azure.arguments import region_args
from meshfed.azure.region_inputs import AzureRegionArgs
from meshfed.render.release import AgentRelease
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from tests.topology.federations import facts_for, raw, region

OTHERS = (("aws", "us-east-1"), ("gcp", "us-east4"))


@pytest.fixture
def release() -> AgentRelease:
    """A release of the agent whose file is this one."""
    return AgentRelease(version="0.1.0", sha256="0" * 64, path=__file__)


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """Makes a plan with the region `eus` in Azure and so many others; `pinned` says whose facts are known."""

    def make(
        others: int = 2, *, pinned: Sequence[str] = (), more: dict[str, Any] | None = None, **federation: Any
    ) -> Plan:
        regions = {"eus": region("azure", "eastus", 0, **(more or {}))}
        for slot in range(1, others + 1):
            regions[f"r{slot}"] = region(*OTHERS[slot % 2], slot)
        return build(Federation.model_validate(raw(regions, **federation)), facts_for(*pinned))

    return make


@pytest.fixture
def args_of(plan_of: Callable[..., Plan], release: AgentRelease) -> Callable[..., AzureRegionArgs]:
    """Makes the arguments of the region `eus`; takes what `plan_of` takes."""

    def make(others: int = 2, **more: Any) -> AzureRegionArgs:
        return region_args(plan_of(others, **more), "eus", release)

    return make
