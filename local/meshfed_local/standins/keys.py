"""Software keys that stand for a cloud's KMS: real ECDSA P-256, private parts in the world's folder alone.

One PEM file a key, readable by its owner only. `cryptography` is imported when a key is made or read: most plugin
processes never need it.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from meshfed_local.standins.world import World, WorldError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


def path(world: World, identifier: str) -> Path:
    """The file of the key that a cloud knows under this ARN or id."""
    return world.folder / "keys" / f"{hashlib.sha256(identifier.encode()).hexdigest()}.pem"


def make(world: World, identifier: str) -> None:
    """Make a P-256 key unless it exists."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- costs 0.1 s, rarely needed
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 -- likewise

    final = path(world, identifier)
    if final.exists():
        return
    text = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    final.parent.mkdir(exist_ok=True, mode=0o700)
    draft = final.with_suffix(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    try:
        os.link(draft, final)
    except FileExistsError:
        # Another process was first; its key stays.
        return
    finally:
        draft.unlink()


def forget(world: World, identifiers: Iterable[str]) -> None:
    """Remove the keys of things that are gone: whoever makes them again gets new ones."""
    for identifier in identifiers:
        for name in (identifier, f"{identifier}/cryptoKeyVersions/1"):
            path(world, name).unlink(missing_ok=True)


def private(world: World, identifier: str) -> "EllipticCurvePrivateKey":
    """The private key. Raises WorldError when there is none."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- as above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 -- as above

    file = path(world, identifier)
    if not file.exists():
        raise WorldError(f"{identifier}: this world has no signing key of that name; wanted: a P-256 signing key")
    loaded = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise WorldError(f"{file}: it holds no elliptic-curve key; remove the world and deploy again")
    return loaded


def public_pem(world: World, identifier: str) -> str:
    """The public part as PEM (SubjectPublicKeyInfo)."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- as above

    encoded = (
        private(world, identifier)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return encoded.decode()


def public_der(world: World, identifier: str) -> str:
    """The public part as base64 of DER, without PEM's lines."""
    lines = public_pem(world, identifier).splitlines()
    return "".join(line for line in lines if not line.startswith("-----"))


def public_jwk(world: World, identifier: str) -> dict[str, str]:
    """The public part as a JSON Web Key: curve and coordinates."""
    numbers = private(world, identifier).public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode() for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def certificate_authority() -> str:
    """Base64 of a fresh PEM certificate that signs itself, as clusters hand out; nobody keeps its key."""
    from cryptography import x509  # noqa: PLC0415 -- as above
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 -- as above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 -- as above

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
    start = datetime.now(UTC) - timedelta(hours=1)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(signed.public_bytes(serialization.Encoding.PEM)).decode()
