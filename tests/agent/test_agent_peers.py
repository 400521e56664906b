"""What is kept of peers' documents, and what a change of pins does to it."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from meshfed_agent import documents
from meshfed_agent.alarms import Alarms
from meshfed_agent.documents import Asked
from meshfed_agent.errors import RemoteError
from meshfed_agent.gateway import PeerGateway, Tunnel
from meshfed_agent.peers import WORKERS, Peers
from meshfed_agent.web import Web

from .lab import public_pem

VALID_SECONDS = 86400
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
KEY, NEXT = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


class Distribution(Web):
    """Answers from a table; an address without an entry is silent."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
        if url not in self.objects:
            raise RemoteError(f"{url}: no answer: timed out")
        return self.objects[url]


def gateway(*keys: ec.EllipticCurvePrivateKey, epoch: int = 1, region: str = "euc1") -> PeerGateway:
    tunnels = tuple(Tunnel(n, "wireguard", f"wg-{region}-a{n}", 1420, (), ("x",), "", 0) for n in (0, 1))
    return PeerGateway(region, "a", epoch, tuple(public_pem(key) for key in keys), f"https://x/{region}", tunnels)


def document(sequence: int, key: ec.EllipticCurvePrivateKey = KEY, epoch: int = 1) -> bytes:
    asked = Asked("euc1", "a", epoch, ())
    raw = documents.statement(asked, sequence, NOW + timedelta(hours=1), documents.body((), {}))
    return documents.envelope(raw, lambda data: key.sign(data, ec.ECDSA(hashes.SHA256())))


class Watched:
    """The peers of one host, whose agent may be started anew."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.web, self.alarms = folder, Distribution(), Alarms()
        self.restart()

    def restart(self) -> None:
        self.peers = Peers(self.folder, self.web, self.alarms)

    def poll(self, peer: PeerGateway, now: datetime = NOW) -> tuple[int | None, str]:
        """The sequence in use, and the alarms."""
        self.alarms.begin()
        found = self.peers.poll([peer], now, VALID_SECONDS)
        sequence = found["euc1-a"].sequence if found else None
        return sequence, "; ".join(self.alarms.end())


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    made = Watched(tmp_path)
    made.web.objects["https://x/euc1"] = document(5)
    assert made.poll(gateway(KEY)) == (5, "")
    return made


def test_the_last_accepted_document_stays_when_the_distribution_is_silent(
    watched: Watched,
) -> None:
    watched.web.objects.clear()
    for _ in range(2):
        sequence, alarms = watched.poll(gateway(KEY))
        assert sequence == 5
        assert "no answer: timed out; the last accepted document stays in use" in alarms
        watched.restart()


def test_an_expired_one_stays_in_use_and_is_alarmed(watched: Watched) -> None:
    sequence, alarms = watched.poll(gateway(KEY), NOW + timedelta(days=3))
    assert sequence == 5
    assert "expired at 2026-11-21T11:00:00Z; it stays in use" in alarms


def test_a_key_that_is_pinned_no_more_closes_the_tunnel_at_once(watched: Watched) -> None:
    watched.web.objects.clear()
    sequence, alarms = watched.poll(gateway(NEXT))
    assert sequence is None
    assert "what was accepted is good no more" in alarms
    assert "its tunnel is closed" in alarms
    assert watched.poll(gateway(KEY, NEXT))[0] == 5, "pinned again, it is good again"


def test_a_sequence_counts_although_its_key_is_pinned_no_more(watched: Watched) -> None:
    watched.web.objects["https://x/euc1"] = document(4, NEXT)
    sequence, alarms = watched.poll(gateway(NEXT))
    assert sequence is None
    assert "sequence is 4, 5 was accepted" in alarms
    watched.web.objects["https://x/euc1"] = document(6, NEXT)
    assert watched.poll(gateway(NEXT)) == (6, "")


def test_a_new_epoch_closes_the_old_ones_tunnel_until_its_own_document_comes(watched: Watched) -> None:
    assert watched.poll(gateway(KEY, epoch=2))[0] is None
    watched.web.objects["https://x/euc1"] = document(1, epoch=2)
    assert watched.poll(gateway(KEY, epoch=2)) == (1, "")
    watched.web.objects["https://x/euc1"] = document(9)
    sequence, alarms = watched.poll(gateway(KEY, epoch=2))
    assert sequence == 1
    assert "epoch is 1; pinned: 2" in alarms


def test_pins_that_went_back_bring_no_old_epoch_back(watched: Watched) -> None:
    watched.web.objects["https://x/euc1"] = document(1, epoch=2)
    assert watched.poll(gateway(KEY, epoch=2)) == (1, "")
    watched.web.objects["https://x/euc1"] = document(9)
    sequence, alarms = watched.poll(gateway(KEY, epoch=1))
    assert sequence is None
    assert "epoch is 1, 2 was accepted" in alarms


def test_a_damaged_file_is_told_and_the_next_good_document_replaces_it(watched: Watched) -> None:
    (watched.folder / "euc1-a.json").write_bytes(b"{")
    watched.web.objects.clear()
    sequence, alarms = watched.poll(gateway(KEY))
    assert sequence is None
    assert "is not the JSON that is wanted" in alarms
    watched.web.objects["https://x/euc1"] = document(5)
    assert watched.poll(gateway(KEY)) == (5, "")


def test_silent_peers_are_asked_side_by_side(tmp_path: Path) -> None:
    """All workers are inside a request at the same time, or this never ends."""
    together = threading.Barrier(WORKERS, timeout=20)

    class Silent(Distribution):
        def get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
            together.wait()
            raise RemoteError(f"{url}: no answer")

    alarms = Alarms()
    alarms.begin()
    many = [gateway(KEY, region=f"r{number}") for number in range(WORKERS)]
    assert Peers(tmp_path, Silent(), alarms).poll(many, NOW, VALID_SECONDS) == {}
    assert not together.broken
