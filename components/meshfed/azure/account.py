"""What an Azure subscription has once: features, watchers, a record of changes. Off unless its stack is deployed."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import features, monitor, network, operationalinsights, resources

from meshfed._component import child, read
from meshfed.azure.watcher import WATCHER_GROUP, watcher_name

RETENTION_DAYS = 365
RECORDS = ("Administrative", "Security", "Policy", "Alert")
"""Categories of the activity log: who changed what, and who entered a machine."""


class AzureAccountArgs(TypedDict):
    """What a subscription's singletons need."""

    subscription: str
    """Subscription id."""
    locations: list[str]
    """Locations in which the subscription has networks of the federation; the record is kept in the first one."""
    tags: dict[str, str]
    """Tags of everything that can carry one."""


class AzureAccount(pulumi.ComponentResource):
    """Encryption at the host, a Network Watcher a location, and a year's record of the activity log."""

    workspace_id: pulumi.Output[str]
    """ARM id of the log workspace that keeps the record."""

    def __init__(self, name: str, args: AzureAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureAccount", name, {}, opts)
        args = read(AzureAccountArgs, args)
        features.SubscriptionFeatureRegistration(
            f"{name}-encryption-at-host",
            provider_namespace="Microsoft.Compute",
            feature_name="EncryptionAtHost",
            opts=child(self),
        )
        group = resources.ResourceGroup(
            f"{name}-watchers",
            resource_group_name=WATCHER_GROUP,
            location=args["locations"][0],
            tags=args["tags"],
            opts=child(self),
        )
        for location in args["locations"]:
            network.NetworkWatcher(
                f"{name}-watcher-{location}",
                network_watcher_name=watcher_name(location),
                resource_group_name=group.name,
                location=location,
                tags=args["tags"],
                opts=child(self),
            )
        workspace = operationalinsights.Workspace(
            f"{name}-record",
            resource_group_name=group.name,
            location=args["locations"][0],
            sku=operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
            retention_in_days=RETENTION_DAYS,
            features=operationalinsights.WorkspaceFeaturesArgs(disable_local_auth=True),
            tags=args["tags"],
            opts=child(self),
        )
        monitor.DiagnosticSetting(
            f"{name}-activity",
            resource_uri=f"subscriptions/{args['subscription']}",
            workspace_id=workspace.id,
            logs=[monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in RECORDS],
            opts=child(self),
        )
        self.workspace_id = workspace.id
        self.register_outputs({"workspace_id": self.workspace_id})
