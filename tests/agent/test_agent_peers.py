"""What is kept of peers' documents, and what a change of pins does to it."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from meshfed.settings.keys import fingerprint
from meshfed.topology import grants as library
from meshfed_agent import documents
from meshfed_agent.alarms import Alarms
from meshfed_agent.documents import Asked
from meshfed_agent.errors import RemoteError
from meshfed_agent.gateway import PeerGateway, Tunnel
from meshfed_agent.grants import Grant
from meshfed_agent.peers import WORKERS, Peers
from meshfed_agent.web import Web

from .lab import public_pem

VALID_SECONDS = 86400
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
KEY, NEXT, OFFLINE = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))


def granted(
    epoch: int,
    names: ec.EllipticCurvePrivateKey,
    *,
    region: str = "euc1",
    until: datetime = NOW + timedelta(days=1),
    by: ec.EllipticCurvePrivateKey = OFFLINE,
    offline: ec.EllipticCurvePrivateKey = OFFLINE,
) -> Grant:
    """What the offline key says of an epoch that begins with this peer key."""
    stated = library.Grant(region, epoch, fingerprint(public_pem(names)), "0" * 64, until).statement
    return Grant(public_pem(offline), stated, by.sign(stated.encode(), ec.ECDSA(hashes.SHA256())))


class Distribution(Web):
    """Answers from a table; an address without an entry is silent."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
        if url not in self.objects:
            raise RemoteError(f"{url}: no answer: timed out")
        return self.objects[url]


def gateway(
    *keys: ec.EllipticCurvePrivateKey, epoch: int = 1, region: str = "euc1", grant: Grant | None = None
) -> PeerGateway:
    tunnels = tuple(Tunnel(n, "wireguard", f"wg-{region}-a{n}", 1420, (), ("x",), "", 0) for n in (0, 1))
    pems = tuple(public_pem(key) for key in keys)
    return PeerGateway(region, "a", epoch, pems, f"https://x/{region}", tunnels, grant)


SECOND = granted(2, KEY)


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
    assert watched.poll(gateway(KEY, epoch=2, grant=SECOND))[0] is None
    watched.web.objects["https://x/euc1"] = document(1, epoch=2)
    assert watched.poll(gateway(KEY, epoch=2, grant=SECOND)) == (1, "")
    watched.web.objects["https://x/euc1"] = document(9)
    sequence, alarms = watched.poll(gateway(KEY, epoch=2, grant=SECOND))
    assert sequence == 1
    assert "epoch is 1; pinned: 2" in alarms


def test_pins_that_went_back_bring_no_old_epoch_back(watched: Watched) -> None:
    watched.web.objects["https://x/euc1"] = document(1, epoch=2)
    assert watched.poll(gateway(KEY, epoch=2, grant=SECOND)) == (1, "")
    watched.web.objects["https://x/euc1"] = document(9)
    sequence, alarms = watched.poll(gateway(KEY, epoch=1))
    assert sequence is None
    assert "epoch is 1, 2 was accepted" in alarms


def test_a_changed_pin_alone_begins_no_epoch(watched: Watched) -> None:
    watched.web.objects["https://x/euc1"] = document(1, NEXT, epoch=2)
    sequence, alarms = watched.poll(gateway(NEXT, epoch=2))
    assert sequence is None
    assert "grant of epoch 2 of euc1: is missing" in alarms
    assert "its tunnel is closed" in alarms
    for wrong, why in (
        (granted(2, NEXT, by=NEXT, offline=OFFLINE), "is not signed by the offline key of euc1"),
        (granted(2, KEY), "names another key than the pinned ones"),
        (granted(2, NEXT, until=NOW), "expired at 2026-11-21T10:00:00Z, before this host saw the epoch"),
        (granted(3, NEXT), "is for epoch 3 of euc1"),
        (granted(2, NEXT, region="use1"), "is for epoch 2 of use1"),
    ):
        sequence, alarms = watched.poll(gateway(NEXT, epoch=2, grant=wrong))
        assert sequence is None
        assert why in alarms
    assert watched.poll(gateway(NEXT, epoch=2, grant=granted(2, NEXT))) == (1, "")


def test_an_epoch_that_began_outlives_the_time_of_its_grant_and_a_rotated_key(watched: Watched) -> None:
    watched.web.objects["https://x/euc1"] = document(1, epoch=2)
    assert watched.poll(gateway(KEY, epoch=2, grant=SECOND)) == (1, "")
    late = granted(2, KEY, until=NOW)
    assert watched.poll(gateway(KEY, epoch=2, grant=late)) == (1, "")
    watched.web.objects["https://x/euc1"] = document(2, NEXT, epoch=2)
    assert watched.poll(gateway(NEXT, epoch=2, grant=late)) == (2, "")


def test_an_epoch_ends_with_its_grant(watched: Watched) -> None:
    watched.web.objects["https://x/euc1"] = document(1, epoch=2)
    assert watched.poll(gateway(KEY, epoch=2, grant=SECOND)) == (1, "")
    sequence, alarms = watched.poll(gateway(KEY, epoch=2))
    assert sequence is None
    assert "what was accepted is good no more: grant of epoch 2 of euc1: is missing" in alarms


def test_a_replaced_host_takes_a_granted_epoch_whenever_it_began(tmp_path: Path) -> None:
    fresh = Watched(tmp_path)
    fresh.web.objects["https://x/euc1"] = document(40, NEXT, epoch=2)
    assert fresh.poll(gateway(NEXT, epoch=2))[0] is None
    assert fresh.poll(gateway(NEXT, epoch=2, grant=granted(2, KEY, until=NOW))) == (40, "")


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
