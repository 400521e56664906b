"""The region's own object store: what its gateways read, what only its deployer writes."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import authorization, storage

from meshfed._component import child, read
from meshfed.azure.names import Role, role_id
from meshfed.azure.place import AzurePlace
from meshfed.azure.private_endpoint import AzurePrivateEndpoint
from meshfed.azure.store_alarm import AzureStoreAlarm
from meshfed.settings.region import AzureAccountKeys

HISTORY_DAYS = 90
"""For how long a deleted object can be brought back, and old versions are kept."""


class AzureStoreArgs(TypedDict):
    """What a store needs."""

    place: AzurePlace
    """Where it goes."""
    account: str
    """Name of the storage account."""
    container: str
    """Name of the container."""
    account_keys: AzureAccountKeys
    """`deployer` where the deployer's tool signs with the account's key, `refused` where it signs in as itself."""
    deployer_ranges: list[str]
    """Public ranges that the deployer writes from; none: from inside the network alone."""
    subnet_id: pulumi.Input[str]
    """Subnet of private endpoints."""
    zone_id: pulumi.Input[str]
    """Private DNS zone of storage accounts."""
    workspace_id: pulumi.Input[str]
    """Log workspace."""
    reader: pulumi.Input[str]
    """Principal id of the tunnel gateways: they read and never write."""


class AzureStore(pulumi.ComponentResource):
    """A container with versions, read by the tunnel gateways at a private address; each write raises an alarm."""

    account: pulumi.Output[str]
    """Name of the storage account."""
    container: pulumi.Output[str]
    """Name of the container."""

    def __init__(self, name: str, args: AzureStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureStore", name, {}, opts)
        args = read(AzureStoreArgs, args)
        place = args["place"]
        account = self._account(name, args)
        versions = storage.BlobServiceProperties(
            f"{name}-versions",
            account_name=account.name,
            resource_group_name=place["resource_group"],
            blob_services_name="default",
            is_versioning_enabled=True,
            delete_retention_policy=storage.DeleteRetentionPolicyArgs(enabled=True, days=HISTORY_DAYS),
            container_delete_retention_policy=storage.DeleteRetentionPolicyArgs(enabled=True, days=HISTORY_DAYS),
            opts=child(self),
        )
        container = storage.BlobContainer(
            f"{name}-container",
            account_name=account.name,
            resource_group_name=place["resource_group"],
            container_name=args["container"],
            public_access=storage.PublicAccess.NONE,
            # The first object already has versions.
            opts=child(self, after=versions),
        )
        authorization.RoleAssignment(
            f"{name}-reader",
            principal_id=args["reader"],
            principal_type="ServicePrincipal",
            role_definition_id=role_id(place["subscription"], Role.BLOB_DATA_READER),
            scope=container.id,
            opts=child(self),
        )
        AzurePrivateEndpoint(
            f"{name}-private",
            {
                "place": place,
                "subnet_id": args["subnet_id"],
                "target_id": account.id,
                "part": "blob",
                "zone_id": args["zone_id"],
            },
            child(self),
        )
        AzureStoreAlarm(
            f"{name}-alarm",
            {
                "place": place,
                "account_id": account.id,
                "blobs_id": versions.id,
                "workspace_id": args["workspace_id"],
            },
            child(self),
        )
        self.account = account.name
        self.container = container.name
        self.register_outputs({"account": self.account, "container": self.container})

    def _account(self, name: str, args: AzureStoreArgs) -> storage.StorageAccount:
        place = args["place"]
        return storage.StorageAccount(
            f"{name}-account",
            account_name=args["account"],
            resource_group_name=place["resource_group"],
            location=place["location"],
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=storage.SkuName.STANDARD_ZRS),
            allow_blob_public_access=False,
            allow_shared_key_access=args["account_keys"] is AzureAccountKeys.DEPLOYER,
            allow_cross_tenant_replication=False,
            default_to_o_auth_authentication=True,
            enable_https_traffic_only=True,
            is_local_user_enabled=False,
            is_sftp_enabled=False,
            minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
            public_network_access="Enabled" if args["deployer_ranges"] else "Disabled",
            network_rule_set=storage.NetworkRuleSetArgs(
                default_action=storage.DefaultAction.DENY,
                bypass=storage.Bypass.NONE,
                ip_rules=[
                    storage.IPRuleArgs(i_p_address_or_range=source, action=storage.Action.ALLOW)
                    for source in args["deployer_ranges"]
                ],
            ),
            tags=place["tags"],
            opts=child(self),
        )
