"""Plans for the tests of rendered text: three clouds, pinned facts, by settings."""

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from meshfed.render.cloud_init import GatewayHost
from meshfed.settings.facts import Facts, RegionFacts
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from meshfed.values import Cloud
from tests.topology.federations import public_key, raw, region

KEYS = ("use1", "use4", "eus")
PLACES = (("aws", "us-east-1"), ("gcp", "us-east4"), ("azure", "eastus"))
FIRST_PUBLIC = IPv4Address("203.0.113.0")
HOSTS = {
    Cloud.AWS: GatewayHost(
        store_kind="s3",
        store_location="acme-use1-store",
        store_region="us-east-1",
        signer_kind="aws_kms",
        signer_key="arn:aws:kms:us-east-1:222222222222:key/00000000-0000-4000-8000-000000000000",
        signer_region="us-east-1",
    ),
    Cloud.GCP: GatewayHost(
        store_kind="gcs",
        store_location="acme-use4-store",
        store_region="",
        signer_kind="gcp_kms",
        signer_key="projects/acme-mesh/locations/us-east4/keyRings/acme/cryptoKeys/peer/cryptoKeyVersions/1",
        signer_region="",
    ),
    Cloud.AZURE: GatewayHost(
        store_kind="azure_blob",
        store_location="https://acmeeusstore.blob.core.windows.net/gateway",
        store_region="",
        signer_kind="azure_key_vault",
        signer_key="https://acme-eus.vault.azure.net/keys/peer/0123456789abcdef0123456789abcdef",
        signer_region="",
    ),
}


def facts_of(keys: tuple[str, ...], peer_keys: Mapping[str, str] | None = None) -> Facts:
    """Facts of regions whose gateways have the public addresses 203.0.113.0, .1, .2 and so on."""
    return Facts(
        regions={
            key: RegionFacts.model_validate(
                {
                    "epoch": 1,
                    "gateway_addresses": [str(FIRST_PUBLIC + 2 * index), str(FIRST_PUBLIC + 2 * index + 1)],
                    "issuer": f"https://issuer.example/{key}",
                    "peer_key": (peer_keys or {}).get(key, public_key(2 * index)),
                    "bundle_key": public_key(2 * index + 1),
                    "gateway_identity": f"identity-{key}",
                }
            )
            for index, key in enumerate(keys)
        }
    )


def three_clouds(pinned: tuple[str, ...] = KEYS, keys: tuple[str, ...] = KEYS, **tunnels: Any) -> Plan:
    """One region in each cloud; `tunnels` are the settings of that name."""
    regions = {key: region(*PLACES[slot], slot) for slot, key in enumerate(keys)}
    return build(Federation.model_validate(raw(regions, tunnels=tunnels)), facts_of(pinned))


def many(count: int) -> Plan:
    """That many regions, all pinned, with keys of the greatest length."""
    keys = tuple(f"region{slot:02}" if slot < 100 else f"regio{slot}" for slot in range(count))
    regions = {key: region(*PLACES[slot % 3], slot) for slot, key in enumerate(keys)}
    return build(Federation.model_validate(raw(regions)), facts_of(keys))
