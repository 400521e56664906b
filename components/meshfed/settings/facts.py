"""Facts: what only a cloud can tell and another region needs. Written by `meshfed pin`, reviewed, committed."""

import base64
import binascii
import hashlib
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field

from meshfed.settings.model import HttpsUrl, RegionKeyText, Settings

_P256_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""How the DER of every uncompressed P-256 public key begins (RFC 5480)."""
_P256_BYTES = len(_P256_HEAD) + 64
_NOT_PUBLIC = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("224.0.0.0/3"),
)
"""Local ranges (IANA special-purpose registry); ranges of documentation and benchmarks pass, since tests need some."""


def _p256(text: str) -> str:
    lines = text.strip().splitlines()
    if not lines or (lines[0], lines[-1]) != ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"):
        raise ValueError("must be a public key in PEM")
    try:
        der = base64.b64decode("".join(lines[1:-1]), validate=True)
    except binascii.Error:
        raise ValueError("must be a public key in PEM") from None
    if not der.startswith(_P256_HEAD) or len(der) != _P256_BYTES:
        raise ValueError("must be a public key on the curve P-256")
    return text


def _public(address: IPv4Address) -> IPv4Address:
    if any(address in network for network in _NOT_PUBLIC):
        raise ValueError("must be a public address")
    return address


def _different(addresses: tuple[IPv4Address, IPv4Address]) -> tuple[IPv4Address, IPv4Address]:
    if addresses[0] == addresses[1]:
        raise ValueError("must be two different addresses")
    return addresses


PublicKey = Annotated[str, AfterValidator(_p256)]
"""A P-256 public key in PEM."""
PublicAddress = Annotated[IPv4Address, AfterValidator(_public)]
"""An address that the internet routes, or one of documentation."""


class RegionFacts(Settings):
    """What one region's cloud told."""

    epoch: int = Field(ge=1)
    """The region's epoch when the facts were read; facts of an older epoch are not used."""
    gateway_addresses: Annotated[tuple[PublicAddress, PublicAddress], AfterValidator(_different)]
    """Public addresses of the tunnel gateways a and b."""
    issuer: HttpsUrl
    """OIDC issuer of the cluster, as the cloud writes it (Azure's ends with a slash)."""
    peer_key: PublicKey
    """Public key (PEM, P-256) that signs the region's peer documents."""
    bundle_key: PublicKey
    """Public key (PEM, P-256) that signs the region's trust bundles."""
    gateway_identity: str = Field(min_length=1)
    """Unique id of the gateways' machine identity: role id (AWS), principal id (Azure), service account id (GCP)."""

    @property
    def digest(self) -> str:
        """Short name of exactly these facts; a stack tells by it which facts it was deployed with."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class Facts(Settings):
    """The pinned facts by region; a region that is missing is pending: nothing opens towards it."""

    regions: dict[RegionKeyText, RegionFacts] = {}
