"""Signed documents: canonical JSON, signatures, and the rules by which a peer document is accepted.

Nothing here touches the network or the host, so that every rule can be tested alone.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .errors import RefusedError
from .reading import Reader, strict_json

FORMAT = "meshfed/signed/v1"
KIND = "peer"
TIME = "%Y-%m-%dT%H:%M:%SZ"
CLOCK_DIFFERENCE = timedelta(minutes=5)
"""How far ahead the clock of a peer may be."""
SIZE_LIMIT = 512 * 1024
"""Bytes; 254 tunnels of IPsec keys make about a quarter of it."""
MAX_SEQUENCE = 2**53 - 1
MAX_EPOCH = 2**31
GENERATIONS = (0, 1)

Keys = Mapping[int, str]
"""Published public keys by generation; a generation without a key is absent."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a gateway said about itself, under its region's signature."""

    region: str
    gateway: str
    epoch: int
    sequence: int
    not_after: datetime
    addresses: tuple[str, ...]
    tunnels: Mapping[str, Keys]
    """By the far gateway's name (`euc1-a`)."""
    raw: bytes
    """The signed bytes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose document was asked for, and what is pinned about that region."""

    region: str
    gateway: str
    epoch: int
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """The gateway's name in the federation."""
        return f"{self.region}-{self.gateway}"


def canonical(value: object) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def body(addresses: tuple[str, ...], tunnels: Mapping[str, Keys]) -> dict[str, object]:
    """The part of a statement that says something about the gateway."""
    return {
        "addresses": list(addresses),
        "tunnels": {
            peer: {"keys": {str(generation): keys.get(generation) for generation in GENERATIONS}}
            for peer, keys in tunnels.items()
        },
    }


def statement(asked: Asked, sequence: int, not_after: datetime, content: dict[str, object]) -> bytes:
    """The bytes to sign."""
    return canonical(
        {
            "kind": KIND,
            "region": asked.region,
            "gateway": asked.gateway,
            "epoch": asked.epoch,
            "sequence": sequence,
            "not_after": not_after.strftime(TIME),
            "sha256": hashlib.sha256(canonical(content)).hexdigest(),
            "body": content,
        }
    )


def envelope(raw: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The signed document; `sign` makes a DER signature over the statement's bytes."""
    parts = {
        "format": FORMAT,
        "statement": base64.b64encode(raw).decode(),
        "signature": base64.b64encode(sign(raw)).decode(),
    }
    return canonical(parts)


def accept(data: bytes, asked: Asked, last: Statement | None, now: datetime, valid_seconds: int) -> Statement:
    """The statement in a polled document when every rule holds; raises RefusedError with the first that does not.

    The same statement once more is the last one again. `now` decides acceptance alone: what was accepted
    stays accepted after it expires. `valid_seconds` is how long documents of this federation are valid.
    """
    found = verify(data, asked)
    if last is not None and found.epoch < last.epoch:
        raise _refused(asked, f"epoch is {found.epoch}, {last.epoch} was accepted; wanted: no older one")
    if last is not None and last.epoch == found.epoch:
        if found.raw == last.raw:
            return last
        if found.sequence <= last.sequence:
            raise _refused(asked, f"sequence is {found.sequence}, {last.sequence} was accepted; wanted: a higher one")
    if found.not_after <= now:
        raise _refused(asked, f"expired at {found.not_after.strftime(TIME)} by the clock of this host")
    if found.not_after > now + timedelta(seconds=valid_seconds) + CLOCK_DIFFERENCE:
        until = found.not_after.strftime(TIME)
        raise _refused(asked, f"is valid until {until}; wanted: at most {valid_seconds} seconds from now")
    return found


def verify(data: bytes, asked: Asked) -> Statement:
    """The statement that a pinned key signed for this gateway and epoch; sequence and time are not judged."""
    raw = _signed_bytes(data, asked)
    found = _parse(raw, f"peer document of {asked.name}")
    if (found.region, found.gateway) != (asked.region, asked.gateway):
        raise _refused(asked, f"is about {found.region}-{found.gateway}")
    if found.epoch != asked.epoch:
        raise _refused(asked, f"epoch is {found.epoch}; pinned: {asked.epoch}")
    return found


def unverified(data: bytes, where: str) -> Statement:
    """What a document claims, whoever signed it. For sequences and epochs of documents that were verified before."""
    raw, _ = _open(data, where)
    return _parse(raw, where)


def _refused(asked: Asked, reason: str) -> RefusedError:
    return RefusedError(f"peer document of {asked.name}: {reason}")


def _signed_bytes(data: bytes, asked: Asked) -> bytes:
    raw, signature = _open(data, f"peer document of {asked.name}")
    for pem in asked.keys:
        if is_signed(raw, signature, pem):
            return raw
    raise _refused(asked, f"no pinned key of {asked.region} made its signature ({len(asked.keys)} pinned)")


def _open(data: bytes, where: str) -> tuple[bytes, bytes]:
    if len(data) > SIZE_LIMIT:
        raise RefusedError(f"{where}: has {len(data)} bytes; wanted: at most {SIZE_LIMIT}")
    top = Reader(strict_json(data, where), where)
    top.constant("format", FORMAT)
    parts = decoded(top, "statement"), decoded(top, "signature")
    top.done()
    return parts


def is_signed(raw: bytes, signature: bytes, pem: str) -> bool:
    """Whether this key (PEM) made this signature (DER) over these bytes."""
    try:
        public_key(pem).verify(signature, raw, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def decoded(top: Reader, key: str) -> bytes:
    """The bytes that stand under the key in base64."""
    try:
        return base64.b64decode(top.text(key), validate=True)
    except (binascii.Error, ValueError) as fault:
        raise RefusedError(f"{top.where}.{key}: is not base64") from fault


def read_canonical(raw: bytes, where: str, kind: str) -> tuple[Reader, Reader]:
    """A statement of this kind and its body, whose hash is right; raises RefusedError for any other bytes."""
    value = strict_json(raw, where)
    try:
        written = canonical(value)
    except (ValueError, RecursionError) as fault:
        raise RefusedError(f"{where}: has no canonical form: {fault}") from fault
    if written != raw:
        raise RefusedError(f"{where}: is not canonical JSON, so two readers might differ about it")
    top = Reader(value, where)
    top.constant("kind", kind)
    content = top.part("body")
    top.constant("sha256", hashlib.sha256(canonical(content.raw)).hexdigest())
    return top, content


def _parse(raw: bytes, where: str) -> Statement:
    top, content = read_canonical(raw, where, KIND)
    found = Statement(
        region=top.text("region"),
        gateway=top.text("gateway"),
        epoch=top.number("epoch", 1, MAX_EPOCH),
        sequence=top.number("sequence", 1, MAX_SEQUENCE),
        not_after=read_time(top),
        addresses=content.texts("addresses"),
        tunnels={peer: _keys(tunnel) for peer, tunnel in content.part("tunnels").items()},
        raw=raw,
    )
    content.done()
    top.done()
    return found


def read_time(top: Reader) -> datetime:
    """When what is stated ends."""
    text = top.text("not_after")
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError as fault:
        raise RefusedError(f"{top.where}.not_after: is not a time like 2026-11-22T10:00:00Z") from fault


def _keys(tunnel: Reader) -> Keys:
    part = tunnel.part("keys")
    keys = {generation: _tunnel_key(part, str(generation)) for generation in GENERATIONS if part.has(str(generation))}
    part.done()
    tunnel.done()
    return keys


def _tunnel_key(part: Reader, key: str) -> str:
    """A WireGuard key or a P-256 key: it becomes a line of a configuration, so nothing else may pass."""
    text = part.text(key)
    if text.startswith("-----BEGIN PUBLIC KEY-----\n"):
        public_key(text)
        return text
    try:
        point = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise RefusedError(f"{part.where}.{key}: is no public key") from fault
    if len(point) != 32 or base64.b64encode(point).decode() != text:
        raise RefusedError(f"{part.where}.{key}: is no WireGuard public key; wanted: 32 bytes in base64")
    return text


def public_key(pem: str) -> ec.EllipticCurvePublicKey:
    """The P-256 key in a PEM text; raises RefusedError for anything else."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise RefusedError(f"public key: is not PEM of a key that is known here: {pem[:40]!r}") from fault
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RefusedError("public key: is of another kind; wanted: ECDSA P-256")
    return key
