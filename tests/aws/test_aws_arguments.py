"""From a plan to the arguments of AWS components: which setting ends where."""

import doctest
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

from meshfed.aws.arguments import account_args, region_args
from meshfed.aws.region_inputs import AwsRegionArgs
from meshfed.errors import PlanError
from meshfed.render.release import AgentRelease
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from tests.aws.conftest import cluster_of, network_of
from tests.topology.federations import facts_for, federation_of, raw, region

RELEASE = AgentRelease("0.1.0", "ab" * 32, "agent.pyz")


def _plan(mine: Mapping[str, Any], **more: Any) -> Plan:
    regions = {
        "use1": region("aws", "us-east-1", 0, **mine),
        "euc1": region("aws", "eu-central-1", 1, owners={"default": {"account": "333333333333"}}),
    }
    return build(Federation.model_validate(raw(regions, **more)), facts_for("use1", "euc1"))


def _args(**mine: Any) -> AwsRegionArgs:
    return region_args(_plan(mine), "use1", RELEASE)


def test_parts_belong_to_the_accounts_that_settings_name() -> None:
    names = {"network": "4", "cluster": "5", "trust": "6", "kms": "7"}
    owners = {duty: {"account": digit * 12} for duty, digit in names.items()}
    args = _args(owners={"default": {"account": "222222222222"}, **owners})
    assert args["account"] == "4" * 12
    assert cluster_of(args)["account"] == "5" * 12
    assert args["store"] == {"account": "6" * 12, "bucket": "acme-use1-store-666666666666"}
    assert args["keys"]["account"] == "7" * 12
    assert args.get("share") == "acme-use1-subnets"
    assert '"arn:aws:kms:us-east-1:777777777777:alias/acme-use1-peer"' in args["gateways"]["user_data"][0]


def test_one_account_shares_no_subnets() -> None:
    assert "share" not in _args()


def test_the_deployers_role_is_the_stores_writer() -> None:
    role = "arn:aws:iam::222222222222:role/deploy"
    args = _args(owners={"default": {"account": "222222222222", "role": role}})
    assert args["store"].get("writer_role_arn") == role


@pytest.mark.parametrize(
    ("access", "sources"),
    [("runner", ["10.0.0.0/17"]), ("tunnel", ["100.64.0.10/32", "100.64.0.42/32"])],
)
def test_the_endpoint_is_reached_from_where_access_says(access: str, sources: list[str]) -> None:
    assert cluster_of(_args(access=access))["endpoint_sources"] == sources


@pytest.mark.parametrize(
    ("state", "protected"), [("joining", True), ("active", True), ("draining", False), ("quarantined", False)]
)
def test_a_cluster_of_a_region_that_leaves_can_be_deleted(state: str, *, protected: bool) -> None:
    assert cluster_of(_args(state=state))["protected"] is protected


def test_a_quarantined_region_opens_to_nobody() -> None:
    assert _args(state="quarantined")["firewall"]["sources"] == []
    assert _args(state="active")["firewall"]["sources"] != []


def test_gateways_ask_outside_only_on_ports_that_they_need() -> None:
    mirror = {"image": {"kind": "stock", "package_mirror": "https://mirror.acme.example:8443/d"}}
    assert _args()["firewall"]["web_ports"] == [80, 443]
    assert _args(gateways=mirror)["firewall"]["web_ports"] == [443, 8443]
    assert _args(proxy={"url": "http://proxy.acme.example:3128"})["firewall"]["web_ports"] == [443, 3128]


def test_ipsec_opens_its_own_two_ports() -> None:
    plan = _plan({}, tunnels={"kind": "ipsec"})
    sources = region_args(plan, "use1", RELEASE)["firewall"]["sources"]
    assert [(one["peer"], one["first_in"], one["last_out"]) for one in sources] == [
        ("euc1-a", 500, 500),
        ("euc1-a", 4500, 4500),
        ("euc1-b", 500, 500),
        ("euc1-b", 4500, 4500),
    ]


def test_every_role_carries_the_permissions_boundary() -> None:
    boundary = "arn:aws:iam::222222222222:policy/boundary"
    args = _args(permissions_boundary=boundary)
    carriers = (args["identity"], network_of(args), cluster_of(args))
    assert [one.get("permissions_boundary") for one in carriers] == [boundary] * 3


def test_ranges_come_from_the_plan_one_a_zone() -> None:
    network = network_of(_args())
    assert (network["network"], network["pods"], network["gateways"]) == (
        "10.0.0.0/17",
        "10.128.0.0/16",
        "100.64.0.0/24",
    )
    assert network["tunnel_ranges"] == ["100.64.0.0/27", "100.64.0.32/27", "100.64.0.64/27"]
    assert network["east_west_ranges"] == ["100.64.0.128/27", "100.64.0.160/27", "100.64.0.192/27"]
    of_zones = (network["nodes_ranges"], network["pods_ranges"], network["endpoints_ranges"], network["control_ranges"])
    assert [len(ranges) for ranges in of_zones] == [3, 3, 3, 3]


def test_no_text_routes_the_regions_own_gateways_through_themselves() -> None:
    args = _args(network={"kind": "new", "ranges": {"gateways": "10.200.7.0/24"}})
    assert cluster_of(args)["keep_source"] == ["100.64.0.0/17"]
    for text in args["documents"]["texts"]:
        assert "route 100.64.0.0/17" in text
        assert "route 10.200.7.0/24 blackhole" in text
        assert text.count("route 10.200.7.0/24") == 1


def test_user_data_does_not_depend_on_how_many_regions_there_are() -> None:
    two, many = (
        region_args(
            build(federation_of(range(count)), facts_for(*[f"r{slot}" for slot in range(count)])), "r0", RELEASE
        )
        for count in (2, 9)
    )
    assert two["gateways"] == many["gateways"]


def test_a_region_of_another_cloud_is_refused() -> None:
    plan = build(federation_of(range(3)), facts_for("r0"))
    with pytest.raises(PlanError, match="must be aws here"):
        region_args(plan, "r1", RELEASE)


def test_an_account_has_the_locations_of_its_regions() -> None:
    plan = _plan({"owners": {"default": {"account": "222222222222"}, "kms": {"account": "333333333333"}}})
    assert account_args(plan, "222222222222") == {"locations": ["us-east-1"]}
    assert account_args(plan, "333333333333") == {"locations": ["eu-central-1", "us-east-1"]}


@pytest.mark.parametrize("module", ["arns", "gateway_firewall", "store", "store_objects"])
def test_examples_in_docstrings_hold(module: str) -> None:
    result = doctest.testmod(import_module(f"meshfed.aws.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
