"""Facts of regions that do not stand: of the form that each cloud gives them, the same at each run.

With them every region is deployed open towards all others in one pass, and a region that no judge reads (Azure's)
need not stand at all for what the others ask of their clouds because of it.
"""

import hashlib
from collections.abc import Collection
from ipaddress import IPv4Address
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from meshfed.settings.facts import Facts, RegionFacts
from meshfed.settings.federation import Federation
from meshfed.settings.region import Region
from meshfed.values import Cloud

_FIRST: Final = IPv4Address("198.18.0.0")
"""Of the range for benchmarks (RFC 2544), from which local worlds draw public addresses too."""
_ADDRESSES_A_SLOT: Final = 256


def made_up(federation: Federation, without: Collection[str] = ()) -> Facts:
    """Facts of every region that has peers, but for those `without`."""
    regions = {
        key: _of(key, region)
        for key, region in federation.regions.items()
        if region.state.is_peer and key not in without
    }
    return Facts(regions=regions)


def _of(key: str, region: Region) -> RegionFacts:
    first = _FIRST + region.slot * _ADDRESSES_A_SLOT
    return RegionFacts(
        epoch=region.epoch,
        gateway_addresses=(first + 1, first + 2),
        issuer=_issuer(key, region),
        peer_key=_public_key(f"{key} peer"),
        bundle_key=_public_key(f"{key} bundle"),
        gateway_identity=_identity(key, region.cloud),
    )


def _issuer(key: str, region: Region) -> str:
    match region.cloud:
        case Cloud.AWS:
            return f"https://oidc.eks.{region.location}.amazonaws.com/id/{_hex(key, 32).upper()}"
        case Cloud.AZURE:
            return f"https://{region.location}.oic.prod-aks.azure.com/{_uuid('tenant')}/{_uuid(key)}/"
        case Cloud.GCP:
            path = f"projects/made-up/locations/{region.location}/clusters/{key}"
            return f"https://container.googleapis.com/v1/{path}"


def _identity(key: str, cloud: Cloud) -> str:
    match cloud:
        case Cloud.AWS:
            return f"AROA{_hex(key, 17).upper()}"
        case Cloud.AZURE:
            return _uuid(f"{key} identity")
        case Cloud.GCP:
            return str(10**20 + int(_hex(key, 16), 16))


def _public_key(what: str) -> str:
    private = ec.derive_private_key(int(_hex(what, 60), 16), ec.SECP256R1())
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public.decode()


def _uuid(what: str) -> str:
    digits = _hex(what, 32)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _hex(what: str, digits: int) -> str:
    return hashlib.sha256(what.encode()).hexdigest()[:digits]
