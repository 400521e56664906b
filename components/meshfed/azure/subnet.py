"""One subnet of a region's virtual network, with everything that must be said in the one request that makes it."""

from typing import NotRequired, TypedDict

import pulumi
from pulumi_azure_native import network

from meshfed._component import child, read


class AzureSubnetArgs(TypedDict):
    """What a subnet needs."""

    resource_group: pulumi.Input[str]
    """Resource group of the virtual network."""
    virtual_network: pulumi.Input[str]
    """Name of the virtual network."""
    cidr: str
    """Its range."""
    group_id: pulumi.Input[str]
    """Its security group."""
    route_table_id: NotRequired[pulumi.Input[str]]
    """Its route table; left out: Azure's own routes alone."""
    nat_gateway_id: NotRequired[pulumi.Input[str]]
    """Its way to the internet; left out: none, since Azure's default one is always off."""
    delegation: NotRequired[str]
    """The service that alone may use it: `Microsoft.ContainerService/managedClusters`."""


class AzureSubnet(pulumi.ComponentResource):
    """A subnet without Azure's default way out, whose private endpoints obey its security group."""

    subnet_id: pulumi.Output[str]
    """ARM id of the subnet."""

    def __init__(self, name: str, args: AzureSubnetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureSubnet", name, {}, opts)
        args = read(AzureSubnetArgs, args)
        routes, nat = args.get("route_table_id"), args.get("nat_gateway_id")
        delegation = args.get("delegation")
        subnet = network.Subnet(
            f"{name}-subnet",
            resource_group_name=args["resource_group"],
            virtual_network_name=args["virtual_network"],
            address_prefix=args["cidr"],
            default_outbound_access=False,
            network_security_group=network.NetworkSecurityGroupArgs(id=args["group_id"]),
            route_table=network.RouteTableArgs(id=routes) if routes else None,
            nat_gateway=network.SubResourceArgs(id=nat) if nat else None,
            delegations=[network.DelegationArgs(name="service", service_name=delegation)] if delegation else None,
            private_endpoint_network_policies=network.VirtualNetworkPrivateEndpointNetworkPolicies.ENABLED,
            opts=child(self),
        )
        self.subnet_id = subnet.id
        self.register_outputs({"subnet_id": self.subnet_id})
