"""Facts: what only a cloud can tell and another region needs. Written by `meshfed pin`, reviewed, committed."""

from ipaddress import IPv4Address

from pydantic import Field

from meshfed.settings.model import HttpsUrl, RegionKeyText, Settings


class RegionFacts(Settings):
    """What one region's cloud told."""

    epoch: int = Field(ge=1)
    """The region's epoch when the facts were read; facts of an older epoch are not used."""
    gateway_addresses: tuple[IPv4Address, IPv4Address]
    """Public addresses of the tunnel gateways a and b."""
    issuer: HttpsUrl
    """OIDC issuer of the cluster, as the cloud writes it (Azure's ends with a slash)."""
    peer_key: str = Field(pattern=r"^-----BEGIN PUBLIC KEY-----\n")
    """Public key (PEM, P-256) that signs the region's peer documents."""
    bundle_key: str = Field(pattern=r"^-----BEGIN PUBLIC KEY-----\n")
    """Public key (PEM, P-256) that signs the region's trust bundles."""
    gateway_identity: str = Field(min_length=1)
    """Unique id of the gateways' machine identity: role id (AWS), principal id (Azure), service account id (GCP)."""


class Facts(Settings):
    """The pinned facts by region; a region that is missing is pending: nothing opens towards it."""

    regions: dict[RegionKeyText, RegionFacts] = {}
