"""The alarm on every write into a region's own store: gateways obey what stands there."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import monitor

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace

WRITES = """StorageBlobLogs
| where Category in ("StorageWrite", "StorageDelete") and StatusCode < 300
| project TimeGenerated, OperationName, ObjectKey, AuthenticationType, RequesterObjectId, CallerIpAddress"""


class AzureStoreAlarmArgs(TypedDict):
    """What the alarm needs."""

    place: AzurePlace
    """Where it goes."""
    account_id: pulumi.Input[str]
    """ARM id of the storage account."""
    blobs_id: pulumi.Input[str]
    """ARM id of its blob service."""
    workspace_id: pulumi.Input[str]
    """Log workspace that takes the requests."""


class AzureStoreAlarm(pulumi.ComponentResource):
    """Logs every request to a storage account's blobs and alarms on each write; only deployments should cause one."""

    alert_id: pulumi.Output[str]
    """ARM id of the alert rule; give it an action group to be told."""

    def __init__(self, name: str, args: AzureStoreAlarmArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureStoreAlarm", name, {}, opts)
        args = read(AzureStoreAlarmArgs, args)
        place = args["place"]
        log = monitor.DiagnosticSetting(
            f"{name}-log",
            resource_uri=args["blobs_id"],
            workspace_id=args["workspace_id"],
            logs=[
                monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True)
                for category in ("StorageRead", "StorageWrite", "StorageDelete")
            ],
            opts=child(self),
        )
        alert = monitor.ScheduledQueryRule(
            f"{name}-writes",
            resource_group_name=place["resource_group"],
            location=place["location"],
            kind=monitor.Kind.LOG_ALERT,
            display_name="Write into the region's own store",
            description="Something was written into the store that the tunnel gateways obey. Was it a deployment?",
            enabled=True,
            severity=2,
            scopes=[args["workspace_id"]],
            evaluation_frequency="PT5M",
            window_size="PT5M",
            auto_mitigate=False,
            # The table comes into being with the first logged request.
            skip_query_validation=True,
            criteria=monitor.ScheduledQueryRuleCriteriaArgs(
                all_of=[
                    monitor.ConditionArgs(
                        query=_query(args["account_id"]),
                        time_aggregation=monitor.TimeAggregation.COUNT,
                        operator=monitor.ConditionOperator.GREATER_THAN,
                        threshold=0,
                        failing_periods=monitor.ConditionFailingPeriodsArgs(
                            number_of_evaluation_periods=1, min_failing_periods_to_alert=1
                        ),
                    )
                ]
            ),
            tags=place["tags"],
            opts=child(self, after=log),
        )
        self.alert_id = alert.id
        self.register_outputs({"alert_id": self.alert_id})


def _query(account_id: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.format('{0}\n| where _ResourceId startswith tolower("{1}")', WRITES, account_id)
