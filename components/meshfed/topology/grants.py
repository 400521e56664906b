"""Grants: an epoch after a region's first counts only with the word of the region's offline key.

Pure: no clock and no file. Time is judged once, when a grant is pinned (and by the gateways that see the epoch begin).
The keys that a grant names are those that the epoch begins with; a key that is rotated later is pinned like any fact.
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from meshfed.settings.facts import EpochGrant, RegionFacts
from meshfed.settings.keys import fingerprint

FIRST_EPOCH = 1
"""The epoch of a new region, which needs no grant."""
KIND = "epoch"
_SHA256 = re.compile(r"[0-9a-f]{64}")
TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Grant:
    """What an offline key says: this region may begin this epoch with these keys."""

    region: str
    epoch: int
    peer_key: str
    """SHA-256 of its DER, in hexadecimal; that of `bundle_key` alike."""
    bundle_key: str
    not_after: datetime
    """Until when the epoch may begin."""

    @property
    def statement(self) -> str:
        """The text to sign, in the same form as peer documents: canonical JSON, with the hash of its body."""
        body = {"bundle_key": self.bundle_key, "peer_key": self.peer_key}
        content = {
            "kind": KIND,
            "region": self.region,
            "epoch": self.epoch,
            "not_after": self.not_after.strftime(TIME),
            "sha256": hashlib.sha256(_canonical(body).encode()).hexdigest(),
            "body": body,
        }
        return _canonical(content)


def grant_for(key: str, facts: RegionFacts, not_after: datetime) -> Grant:
    """What the offline key has to say, for these facts to count."""
    return Grant(key, facts.epoch, fingerprint(facts.peer_key), fingerprint(facts.bundle_key), not_after)


def read_statement(text: str) -> Grant | None:
    """The grant that a text states, whoever signed it; None where it states none, or not in the one form."""
    try:
        raw = json.loads(text)
        region, epoch = raw["region"], raw["epoch"]
        peer_key, bundle_key = raw["body"]["peer_key"], raw["body"]["bundle_key"]
        until = datetime.strptime(raw["not_after"], TIME).replace(tzinfo=UTC)
        # JSON has 2.0 and true, which Python takes for 2 and 1.
        if type(epoch) is not int or not isinstance(region, str):
            return None
        if not _SHA256.fullmatch(peer_key) or not _SHA256.fullmatch(bundle_key):
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    found = Grant(region, epoch, peer_key, bundle_key, until)
    return found if found.statement == text else None


def grant_fault(key: str, epoch: int, offline_key: str | None, grant: EpochGrant | None) -> str:
    """Why an epoch of a region does not count; empty where it does. Neither time nor its keys are judged."""
    if epoch == FIRST_EPOCH:
        return ""
    if offline_key is None:
        return f"epoch {epoch} needs a grant, and the settings have no regions.{key}.offline_key to verify it with"
    if grant is None:
        return f"epoch {epoch} needs a grant of the region's offline key"
    stated = read_statement(grant.statement)
    if stated is None:
        return "its grant is no statement about an epoch, or was changed"
    if (stated.region, stated.epoch) != (key, epoch):
        return f"its grant is for epoch {stated.epoch} of {stated.region}; wanted: epoch {epoch} of {key}"
    if not _is_signed(grant, offline_key):
        return f"its grant is not signed by regions.{key}.offline_key of the settings"
    return ""


def beginning_fault(grant: EpochGrant, facts: RegionFacts, now: datetime) -> str:
    """Why an epoch cannot begin now with these keys although its grant holds; empty where it can."""
    stated = read_statement(grant.statement)
    if stated is None:
        return "its grant is no statement about an epoch, or was changed"
    for name in ("peer_key", "bundle_key"):
        if getattr(stated, name) != fingerprint(getattr(facts, name)):
            return f"its grant names another {name} than the region's stack tells"
    if stated.not_after <= now:
        return f"its grant expired at {stated.not_after.strftime(TIME)}"
    return ""


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _is_signed(grant: EpochGrant, offline_key: str) -> bool:
    # Loaded here: it costs each deploy a tenth of a second, and most federations have no grant.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - see above

    key = cast("ec.EllipticCurvePublicKey", load_pem_public_key(offline_key.encode()))
    try:
        signature = base64.b64decode(grant.signature, validate=True)
        key.verify(signature, grant.statement.encode(), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error):
        return False
    return True
