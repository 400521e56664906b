"""How many resources one region has in each cloud, and how that grows with the regions of its federation.

.venv/bin/python -m bench.resources

The components run against mocks of the clouds; every region's facts are pinned, so every tunnel is open.
"""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi

with warnings.catch_warnings():
    # The SDK warns of its own renamed resources as soon as one of its modules is loaded.
    warnings.simplefilter("ignore", DeprecationWarning)
    import meshfed.aws.arguments as aws
    from meshfed.aws.region import AwsRegion
import meshfed.azure.arguments as azure
import meshfed.gcp.arguments as gcp
import tests.aws.recorded as aws_mocks
import tests.azure.recorded as azure_mocks
import tests.gcp.recorded as gcp_mocks
from bench.plan import PLACES, SIZES, federation, pinned
from bench.report import report
from meshfed.azure.region import AzureRegion
from meshfed.gcp.region import GcpRegion
from meshfed.render.release import AgentRelease
from meshfed.topology.build import build
from meshfed.topology.plan import Plan

RELEASE = AgentRelease("0.1.0", "0" * 64, str(Path(__file__)))
Region = AwsRegion | AzureRegion | GcpRegion


def _made(cloud: str, plan: Plan, key: str) -> list[str]:
    """Types of everything that a region registers."""

    def program(region: Callable[[], Region]) -> Callable[[], Mapping[str, pulumi.Output[Any]]]:
        return lambda: {"network": region().network_id}

    match cloud:
        case "aws":
            made, _ = aws_mocks.deploy(program(lambda: AwsRegion(key, aws.region_args(plan, key, RELEASE))))
        case "azure":
            made, _ = azure_mocks.deploy(program(lambda: AzureRegion(key, azure.region_args(plan, key, RELEASE))))
        case _:
            made, _ = gcp_mocks.deploy(program(lambda: GcpRegion(key, gcp.region_args(plan, key, RELEASE))))
    return [one.type for one in made]


def counts(size: int) -> dict[str, int]:
    """Resources of the first region in each cloud, without components, which no cloud has."""
    plan = build(federation(size), pinned(size))
    return {
        cloud: sum(not kind.startswith("meshfed:") for kind in _made(cloud, plan, f"r{slot}"))
        for slot, (cloud, _) in enumerate(PLACES)
    }


def main() -> None:
    """Counts and reports."""
    found = {size: counts(size) for size in SIZES}
    first, last = SIZES[0], SIZES[-1]
    report(
        "resources",
        {
            "resources_of_a_region_by_regions": {str(size): figures for size, figures in found.items()},
            "resources_of_a_region_for_each_other_region": {
                cloud: round((found[last][cloud] - found[first][cloud]) / (last - first), 2) for cloud in found[first]
            },
        },
    )


if __name__ == "__main__":
    main()
