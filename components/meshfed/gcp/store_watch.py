"""The alert of a region's own store: somebody else than the deployer wrote to it or changed who may."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read

WATCHED_METHODS = (
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.update",
    "storage.setIamPermissions",
    "storage.buckets.update",
    "storage.buckets.delete",
)
"""Methods as Cloud Storage's audit log names them; those on objects need data-access logs (the `account` stack)."""


class GcpStoreWatchArgs(TypedDict):
    """What is watched."""

    project: str
    """Project of the store."""
    bucket: pulumi.Input[str]
    """Name of the bucket."""
    writer: str
    """The one that may write, as a member of an IAM policy."""
    labels: Mapping[str, str]
    """Labels of the alert."""


class GcpStoreWatch(pulumi.ComponentResource):
    """An alert for each write to a store by another than its deployer."""

    alert: pulumi.Output[str]
    """Name of the alert policy."""

    def __init__(self, name: str, args: GcpStoreWatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpStoreWatch", name, {}, opts)
        args = read(GcpStoreWatchArgs, args)
        alert = gcp.monitoring.AlertPolicy(
            f"{name}-alert",
            project=args["project"],
            display_name=f"{name}: another than the deployer wrote",
            combiner="OR",
            severity="CRITICAL",
            conditions=[
                gcp.monitoring.AlertPolicyConditionArgs(
                    display_name="A write to the store by another than its deployer",
                    condition_matched_log=gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgs(
                        filter=pulumi.Output.format(
                            'resource.type="gcs_bucket" AND resource.labels.bucket_name="{0}" AND {1}',
                            args["bucket"],
                            _writes_by_others(args["writer"]),
                        )
                    ),
                )
            ],
            alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(
                notification_rate_limit=gcp.monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(period="300s"),
                auto_close="604800s",
            ),
            documentation=gcp.monitoring.AlertPolicyDocumentationArgs(
                mime_type="text/markdown",
                content="What this bucket holds decides whom the tunnel gateways trust. Compare its objects with the "
                "stack's and find out who wrote (Logs Explorer, the filter of this alert).",
            ),
            user_labels=args["labels"],
            opts=child(self),
        )
        self.alert = alert.name
        self.register_outputs({"alert": self.alert})


def _writes_by_others(writer: str) -> str:
    """A log filter for writes; where the deployer is no single account, every write counts."""
    methods = " OR ".join(f'"{method}"' for method in WATCHED_METHODS)
    kind, _, address = writer.partition(":")
    others = f' AND NOT protoPayload.authenticationInfo.principalEmail="{address}"' if kind == "serviceAccount" else ""
    return f"protoPayload.methodName=({methods}){others}"
