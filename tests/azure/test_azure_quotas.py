"""The plan counts the rules of a security group as this component makes them."""

from pathlib import Path

import pytest

from meshfed.azure.arguments import region_args
from meshfed.render.release import AgentRelease
from meshfed.topology.build import build
from meshfed.topology.quotas import AZURE_OWN_RULES, AZURE_RULES_PER_PEER
from tests.topology.federations import facts_for, federation_of


@pytest.mark.parametrize("kind", ["wireguard", "ipsec"])
def test_the_rules_of_a_group_are_as_many_as_the_plan_counts(kind: str) -> None:
    slots = range(9)
    plan = build(federation_of(slots, tunnels={"kind": kind}), facts_for(*(f"r{slot}" for slot in slots)))
    rules = region_args(plan, "r2", AgentRelease("0.1.0", "0" * 64, str(Path(__file__))))["gateways"]["rules"]
    assert len(rules) == AZURE_OWN_RULES + AZURE_RULES_PER_PEER * (len(slots) - 1)
