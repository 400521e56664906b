"""The subnets of one purpose, one in each of three zones, each with its route table."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read


class AwsSubnetArgs(TypedDict):
    """One subnet."""

    zone: str
    """Availability zone."""
    range: str
    """Its addresses, `10.0.0.0/19`."""
    route_table_id: pulumi.Input[str]
    """Its route table."""


class AwsSubnetsArgs(TypedDict):
    """What the subnets of one purpose need."""

    location: str
    """The AWS location."""
    vpc_id: pulumi.Input[str]
    """The VPC; for a secondary range, the VPC id that its association gives, so that the range stands first."""
    subnets: list[AwsSubnetArgs]
    """One a zone."""
    tags: dict[str, str]
    """Tags; Kubernetes finds subnets for load balancers by them."""


class AwsSubnets(pulumi.ComponentResource):
    """Subnets of one purpose, one a zone; none gives public addresses by itself."""

    ids: pulumi.Output[list[str]]
    """Ids in the order of zones, known once their route tables hold."""
    arns: pulumi.Output[list[str]]
    """ARNs in the order of zones."""

    def __init__(self, name: str, args: AwsSubnetsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsSubnets", name, {}, opts)
        args = read(AwsSubnetsArgs, args)
        ids: list[pulumi.Output[str]] = []
        arns: list[pulumi.Output[str]] = []
        for subnet in args["subnets"]:
            made = aws.ec2.Subnet(
                f"{name}-{subnet['zone']}",
                vpc_id=args["vpc_id"],
                availability_zone=subnet["zone"],
                cidr_block=subnet["range"],
                map_public_ip_on_launch=False,
                region=args["location"],
                tags={**args["tags"], "Name": f"{name}-{subnet['zone']}"},
                opts=child(self),
            )
            association = aws.ec2.RouteTableAssociation(
                f"{name}-{subnet['zone']}",
                subnet_id=made.id,
                route_table_id=subnet["route_table_id"],
                region=args["location"],
                opts=child(self),
            )
            # Through the association, so that nothing boots in a subnet whose routes are not there yet.
            ids.append(association.subnet_id.apply(_known))
            arns.append(made.arn)
        self.ids = pulumi.Output.all(*ids)
        self.arns = pulumi.Output.all(*arns)
        self.register_outputs({"ids": self.ids, "arns": self.arns})


def _known(subnet_id: str | None) -> str:
    # The SDK types it as optional, since an association may also be with a gateway.
    return subnet_id or ""
