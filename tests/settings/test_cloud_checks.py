"""What one cloud refuses is refused in the settings: administrators, certificates, versions, stores, long names."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from meshfed.settings.cloud_checks import UNCUT_LIMIT, UNCUT_ROLES
from meshfed.settings.cluster import NewCluster
from meshfed.settings.region_checks import OWN_TAGS, TAGS, region_faults
from meshfed.settings.versions import KUBERNETES_KNOWN
from meshfed.topology.build import build
from tests.topology.federations import federation_of, raw, region

COMPONENTS = Path(__file__).parents[2] / "components/meshfed"
PLACES = {"aws": "us-east-1", "azure": "eastus", "gcp": "us-east4"}
UUID = "11111111-2222-3333-4444-555555555555"


def _faults(cloud: str, **more: Any) -> list[str]:
    regions = {"one": region(cloud, PLACES[cloud], 0, **more), "two": region("gcp", "us-east4", 1)}
    return [str(fault) for fault in region_faults(raw(regions))]


def _administrator(cloud: str, one: str) -> list[str]:
    return _faults(cloud, cluster={"kind": "new", "administrators": [one]})


@pytest.mark.parametrize(
    ("cloud", "right"),
    [("aws", "arn:aws:iam::222222222222:role/admins"), ("azure", UUID), ("gcp", "admins@acme.example")],
)
def test_an_administrator_is_named_as_its_cloud_names_it(cloud: str, right: str) -> None:
    assert _administrator(cloud, right) == []
    for wrong in ("admins", "arn:aws:iam::222222222222:user/me", f"{UUID}0", "group:admins@acme.example"):
        (fault,) = _administrator(cloud, wrong)
        assert fault.startswith(f"regions.one.cluster.administrators[0]: {wrong}: the ")


def test_an_administrator_is_named_once_and_google_groups_are_of_one_domain() -> None:
    role = "arn:aws:iam::222222222222:role/admins"
    assert _faults("aws", cluster={"kind": "new", "administrators": [role, role]}) == [
        f"regions.one.cluster.administrators[1]: {role}: is named twice. Keep one."
    ]
    assert _faults("gcp", cluster={"kind": "new", "administrators": ["a@x.example", "b@x.example"]}) == []
    assert _faults("gcp", cluster={"kind": "new", "administrators": ["a@x.example", "a@y.example"]}) == [
        "regions.one.cluster.administrators[1]: a@y.example: is not of x.example, as the first group is; "
        "a cluster takes groups of one domain. Use groups of x.example."
    ]


def test_a_role_is_of_the_owners_own_account() -> None:
    def owners(account: str) -> dict[str, Any]:
        role = f"arn:aws:iam::{account}:role/deploy"
        return {"default": {"account": "222222222222"}, "kms": {"account": "333333333333", "role": role}}

    assert _faults("aws", owners=owners("333333333333")) == []
    assert _faults("aws", owners=owners("222222222222")) == [
        "regions.one.owners.kms.role: arn:aws:iam::222222222222:role/deploy: is a role of account 222222222222; "
        "this owner's account is 333333333333. Name a role of that account."
    ]


def test_all_owners_of_a_region_in_azure_are_of_one_tenant() -> None:
    tenant, other = "66666666-7777-8888-9999-000000000000", "66666666-7777-8888-9999-000000000001"

    def owners(of_kms: str) -> dict[str, Any]:
        one = {"subscription": UUID, "tenant": tenant}
        return {"default": one, "kms": {**one, "tenant": of_kms}}

    assert _faults("azure", owners=owners(tenant)) == []
    assert _faults("azure", owners=owners(other)) == [
        f"regions.one.owners.kms.tenant: {other}: is not the default owner's tenant {tenant}; a region has one tenant. "
        "Use a subscription of that tenant."
    ]


def test_the_distribution_is_in_a_location_that_aws_has() -> None:
    regions = {"one": region("aws", "us-east-1", 0), "two": region("gcp", "us-east4", 1)}
    distribution = raw(regions)["distribution"]
    for location in ("us-east-3", "cn-north-1"):
        (fault,) = region_faults(raw(regions, distribution={**distribution, "location": location}))
        assert str(fault).startswith(f"distribution.location: {location}: is no location of aws that is known. Did you")
    assert list(region_faults(raw(regions, distribution={**distribution, "location": "eu-west-1"}))) == []


@pytest.mark.parametrize("tags", [{"owner": "team#1*?"}, {"a;b": "x"}, {"AWS:x": "y"}, {"k": "line\nbreak"}])
def test_a_tag_of_aws_keeps_its_alphabet(tags: dict[str, str]) -> None:
    (fault,) = _faults("aws", tags=tags)
    assert "is no tag of aws" in fault


def test_tags_are_as_many_as_every_resource_takes() -> None:
    for cloud, (limit, _) in TAGS.items():
        # The tag of the federation and two of ours are among them.
        fitting = {f"k{number}": "v" for number in range(limit - 3)}
        assert _faults(cloud, tags=fitting) == []
        (fault,) = _faults(cloud, tags={**fitting, "more": "v"})
        assert fault.startswith(f"regions.one.tags: {limit + 1} tags: are more than the {limit} that ")


def test_every_tag_of_ours_is_counted() -> None:
    settings = federation_of([0, 1])
    assert set(build(settings).regions["r0"].tags) - set(settings.tags) == OWN_TAGS


def _pem(der: bytes, kind: str = "CERTIFICATE") -> str:
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(der).decode()}-----END {kind}-----\n"


WHOLE = bytes((0x30, 0x82, 0x01, 0x00)) + bytes(256)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (_pem(WHOLE) * 2, ""),
        (f"# our root\n{_pem(WHOLE)}", ""),
        ("hello", "holds no PEM certificate. Paste the CA's certificate."),
        (_pem(WHOLE) + _pem(WHOLE[:-1]), "block 2 is no certificate."),
        (_pem(b"\x31" + WHOLE[1:]), "block 1 is no certificate."),
        (_pem(WHOLE) + _pem(WHOLE, "PUBLIC KEY"), "block 2 is no certificate."),
        (_pem(WHOLE).replace("AAAA", "A-AA"), "block 1 is no certificate."),
        (_pem(WHOLE) + _pem(WHOLE)[:80], "ends within a certificate."),
        (_pem(WHOLE) + _pem(WHOLE, "EC PRIVATE KEY"), "holds a private key."),
    ],
)
def test_extra_certificates_are_certificates(text: str, fault: str) -> None:
    found = _faults("aws", extra_ca=text)
    assert len(found) == bool(fault)
    assert "".join(found).startswith(f"regions.one.extra_ca: {fault}" if fault else "")


def test_a_version_of_kubernetes_that_nobody_knows_is_refused() -> None:
    assert [NewCluster(version=known).version for known in KUBERNETES_KNOWN] == list(KUBERNETES_KNOWN)
    for unknown in ("1.32", "1.99", "1.36.1"):
        with pytest.raises(ValidationError, match=re.escape(f"must be one of {', '.join(KUBERNETES_KNOWN)}")):
            NewCluster(version=unknown)


def test_a_store_is_not_opened_to_a_deployer_that_may_not_write() -> None:
    ranges = ["203.0.113.10/32"]
    assert _faults("azure", store={"deployer_ranges": ranges, "account_keys": "deployer"}) == []
    assert _faults("azure", store={"account_keys": "deployer"}) == []
    assert _faults("azure", store={"deployer_ranges": ranges}) == [
        "regions.one.store.deployer_ranges: opens the store to a deployer that account_keys: refused keeps from "
        "writing. Write account_keys: deployer, or leave it out."
    ]


def test_a_private_zone_is_named_by_its_arm_id_and_on_azure_alone() -> None:
    zone = f"/subscriptions/{UUID}/resourceGroups/dns/providers/Microsoft.Network/privateDnsZones/privatelink."
    right = {"blob": f"{zone}blob.core.windows.net", "vault": f"{zone}vaultcore.azure.net"}
    assert _faults("azure", network={"kind": "new", "private_zones": right}) == []
    assert _faults("azure", network={"kind": "new", "private_zones": {"vault": right["blob"]}}) == [
        f"regions.one.network.private_zones.vault: {right['blob']}: the ARM id of a private DNS zone "
        "privatelink.vaultcore.azure.net is wanted here."
    ]
    (fault,) = _faults("gcp", network={"kind": "new", "private_zones": right})
    assert fault == "regions.one.network.private_zones: is for regions in azure. Leave it out."


def test_a_network_of_azure_may_have_a_second_subnet_of_endpoints_for_the_api_server() -> None:
    one = {"id": "/x", "range": "10.0.0.0/24"}
    names = ("node_subnets", "tunnel_subnets", "east_west_subnets")
    network = {"kind": "existing", **{name: [one] for name in names}}
    assert _faults("azure", network={**network, "endpoint_subnets": [one, one]}) == []
    assert len(_faults("azure", network={**network, "endpoint_subnets": [one] * 3})) == 1
    assert len(_faults("gcp", network={**network, "endpoint_subnets": [one, one]})) == 1


def test_a_template_whose_names_no_cloud_would_take_is_refused() -> None:
    longest = "acme" + "one" + max(UNCUT_ROLES, key=len)
    fits = "{federation}{region}{role}" + "x" * (UNCUT_LIMIT - len(longest))
    regions = {"one": region("aws", "us-east-1", 0), "two": region("gcp", "us-east4", 1)}
    assert list(region_faults(raw(regions, naming={"template": fits}))) == []
    (fault,) = region_faults(raw(regions, naming={"template": f"{fits}x"}))
    assert fault.wanted == "makes a name of 129 characters for break-glass of one; aws takes 128."


def test_every_name_that_components_do_not_shorten_is_counted() -> None:
    uncut: set[str] = set()
    for path in COMPONENTS.rglob("*.py"):
        for line in path.read_text().splitlines():
            found = re.search(r"(physical_name\([A-Z_]+, )?region\.physical_name\((['\"])([a-z-]+)\2", line)
            if found and not found[1]:
                uncut.add(found[3])
    assert {"break-glass", "peer"} <= uncut <= set(UNCUT_ROLES)
