"""The one mechanism by which routes to other regions follow the gateway that lives: BGP with BFD into route tables."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read

ROUTE_SERVER_ASN = 65000
"""ASN of the AWS side; private use (RFC 6996) and above the ASN of every slot."""
PERSIST_MINUTES = 1
"""How long routes outlive the last session, in minutes: AWS's own trouble does not cut a region off at once."""


class AwsRouteTableArgs(TypedDict):
    """A route table that learns routes."""

    key: str
    """Stable name: a zone, `inner`, or the id of a table that stood before."""
    id: pulumi.Input[str]
    """Its id."""


class AwsRouteServerArgs(TypedDict):
    """What a VPC's route server needs."""

    location: str
    """The AWS location."""
    vpc_id: pulumi.Input[str]
    """The VPC."""
    subnet_a: pulumi.Input[str]
    """Subnet of tunnel gateway a."""
    subnet_b: pulumi.Input[str]
    """Subnet of tunnel gateway b."""
    route_tables: list[AwsRouteTableArgs]
    """Who learns the routes that the gateways announce."""
    tags: dict[str, str]
    """Tags."""


class AwsRouteServer(pulumi.ComponentResource):
    """A route server with one endpoint beside each tunnel gateway; losing either leaves the other."""

    endpoint_a: pulumi.Output[str]
    """Id of the endpoint beside gateway a."""
    endpoint_b: pulumi.Output[str]
    """Id of the endpoint beside gateway b."""
    address_a: pulumi.Output[str]
    """Address of the endpoint beside gateway a."""
    address_b: pulumi.Output[str]
    """Address of the endpoint beside gateway b."""

    def __init__(self, name: str, args: AwsRouteServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsRouteServer", name, {}, opts)
        args = read(AwsRouteServerArgs, args)
        location, tags = args["location"], {**args["tags"], "Name": name}
        server = aws.vpc.RouteServer(
            f"{name}-server",
            amazon_side_asn=ROUTE_SERVER_ASN,
            persist_routes="enable",
            persist_routes_duration=PERSIST_MINUTES,
            region=location,
            tags=tags,
            opts=child(self),
        )
        association = aws.vpc.RouteServerVpcAssociation(
            f"{name}-vpc",
            route_server_id=server.route_server_id,
            vpc_id=args["vpc_id"],
            region=location,
            opts=child(self),
        )
        first, second = (
            aws.vpc.RouteServerEndpoint(
                f"{name}-{gateway}",
                route_server_id=association.route_server_id,
                subnet_id=subnet,
                region=location,
                tags={**tags, "Name": f"{name}-{gateway}"},
                opts=child(self),
            )
            for gateway, subnet in (("a", args["subnet_a"]), ("b", args["subnet_b"]))
        )
        for table in args["route_tables"]:
            aws.vpc.RouteServerPropagation(
                f"{name}-{table['key']}",
                route_server_id=association.route_server_id,
                route_table_id=table["id"],
                region=location,
                opts=child(self),
            )
        self.endpoint_a, self.endpoint_b = first.route_server_endpoint_id, second.route_server_endpoint_id
        self.address_a, self.address_b = first.eni_address, second.eni_address
        self.register_outputs({"address_a": self.address_a, "address_b": self.address_b})
