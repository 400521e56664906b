"""Public keys of the one kind that signs here, ECDSA on P-256, as settings and facts hold them."""

import base64
import binascii
import hashlib
from typing import Annotated

from pydantic import AfterValidator

_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""How the DER of every uncompressed P-256 public key begins (RFC 5480)."""
_COORDINATE_BYTES = 32
_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""The curve is y^2 = x^3 - 3x + b over this prime (NIST SP 800-186, 3.2.1.3)."""


def der_of(pem: str) -> bytes:
    """The bytes between the lines of a public key in PEM; raises ValueError for anything else."""
    lines = pem.strip().splitlines()
    if not lines or (lines[0], lines[-1]) != ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"):
        raise ValueError("must be a public key in PEM")
    if not all(lines):  # OpenSSL reads no key with an empty line in it
        raise ValueError("must be a public key in PEM, without empty lines")
    try:
        return base64.b64decode("".join(lines[1:-1]), validate=True)
    except binascii.Error:
        raise ValueError("must be a public key in PEM") from None


def fingerprint(pem: str) -> str:
    """SHA-256 of a public key's DER in hexadecimal: `openssl pkey -pubin -outform DER | sha256sum` says the same."""
    return hashlib.sha256(der_of(pem)).hexdigest()


def _p256(text: str) -> str:
    if "PRIVATE KEY" in text:
        raise ValueError("must be a public key; this is a private one, so replace it")
    der = der_of(text)
    point = der[len(_HEAD) :]
    if not der.startswith(_HEAD) or len(point) != 2 * _COORDINATE_BYTES or not _is_on_curve(point):
        raise ValueError("must be a public key on the curve P-256")
    return text


def _is_on_curve(point: bytes) -> bool:
    x, y = int.from_bytes(point[:_COORDINATE_BYTES]), int.from_bytes(point[_COORDINATE_BYTES:])
    return x < _PRIME and y < _PRIME and (y * y - (x * x - 3) * x - _B) % _PRIME == 0


PublicKey = Annotated[str, AfterValidator(_p256)]
"""A P-256 public key in PEM."""
