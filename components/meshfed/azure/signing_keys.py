"""The region's two signing keys, for peer documents and for trust bundles; their private halves stay in the vault."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import authorization, keyvault

from meshfed._component import child, read
from meshfed.azure.names import Role, role_id
from meshfed.azure.place import AzurePlace
from meshfed.azure.vault import AzureVault, AzureVaultArgs


class AzureSigningKeysArgs(TypedDict):
    """What the signing keys need."""

    vault: AzureVaultArgs
    """The vault of their own that they lie in."""
    peer_signer: pulumi.Input[str]
    """Principal id of the tunnel gateways: the only one that may sign peer documents."""


class AzureSigningKeys(pulumi.ComponentResource):
    """Two P-256 keys in a key vault of their own; only the tunnel gateways may sign, and only with the first."""

    peer_key: pulumi.Output[str]
    """Versioned id of the key that signs peer documents: `https://vault/keys/peer/version`."""
    bundle_key: pulumi.Output[str]
    """Versioned id of the key that signs trust bundles; nobody may use it before the publisher gets its role."""

    def __init__(self, name: str, args: AzureSigningKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureSigningKeys", name, {}, opts)
        args = read(AzureSigningKeysArgs, args)
        place = args["vault"]["place"]
        vault = AzureVault(f"{name}-signing", args["vault"], child(self))
        peer = self._key(f"{name}-peer", "peer", place, vault)
        bundle = self._key(f"{name}-bundle", "bundle", place, vault)
        authorization.RoleAssignment(
            f"{name}-peer-signer",
            principal_id=args["peer_signer"],
            principal_type="ServicePrincipal",
            role_definition_id=role_id(place["subscription"], Role.KEY_VAULT_CRYPTO_USER),
            scope=peer.id,
            opts=child(self),
        )
        self.peer_key = peer.key_uri_with_version
        self.bundle_key = bundle.key_uri_with_version
        self.register_outputs({"peer_key": self.peer_key, "bundle_key": self.bundle_key})

    def _key(self, name: str, key_name: str, place: AzurePlace, vault: AzureVault) -> keyvault.Key:
        return keyvault.Key(
            f"{name}-key",
            key_name=key_name,
            vault_name=vault.vault_name,
            resource_group_name=place["resource_group"],
            properties=keyvault.KeyPropertiesArgs(
                kty=keyvault.JsonWebKeyType.EC,
                curve_name=keyvault.JsonWebKeyCurveName.P_256,
                # The role of a gateway would let it encrypt and wrap as well; the key itself can do neither.
                key_ops=[keyvault.JsonWebKeyOperation.SIGN, keyvault.JsonWebKeyOperation.VERIFY],
            ),
            tags=place["tags"],
            opts=child(self),
        )
