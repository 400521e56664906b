"""A service of Azure at a private address of a region's own network."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import network

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace


class AzurePrivateEndpointArgs(TypedDict):
    """What a private endpoint needs."""

    place: AzurePlace
    """Where it goes."""
    subnet_id: pulumi.Input[str]
    """Subnet of private endpoints."""
    target_id: pulumi.Input[str]
    """ARM id of what is reached."""
    part: str
    """The part of it that is reached: `blob`, `vault`."""
    zone_id: pulumi.Input[str]
    """Private DNS zone that names it."""


class AzurePrivateEndpoint(pulumi.ComponentResource):
    """A private endpoint and its name in a private DNS zone."""

    endpoint_id: pulumi.Output[str]
    """ARM id of the endpoint."""

    def __init__(self, name: str, args: AzurePrivateEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzurePrivateEndpoint", name, {}, opts)
        args = read(AzurePrivateEndpointArgs, args)
        place = args["place"]
        endpoint = network.PrivateEndpoint(
            f"{name}-endpoint",
            resource_group_name=place["resource_group"],
            location=place["location"],
            subnet=network.SubnetArgs(id=args["subnet_id"]),
            private_link_service_connections=[
                network.PrivateLinkServiceConnectionArgs(
                    name=args["part"], private_link_service_id=args["target_id"], group_ids=[args["part"]]
                )
            ],
            tags=place["tags"],
            opts=child(self),
        )
        network.PrivateDnsZoneGroup(
            f"{name}-names",
            resource_group_name=place["resource_group"],
            private_endpoint_name=endpoint.name,
            private_dns_zone_group_name="default",
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(name=args["part"], private_dns_zone_id=args["zone_id"])
            ],
            opts=child(self),
        )
        self.endpoint_id = endpoint.id
        self.register_outputs({"endpoint_id": self.endpoint_id})
