"""What the library renders is what the agent reads: the two share formats by these tests, not by imports."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from meshfed.render.agent_settings import agent_settings
from meshfed.render.gateway_document import gateway_document
from meshfed.render.release import AgentRelease
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.values import GatewayName
from meshfed_agent import config, gateway, grants, release, update
from meshfed_agent.documents import Asked
from meshfed_agent.errors import ConfigError, RefusedError
from tests.render.plans import HOSTS, KEYS, three_clouds
from tests.topology import offline_keys
from tests.topology.federations import raw
from tests.topology.offline_keys import UNTIL, good, pinned, signed

PLAN = three_clouds()


@pytest.mark.parametrize("region", KEYS)
@pytest.mark.parametrize("letter", list(GatewayName))
def test_the_agent_reads_rendered_settings(tmp_path: Path, region: str, letter: GatewayName) -> None:
    path = tmp_path / "agent.json"
    path.write_text(agent_settings(PLAN, region, letter, HOSTS[PLAN.regions[region].cloud]))
    read = config.load(path)
    assert read.name == f"{region}-{letter.value}"
    assert read.store.location == HOSTS[PLAN.regions[region].cloud].store_location
    assert read.publish.role_arn.startswith("arn:aws:iam::")


@pytest.mark.parametrize("region", KEYS)
@pytest.mark.parametrize("kind", ["wireguard", "ipsec"])
def test_the_agent_reads_rendered_gateway_documents(region: str, kind: str) -> None:
    plan = three_clouds(kind=kind)
    read = gateway.parse(gateway_document(plan, region, GatewayName.A).encode(), region, "a")
    assert {peer.name for peer in read.peers} == {f"{key}-{x}" for key in KEYS if key != region for x in "ab"}
    assert {tunnel.kind for peer in read.peers for tunnel in peer.tunnels} == {kind}
    assert bool(read.texts.swanctl) == (kind == "ipsec")


def test_a_region_that_is_not_pinned_does_not_appear() -> None:
    plan = three_clouds(pinned=("use1",))
    assert gateway.parse(gateway_document(plan, "use1", GatewayName.A).encode(), "use1", "a").peers == ()


def test_the_agent_takes_the_rendered_grant_of_a_rebuilt_region() -> None:
    facts = pinned(signed(good()))
    rebuilt = build(Federation.model_validate(raw(offline_keys.regions())), facts)
    read = gateway.parse(gateway_document(rebuilt, "one", GatewayName.A).encode(), "one", "a")
    for peer in read.peers:
        asked = Asked(peer.region, peer.gateway, peer.epoch, peer.keys)
        assert (asked.region, asked.epoch) == ("two", 2)
        assert grants.judge(asked, peer.grant, 1, UNTIL - timedelta(seconds=1)) == asked
        with pytest.raises(RefusedError, match="expired"):
            grants.judge(asked, peer.grant, 1, UNTIL)
    closed = build(Federation.model_validate(raw(offline_keys.regions())), pinned(None))
    assert gateway.parse(gateway_document(closed, "one", GatewayName.A).encode(), "one", "a").peers == ()


def test_the_agent_reads_the_rendered_release_of_its_own_build(tmp_path: Path) -> None:
    built = release.build(tmp_path / "agent.pyz")
    rendered = AgentRelease(version=built.version, sha256=built.sha256, path=str(tmp_path / "agent.pyz"))
    read = update.parse(rendered.document().encode())
    assert (read.object, read.sha256) == (built.object, built.sha256)
    assert json.loads(rendered.document())["format"] == built.format


DOCUMENT = json.loads(gateway_document(PLAN, "use1", GatewayName.A))


def changed(path: str, value: object) -> bytes:
    """The document with one value changed; the path is like `peers.0.gateways.0.url`."""
    document = json.loads(json.dumps(DOCUMENT))
    here = document
    *parts, last = path.split(".")
    for part in parts:
        here = here[int(part) if part.isdigit() else part]
    here[last] = value
    return json.dumps(document).encode()


TUNNEL = "peers.0.gateways.0.tunnels.0"


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("format", "meshfed/gateway/v2", "format"),
        ("region", "euc1", 'region: is "euc1"; wanted: "use1"'),
        ("gateway", "b", 'wanted: "a"'),
        ("poll_seconds", 0, "from 1 to 3600"),
        ("poll_secunds", 60, "poll_secunds: is not known"),
        ("publish.object", "../../etc/passwd", "an object's name"),
        ("publish.renew_seconds", 10**6, "renewal before expiry"),
        ("peers.0.region", "use1", "interfaces are not named after|is this region itself"),
        ("peers.0.keys", [], "pinned keys"),
        ("peers.0.gateways.0.url", "http://trust.example.net/x", "an https address"),
        ("peers.0.gateways.0.url", "https://me:word@trust.example.net/x", "holds credentials"),
        ("peers.0.gateways.0.gateway", "c", "a or b"),
        (f"{TUNNEL}.interface", "eth0", "a name like"),
        (f"{TUNNEL}.interface", "wg-../../x-a0", "a name like"),
        (f"{TUNNEL}.generation", 1, "generation 0, then generation 1"),
        (f"{TUNNEL}.addresses", ["100.66.0.0/31 dev eth0"], "addresses with their prefix"),
        (f"{TUNNEL}.bgp", ['x"; configure undo'], "bird's protocols"),
        (f"{TUNNEL}.wireguard", "[Peer]\n", "exactly once"),
        (
            f"{TUNNEL}.wireguard",
            "[Interface]\nPrivate Key = x\n[Peer]\nPublicKey = @peer_public_key@",
            "born on the host",
        ),
    ],
)
def test_a_gateway_document_with_one_wrong_value_is_refused(path: str, value: object, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        gateway.parse(changed(path, value), "use1", "a")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "x"}, "format"),
        ({"region": "US-EAST-1"}, "a region key"),
        ({"state_directory": "state"}, "an absolute path"),
        ({"secret": "x"}, "secret: is not known"),
        ({"store": {"kind": "s3", "location": "b"}}, "store.region: is missing"),
        ({"store": {"kind": "ftp", "location": "b"}}, "one of s3, azure_blob"),
        (
            {"distribution": {"publish": {"kind": "s3", "bucket": "b", "region": "us-east-1", "credential": "key"}}},
            "one of instance_role",
        ),
    ],
)
def test_settings_with_one_fault_are_refused_with_its_place(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    text = agent_settings(PLAN, "use1", GatewayName.A, HOSTS[PLAN.regions["use1"].cloud])
    (tmp_path / "agent.json").write_text(json.dumps({**json.loads(text), **change}))
    with pytest.raises(ConfigError, match=reason):
        config.load(tmp_path / "agent.json")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"a":1,"a":2}'])
def test_settings_that_are_no_json_object_are_one_clear_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "agent.json").write_bytes(data)
    with pytest.raises(ConfigError, match=r"agent\.json"):
        config.load(tmp_path / "agent.json")
    with pytest.raises(ConfigError, match="does not exist"):
        config.load(tmp_path / "none.json")
