"""The region's key for peer documents. In a cloud the private part never leaves its KMS.

A key in a file is for the local target.
"""

import base64
import binascii
import hashlib
from pathlib import Path
from typing import Protocol, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from . import amazon, files
from .config import AgentConfig
from .errors import ConfigError, RemoteError
from .machine import AzureMachine, GoogleMachine
from .reading import Reader, strict_json
from .web import CHUNK, Web

AZURE_VAULT = "https://vault.azure.net"
AZURE_API = "7.4"
GOOGLE_KMS = "https://cloudkms.googleapis.com"
COORDINATE = 32
"""Bytes of r, s, x and y on P-256."""


class Signer(Protocol):
    """Makes ECDSA P-256 signatures with SHA-256."""

    def sign(self, data: bytes) -> bytes:
        """The DER signature over the data."""
        ...

    def public_key(self) -> str:
        """The public key as PEM."""
        ...


class FileSigner:
    """A private key in a file that only root can read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _key(self) -> ec.EllipticCurvePrivateKey:
        data = files.read(self._path)
        try:
            key = None if data is None else load_pem_private_key(data, None)
        except (ValueError, TypeError):
            key = None  # the cause may quote the file
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ConfigError(f"signer.key: {self._path}: holds no P-256 private key in PEM")
        return key

    def sign(self, data: bytes) -> bytes:
        """Sign with the key as it is in the file now."""
        return self._key().sign(data, ec.ECDSA(hashes.SHA256()))

    def public_key(self) -> str:
        """The public part of the file's key."""
        return _pem(self._key().public_key())


class AwsSigner:
    """An asymmetric key in AWS KMS (ECC_NIST_P256), used with the instance's role."""

    def __init__(self, key: str, region: str) -> None:
        self._key, self._client = key, amazon.client("kms", region)

    def sign(self, data: bytes) -> bytes:
        """KMS Sign over the digest; the answer is DER."""
        digest = hashlib.sha256(data).digest()
        answer = amazon.call(
            self._key,
            lambda: self._client.sign(
                KeyId=self._key, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256"
            ),
        )
        return cast("bytes", answer["Signature"])

    def public_key(self) -> str:
        """KMS GetPublicKey."""
        answer = amazon.call(self._key, lambda: self._client.get_public_key(KeyId=self._key))
        key = load_der_public_key(cast("bytes", answer["PublicKey"]))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise RemoteError(f"{self._key}: is of another kind; wanted: ECC_NIST_P256")
        return _pem(key)


class AzureSigner:
    """A P-256 key in Key Vault, by managed identity. Not proven against Azure, only by the request's shape."""

    def __init__(self, key: str, machine: AzureMachine, web: Web) -> None:
        self._key, self._machine, self._web = key.rstrip("/"), machine, web

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._machine.token(AZURE_VAULT)}"}

    def sign(self, data: bytes) -> bytes:
        """Key Vault's sign answers r and s side by side; the documents carry DER."""
        value = _base64url(hashlib.sha256(data).digest())
        url = f"{self._key}/sign?api-version={AZURE_API}"
        pair = _from_base64url(self._web.post_json(url, {"alg": "ES256", "value": value}, self._headers()), "value")
        if len(pair) != 2 * COORDINATE:
            raise RemoteError(f"{self._key}: answered a signature of {len(pair)} bytes; wanted: {2 * COORDINATE}")
        return encode_dss_signature(int.from_bytes(pair[:COORDINATE], "big"), int.from_bytes(pair[COORDINATE:], "big"))

    def public_key(self) -> str:
        """Key Vault's get key answers a JSON web key."""
        data = self._web.get(f"{self._key}?api-version={AZURE_API}", CHUNK, self._headers())
        key = Reader(strict_json(data, self._key), self._key).part("key")
        x, y = (int.from_bytes(_from_base64url(key, name), "big") for name in ("x", "y"))
        try:
            return _pem(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
        except ValueError as fault:
            raise RemoteError(f"{self._key}: is of another kind; wanted: EC P-256") from fault


class GoogleSigner:
    """A key version in Cloud KMS (EC_SIGN_P256_SHA256). Not proven against Google, only by the request's shape."""

    def __init__(self, key: str, machine: GoogleMachine, web: Web, base: str = GOOGLE_KMS) -> None:
        self._url, self._machine, self._web = f"{base}/v1/{key}", machine, web

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._machine.token()}"}

    def sign(self, data: bytes) -> bytes:
        """asymmetricSign over the digest; the answer is DER."""
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        answer = self._web.post_json(f"{self._url}:asymmetricSign", {"digest": {"sha256": digest}}, self._headers())
        try:
            return base64.b64decode(answer.text("signature"), validate=True)
        except binascii.Error as fault:
            raise RemoteError(f"{self._url}: answered a signature that is not base64") from fault

    def public_key(self) -> str:
        """GetPublicKey answers PEM."""
        where = f"{self._url}/publicKey"
        return Reader(strict_json(self._web.get(where, CHUNK, self._headers()), where), where).text("pem")


def open_signer(config: AgentConfig, web: Web) -> Signer:
    """The signer that the settings name."""
    signer = config.signer
    if signer.kind == "aws_kms":
        return AwsSigner(signer.key, signer.region)
    if signer.kind == "azure_key_vault":
        return AzureSigner(signer.key, AzureMachine(config.client_id), web)
    if signer.kind == "gcp_kms":
        return GoogleSigner(signer.key, GoogleMachine(), web)
    return FileSigner(Path(signer.key))


def _pem(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(part: Reader, key: str) -> bytes:
    text = part.text(key, r"[A-Za-z0-9_-]+", wanted="base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
