"""What a region in Azure is told follows from the plan; a key without a private half is what it says."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from meshfed.azure.account import AzureAccount
from meshfed.azure.arguments import account_args, region_args
from meshfed.azure.keyless import keyless_ssh_key
from meshfed.azure.names import account_name, debian_image, id_part, image_parts
from meshfed.azure.region_inputs import AzureRegionArgs
from meshfed.errors import PlanError
from meshfed.render.release import AgentRelease
from meshfed.topology.plan import Plan
from tests.azure.recorded import deploy, of_type
from tests.azure.test_azure_region import BROWNFIELD

Args = Callable[..., AzureRegionArgs]
OTHER = "99999999-2222-3333-4444-555555555555"
TENANT = "66666666-7777-8888-9999-000000000000"
PRIME = 2**255 - 19


def test_user_data_does_not_change_with_the_number_of_regions(args_of: Args) -> None:
    few, many = args_of(1), args_of(60, pinned=[f"r{slot}" for slot in range(1, 61)])
    assert [host["user_data"] for host in few["gateways"]["hosts"]] == [
        host["user_data"] for host in many["gateways"]["hosts"]
    ]


def test_names_fit_azure(args_of: Args) -> None:
    args = args_of(name="federationname1")
    assert "cluster" in args
    assert "network" in args
    accounts = [args["store"]["account"], args["network"]["log_account"]]
    vaults = [args["signing_vault"], args["cluster"]["vault"]]
    for name in (*accounts, *vaults):
        assert 3 <= len(name) <= 24
        assert name.isalnum()
        assert name == name.lower()
        assert name[0].isalpha()
    assert len({*accounts, *vaults}) == 4


def test_a_rebuilt_region_takes_new_names_for_what_stays_taken(args_of: Args) -> None:
    first, second = args_of(), args_of(more={"epoch": 2})
    assert first["signing_vault"] != second["signing_vault"]
    assert first["store"]["account"] != second["store"]["account"]


def test_names_are_of_the_subscription() -> None:
    assert account_name("s", ["acme", "eus", "own"]) != account_name("t", ["acme", "eus", "own"])


def test_each_duty_has_its_owner(args_of: Args) -> None:
    owners = {
        "default": {"subscription": OTHER, "tenant": TENANT},
        "kms": {"subscription": "11111111-2222-3333-4444-555555555555", "tenant": OTHER},
    }
    args = args_of(more={"owners": owners})
    assert args["kms_duty"] == {"subscription": "11111111-2222-3333-4444-555555555555", "group": "acme-eus-keys"}
    assert args["network_duty"] == {"subscription": OTHER, "group": "acme-eus-network"}
    assert args["tenant"] == OTHER


def test_the_deployer_may_be_let_in_by_address(args_of: Args) -> None:
    store = {"account_keys": "deployer", "deployer_ranges": ["198.51.100.7/32", "198.51.100.64/26"]}
    told = args_of(more={"store": store})["store"]
    assert told["account_keys"] == "deployer"
    assert told["deployer_ranges"] == ["198.51.100.7", "198.51.100.64/26"]


def test_a_new_cluster_in_an_existing_network_needs_a_delegated_subnet(args_of: Args) -> None:
    with pytest.raises(PlanError, match=r"regions\.eus\.network\.endpoint_subnets: 1 subnet: a new cluster needs"):
        args_of(more={"network": BROWNFIELD["network"]})
    network: dict[str, Any] = {**BROWNFIELD["network"]}
    network["endpoint_subnets"] = [*network["endpoint_subnets"], {"id": "/x/subnets/api", "range": "10.60.65.0/24"}]
    args = args_of(more={"network": network})
    assert "existing_network" in args
    assert args["existing_network"]["control_subnet_id"] == "/x/subnets/api"


@pytest.mark.parametrize(
    ("more", "ports"),
    [
        ({}, ["80", "443"]),
        (
            {"gateways": {"image": {"kind": "stock", "package_mirror": "https://mirror.acme.example:8443/debian"}}},
            ["443", "8443"],
        ),
        ({"proxy": {"url": "http://proxy.example:3128"}}, ["443", "3128"]),
    ],
)
def test_gateways_ask_outside_only_on_ports_that_they_need(
    args_of: Args, more: dict[str, Any], ports: list[str]
) -> None:
    rules = {rule["name"]: rule for rule in args_of(more=more)["gateways"]["rules"]}
    assert rules["web-out"]["ports"] == ports


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ("Standard_D2s_v5", "gen2"),
        ("Standard_D2ps_v5", "arm64"),
        ("Standard_E4-2ds_v5", "gen2"),
        ("Standard_D2pls_v6", "arm64"),
        ("Standard_NP10s", "gen2"),
    ],
)
def test_a_stock_image_is_of_the_sizes_processor(size: str, kind: str) -> None:
    assert debian_image("13", size) == f"debian:debian-13:13-{kind}:latest"


def test_images_are_read_as_azure_names_them() -> None:
    assert image_parts("/subscriptions/s/images/i") == {"id": "/subscriptions/s/images/i"}
    with pytest.raises(ValueError, match="unpack"):
        image_parts("debian-13")
    with pytest.raises(ValueError, match="/routeTables/ in it"):
        id_part("/subscriptions/s", "routeTables")


def test_only_a_region_in_azure_is_taken(plan_of: Callable[..., Plan], release: AgentRelease) -> None:
    with pytest.raises(ValueError, match="r1 is a region in gcp, not in Azure"):
        region_args(plan_of(), "r1", release)


def test_the_key_without_a_private_half_is_a_point_of_the_curve() -> None:
    text = keyless_ssh_key("gateway")
    assert text == keyless_ssh_key("gateway")
    assert text != keyless_ssh_key("other")
    load_ssh_public_key(text.encode())
    encoded = base64.b64decode(text.split()[1])[-32:]
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    d = -121665 * pow(121666, -1, PRIME) % PRIME
    square = (y * y - 1) * pow(d * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    assert (-x * x + y * y - 1 - d * x * x * y * y) % PRIME == 0


def test_a_subscription_gets_its_singletons_once(plan_of: Callable[..., Plan]) -> None:
    args = account_args(plan_of(), "11111111-2222-3333-4444-555555555555")
    assert args["locations"] == ["eastus"]
    made, _ = deploy(lambda: (AzureAccount("azure", args), dict[str, Any]())[1])
    assert [(one.type.removeprefix("azure-native:"), one.name) for one in made] == [
        ("features:SubscriptionFeatureRegistration", "azure-encryption-at-host"),
        ("monitor:DiagnosticSetting", "azure-activity"),
        ("network:NetworkWatcher", "azure-watcher-eastus"),
        ("operationalinsights:Workspace", "azure-record"),
        ("resources:ResourceGroup", "azure-watchers"),
    ]
    watcher = of_type(made, "network:NetworkWatcher")["azure-watcher-eastus"]
    assert watcher["networkWatcherName"] == "NetworkWatcher_eastus"
