"""The private DNS zones in which a region's network finds its key vaults and storage."""

from typing import NotRequired, TypedDict

import pulumi
from pulumi_azure_native import privatedns

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace

BLOB_ZONE = "privatelink.blob.core.windows.net"
VAULT_ZONE = "privatelink.vaultcore.azure.net"


class AzurePrivateNamesArgs(TypedDict):
    """What the private DNS zones need."""

    place: AzurePlace
    """Where they go."""
    network_id: pulumi.Input[str]
    """The virtual network that reads them."""
    blob_zone_id: NotRequired[str]
    """ARM id of the zone of storage accounts that the network reads already; left out: it is made."""
    vault_zone_id: NotRequired[str]
    """ARM id of the zone of key vaults that the network reads already; left out: it is made."""


class AzurePrivateNames(pulumi.ComponentResource):
    """Private DNS zones for blobs and key vaults, linked to one virtual network; those that it has are used."""

    blob_zone_id: pulumi.Output[str]
    """Zone of storage accounts."""
    vault_zone_id: pulumi.Output[str]
    """Zone of key vaults."""

    def __init__(self, name: str, args: AzurePrivateNamesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzurePrivateNames", name, {}, opts)
        args = read(AzurePrivateNamesArgs, args)
        self.blob_zone_id = self._zone(f"{name}-blob", BLOB_ZONE, args, args.get("blob_zone_id"))
        self.vault_zone_id = self._zone(f"{name}-vault", VAULT_ZONE, args, args.get("vault_zone_id"))
        self.register_outputs({"blob_zone_id": self.blob_zone_id, "vault_zone_id": self.vault_zone_id})

    def _zone(self, name: str, zone_name: str, args: AzurePrivateNamesArgs, found: str | None) -> pulumi.Output[str]:
        if found is not None:
            return pulumi.Output.from_input(found)
        place = args["place"]
        zone = privatedns.PrivateZone(
            f"{name}-zone",
            private_zone_name=zone_name,
            resource_group_name=place["resource_group"],
            location="Global",
            tags=place["tags"],
            opts=child(self),
        )
        privatedns.VirtualNetworkLink(
            f"{name}-link",
            private_zone_name=zone.name,
            resource_group_name=place["resource_group"],
            location="Global",
            registration_enabled=False,
            # Names of other owners' private endpoints stay resolvable: what is not in this zone is asked in public DNS.
            resolution_policy=privatedns.ResolutionPolicy.NX_DOMAIN_REDIRECT,
            virtual_network=privatedns.SubResourceArgs(id=args["network_id"]),
            tags=place["tags"],
            opts=child(self),
        )
        return zone.id
