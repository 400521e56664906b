"""The one way from a region's nodes to the internet."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import network

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace


class AzureWayOutArgs(TypedDict):
    """What a way out needs."""

    place: AzurePlace
    """Where it goes."""
    zone: str
    """The zone that it stands in; a NAT gateway of the standard kind stands in one zone."""


class AzureWayOut(pulumi.ComponentResource):
    """A NAT gateway with one fixed public address; nothing comes in through it."""

    gateway_id: pulumi.Output[str]
    """ARM id of the NAT gateway."""
    address: pulumi.Output[str]
    """Public address that the region's nodes call from."""

    def __init__(self, name: str, args: AzureWayOutArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureWayOut", name, {}, opts)
        args = read(AzureWayOutArgs, args)
        place = args["place"]
        address = network.PublicIPAddress(
            f"{name}-address",
            resource_group_name=place["resource_group"],
            location=place["location"],
            public_ip_allocation_method="Static",
            sku=network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
            zones=[args["zone"]],
            tags=place["tags"],
            opts=child(self),
        )
        gateway = network.NatGateway(
            f"{name}-nat",
            resource_group_name=place["resource_group"],
            location=place["location"],
            sku=network.NatGatewaySkuArgs(name="Standard"),
            zones=[args["zone"]],
            public_ip_addresses=[network.SubResourceArgs(id=address.id)],
            idle_timeout_in_minutes=4,
            tags=place["tags"],
            opts=child(self),
        )
        self.gateway_id = gateway.id
        self.address = address.ip_address.apply(lambda value: value or "")
        self.register_outputs({"gateway_id": self.gateway_id, "address": self.address})
