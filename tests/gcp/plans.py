"""Plans with a region in Google Cloud, and what its component registers for them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from meshfed.gcp.arguments import region_args
from meshfed.gcp.region import GcpRegion
from meshfed.gcp.region_args import GcpRegionArgs
from meshfed.render.release import AgentRelease
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from stacks.region import OUTPUTS
from tests.topology.federations import facts_for

KEY = "use4"
RELEASE = AgentRelease("0.1.0", "0" * 64, str(Path(__file__)))
OWNERS = {
    "gcp": {"default": {"project": "acme-mesh", "impersonate": "deployer@acme-mesh.iam.gserviceaccount.com"}},
    "aws": {"default": {"account": "222222222222"}},
}
LINK = "projects/acme-mesh/regions/us-east4/subnetworks"
EXISTING_NETWORK: Mapping[str, Any] = {
    "kind": "existing",
    "id": "projects/acme-mesh/global/networks/shared",
    "network": "172.20.0.0/17",
    "pods": "172.21.0.0/16",
    "services": "172.22.0.0/20",
    "gateways": "172.23.0.0/24",
    "node_subnets": [{"id": f"{LINK}/nodes", "range": "172.20.0.0/18"}],
    "tunnel_subnets": [{"id": f"{LINK}/tunnel", "range": "172.23.0.0/25"}],
    "east_west_subnets": [{"id": f"{LINK}/east-west", "range": "172.23.0.128/25"}],
    "endpoint_subnets": [{"id": f"{LINK}/endpoints", "range": "172.20.64.0/24"}],
    "route_tables": ["projects/acme-mesh/global/networks/shared"],
}
CLUSTER_PATH = "projects/acme-mesh/locations/us-east4/clusters/legacy"
EXISTING_CLUSTER: Mapping[str, Any] = {
    "kind": "existing",
    "name": CLUSTER_PATH,
    "issuer": f"https://container.googleapis.com/v1/{CLUSTER_PATH}",
}


def federation(peers: int = 2, whole: Mapping[str, Any] | None = None, **region: Any) -> Federation:
    """A federation of one region in Google Cloud at slot 1, and AWS regions at the slots from 2 on."""
    mine = {"slot": 1, "cloud": "gcp", "location": "us-east4", "owners": OWNERS["gcp"], **region}
    others = {
        f"p{slot}": {"slot": slot, "cloud": "aws", "location": "us-east-1", "owners": OWNERS["aws"]}
        for slot in range(2, 2 + peers)
    }
    content = {
        "name": "acme",
        "trust_domain": "mesh.acme.example",
        "tags": {"owner": "platform@acme.example"},
        "distribution": {"host": "trust.acme.example", "account": "111111111111", "bucket": "acme-trust"},
        "regions": {KEY: mine, **others},
        **(whole or {}),
    }
    return Federation.model_validate(content)


def plan(*pinned: str, peers: int = 2, **region: Any) -> Plan:
    """The plan of such a federation."""
    return build(federation(peers, **region), facts_for(*pinned))


def region_program(made_of: Plan, **more: Any) -> Mapping[str, pulumi.Input[Any]]:
    """Deploys the region and gives its outputs."""
    args = region_args(made_of, KEY, RELEASE)
    # Every key of `more` is an optional argument of the region: a provider.
    whole: GcpRegionArgs = {**args, **more}  # pyright: ignore[reportAssignmentType] - see above
    region = GcpRegion(KEY, whole)
    return {name: getattr(region, name) for name in OUTPUTS}
