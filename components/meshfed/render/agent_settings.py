"""`/etc/meshfed/agent.json` of a tunnel gateway: where its store, its key and the distribution are. No secret."""

import json
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from meshfed.render.nftables import PROBE_PORTS, READY_PORT
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import Cloud, GatewayName, physical_name

AGENT_FORMAT = "meshfed/agent/v1"
ROLE_NAME_LIMIT = 64
"""Longest name of an IAM role."""
CREDENTIALS = {
    Cloud.AWS: ("instance_role", None),
    Cloud.AZURE: ("azure_web_identity", "api://AzureADTokenExchange"),
    Cloud.GCP: ("google_web_identity", "sts.amazonaws.com"),
}
"""How a gateway becomes the writer of its peer document in AWS, and the audience of the token that it shows.

Azure gives tokens for registered applications only; this one is Microsoft's own for exchanging tokens between clouds.
"""


@dataclass(frozen=True, slots=True)
class GatewayHost:
    """What only a region's resources know of its gateways."""

    store_kind: str
    """`s3`, `azure_blob`, `gcs` or `directory`."""
    store_location: str
    """Bucket, `https://<account>.blob.core.windows.net/<container>`, bucket or folder."""
    store_region: str
    """Location of an S3 bucket; empty elsewhere."""
    signer_kind: str
    """`aws_kms`, `azure_key_vault`, `gcp_kms` or `file`."""
    signer_key: str
    """ARN, versioned key id, key version's resource name or file."""
    signer_region: str
    """Location of an AWS key; empty elsewhere."""


class PlaceText(TypedDict):
    """The region's own store."""

    kind: str
    location: str
    region: NotRequired[str]


class SignerText(TypedDict):
    """The key that signs the region's peer documents."""

    kind: str
    key: str
    region: NotRequired[str]


class PublishText(TypedDict):
    """Where and as whom the peer document is written."""

    kind: str
    bucket: str
    region: str
    role_arn: str
    credential: str
    audience: NotRequired[str]


class HostText(TypedDict):
    """What differs from a host's defaults."""

    ready_port: int


def peer_writer_name(region: RegionPlan) -> str:
    """Name of the role, in the distribution's account, that may write this region's peer documents."""
    return physical_name(ROLE_NAME_LIMIT, region.physical_name("peer-writer"))


def agent_settings(plan: Plan, region: str, gateway: GatewayName, host: GatewayHost) -> str:
    """The agent's settings, as JSON text."""
    cloud = plan.regions[region].cloud
    store: PlaceText = {"kind": host.store_kind, "location": host.store_location}
    signer: SignerText = {"kind": host.signer_kind, "key": host.signer_key}
    if host.store_region:
        store["region"] = host.store_region
    if host.signer_region:
        signer["region"] = host.signer_region
    ready: HostText = {"ready_port": READY_PORT}
    content = {
        "format": AGENT_FORMAT,
        "region": region,
        "gateway": gateway.value,
        "cloud": cloud.value,
        "store": store,
        "signer": signer,
        "distribution": {"publish": _publish(plan, plan.regions[region]), "ca_file": None},
        "state_directory": "/var/lib/meshfed",
        "config_directory": "/etc/meshfed",
        **({"host": ready} if READY_PORT in PROBE_PORTS[cloud] else {}),
    }
    return json.dumps(content, indent=1) + "\n"


def _publish(plan: Plan, region: RegionPlan) -> PublishText:
    distribution = plan.federation.distribution
    credential, audience = CREDENTIALS[region.cloud]
    publish: PublishText = {
        "kind": "s3",
        "bucket": distribution.bucket,
        "region": distribution.location,
        # Settings take locations of AWS's public partition alone.
        "role_arn": f"arn:aws:iam::{distribution.account}:role/{peer_writer_name(region)}",
        "credential": credential,
    }
    if audience is not None:
        publish["audience"] = audience
    return publish
