"""The order of a pass: what a gateway knows it uses before it asks anybody.

WireGuard, nftables and bird are stand-ins that record; the namespace tests run the real ones.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from meshfed_agent import documents
from meshfed_agent.agent import Agent, Surroundings
from meshfed_agent.bird import Bird
from meshfed_agent.config import load
from meshfed_agent.distribution import DirectoryPublisher
from meshfed_agent.documents import Asked
from meshfed_agent.errors import HostError, RemoteError
from meshfed_agent.gateway import Tunnel, parse
from meshfed_agent.keys import KeyRing
from meshfed_agent.links import Link, Links
from meshfed_agent.signer import FileSigner
from meshfed_agent.store import DirectoryStore
from meshfed_agent.texts import TextFiles
from meshfed_agent.web import Web

from .lab import End, Lab, private_pem, settings

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
SESSION = "wg_euc1_a0"


class Host:
    """A gateway whose BGP session is up, whose peer's document was accepted, and whose distribution is silent."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.did: list[str] = []
        self.present: dict[str, Link] = {}
        self.end = End("use1", "", "203.0.113.1", "100.64.1.1", 65001, 0, folder / "a")
        peer = End("euc1", "", "203.0.113.2", "100.64.2.1", 65002, 1, folder / "b")
        self.end.root.mkdir()
        (self.end.root / "signer.pem").write_bytes(private_pem(self.end.key))
        (self.end.root / "agent.json").write_text(json.dumps({**settings(self.end, folder), "distribution": {
            "publish": {"kind": "directory", "bucket": str(folder / "out")}, "ca_file": None}}))  # fmt: skip
        Lab(self.end, peer, folder).gateway(self.end)
        self._pair(peer)
        self._stand_in(monkeypatch)

    def _stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def nothing(*_: object) -> None:
            return

        def firewall(*_: object) -> None:
            self.did.append("firewall")

        def routing(*_: object) -> None:
            self.did.append("routing")

        def established(_: Bird) -> frozenset[str]:
            return frozenset({SESSION})

        def present(_: Links) -> dict[str, Link]:
            return dict(self.present)

        def handshakes(_: Links) -> dict[str, int]:
            return {}

        for kind, name, stand_in in (
            (TextFiles, "check", nothing),
            (TextFiles, "apply_firewall", firewall),
            (TextFiles, "apply_routing", routing),
            (Bird, "established", established),
            (Bird, "switch", nothing),
            (Links, "present", present),
            (Links, "ensure", self._ensure),
            (Links, "handshakes", handshakes),
        ):
            monkeypatch.setattr(kind, name, stand_in)

    def _pair(self, peer: End) -> None:
        """Keys of both ends, and the peer's document as it was accepted."""
        document = parse((self.end.root / "store" / "gateways" / "a" / "peers.json").read_bytes(), "use1", "a")
        (gateway,) = document.peers
        far = KeyRing(peer.root / "keys")
        far.make(gateway, 0, "", int(NOW.timestamp()))
        public = {generation: own.public for generation, own in far.own(gateway).items()}
        KeyRing(self.end.state / "keys").make(gateway, 0, public[0], int(NOW.timestamp()))
        content = documents.body((), {self.end.name: public})
        raw = documents.statement(Asked("euc1", "a", 1, ()), 1, NOW + timedelta(hours=1), content)
        accepted = self.end.state / "accepted"
        accepted.mkdir(parents=True)
        signed = documents.envelope(raw, lambda data: peer.key.sign(data, ec.ECDSA(hashes.SHA256())))
        (accepted / f"{gateway.name}.json").write_bytes(signed)

    def _ensure(self, tunnel: Tunnel, *_: object) -> bool:
        self.did.append(f"tunnel {tunnel.interface}")
        self.present[tunnel.interface] = Link(tunnel.interface, 1, 1420, True, frozenset(), "", ())
        return True

    def agent(self) -> Agent:
        """The agent, just started."""
        config = load(self.end.root / "agent.json")
        host = self

        class Silent(Web):
            def get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
                host.did.append(f"poll, healthy: {made.health.healthy()}")
                raise RemoteError(f"{url}: no answer: timed out")

        store, publisher = DirectoryStore(self.end.root / "store"), DirectoryPublisher(self.end.root / "out")
        made = Agent(config, Surroundings(store, publisher, FileSigner(self.end.root / "signer.pem"), Silent()))
        return made


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_after_a_reboot_tunnels_and_health_wait_for_no_distribution(host: Host) -> None:
    agent = host.agent()
    assert not agent.health.healthy(), "before the first gateway document nothing may come"
    agent.pass_once(NOW)
    assert host.did == [
        "firewall", "routing", "tunnel wg-euc1-a0", "poll, healthy: True", "tunnel wg-euc1-a0",
    ]  # fmt: skip


def test_a_started_agent_leaves_standing_tunnels_until_it_has_asked(host: Host) -> None:
    """A newer document of the peer may be there: by the one on disk its tunnel could be taken down."""
    host.agent().pass_once(NOW)
    host.did.clear()
    host.agent().pass_once(NOW)
    assert host.did == ["firewall", "routing", "poll, healthy: True", "tunnel wg-euc1-a0"]


def waits_for_a_tunnel_alone(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether time makes the machine ready."""
    monkeypatch.setattr("meshfed_agent.health.TUNNEL_SECONDS", 0.0)
    return agent.health.ready(healthy=False)


def test_a_whole_pass_lets_time_make_the_machine_ready(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = host.agent()
    assert not waits_for_a_tunnel_alone(agent, monkeypatch)
    agent.pass_once(NOW)
    assert waits_for_a_tunnel_alone(agent, monkeypatch)


def test_a_machine_that_can_make_no_tunnel_is_not_ready_by_waiting(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bool:
        raise HostError("ip link add: Operation not supported")

    monkeypatch.setattr(Links, "ensure", broken)
    agent = host.agent()
    assert any("Operation not supported" in alarm for alarm in agent.pass_once(NOW).alarms)
    assert not waits_for_a_tunnel_alone(agent, monkeypatch)


def test_a_new_machine_that_hears_of_no_peer_is_not_ready_by_waiting(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kept in (host.end.state / "accepted").iterdir():
        kept.unlink()
    agent = host.agent()
    agent.pass_once(NOW)
    assert not waits_for_a_tunnel_alone(agent, monkeypatch)
