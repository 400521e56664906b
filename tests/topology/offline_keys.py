"""Offline keys in software, as only a test may have them, and what they sign."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meshfed.settings.facts import EpochGrant, Facts, RegionFacts
from meshfed.topology.grants import Grant, grant_for
from tests.topology.federations import facts_for, region

OFFLINE = ec.derive_private_key(1000, ec.SECP256R1())
STRANGER = ec.derive_private_key(1001, ec.SECP256R1())
UNTIL = datetime(2026, 12, 21, 10, 0, 0, tzinfo=UTC)


def pem(key: ec.EllipticCurvePrivateKey = OFFLINE) -> str:
    """The public part as settings have it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signature(statement: str, key: ec.EllipticCurvePrivateKey = OFFLINE) -> bytes:
    """What `openssl dgst -sha256 -sign` writes."""
    return key.sign(statement.encode(), ec.ECDSA(hashes.SHA256()))


def signed(grant: Grant | str, key: ec.EllipticCurvePrivateKey = OFFLINE) -> EpochGrant:
    """A grant as facts hold it."""
    text = grant if isinstance(grant, str) else grant.statement
    return EpochGrant(statement=text, signature=base64.b64encode(signature(text, key)).decode())


def regions(epoch: int = 2, **more: Any) -> Mapping[str, dict[str, Any]]:
    """Two regions, of which the second was rebuilt."""
    rebuilt = {"epoch": epoch, "offline_key": pem(), **more}
    return {"one": region("aws", "us-east-1", 0), "two": region("gcp", "us-east4", 1, **rebuilt)}


def told(epoch: int = 2) -> RegionFacts:
    """What the rebuilt region's stack tells."""
    return facts_for("one", "two", epoch=epoch).regions["two"]


def pinned(grant: EpochGrant | None, epoch: int = 2) -> Facts:
    """Facts of both, those of the rebuilt region with a grant."""
    facts = told(epoch).model_copy(update={"grant": grant})
    return Facts(regions={"one": facts_for("one").regions["one"], "two": facts})


def good(epoch: int = 2) -> Grant:
    """The grant that the rebuilt region needs."""
    return grant_for("two", told(epoch), UNTIL)
