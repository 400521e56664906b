"""What every rendered text of a tunnel gateway promises, whoever reads it."""

import json
import re
from typing import Any, cast

import pytest

from meshfed.errors import RenderError
from meshfed.render.bird import BgpNeighbor
from meshfed.render.cloud_init import USER_DATA_LIMIT, user_data
from meshfed.render.firewall import tunnel_sources
from meshfed.render.gateway_document import gateway_document
from meshfed.render.release import AgentRelease
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from meshfed.values import GatewayName, TunnelKind
from meshfed_agent.gateway import parse
from meshfed_agent.update import parse as parse_release
from tests.render.plans import HOSTS, KEYS, facts_of, many, three_clouds
from tests.topology.federations import raw, region

A, B = GatewayName.A, GatewayName.B
PRIVATE = re.compile(r"private.?key|BEGIN [A-Z ]*PRIVATE|preshared", re.IGNORECASE)


def document(plan: Plan, key: str, gateway: GatewayName = A, **more: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(gateway_document(plan, key, gateway, **more)))


@pytest.fixture(scope="module")
def largest() -> Plan:
    return many(128)


def test_user_data_is_the_same_for_two_and_for_128_regions(largest: Plan) -> None:
    host = HOSTS[largest.regions["region00"].cloud]
    assert user_data(many(2), "region00", A, host) == user_data(largest, "region00", A, host)


@pytest.mark.parametrize("key", KEYS)
def test_user_data_fits_every_cloud_with_two_kibibytes_to_spare(key: str) -> None:
    plan = three_clouds()
    assert len(user_data(plan, key, A, HOSTS[plan.regions[key].cloud]).encode()) < USER_DATA_LIMIT - 2 * 1024


def test_user_data_that_no_cloud_takes_is_refused() -> None:
    regions = {
        "use1": region("aws", "us-east-1", 0, extra_ca="-----BEGIN CERTIFICATE-----\n" + "A" * 5000),
        "use4": region("gcp", "us-east4", 1),
    }
    plan = build(Federation.model_validate(raw(regions)))
    host = HOSTS[plan.regions["use1"].cloud]
    with pytest.raises(RenderError, match=r"regions\.use1: user data has \d+ bytes; a cloud takes 16384"):
        user_data(plan, "use1", A, host)


def test_proxy_mirror_and_certificates_reach_the_host() -> None:
    regions = {
        "use1": region(
            "aws",
            "us-east-1",
            0,
            extra_ca="-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n",
            proxy={"url": "http://proxy.acme.example:3128", "except_for": [".acme.example"]},
            gateways={"image": {"kind": "stock", "package_mirror": "https://mirror.acme.example/debian"}},
        ),
        "use4": region("gcp", "us-east4", 1, gateways={"image": {"kind": "prepared", "id": "acme-gateway-7"}}),
    }
    plan = build(Federation.model_validate(raw(regions)))
    stock = user_data(plan, "use1", A, HOSTS[plan.regions["use1"].cloud])
    assert "    -----BEGIN CERTIFICATE-----\n    QUJD\n" in stock
    assert 'uri: "https://mirror.acme.example/debian-security"' in stock
    assert "    https_proxy=http://proxy.acme.example:3128\n" in stock
    assert "no_proxy=169.254.169.254,168.63.129.16,metadata.google.internal,localhost,127.0.0.1,.acme.example" in stock
    prepared = user_data(plan, "use4", A, HOSTS[plan.regions["use4"].cloud])
    assert "packages:" not in prepared
    assert "package_update" not in prepared


def test_the_pair_never_restarts_in_the_same_hour() -> None:
    plan = three_clouds()
    times = {
        re.findall(r'Reboot-Time "(\d\d:\d\d)"', user_data(plan, "use1", gateway, HOSTS[plan.regions["use1"].cloud]))[0]
        for gateway in GatewayName
    }
    assert len(times) == 2


@pytest.mark.parametrize("kind", list(TunnelKind))
def test_no_text_names_a_private_key(kind: TunnelKind) -> None:
    plan = three_clouds(kind=kind)
    for key in KEYS:
        for gateway in GatewayName:
            assert not PRIVATE.search(gateway_document(plan, key, gateway))
            assert not PRIVATE.search(user_data(plan, key, gateway, HOSTS[plan.regions[key].cloud]))


@pytest.mark.parametrize("settings", [{}, {"kind": "ipsec"}, {"reroute": "direct"}, {"transport": "interconnect"}])
def test_the_agent_reads_every_document(settings: dict[str, Any]) -> None:
    plan = three_clouds(**settings)
    for key in KEYS:
        for gateway in GatewayName:
            read = parse(gateway_document(plan, key, gateway).encode(), key, gateway.value)
            assert [peer.name for peer in read.peers] == [f"{k}-{g}" for k in KEYS if k != key for g in ("a", "b")]


def test_the_agent_reads_the_release() -> None:
    release = AgentRelease(version="0.1.0", sha256="ab" * 32, path="agent.pyz")
    read = parse_release(release.document().encode())
    assert (read.version, read.object, read.sha256) == ("0.1.0", "agent/meshfed-agent-0.1.0.pyz", "ab" * 32)


def test_names_and_sizes_hold_at_128_regions(largest: Plan) -> None:
    text = gateway_document(largest, "region00", A, [BgpNeighbor("100.64.0.12", 65000)])
    read = parse(text.encode(), "region00", "a")
    links = [link for peer in read.peers for link in peer.tunnels]
    assert len(links) == 127 * 2 * 2
    assert max(len(link.interface) for link in links) <= 15
    assert len(text) < 2 * 1024 * 1024


def test_both_ends_of_a_link_agree() -> None:
    plan = three_clouds()
    mine = document(plan, "use1")["peers"][0]["gateways"][1]["tunnels"][1]
    theirs = document(plan, "use4", B)["peers"][0]["gateways"][0]["tunnels"][1]
    port = re.compile(r"ListenPort = (\d+)")
    far = re.compile(r"Endpoint = [\d.]+:(\d+)")
    assert port.findall(mine["wireguard"]) == far.findall(theirs["wireguard"])
    assert far.findall(mine["wireguard"]) == port.findall(theirs["wireguard"])
    assert [("PersistentKeepalive" in end["wireguard"]) for end in (mine, theirs)].count(True) == 1
    assert mine["mtu"] == theirs["mtu"] == 1440


def test_a_pending_peer_appears_in_no_text() -> None:
    plan = three_clouds(pinned=("use1", "use4"))
    text = gateway_document(plan, "use1", A)
    assert "eus" not in text
    assert str(plan.regions["eus"].ranges.gateways) not in text
    assert [source.region for source in tunnel_sources(plan, "use1")] == ["use4", "use4"]


def test_a_region_alone_has_a_document_that_opens_nothing() -> None:
    plan = three_clouds(pinned=())
    read = document(plan, "use1")
    assert read["peers"] == []
    assert "protocol bgp" not in read["texts"]["bird"]
    assert read["publish"]["addresses"] == []


def test_a_direct_tunnel_carries_its_peer_alone() -> None:
    plan = three_clouds(reroute="direct")
    (peer, _) = document(plan, "use1")["peers"]
    allowed = re.findall(r"AllowedIPs = (.*)", peer["gateways"][0]["tunnels"][0]["wireguard"])[0].split(", ")
    own = plan.regions["use4"].ranges
    assert allowed == ["100.66.0.1/32", str(own.gateways), f"{plan.unique_local[1]}/128", str(own.gateways_ipv6)]


def test_a_cloud_firewall_opens_two_ports_for_each_peer_gateway() -> None:
    sources = tunnel_sources(three_clouds(), "use1")
    assert [(one.region, one.gateway.value, str(one.address), one.ports) for one in sources] == [
        ("use4", "a", "203.0.113.2", ((51824, 51825),)),
        ("use4", "b", "203.0.113.3", ((51826, 51827),)),
        ("eus", "a", "203.0.113.4", ((51828, 51829),)),
        ("eus", "b", "203.0.113.5", ((51830, 51831),)),
    ]


def test_over_an_interconnect_the_peer_is_its_private_address() -> None:
    plan = three_clouds(transport="interconnect")
    assert [str(one.address) for one in tunnel_sources(plan, "use1")][:2] == [
        str(plan.regions["use4"].ranges.gateway_address(gateway)) for gateway in GatewayName
    ]


def test_ipsec_opens_the_ports_of_ike() -> None:
    (first, *_) = tunnel_sources(three_clouds(kind="ipsec"), "use1")
    assert first.ports == ((500, 500), (4500, 4500))


def test_a_quarantined_region_sees_nobody_and_nobody_sees_it() -> None:
    regions = {
        "use1": region("aws", "us-east-1", 0),
        "use4": region("gcp", "us-east4", 1, state="quarantined"),
        "eus": region("azure", "eastus", 2),
    }
    plan = build(Federation.model_validate(raw(regions)), facts_of(KEYS))
    assert document(plan, "use4")["peers"] == []
    assert [peer["region"] for peer in document(plan, "use1")["peers"]] == ["eus"]


def test_a_route_server_in_the_own_subnet_is_direct_and_another_is_not() -> None:
    neighbors = [BgpNeighbor("100.64.0.12", 65000), BgpNeighbor("100.64.0.44", 65000)]
    bird = document(three_clouds(), "use1", bgp_neighbors=neighbors)["texts"]["bird"]
    first, second = bird.split("protocol bgp cloud_router_")[1:]
    assert "  direct;" in first
    assert "  multihop;" in second
    assert bird.count("  route 100.64.0.0/17\n") == 1
