"""When and with which sequence a gateway publishes itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from meshfed_agent import documents
from meshfed_agent.distribution import DirectoryPublisher
from meshfed_agent.documents import Asked, Statement
from meshfed_agent.errors import RefusedError
from meshfed_agent.gateway import GatewayDocument, Publish, Texts
from meshfed_agent.publication import Publication
from meshfed_agent.signer import FileSigner

from .lab import private_pem, public_pem

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
KEYS = {"euc1-a": {0: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}


class Host:
    """One gateway's host and the distribution it writes to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.renew_key(self.key)

    def renew_key(self, key: ec.EllipticCurvePrivateKey) -> None:
        self.key = key
        (self.folder / "signer.pem").write_bytes(private_pem(key))

    def booted(self) -> Publication:
        """A host that remembers nothing."""
        publisher = DirectoryPublisher(self.folder / "distribution")
        return Publication("use1", "a", publisher, FileSigner(self.folder / "signer.pem"))

    @property
    def path(self) -> Path:
        return self.folder / "distribution" / "peers" / "use1" / "a.json"

    def published(self, epoch: int = 1) -> Statement:
        return documents.verify(self.path.read_bytes(), Asked("use1", "a", epoch, (public_pem(self.key),)))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def document(epoch: int = 1, pinned: tuple[str, ...] = ()) -> GatewayDocument:
    publish = Publish("peers/use1/a.json", 86400, renew_seconds=21600, addresses=("203.0.113.7",), keys=pinned)
    return GatewayDocument(epoch, Texts("", "", ""), publish, 60, 2592000, 30, ())


def test_the_first_document_has_sequence_one_and_the_stated_life(host: Host) -> None:
    host.booted().update(document(), KEYS, NOW)
    said = host.published()
    assert (said.sequence, said.not_after, said.tunnels) == (1, NOW + timedelta(days=1), KEYS)


def test_nothing_is_published_without_a_change_before_the_renewal_is_due(host: Host) -> None:
    publication = host.booted()
    publication.update(document(), KEYS, NOW)
    publication.update(document(), KEYS, NOW + timedelta(seconds=21599))
    assert host.published().sequence == 1
    publication.update(document(), KEYS, NOW + timedelta(seconds=21600))
    assert host.published().sequence == 2


def test_a_change_is_published_at_once(host: Host) -> None:
    publication = host.booted()
    publication.update(document(), KEYS, NOW)
    publication.update(document(), {}, NOW + timedelta(seconds=1))
    assert (host.published().sequence, host.published().tunnels) == (2, {})


def test_a_replaced_host_continues_from_what_is_published(host: Host) -> None:
    for sequence in (1, 2, 3):
        host.booted().update(document(), {f"euc{sequence}-a": {}}, NOW)
    assert host.published().sequence == 3
    before = host.path.read_bytes()
    host.booted().update(document(), {"euc3-a": {}}, NOW)
    assert host.path.read_bytes() == before, "it says the same: nothing to publish"


def test_a_new_epoch_starts_at_one_also_with_a_new_key(host: Host) -> None:
    host.booted().update(document(), KEYS, NOW)
    host.renew_key(ec.generate_private_key(ec.SECP256R1()))
    host.booted().update(document(2), KEYS, NOW)
    assert host.published(epoch=2).sequence == 1


def test_a_key_that_is_rotated_within_the_epoch_goes_on_with_the_sequence(host: Host) -> None:
    """The old key is pinned until the region's deployer pins the new one; the same content is signed anew at once."""
    host.booted().update(document(), KEYS, NOW)
    old = public_pem(host.key)
    host.renew_key(ec.generate_private_key(ec.SECP256R1()))
    publication = host.booted()
    publication.update(document(pinned=(old,)), KEYS, NOW)
    assert host.published().sequence == 2
    publication.update(document(pinned=(public_pem(host.key),)), KEYS, NOW)
    assert host.published().sequence == 2


def test_a_foreign_document_in_the_distribution_is_not_continued_and_not_replaced(host: Host) -> None:
    host.booted().update(document(), KEYS, NOW)
    host.renew_key(ec.generate_private_key(ec.SECP256R1()))
    before = host.path.read_bytes()
    with pytest.raises(RefusedError, match="restore its last good version"):
        host.booted().update(document(), KEYS, NOW + timedelta(days=1))
    assert host.path.read_bytes() == before


def test_another_writer_in_between_is_noticed_at_the_next_publication(host: Host) -> None:
    first, second = host.booted(), host.booted()
    first.update(document(), KEYS, NOW)
    second.update(document(), {}, NOW)
    first.update(document(), {"x1-a": {}}, NOW)
    assert host.published().sequence == 3
