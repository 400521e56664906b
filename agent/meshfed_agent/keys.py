"""Tunnel keys: born on this host, kept in files only root can read, and never anywhere else.

One file holds a key with what is known about it, so that a kill between two writes cannot part them.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from . import files
from .errors import HostError, RefusedError
from .gateway import IPSEC, PeerGateway, Tunnel
from .reading import Reader, strict_json
from .rotation import OwnKey

RAW = 32


@dataclass(frozen=True, slots=True)
class Secret:
    """A private key. Showing it shows nothing of it."""

    text: str = field(repr=False)

    def public(self, kind: str) -> str:
        """The public part, as documents carry it."""
        if kind == IPSEC:
            key = load_pem_private_key(self.text.encode(), None)
            return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        raw = X25519PrivateKey.from_private_bytes(base64.b64decode(self.text, validate=True))
        return base64.b64encode(raw.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def generate(kind: str) -> Secret:
    """A new private key: base64 as `wg genkey` writes it, or PEM of a P-256 key for IPsec."""
    if kind == IPSEC:
        key = ec.generate_private_key(ec.SECP256R1())
        return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    made = X25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return Secret(base64.b64encode(_clamped(made)).decode())


def _clamped(raw: bytes) -> bytes:
    """The same scalar as the kernel stores it, so that reading an interface back compares equal (RFC 7748 §5)."""
    return bytes([raw[0] & 248, *raw[1 : RAW - 1], (raw[RAW - 1] & 127) | 64])


class KeyRing:
    """The keys of all tunnels, in `<state>/keys/<interface>.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, tunnel: Tunnel) -> Path:
        return self._folder / f"{tunnel.interface}.json"

    def _load(self, tunnel: Tunnel) -> tuple[Secret, OwnKey] | None:
        path = self._path(tunnel)
        data = files.read(path)
        if data is None:
            return None
        # A fault in this file is told by its path alone: the file holds the key.
        try:
            part = Reader(strict_json(data, "key file"), "key file")
            if part.text("kind") != tunnel.kind:
                return None  # the deployer changed the tunnel's kind: another kind of key is needed
            secret = Secret(part.text("private"))
            known = OwnKey(
                generation=tunnel.generation,
                public=secret.public(tunnel.kind),
                serial=part.number("serial", 1, 2**53),
                created=part.number("created", 0, 2**53),
                made_for=part.text("made_for"),
            )
        except (RefusedError, ValueError):
            raise HostError(f"{path}: holds no key; remove it, and a new key is made") from None
        return secret, known

    def _save(self, tunnel: Tunnel, secret: Secret, known: OwnKey) -> None:
        content = {
            "kind": tunnel.kind,
            "private": secret.text,
            "serial": known.serial,
            "created": known.created,
            "made_for": known.made_for,
        }
        files.write(self._path(tunnel), json.dumps(content).encode())

    def own(self, peer: PeerGateway) -> dict[int, OwnKey]:
        """What is known about this tunnel's keys, by generation."""
        found = ((tunnel.generation, self._load(tunnel)) for tunnel in peer.tunnels)
        return {generation: loaded[1] for generation, loaded in found if loaded is not None}

    def secret(self, tunnel: Tunnel) -> Secret:
        """The private key of this generation."""
        loaded = self._load(tunnel)
        if loaded is None:
            raise HostError(f"{self._path(tunnel)}: is gone; wanted: the key made before")
        return loaded[0]

    def make(self, peer: PeerGateway, generation: int, made_for: str, now: int) -> None:
        """Make a new key for the generation; an old one is replaced."""
        tunnel, serials = peer.tunnel(generation), [key.serial for key in self.own(peer).values()]
        secret = generate(tunnel.kind)
        serial = max(serials, default=0) + 1
        self._save(tunnel, secret, OwnKey(generation, secret.public(tunnel.kind), serial, now, made_for))

    def pair(self, peer: PeerGateway, generation: int, made_for: str) -> None:
        """Remember the far key that this generation's key is paired with."""
        tunnel = peer.tunnel(generation)
        loaded = self._load(tunnel)
        if loaded is not None:
            self._save(tunnel, loaded[0], replace(loaded[1], made_for=made_for))

    def drop(self, tunnel: Tunnel) -> None:
        """Forget the key."""
        files.remove(self._path(tunnel))

    def keep_only(self, tunnels: Iterable[Tunnel]) -> None:
        """Forget the keys of tunnels that are wanted no more."""
        wanted = {self._path(tunnel) for tunnel in tunnels}
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []:
            if path not in wanted:
                files.remove(path)


def published(own: Mapping[int, OwnKey]) -> dict[int, str]:
    """The public keys by generation."""
    return {generation: key.public for generation, key in own.items()}
