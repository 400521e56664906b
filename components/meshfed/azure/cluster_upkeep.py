"""When a cluster may change by itself, and the record of what was done to it."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import containerservice, monitor

from meshfed._component import child, read

LOGS = (
    "kube-apiserver",
    "kube-audit",
    "kube-audit-admin",
    "kube-controller-manager",
    "kube-scheduler",
    "cluster-autoscaler",
    "cloud-controller-manager",
    "guard",
)
WINDOWS = (
    ("aksManagedAutoUpgradeSchedule", "versions", containerservice.WeekDay.SUNDAY),
    ("aksManagedNodeOSUpgradeSchedule", "node-images", containerservice.WeekDay.SATURDAY),
)
"""AKS knows its maintenance windows by these names."""
WINDOW_START, WINDOW_HOURS = "02:00", 6


class AzureClusterUpkeepArgs(TypedDict):
    """What upkeep needs."""

    resource_group: pulumi.Input[str]
    """The cluster's resource group."""
    cluster: pulumi.Input[str]
    """Name of the cluster."""
    cluster_id: pulumi.Input[str]
    """ARM id of the cluster."""
    workspace_id: pulumi.Input[str]
    """Log workspace that takes the cluster's logs."""


class AzureClusterUpkeep(pulumi.ComponentResource):
    """Weekly windows for patches and node images, at night in UTC, and the logs of the control plane."""

    log_id: pulumi.Output[str]
    """ARM id of the setting that sends the logs."""

    def __init__(self, name: str, args: AzureClusterUpkeepArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureClusterUpkeep", name, {}, opts)
        args = read(AzureClusterUpkeepArgs, args)
        for window, key, day in WINDOWS:
            containerservice.MaintenanceConfiguration(
                f"{name}-{key}",
                config_name=window,
                resource_name_=args["cluster"],
                resource_group_name=args["resource_group"],
                maintenance_window=containerservice.MaintenanceWindowArgs(
                    schedule=containerservice.ScheduleArgs(
                        weekly=containerservice.WeeklyScheduleArgs(day_of_week=day, interval_weeks=1)
                    ),
                    start_time=WINDOW_START,
                    duration_hours=WINDOW_HOURS,
                    utc_offset="+00:00",
                ),
                opts=child(self),
            )
        logs = monitor.DiagnosticSetting(
            f"{name}-logs",
            resource_uri=args["cluster_id"],
            workspace_id=args["workspace_id"],
            log_analytics_destination_type="Dedicated",
            logs=[monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in LOGS],
            opts=child(self),
        )
        self.log_id = logs.id
        self.register_outputs({"log_id": self.log_id})
