"""A route table with at most a default route."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read

EVERYWHERE = "0.0.0.0/0"


class AwsRoutesArgs(TypedDict):
    """What a route table needs."""

    location: str
    """The AWS location."""
    vpc_id: pulumi.Input[str]
    """The VPC."""
    internet_gateway_id: NotRequired[pulumi.Input[str]]
    """Where the default route of a public subnet leads."""
    nat_gateway_id: NotRequired[pulumi.Input[str]]
    """Where the default route of a private subnet leads; with neither, there is no way out of the VPC."""
    tags: dict[str, str]
    """Tags."""


class AwsRoutes(pulumi.ComponentResource):
    """A route table; routes to other regions are put there by the route server alone."""

    route_table_id: pulumi.Output[str]
    """Id of the table, known once its default route holds."""

    def __init__(self, name: str, args: AwsRoutesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsRoutes", name, {}, opts)
        args = read(AwsRoutesArgs, args)
        table = aws.ec2.RouteTable(
            f"{name}-table",
            vpc_id=args["vpc_id"],
            region=args["location"],
            tags={**args["tags"], "Name": name},
            opts=child(self),
        )
        self.route_table_id = table.id
        if "internet_gateway_id" in args or "nat_gateway_id" in args:
            default = aws.ec2.Route(
                f"{name}-default",
                route_table_id=table.id,
                destination_cidr_block=EVERYWHERE,
                gateway_id=args.get("internet_gateway_id"),
                nat_gateway_id=args.get("nat_gateway_id"),
                region=args["location"],
                opts=child(self),
            )
            self.route_table_id = default.route_table_id
        self.register_outputs({"route_table_id": self.route_table_id})
