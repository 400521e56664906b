"""The log workspace of a region: who used its keys, wrote its store, called its API server and met its rules."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import operationalinsights

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace

RETENTION_DAYS = 90


class AzureLogsArgs(TypedDict):
    """What the workspace needs."""

    place: AzurePlace
    """Where it goes."""


class AzureLogs(pulumi.ComponentResource):
    """A log workspace that only Entra identities read and write."""

    workspace_id: pulumi.Output[str]
    """ARM id of the workspace."""

    def __init__(self, name: str, args: AzureLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureLogs", name, {}, opts)
        args = read(AzureLogsArgs, args)
        place = args["place"]
        workspace = operationalinsights.Workspace(
            f"{name}-workspace",
            resource_group_name=place["resource_group"],
            location=place["location"],
            sku=operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
            retention_in_days=RETENTION_DAYS,
            features=operationalinsights.WorkspaceFeaturesArgs(
                disable_local_auth=True, enable_log_access_using_only_resource_permissions=True
            ),
            tags=place["tags"],
            opts=child(self),
        )
        self.workspace_id = workspace.id
        self.register_outputs({"workspace_id": self.workspace_id})
