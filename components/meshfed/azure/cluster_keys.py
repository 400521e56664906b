"""The key that encrypts a cluster's secrets in etcd, in a vault of its own."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import authorization, keyvault

from meshfed._component import child, read
from meshfed.azure.names import Role, role_id
from meshfed.azure.vault import AzureVault, AzureVaultArgs

KEY_BITS = 3072


class AzureClusterKeysArgs(TypedDict):
    """What the key needs."""

    vault: AzureVaultArgs
    """The vault of its own that it lies in."""
    user: pulumi.Input[str]
    """Principal id of the cluster's control plane, the only user of the key."""


class AzureClusterKeys(pulumi.ComponentResource):
    """An RSA key that only the cluster's control plane uses, over a private connection."""

    key_id: pulumi.Output[str]
    """Versioned id of the key, when its user may use it."""
    vault_id: pulumi.Output[str]
    """ARM id of its vault."""

    def __init__(self, name: str, args: AzureClusterKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureClusterKeys", name, {}, opts)
        args = read(AzureClusterKeysArgs, args)
        place = args["vault"]["place"]
        vault = AzureVault(f"{name}-secrets", args["vault"], child(self))
        key = keyvault.Key(
            f"{name}-key",
            key_name="etcd",
            vault_name=vault.vault_name,
            resource_group_name=place["resource_group"],
            properties=keyvault.KeyPropertiesArgs(
                kty=keyvault.JsonWebKeyType.RSA,
                key_size=KEY_BITS,
                key_ops=[keyvault.JsonWebKeyOperation.ENCRYPT, keyvault.JsonWebKeyOperation.DECRYPT],
            ),
            tags=place["tags"],
            opts=child(self),
        )
        may_use = self._role(f"{name}-may-use", Role.KEY_VAULT_CRYPTO_USER, key.id, args)
        # AKS makes its own private connection to the vault, for which it asks this right.
        may_connect = self._role(f"{name}-may-connect", Role.KEY_VAULT_CONTRIBUTOR, vault.vault_id, args)
        rights = pulumi.Output.all(may_use.id, may_connect.id)
        self.key_id = pulumi.Output.all(key.key_uri_with_version, rights).apply(lambda both: str(both[0]))
        self.vault_id = vault.vault_id
        self.register_outputs({"key_id": self.key_id, "vault_id": self.vault_id})

    def _role(
        self, name: str, role: Role, scope: pulumi.Output[str], args: AzureClusterKeysArgs
    ) -> authorization.RoleAssignment:
        return authorization.RoleAssignment(
            name,
            principal_id=args["user"],
            principal_type="ServicePrincipal",
            role_definition_id=role_id(args["vault"]["place"]["subscription"], role),
            scope=scope,
            opts=child(self),
        )
