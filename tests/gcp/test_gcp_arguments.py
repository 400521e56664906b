"""From plan to arguments: labels, sizes, routes, first boot, and what is refused."""

import doctest
import subprocess
from importlib import import_module
from typing import Any

import pytest

from meshfed.errors import PlanError
from meshfed.gcp.account import AUDITED, SERVICES, GcpAccount
from meshfed.gcp.arguments import account_args, region_args
from meshfed.gcp.first_boot import startup_script
from meshfed.gcp.labels import labels
from meshfed.settings.region import GcpRegion
from meshfed.topology.plan import Plan
from tests.gcp.plans import EXISTING_NETWORK, KEY, RELEASE, plan
from tests.gcp.recorded import deploy, of_type

MIRROR = "https://mirror.acme.example/debian"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"


def script(**settings: Any) -> str:
    region = plan(**settings).regions[KEY].settings
    assert isinstance(region, GcpRegion)
    return startup_script(region)


def ports(made_of: Plan, key: str) -> list[str]:
    rules = region_args(made_of, KEY, RELEASE)["gateways"]["rules"]
    return next(rule["allows"][0]["ports"] for rule in rules if rule["key"] == key)


@pytest.mark.parametrize("module", ["labels", "machines"])
def test_examples_in_docstrings_hold(module: str) -> None:
    result = doctest.testmod(import_module(f"meshfed.gcp.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_a_label_keeps_its_alphabet_and_length() -> None:
    made = labels("tags", {"9lives": "Äx" * 40, "Team Name": ""})
    assert list(made) == ["tag-9lives", "team_name"]
    assert (len(made["tag-9lives"]), made["team_name"]) == (63, "")


def test_two_tags_that_become_one_label_are_refused() -> None:
    with pytest.raises(PlanError, match=r"regions\.use4\.tags: cost center: becomes the label cost_center, as cost\.c"):
        labels("regions.use4", {"cost.center": "1", "cost center": "2"})


def test_the_same_plan_gives_the_same_arguments() -> None:
    assert region_args(plan(KEY, "p2"), KEY, RELEASE) == region_args(plan(KEY, "p2"), KEY, RELEASE)


def test_a_region_of_another_cloud_is_refused() -> None:
    with pytest.raises(PlanError, match=r"regions\.p2\.cloud: aws: gcp is wanted here"):
        region_args(plan(), "p2", RELEASE)


@pytest.mark.parametrize(
    ("gateways", "mtu"),
    [
        ({}, 1500),
        ({"path_mtu": 1460}, 1460),
        ({"path_mtu": 1400}, 1400),
        ({"path_mtu": 8896}, 1500),
        ({"path_mtu": 1460, "network_mtu": 8896}, 8896),
    ],
)
def test_a_network_is_as_large_as_its_setting_or_the_path_to_the_internet(gateways: dict[str, int], mtu: int) -> None:
    args = region_args(plan(gateways=gateways), KEY, RELEASE)
    assert "network" in args
    assert args["network"]["mtu"] == mtu


def test_a_range_of_the_region_itself_is_not_routed_to_its_gateways() -> None:
    inside = plan(network=EXISTING_NETWORK)
    args = region_args(inside, KEY, RELEASE)
    assert args["gateways"]["routes"] == ["100.64.0.0/17"]
    assert [str(route) for route in inside.gateway_ranges] == ["100.64.0.0/17", "172.23.0.0/24"]


def test_the_number_of_peers_does_not_change_the_routes() -> None:
    few, many = plan(peers=1), plan(peers=60)
    assert few.gateway_routes(KEY) == many.gateway_routes(KEY)


def test_names_stay_within_google_clouds_limits() -> None:
    template = "{federation}-{region}-{role}-of-the-platform-of-acme"
    args = region_args(plan(whole={"naming": {"template": template}}), KEY, RELEASE)
    assert "cluster" in args
    assert len(args["gateways"]["account"]) <= 30
    assert len(args["cluster"]["account"]) <= 30
    assert args["gateways"]["account"] != args["cluster"]["account"]
    assert len(args["cluster"]["settings"]["cluster"]) <= 40


def test_gateways_ask_outside_only_on_ports_that_they_need() -> None:
    mirror = {"image": {"kind": "stock", "package_mirror": "https://mirror.acme.example:8443/debian"}}
    assert ports(plan(), "services") == ["443", "80"]
    assert ports(plan(gateways=mirror), "services") == ["443", "8443"]
    assert ports(plan(proxy={"url": "http://proxy.acme.example:3128"}), "services") == ["3128", "443"]


def test_a_prepared_image_installs_nothing_at_first_boot() -> None:
    assert "apt-get" not in script(gateways={"image": {"kind": "prepared", "id": "images/gateway-7"}})
    assert "apt-get install" in script()


def test_the_first_boot_uses_mirror_proxy_and_authorities_and_is_a_valid_script() -> None:
    text = script(
        gateways={"image": {"kind": "stock", "package_mirror": MIRROR}},
        proxy={"url": "http://proxy.acme.example:3128"},
        extra_ca=PEM,
    )
    assert f'echo "deb "{MIRROR}" $VERSION_CODENAME main"' in text
    assert 'Acquire::https::Proxy "http://proxy.acme.example:3128";' in text
    assert text.index("update-ca-certificates") < text.index("apt-get update")
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0


def test_an_account_stack_is_for_a_project_of_the_federation() -> None:
    assert account_args(plan(), "acme-mesh") == {"project": "acme-mesh"}
    with pytest.raises(PlanError, match="account: elsewhere: is no project"):
        account_args(plan(), "elsewhere")


def test_an_account_logs_data_access_and_hardens_machines() -> None:
    made, outputs = deploy(lambda: {"project": GcpAccount("acme", {"project": "acme-mesh"}).project})
    audits = of_type(made, "gcp:projects/iAMAuditConfig:IAMAuditConfig").values()
    assert {audit["service"] for audit in audits} == set(AUDITED)
    for audit in audits:
        assert [log["logType"] for log in audit["auditLogConfigs"]] == ["ADMIN_READ", "DATA_READ", "DATA_WRITE"]
    services = of_type(made, "gcp:projects/service:Service").values()
    assert {service["service"] for service in services} == set(SERVICES)
    assert {service["disableOnDestroy"] for service in services} == {False}
    items = of_type(made, "gcp:compute/projectMetadataItem:ProjectMetadataItem").values()
    assert {item["key"]: item["value"] for item in items} == {
        "enable-oslogin": "TRUE",
        "block-project-ssh-keys": "TRUE",
        "serial-port-enable": "FALSE",
    }
    assert outputs == {"project": "acme-mesh"}
