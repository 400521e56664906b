"""A plan that a cloud would refuse for its size is refused before it is deployed."""

import pytest

from meshfed.errors import PlanError
from meshfed.settings.federation import Federation
from meshfed.topology import quotas
from meshfed.topology.build import build
from tests.topology.federations import federation_of, raw, region


def _faults(cloud: str, location: str, pods: str, maximum: int) -> list[str]:
    one = region(
        cloud,
        location,
        0,
        network={"kind": "new", "ranges": {"pods": pods}},
        cluster={"kind": "new", "nodes": {"size": "large", "maximum": maximum}},
    )
    try:
        build(Federation.model_validate(raw({"one": one, "two": region("gcp", "us-east4", 1)})))
    except PlanError as error:
        return [str(fault) for fault in error.faults]
    return []


def test_pods_of_a_lost_zone_find_addresses_in_the_other_two_in_aws() -> None:
    # A /20 gives each zone a /22: 1019 addresses, 7 nodes of 128.
    assert _faults("aws", "us-east-1", "10.200.0.0/20", 14) == []
    assert _faults("aws", "us-east-1", "10.200.0.0/20", 15) == [
        "regions.one.cluster.nodes.maximum: 15: with one zone lost, a pod subnet of 10.200.0.0/22 must hold 8 nodes "
        "of 128 addresses. Give 14 or less, or a larger pod range."
    ]


@pytest.mark.parametrize(("cloud", "location"), [("azure", "eastus"), ("gcp", "us-east1")])
def test_every_node_of_an_overlay_has_a_range_of_its_own(cloud: str, location: str) -> None:
    assert _faults(cloud, location, "10.200.0.0/20", 16) == []
    assert _faults(cloud, location, "10.200.0.0/20", 17) == [
        "regions.one.cluster.nodes.maximum: 17: the pod range 10.200.0.0/20 holds 16 nodes of a /24 each. "
        "Give 16 or less, or a larger pod range."
    ]


def test_rules_of_peers_are_counted_as_the_components_make_them(monkeypatch: pytest.MonkeyPatch) -> None:
    federation = federation_of([0, 1, 2, 33])
    for limit, faults in ((18, 0), (17, 1)):
        monkeypatch.setattr(quotas, "AZURE_RULES_PER_GROUP", limit)
        assert len(_found(federation)) == faults
    assert _found(federation) == ["regions.r2: 18 rules: a network security group holds 17. Split the federation."]
    monkeypatch.undo()
    # r1 has peers in two groups of sixteen slots.
    for limit, faults in ((12, 0), (11, 1)):
        monkeypatch.setattr(quotas, "GCP_RULES_PER_PROJECT", limit)
        assert len(_found(federation)) == faults


def _found(federation: Federation) -> list[str]:
    try:
        build(federation)
    except PlanError as error:
        return [str(fault) for fault in error.faults]
    return []
