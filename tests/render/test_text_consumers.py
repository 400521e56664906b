"""Every text is read by the program it is for: cloud-init, nft, bird, and wg with wireguard-go.

Needs root and the Debian packages of `make test-packages`. Not proven here: Debian 13's versions of these programs, the
kernel's WireGuard. swanctl.conf is tested in test_ipsec_sessions.py.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from meshfed.render.bird import BgpNeighbor
from meshfed.render.cloud_init import user_data
from meshfed.render.gateway_document import gateway_document
from meshfed.render.host_files import FIRST_FIREWALL, first_bird
from meshfed.topology.plan import Plan
from meshfed.values import GatewayName
from tests.render.golden import FOLDER, VARIANTS
from tests.render.host import Host
from tests.render.plans import HOSTS, KEYS, many, three_clouds

A = GatewayName.A
GOLDEN_BIRD = sorted(FOLDER.glob("*/*/bird.conf"))
GOLDEN_NFTABLES = sorted(FOLDER.glob("*/*/nftables.conf"))
GOLDEN_USER_DATA = sorted((FOLDER / "user-data").glob("*.yaml"))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path, "gateway")
    yield made
    made.close()


def document(plan: Plan, key: str, *neighbors: BgpNeighbor) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(gateway_document(plan, key, A, neighbors)))


def test_there_are_texts_of_every_kind() -> None:
    assert (len(GOLDEN_BIRD), len(GOLDEN_NFTABLES), len(GOLDEN_USER_DATA)) == (len(VARIANTS) * 3, len(VARIANTS) * 3, 3)


@pytest.mark.parametrize("path", GOLDEN_USER_DATA, ids=lambda path: path.name)
def test_cloud_init_takes_the_user_data(host: Host, path: Path) -> None:
    assert "Valid cloud-config" in host.sh("cloud-init", "schema", "-c", str(path))


@pytest.mark.parametrize("path", GOLDEN_NFTABLES, ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_nft_takes_the_ruleset_twice(host: Host, path: Path) -> None:
    host.sh("nft", "-c", "-f", str(path))
    for _ in range(2):
        host.sh("nft", "-f", str(path))
    assert host.sh("nft", "list", "tables").split() == ["table", "inet", "meshfed"]


@pytest.mark.parametrize("path", GOLDEN_BIRD, ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_bird_takes_its_configuration(host: Host, path: Path) -> None:
    host.sh("bird", "-p", "-c", str(path))


def test_the_first_boot_is_taken_and_lets_nothing_in(host: Host, tmp_path: Path) -> None:
    rules, bird = tmp_path / "nftables.conf", tmp_path / "bird.conf"
    rules.write_text(FIRST_FIREWALL)
    bird.write_text(first_bird(three_clouds().regions["use1"], A))
    host.sh("nft", "-f", str(rules))
    host.sh("bird", "-p", "-c", str(bird))
    listed = host.sh("nft", "list", "ruleset")
    assert listed.count("policy drop") == 2
    assert "dport 22" not in listed


def test_nft_and_bird_take_128_regions(host: Host, tmp_path: Path) -> None:
    texts = document(many(128), "region00", BgpNeighbor("100.64.0.12", 65000))["texts"]
    for name, command in (("nftables", ["nft", "-f"]), ("bird", ["bird", "-p", "-c"])):
        path = tmp_path / name
        path.write_text(texts[name])
        host.sh(*command, str(path))


def test_nft_and_bird_take_a_region_without_peers(host: Host, tmp_path: Path) -> None:
    texts = document(three_clouds(pinned=()), "use1", BgpNeighbor("100.64.0.12", 65000))["texts"]
    for name, command in (("nftables", ["nft", "-f"]), ("bird", ["bird", "-p", "-c"])):
        path = tmp_path / name
        path.write_text(texts[name])
        host.sh(*command, str(path))


@pytest.mark.parametrize("settings", [{}, {"reroute": "direct"}])
def test_wireguard_takes_a_tunnel(host: Host, settings: dict[str, Any]) -> None:
    tunnel = document(three_clouds(**settings), "use1")["peers"][0]["gateways"][0]["tunnels"][0]
    name, key = tunnel["interface"], host.sh("wg", "pubkey", stdin=host.sh("wg", "genkey")).strip()
    # It goes on in the background and would keep this test's output open.
    host.sh("sh", "-c", f"wireguard-go {name} </dev/null >/dev/null 2>&1")
    text = host.folder / "tunnel.conf"
    text.write_text(tunnel["wireguard"].replace("@peer_public_key@", key))
    host.sh("wg", "syncconf", name, str(text))
    assert host.sh("wg", "show", name, "listen-port").strip() == "51824"
    assert host.sh("wg", "show", name, "fwmark").strip() == "0x6d66"
    assert host.sh("wg", "show", name, "endpoints").split() == [key, "203.0.113.2:51820"]
    assert host.sh("wg", "show", name, "persistent-keepalive").split() == [key, "25"]
    allowed = host.sh("wg", "show", name, "allowed-ips").split()[1:]
    assert sorted(allowed) == sorted(tunnel["wireguard"].partition("AllowedIPs = ")[2].splitlines()[0].split(", "))


def test_user_data_of_every_cloud_names_its_own_store() -> None:
    plan = three_clouds()
    kinds = [
        kind
        for key in KEYS
        for kind in ("s3", "gcs", "azure_blob")
        if f'"kind": "{kind}",\n      "location"' in user_data(plan, key, A, HOSTS[plan.regions[key].cloud])
    ]
    assert kinds == ["s3", "gcs", "azure_blob"]
