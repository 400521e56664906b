"""What stands against a plan, which peers are open, and what goes next."""

from typing import Any

import pytest

from meshfed.errors import PlanError
from meshfed.settings.facts import Facts
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.topology.order import Action, StackState, next_steps
from tests.topology.federations import facts_for, federation_of, raw, region


def _faults(regions: dict[str, Any], **more: Any) -> list[str]:
    with pytest.raises(PlanError) as refused:
        build(Federation.model_validate(raw(regions, **more)))
    return [str(fault) for fault in refused.value.faults]


def _ranges(**ranges: str) -> dict[str, Any]:
    return {"network": {"kind": "new", "ranges": ranges}}


TWO = {"one": region("aws", "us-east-1", 0), "two": region("gcp", "us-east4", 1)}


def test_ranges_from_an_ipam_that_touch_another_regions_are_refused() -> None:
    found = _faults({**TWO, "two": region("gcp", "us-east4", 1, **_ranges(network="10.0.64.0/18"))})
    assert "regions.two.network.ranges.network: 10.0.64.0/18: must be a" not in found[0]
    assert found == [
        "regions.two.network: 10.0.64.0/18: overlaps regions.one.network (10.0.0.0/17). Give one of them another range."
    ]


def test_a_reserved_range_is_never_touched() -> None:
    found = _faults(TWO, pools={"reserved": ["10.129.4.0/24"]})
    assert found == [
        "pools.reserved[0]: 10.129.4.0/24: overlaps regions.two.pods (10.129.0.0/16). Give one of them another range."
    ]


def test_a_range_that_aks_uses_itself_is_refused() -> None:
    found = _faults({**TWO, "two": region("azure", "eastus", 1, **_ranges(services="172.30.0.0/18"))})
    assert found == [
        "regions.two.services: 172.30.0.0/18: touches 172.30.0.0/16, which azure uses itself. Give another range."
    ]


def test_a_slot_beyond_the_pools_is_refused() -> None:
    for slot in (128, 99_999, 10**30):
        found = _faults({**TWO, "two": region("gcp", "us-east4", slot)})
        wanted = "is beyond the pools, which hold 128 slots. Take a smaller slot or larger pools."
        assert found == [f"regions.two.slot: {slot}: {wanted}"]


def test_a_pool_smaller_than_one_region_holds_no_slot() -> None:
    found = _faults(TWO, pools={"networks": "10.1.16.0/20"})
    assert [fault.partition(", ")[0] for fault in found] == [
        f"regions.{key}.slot: {slot}: is beyond the pools" for slot, key in enumerate(TWO)
    ]


def test_more_nodes_than_the_pod_range_holds_are_refused() -> None:
    cluster = {"kind": "new", "nodes": {"size": "n4-standard-4", "maximum": 300}}
    found = _faults({**TWO, "two": region("gcp", "us-east4", 1, cluster=cluster)})
    assert found[0].startswith("regions.two.cluster.nodes.maximum: 300: the pod range 10.129.0.0/16 holds 256 nodes")


def test_128_regions_stay_within_the_clouds_quotas() -> None:
    assert len(build(federation_of(range(128))).regions) == 128


def test_many_ipam_gateway_ranges_overflow_a_route_table() -> None:
    regions = {
        f"r{slot}": region("aws", "us-east-1", slot, **_ranges(gateways=f"172.18.{2 * slot}.0/24"))
        for slot in range(45)
    }
    found = _faults(regions)
    assert "55 routes: a route table of aws holds 50." in found[0]


def test_a_peer_opens_only_when_its_facts_of_this_epoch_are_pinned() -> None:
    federation = federation_of(range(3))
    plan = build(federation, facts_for("r1"))
    assert [peer.key for peer in plan.open_peers("r0")] == ["r1"]
    assert [peer.key for peer in plan.pending_peers("r0")] == ["r2"]
    rebuilt = {**federation.regions, "r1": federation.regions["r1"].model_copy(update={"epoch": 2})}
    plan = build(federation.model_copy(update={"regions": rebuilt}), facts_for("r1"))
    assert plan.open_peers("r0") == ()


@pytest.mark.parametrize(
    ("state", "open_for_others", "opens"),
    [("joining", True, True), ("draining", True, True), ("quarantined", False, False), ("planned", False, False)],
)
def test_the_life_of_a_region_decides_who_is_its_peer(state: str, open_for_others: bool, opens: bool) -> None:
    regions = {**TWO, "two": region("gcp", "us-east4", 1, state=state)}
    plan = build(Federation.model_validate(raw(regions)), facts_for("one", "two"))
    assert bool(plan.open_peers("one")) is open_for_others
    assert bool(plan.open_peers("two")) is opens


def test_a_retired_region_is_not_planned_but_keeps_its_slot() -> None:
    regions = {**TWO, "old": region("azure", "eastus", 2, state="retired")}
    plan = build(Federation.model_validate(raw(regions)))
    assert set(plan.regions) == {"one", "two"}


def _state(facts: Facts, key: str, *opened: str) -> StackState:
    relied_on = {one: facts.regions[one].digest for one in (key, *opened) if one in facts.regions}
    return StackState(facts.regions[key], frozenset(opened), relied_on)


def test_stacks_go_up_closed_then_facts_are_pinned_then_peers_open() -> None:
    federation, facts = Federation.model_validate(raw(TWO)), facts_for("one", "two")
    closed = {"one": _state(facts, "one"), "two": _state(facts, "two")}
    first = next_steps(build(federation), {})
    assert [(step.action, step.region) for step in first] == [(Action.UP, "one"), (Action.UP, "two")]
    assert {step.action for step in next_steps(build(federation), closed)} == {Action.PIN}
    then = next_steps(build(federation, facts), closed)
    assert [(step.action, step.region) for step in then] == [(Action.UP, "one"), (Action.UP, "two")]
    opened = {"one": _state(facts, "one", "two"), "two": _state(facts, "two", "one")}
    assert next_steps(build(federation, facts), opened) == ()


def test_a_changed_fact_is_named_and_a_region_that_left_goes_last() -> None:
    federation, facts = Federation.model_validate(raw(TWO)), facts_for("one", "two")
    plan = build(federation, facts)
    moved = facts.regions["two"].model_copy(update={"issuer": "https://issuer.example/new"})
    states = {"one": _state(facts, "one", "two"), "two": StackState(moved, frozenset({"one"}), {})}
    assert [step.why for step in next_steps(plan, states)] == ["its issuer changed"]
    assert next_steps(plan, {"one": states["one"]}, unread=["two"]) == ()
    gone = {"one": _state(facts, "one", "two", "old"), "two": _state(facts, "two", "one"), "old": _state(facts, "two")}
    assert [(step.action, step.region) for step in next_steps(plan, gone)] == [(Action.UP, "one")]
    closed = {**gone, "one": _state(facts, "one", "two")}
    assert [(step.action, step.region) for step in next_steps(plan, closed)] == [(Action.DESTROY, "old")]


def test_ipsec_rules_that_overflow_a_security_group_are_refused() -> None:
    with pytest.raises(PlanError) as refused:
        build(federation_of(range(16), tunnels={"kind": "ipsec"}))
    assert "regions.r0: 68 rules: slots 0 to 25 share a group of 60 rules." in str(refused.value)
    spread = [slot + 26 * (slot % 4) for slot in range(16)]
    assert len(build(federation_of(spread, tunnels={"kind": "ipsec"})).regions) == 16


def test_a_region_deployed_with_older_facts_goes_up_again() -> None:
    facts = facts_for("one", "two")
    plan = build(Federation.model_validate(raw(TWO)), facts)
    first = _state(facts, "one", "two")
    joined = StackState(facts.regions["two"], frozenset({"one"}), {"one": facts.regions["one"].digest})
    steps = next_steps(plan, {"one": first, "two": joined})
    assert [(step.region, step.why) for step in steps] == [
        ("two", "the facts of two are pinned anew since its last deploy")
    ]


def test_others_close_towards_a_quarantined_region_before_anything_else() -> None:
    facts = facts_for("one", "two", "three")
    regions = {**TWO, "two": region("gcp", "us-east4", 1, state="quarantined"), "three": region("azure", "eastus", 2)}
    plan = build(Federation.model_validate(raw(regions)), facts)
    moved = facts.regions["three"].model_copy(update={"issuer": "https://issuer.example/new"})
    states = {
        "one": _state(facts, "one", "two", "three"),
        "two": _state(facts, "two", "one", "three"),
        "three": StackState(moved, frozenset({"one", "two"}), {}),
    }
    first = next_steps(plan, states, unread=["four"])
    assert [(step.action, step.region) for step in first] == [(Action.UP, "one"), (Action.UP, "three")]
    assert all("still open towards two" in step.why for step in first)


def test_a_region_that_is_only_planned_is_taken_down_and_never_pinned() -> None:
    facts = facts_for("one", "two")
    regions = {**TWO, "two": region("gcp", "us-east4", 1, state="planned"), "three": region("azure", "eastus", 2)}
    plan = build(Federation.model_validate(raw(regions)), Facts())
    steps = next_steps(plan, {"two": _state(facts, "two")}, unread=["one", "three"])
    assert [(step.action, step.region) for step in steps] == [(Action.DESTROY, "two")]
