"""The machine identity of a region's tunnel gateways."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import managedidentity

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace


class AzureGatewayIdentityArgs(TypedDict):
    """What the identity needs."""

    place: AzurePlace
    """Where it goes."""


class AzureGatewayIdentity(pulumi.ComponentResource):
    """A managed identity that both tunnel gateways carry; it has no secret that could be copied."""

    identity_id: pulumi.Output[str]
    """ARM id of the identity."""
    principal_id: pulumi.Output[str]
    """Its principal id, to which roles are given."""

    def __init__(self, name: str, args: AzureGatewayIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureGatewayIdentity", name, {}, opts)
        args = read(AzureGatewayIdentityArgs, args)
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name=args["place"]["resource_group"],
            location=args["place"]["location"],
            tags=args["place"]["tags"],
            opts=child(self),
        )
        self.identity_id = identity.id
        self.principal_id = identity.principal_id
        self.register_outputs({"identity_id": self.identity_id, "principal_id": self.principal_id})
