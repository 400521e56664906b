"""Epochs after a region's first: a host takes one only with a grant, the word of the region's offline key.

What is pinned comes with the gateway document. Somebody who can change a pin, and no more, cannot begin an epoch here.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import documents
from .documents import Asked
from .errors import RefusedError
from .reading import Reader

KIND = "epoch"
FIRST_EPOCH = 1
"""The epoch of a new region, which needs no grant."""
SHA256 = r"[0-9a-f]{64}"


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as the gateway document hands it over; nothing of it is judged yet."""

    offline_key: str
    statement: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Stated:
    """What a grant says."""

    region: str
    epoch: int
    not_after: datetime
    peer_key: str
    """SHA-256 of the key's DER, in hexadecimal."""


def read(part: Reader) -> Grant:
    """The grant in a gateway document."""
    found = Grant(
        part.text("offline_key"),
        part.text("statement", r"[ -~]+", wanted="a statement"),
        documents.decoded(part, "signature"),
    )
    part.done()
    return found


def judge(asked: Asked, grant: Grant | None, last_epoch: int | None, now: datetime) -> Asked:
    """The pins as far as the grant bears them; raises RefusedError where it does not.

    An epoch begins where this host accepted an older one: then the grant must not have expired, and only the key that
    it names counts. Later the region may rotate its key as in its first epoch; a host that knows no older epoch (a
    replaced gateway) takes what is pinned of a granted one.
    """
    stated = check(asked, grant)
    if stated is None or last_epoch is None or last_epoch >= asked.epoch:
        return asked
    if stated.not_after <= now:
        raise _refused(asked, f"expired at {stated.not_after.strftime(documents.TIME)}, before this host saw the epoch")
    keys = tuple(pem for pem in asked.keys if _fingerprint(pem) == stated.peer_key)
    if not keys:
        raise _refused(asked, "names another key than the pinned ones")
    return replace(asked, keys=keys)


def check(asked: Asked, grant: Grant | None) -> Stated | None:
    """What the offline key says of the pinned epoch, None of the first; raises RefusedError where it says nothing."""
    if asked.epoch == FIRST_EPOCH:
        return None
    if grant is None:
        raise _refused(asked, "is missing")
    raw = grant.statement.encode()
    if not documents.is_signed(raw, grant.signature, grant.offline_key):
        raise _refused(asked, f"is not signed by the offline key of {asked.region}")
    top, body = documents.read_canonical(raw, f"grant of epoch {asked.epoch} of {asked.region}", KIND)
    stated = Stated(
        region=top.text("region"),
        epoch=top.number("epoch", 1, documents.MAX_EPOCH),
        not_after=documents.read_time(top),
        peer_key=body.text("peer_key", SHA256, wanted="a SHA-256"),
    )
    body.text("bundle_key", SHA256, wanted="a SHA-256")
    body.done()
    top.done()
    if (stated.region, stated.epoch) != (asked.region, asked.epoch):
        raise _refused(asked, f"is for epoch {stated.epoch} of {stated.region}")
    return stated


def _fingerprint(pem: str) -> str:
    der = documents.public_key(pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _refused(asked: Asked, reason: str) -> RefusedError:
    return RefusedError(f"grant of epoch {asked.epoch} of {asked.region}: {reason}")
