"""The plan counts firewall rules as this component makes them."""

import pytest

from meshfed.gcp.arguments import region_args
from meshfed.topology.build import build
from meshfed.topology.quotas import GCP_OWN_RULES
from tests.gcp.plans import RELEASE
from tests.topology.federations import facts_for, federation_of


@pytest.mark.parametrize("kind", ["wireguard", "ipsec"])
def test_the_firewall_rules_of_a_region_are_as_many_as_the_plan_counts(kind: str) -> None:
    slots = (0, 1, 2, 15, 16, 40)
    plan = build(federation_of(slots, tunnels={"kind": kind}), facts_for(*(f"r{slot}" for slot in slots)))
    args = region_args(plan, "r1", RELEASE)
    assert "cluster" in args
    # Slots 0 to 15, 16 to 31 and 32 to 47 have peers: three rules each way.
    assert len(args["gateways"]["rules"]) + len(args["cluster"]["rules"]) == GCP_OWN_RULES + 2 * 3
