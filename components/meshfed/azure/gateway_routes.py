"""The routes that send the federation's gateway addresses to a region's tunnel gateways."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import network

from meshfed._component import child, read


class AzureRouteTableArgs(TypedDict):
    """A route table, made by this region's stack or standing already."""

    key: str
    """Stable name of the resource's part: `own`, or the table's name."""
    resource_group: pulumi.Input[str]
    """Its resource group."""
    table: pulumi.Input[str]
    """Its name."""


class AzureGatewayRoutesArgs(TypedDict):
    """What the routes need."""

    tables: list[AzureRouteTableArgs]
    """The route tables of everything that calls other regions."""
    prefixes: list[str]
    """Ranges that are reached through the gateways; the same however many regions there are."""
    next_hop: str
    """Address of the load balancer in front of the gateways."""


class AzureGatewayRoutes(pulumi.ComponentResource):
    """A route for each range in each route table; none for a region, so that regions come and go without one."""

    route_ids: pulumi.Output[list[str]]
    """ARM ids of the routes."""

    def __init__(self, name: str, args: AzureGatewayRoutesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureGatewayRoutes", name, {}, opts)
        args = read(AzureGatewayRoutesArgs, args)
        routes = [
            network.Route(
                f"{name}-{table['key']}-{_key(prefix)}",
                route_name=f"meshfed-{_key(prefix)}",
                route_table_name=table["table"],
                resource_group_name=table["resource_group"],
                address_prefix=prefix,
                next_hop_type=network.RouteNextHopType.VIRTUAL_APPLIANCE,
                next_hop_ip_address=args["next_hop"],
                opts=child(self),
            )
            for table in args["tables"]
            for prefix in args["prefixes"]
        ]
        self.route_ids = pulumi.Output.all(*[route.id for route in routes]).apply(list)
        self.register_outputs({"route_ids": self.route_ids})


def _key(prefix: str) -> str:
    return prefix.replace(".", "-").replace("/", "-")
