"""A region's own store: what its gateways read, and only its deployer writes."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read
from meshfed.gcp.store_watch import GcpStoreWatch

KEPT_DAYS = 90
"""How long a replaced version of an object is kept."""
KEPT_SECONDS = 7 * 86400
"""How long a deleted object can be brought back (Cloud Storage's own default)."""


class GcpStoreArgs(TypedDict):
    """What the store needs."""

    project: str
    """Project of the store."""
    location: str
    """Google Cloud region that holds it."""
    labels: Mapping[str, str]
    """Labels of the bucket."""
    encryption_key: pulumi.Input[str]
    """Id of the key that encrypts it, which Cloud Storage may use already."""
    writer: str
    """The region's deployer, as a member of an IAM policy: the only one that writes."""
    reader: pulumi.Input[str]
    """The gateways' service account, as a member of an IAM policy."""
    documents: Mapping[str, str]
    """JSON documents by key: the gateways' peer sets and the release of the agent that they run."""
    agent_object: str
    """Key of the agent's zipapp; it changes with the agent's version."""
    agent_file: str
    """The zipapp on the deployer's machine."""
    keeps_content: bool
    """Whether the bucket survives a destroy while it holds anything, old versions included."""


class GcpStore(pulumi.ComponentResource):
    """A bucket that keeps every version, is never public, and raises an alert when another than the deployer writes."""

    bucket: pulumi.Output[str]
    """Name of the bucket."""

    def __init__(self, name: str, args: GcpStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpStore", name, {}, opts)
        args = read(GcpStoreArgs, args)
        bucket = gcp.storage.Bucket(
            f"{name}-bucket",
            project=args["project"],
            location=args["location"].upper(),
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            force_destroy=not args["keeps_content"],
            versioning=gcp.storage.BucketVersioningArgs(enabled=True),
            encryption=gcp.storage.BucketEncryptionArgs(default_kms_key_name=args["encryption_key"]),
            soft_delete_policy=gcp.storage.BucketSoftDeletePolicyArgs(retention_duration_seconds=KEPT_SECONDS),
            lifecycle_rules=[_forgetting()],
            labels=args["labels"],
            opts=child(self),
        )
        policy = gcp.storage.BucketIAMPolicy(
            f"{name}-access",
            bucket=bucket.name,
            policy_data=_policy(args["writer"], args["reader"]),
            opts=child(self),
        )
        GcpStoreWatch(
            f"{name}-watch",
            {
                "project": args["project"],
                "bucket": bucket.name,
                "writer": args["writer"],
                "labels": args["labels"],
            },
            child(self),
        )
        # Nothing is written before the bucket is closed to everyone else.
        zipapp = gcp.storage.BucketObject(
            f"{name}-agent",
            bucket=bucket.name,
            name=args["agent_object"],
            source=pulumi.FileAsset(args["agent_file"]),
            content_type="application/zip",
            opts=child(self, after=policy),
        )
        for key, content in args["documents"].items():
            gcp.storage.BucketObject(
                f"{name}-{key.removesuffix('.json').replace('/', '-')}",
                bucket=bucket.name,
                name=key,
                content=content,
                content_type="application/json",
                cache_control="no-cache",
                # The release document never names a zipapp that is not there yet.
                opts=child(self, after=zipapp),
            )
        self.bucket = bucket.name
        self.register_outputs({"bucket": self.bucket})


def _forgetting() -> gcp.storage.BucketLifecycleRuleArgs:
    return gcp.storage.BucketLifecycleRuleArgs(
        action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
        condition=gcp.storage.BucketLifecycleRuleConditionArgs(
            days_since_noncurrent_time=KEPT_DAYS, with_state="ARCHIVED"
        ),
    )


def _policy(writer: str, reader: pulumi.Input[str]) -> pulumi.Output[str]:
    """The whole policy of the bucket: it takes away what editors and viewers of the project get by default."""
    return pulumi.Output.json_dumps(
        {
            "bindings": [
                {"role": "roles/storage.admin", "members": [writer]},
                {"role": "roles/storage.objectViewer", "members": [reader]},
            ]
        }
    )
