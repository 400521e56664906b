"""Private ways to the AWS services that a region's hosts and nodes need."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import partition

INTERFACE_SERVICES = (
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "secretsmanager",
    "ssm",
    "ssmmessages",
    "sts",
)
"""Services that are reached through an address in the endpoint subnets."""


class AwsEndpointsArgs(TypedDict):
    """What the private endpoints of a VPC need."""

    location: str
    """The AWS location."""
    vpc_id: pulumi.Input[str]
    """The VPC."""
    subnet_ids: pulumi.Input[list[str]]
    """One subnet a zone."""
    route_table_ids: list[pulumi.Input[str]]
    """Route tables that lead to S3 privately."""
    callers: list[str]
    """Ranges that may call."""
    tags: dict[str, str]
    """Tags."""


class AwsEndpoints(pulumi.ComponentResource):
    """Private endpoints of AWS services, open to the VPC's own ranges on HTTPS only."""

    security_group_id: pulumi.Output[str]
    """Security group of the endpoints."""

    def __init__(self, name: str, args: AwsEndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsEndpoints", name, {}, opts)
        args = read(AwsEndpointsArgs, args)
        location, tags = args["location"], args["tags"]
        prefix = "cn.com.amazonaws" if partition(location) == "aws-cn" else "com.amazonaws"
        group = self._group(name, args)
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=args["vpc_id"],
            service_name=f"com.amazonaws.{location}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=args["route_table_ids"],
            region=location,
            tags={**tags, "Name": f"{name}-s3"},
            opts=child(self),
        )
        for service in INTERFACE_SERVICES:
            key = service.replace(".", "-")
            aws.ec2.VpcEndpoint(
                f"{name}-{key}",
                vpc_id=args["vpc_id"],
                service_name=f"{prefix}.{location}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=args["subnet_ids"],
                security_group_ids=[group.id],
                region=location,
                tags={**tags, "Name": f"{name}-{key}"},
                opts=child(self),
            )
        self.security_group_id = group.id
        self.register_outputs({"security_group_id": self.security_group_id})

    def _group(self, name: str, args: AwsEndpointsArgs) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            description="HTTPS from the VPC to private endpoints",
            vpc_id=args["vpc_id"],
            region=args["location"],
            tags={**args["tags"], "Name": name},
            opts=child(self),
        )
        for caller in args["callers"]:
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-from-{caller.replace('/', '-')}",
                security_group_id=group.id,
                description="HTTPS from the VPC",
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                cidr_ipv4=caller,
                region=args["location"],
                tags=args["tags"],
                opts=child(self),
            )
        return group
