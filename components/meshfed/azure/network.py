"""A region's virtual network: five subnets, each with its own security group, one way out and no way in."""

from enum import StrEnum
from typing import TypedDict

import pulumi
from pulumi_azure_native import network

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace
from meshfed.azure.security_group import AzureSecurityGroup, AzureSecurityRuleArgs
from meshfed.azure.subnet import AzureSubnet, AzureSubnetArgs
from meshfed.azure.way_out import AzureWayOut

API_SERVER_SERVICE = "Microsoft.ContainerService/managedClusters"
"""Service that the API server's subnet is delegated to."""


class AzureSubnetRole(StrEnum):
    """What a subnet is for."""

    NODES = "nodes"
    TUNNEL = "tunnel"
    EAST_WEST = "east-west"
    ENDPOINTS = "endpoints"
    CONTROL = "control"


class AzureNetworkArgs(TypedDict):
    """What a network needs."""

    place: AzurePlace
    """Where it goes."""
    address_space: list[str]
    """The region's own range, and the range that other regions may reach."""
    subnets: dict[str, str]
    """Range of each subnet: nodes, tunnel, east-west, endpoints, control."""
    rules: dict[str, list[AzureSecurityRuleArgs]]
    """Rules of each subnet's security group, but of the tunnel gateways'."""
    gateway_group_id: pulumi.Input[str]
    """Security group of the tunnel gateways; their subnet has the same one."""
    zone: str
    """Zone of the NAT gateway."""
    workspace_id: pulumi.Input[str]
    """Log workspace."""


class AzureNetwork(pulumi.ComponentResource):
    """A virtual network with subnets for nodes, tunnel gateways, east-west load balancers, endpoints and API server."""

    network_id: pulumi.Output[str]
    """ARM id of the virtual network."""
    node_subnet_id: pulumi.Output[str]
    """Subnet of the nodes."""
    tunnel_subnet_id: pulumi.Output[str]
    """Subnet of the tunnel gateways."""
    east_west_subnet_id: pulumi.Output[str]
    """Subnet of the east-west load balancer's address."""
    endpoint_subnet_id: pulumi.Output[str]
    """Subnet of the private endpoints."""
    control_subnet_id: pulumi.Output[str]
    """Subnet of the API server, delegated to AKS."""
    route_table: pulumi.Output[str]
    """Name of the route table of nodes and east-west load balancer, in the network's own resource group."""

    def __init__(self, name: str, args: AzureNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureNetwork", name, {}, opts)
        args = read(AzureNetworkArgs, args)
        place = args["place"]
        vnet = network.VirtualNetwork(
            f"{name}-vnet",
            resource_group_name=place["resource_group"],
            location=place["location"],
            address_space=network.AddressSpaceArgs(address_prefixes=args["address_space"]),
            encryption=network.VirtualNetworkEncryptionArgs(enabled=True, enforcement="AllowUnencrypted"),
            tags=place["tags"],
            opts=child(self),
        )
        routes = network.RouteTable(
            f"{name}-routes",
            resource_group_name=place["resource_group"],
            location=place["location"],
            disable_bgp_route_propagation=True,
            tags=place["tags"],
            opts=child(self),
        )
        way_out = AzureWayOut(f"{name}-way-out", {"place": place, "zone": args["zone"]}, child(self))
        subnets = self._subnets(name, args, vnet.name, {"routes": routes.id, "way-out": way_out.gateway_id})
        self.network_id = vnet.id
        self.node_subnet_id = subnets[AzureSubnetRole.NODES]
        self.tunnel_subnet_id = subnets[AzureSubnetRole.TUNNEL]
        self.east_west_subnet_id = subnets[AzureSubnetRole.EAST_WEST]
        self.endpoint_subnet_id = subnets[AzureSubnetRole.ENDPOINTS]
        self.control_subnet_id = subnets[AzureSubnetRole.CONTROL]
        self.route_table = routes.name
        self.register_outputs({"network_id": self.network_id, "route_table": self.route_table})

    def _subnets(
        self, name: str, args: AzureNetworkArgs, vnet: pulumi.Output[str], ways: dict[str, pulumi.Output[str]]
    ) -> dict[AzureSubnetRole, pulumi.Output[str]]:
        found: dict[AzureSubnetRole, pulumi.Output[str]] = {}
        before: AzureSubnet | None = None
        for role in AzureSubnetRole:
            settings: AzureSubnetArgs = {
                "resource_group": args["place"]["resource_group"],
                "virtual_network": vnet,
                "cidr": args["subnets"][role.value],
                "group_id": self._group(f"{name}-{role.value}-rules", role, args),
            }
            if role in {AzureSubnetRole.NODES, AzureSubnetRole.EAST_WEST}:
                settings["route_table_id"] = ways["routes"]
                settings["nat_gateway_id"] = ways["way-out"]
            if role is AzureSubnetRole.CONTROL:
                settings["delegation"] = API_SERVER_SERVICE
            # One after another: Azure refuses two changes of one virtual network at the same time.
            before = AzureSubnet(f"{name}-{role.value}", settings, child(self, after=before))
            found[role] = before.subnet_id
        return found

    def _group(self, name: str, role: AzureSubnetRole, args: AzureNetworkArgs) -> pulumi.Input[str]:
        if role is AzureSubnetRole.TUNNEL:
            return args["gateway_group_id"]
        group = AzureSecurityGroup(
            name,
            {"place": args["place"], "rules": args["rules"][role.value], "workspace_id": args["workspace_id"]},
            child(self),
        )
        return group.group_id
