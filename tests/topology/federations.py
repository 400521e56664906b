"""Federations for tests: small ones by hand, and any number of regions by slot."""

from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meshfed.settings.facts import Facts, RegionFacts
from meshfed.settings.federation import Federation

OWNERS: Mapping[str, Mapping[str, Any]] = {
    "aws": {"default": {"account": "222222222222"}},
    "azure": {
        "default": {
            "subscription": "11111111-2222-3333-4444-555555555555",
            "tenant": "66666666-7777-8888-9999-000000000000",
        }
    },
    "gcp": {"default": {"project": "acme-mesh"}},
}
PLACES = (("aws", "us-east-1"), ("gcp", "us-east4"), ("azure", "eastus"))


def region(cloud: str, location: str, slot: int, **more: Any) -> dict[str, Any]:
    """A region as a settings file has it."""
    return {"slot": slot, "cloud": cloud, "location": location, "owners": OWNERS[cloud], **more}


def raw(regions: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A settings file's content."""
    return {
        "name": "acme",
        "trust_domain": "mesh.acme.example",
        "tags": {"owner": "platform"},
        "distribution": {"host": "trust.acme.example", "account": "111111111111", "bucket": "acme-trust"},
        "regions": regions,
        **more,
    }


def federation_of(slots: Iterable[int], **more: Any) -> Federation:
    """A federation with a region for each slot, the three clouds in turn."""
    regions = {f"r{slot}": region(*PLACES[slot % 3], slot) for slot in slots}
    return Federation.model_validate(raw(regions, **more))


def public_key(number: int) -> str:
    """The PEM of a P-256 public key; the same number gives the same key."""
    key = ec.derive_private_key(number + 1, ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def facts_for(*keys: str, epoch: int = 1) -> Facts:
    """Pinned facts of some regions, each with addresses and keys of its own."""
    return Facts(
        regions={
            key: RegionFacts.model_validate(
                {
                    "epoch": epoch,
                    "gateway_addresses": [f"203.0.113.{2 * index}", f"203.0.113.{2 * index + 1}"],
                    "issuer": f"https://issuer.example/{key}",
                    "peer_key": public_key(2 * index),
                    "bundle_key": public_key(2 * index + 1),
                    "gateway_identity": f"identity-{key}",
                }
            )
            for index, key in enumerate(keys)
        }
    )
