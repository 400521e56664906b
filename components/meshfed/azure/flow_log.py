"""The record of who talked to whom in a region's network, kept where nobody can change it by a shared key."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import authorization, managedidentity, network, storage

from meshfed._component import child, read
from meshfed.azure.names import Role, role_id
from meshfed.azure.place import AzurePlace

RETENTION_DAYS = 90


class AzureFlowLogArgs(TypedDict):
    """What a flow log needs."""

    place: AzurePlace
    """Where its storage goes."""
    network_id: pulumi.Input[str]
    """The virtual network that is watched."""
    account: str
    """Name of the storage account that takes the log."""
    watcher: str
    """The location's Network Watcher; Azure makes one with the first network of a subscription there."""
    watcher_group: str
    """Resource group of the Network Watcher."""


class AzureFlowLog(pulumi.ComponentResource):
    """A flow log of a whole virtual network, and the storage account that it writes to as its own identity."""

    account_id: pulumi.Output[str]
    """ARM id of the storage account."""

    def __init__(self, name: str, args: AzureFlowLogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureFlowLog", name, {}, opts)
        args = read(AzureFlowLogArgs, args)
        place = args["place"]
        account = storage.StorageAccount(
            f"{name}-account",
            account_name=args["account"],
            resource_group_name=place["resource_group"],
            location=place["location"],
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=storage.SkuName.STANDARD_ZRS),
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
            enable_https_traffic_only=True,
            network_rule_set=storage.NetworkRuleSetArgs(
                default_action=storage.DefaultAction.DENY, bypass=storage.Bypass.AZURE_SERVICES
            ),
            tags=place["tags"],
            opts=child(self),
        )
        writer = managedidentity.UserAssignedIdentity(
            f"{name}-writer",
            resource_group_name=place["resource_group"],
            location=place["location"],
            tags=place["tags"],
            opts=child(self),
        )
        may_write = authorization.RoleAssignment(
            f"{name}-may-write",
            principal_id=writer.principal_id,
            principal_type="ServicePrincipal",
            role_definition_id=role_id(place["subscription"], Role.BLOB_DATA_CONTRIBUTOR),
            scope=account.id,
            opts=child(self),
        )
        network.FlowLog(
            f"{name}-log",
            resource_group_name=args["watcher_group"],
            network_watcher_name=args["watcher"],
            location=place["location"],
            target_resource_id=args["network_id"],
            storage_id=account.id,
            enabled=True,
            format=network.FlowLogFormatParametersArgs(type="JSON", version=2),
            retention_policy=network.RetentionPolicyParametersArgs(enabled=True, days=RETENTION_DAYS),
            identity=network.ManagedServiceIdentityArgs(
                type=network.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[writer.id]
            ),
            tags=place["tags"],
            opts=child(self, after=may_write),
        )
        self.account_id = account.id
        self.register_outputs({"account_id": self.account_id})
