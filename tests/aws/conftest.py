"""A federation whose first region is in AWS."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    # The SDK warns of its own renamed resources as soon as one of its modules is loaded.
    warnings.simplefilter("ignore", DeprecationWarning)
    from meshfed.aws.arguments import region_args
    from meshfed.aws.region import AwsRegion
from meshfed.aws.cluster import AwsClusterSettingsArgs
from meshfed.aws.network import AwsNetworkArgs
from meshfed.aws.region_inputs import AwsRegionArgs
from meshfed.render.release import AgentRelease
from meshfed.topology.build import build
from stacks.region import OUTPUTS
from tests.aws.recorded import deploy
from tests.recorded import Made
from tests.topology.federations import facts_for, federation_of


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> AgentRelease:
    """A release of the agent."""
    path: Path = tmp_path_factory.mktemp("release") / "agent.pyz"
    path.write_bytes(b"program")
    return AgentRelease("0.1.0", "ab" * 32, str(path))


@pytest.fixture(scope="session")
def args_of(release: AgentRelease) -> Callable[..., AwsRegionArgs]:
    """Arguments of region r0 beside some others, all pinned or none."""

    def args(count: int, *, pinned: bool = True, **more: Any) -> AwsRegionArgs:
        facts = facts_for(*[f"r{slot}" for slot in range(count)]) if pinned else None
        return region_args(build(federation_of(range(count), **more), facts), "r0", release)

    return args


def network_of(args: AwsRegionArgs) -> AwsNetworkArgs:
    """The network to create, of a region that creates one."""
    assert "network" in args
    return args["network"]


def cluster_of(args: AwsRegionArgs) -> AwsClusterSettingsArgs:
    """The cluster to create, of a region that creates one."""
    assert "cluster" in args
    return args["cluster"]


@pytest.fixture(scope="session")
def of_three(args_of: Callable[..., AwsRegionArgs]) -> tuple[list[Made], dict[str, Any]]:
    """What region r0 of three pinned ones registers, and its outputs."""
    return deploy_region(args_of(3))


def deploy_region(args: AwsRegionArgs) -> tuple[list[Made], dict[str, Any]]:
    """What region r0 registers, and its outputs."""

    def program() -> dict[str, Any]:
        region = AwsRegion("r0", args)
        return {name: getattr(region, name) for name in OUTPUTS}

    return deploy(program)
