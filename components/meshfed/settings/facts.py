"""Facts: what only a cloud can tell and another region needs. Written by `meshfed pin`, reviewed, committed."""

import hashlib
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field

from meshfed.settings.keys import PublicKey
from meshfed.settings.model import HttpsUrl, RegionKeyText, Settings
from meshfed.settings.patterns import BASE64

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


def _public(address: IPv4Address) -> IPv4Address:
    if any(address in network for network in _NOT_PUBLIC):
        raise ValueError("must be a public address")
    return address


def _different(addresses: tuple[IPv4Address, IPv4Address]) -> tuple[IPv4Address, IPv4Address]:
    if addresses[0] == addresses[1]:
        raise ValueError("must be two different addresses")
    return addresses


PublicAddress = Annotated[IPv4Address, AfterValidator(_public)]
"""An address that the internet routes, or one of documentation."""


class EpochGrant(Settings):
    """The word of a region's offline key for an epoch after the first."""

    statement: str = Field(min_length=1)
    """What was signed, to the byte: region, epoch, SHA-256 of its two new keys, and until when it may be taken."""
    signature: str = Field(pattern=BASE64)
    """ECDSA P-256 over SHA-256 of the statement, DER in base64."""


class RegionFacts(Settings):
    """What one region's cloud told, and the grant of its epoch."""

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
    grant: EpochGrant | None = None
    """Of an epoch after the first, which counts for nothing without it: `meshfed pin --grant` writes it."""

    @property
    def digest(self) -> str:
        """Short name of exactly these facts; a stack tells by it which facts it was deployed with."""
        return hashlib.sha256(self.model_dump_json(exclude_none=True).encode()).hexdigest()[:16]


TOLD = tuple(name for name in RegionFacts.model_fields if name != "grant")
"""The facts that a stack's outputs tell; a grant comes from whoever holds the offline key."""


class Facts(Settings):
    """The pinned facts by region; a region that is missing is pending: nothing opens towards it."""

    regions: dict[RegionKeyText, RegionFacts] = {}
