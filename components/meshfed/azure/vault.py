"""A key vault that only private endpoints reach, with roles instead of access policies, whose every use is logged."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import keyvault, monitor

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace
from meshfed.azure.private_endpoint import AzurePrivateEndpoint

SOFT_DELETE_DAYS = 90


class AzureVaultArgs(TypedDict):
    """What a key vault needs."""

    place: AzurePlace
    """Where it goes."""
    vault: str
    """Its name; a name that was deleted stays taken for 90 days, so the region's epoch is part of it."""
    tenant: str
    """Entra tenant id."""
    subnet_id: pulumi.Input[str]
    """Subnet of private endpoints."""
    zone_id: pulumi.Input[str]
    """Private DNS zone of key vaults."""
    workspace_id: pulumi.Input[str]
    """Log workspace that takes every use of a key."""


class AzureVault(pulumi.ComponentResource):
    """A key vault with purge protection, closed to every public network."""

    vault_id: pulumi.Output[str]
    """ARM id of the vault."""
    vault_name: pulumi.Output[str]
    """Name of the vault."""

    def __init__(self, name: str, args: AzureVaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureVault", name, {}, opts)
        args = read(AzureVaultArgs, args)
        place = args["place"]
        vault = keyvault.Vault(
            f"{name}-vault",
            vault_name=args["vault"],
            resource_group_name=place["resource_group"],
            location=place["location"],
            properties=keyvault.VaultPropertiesArgs(
                sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
                tenant_id=args["tenant"],
                enable_rbac_authorization=True,
                enable_soft_delete=True,
                enable_purge_protection=True,
                soft_delete_retention_in_days=SOFT_DELETE_DAYS,
                enabled_for_deployment=False,
                enabled_for_disk_encryption=False,
                enabled_for_template_deployment=False,
                public_network_access="Disabled",
                network_acls=keyvault.NetworkRuleSetArgs(
                    default_action=keyvault.NetworkRuleAction.DENY, bypass=keyvault.NetworkRuleBypassOptions.NONE
                ),
            ),
            tags=place["tags"],
            opts=child(self),
        )
        monitor.DiagnosticSetting(
            f"{name}-uses",
            resource_uri=vault.id,
            workspace_id=args["workspace_id"],
            logs=[monitor.DiagnosticsLogSettingsArgs(category="AuditEvent", enabled=True)],
            opts=child(self),
        )
        AzurePrivateEndpoint(
            f"{name}-private",
            {
                "place": place,
                "subnet_id": args["subnet_id"],
                "target_id": vault.id,
                "part": "vault",
                "zone_id": args["zone_id"],
            },
            child(self),
        )
        self.vault_id = vault.id
        self.vault_name = vault.name
        self.register_outputs({"vault_id": self.vault_id, "vault_name": self.vault_name})
