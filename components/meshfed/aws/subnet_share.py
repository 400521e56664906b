"""Lends subnets of the network's account to the account of the cluster."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read


class AwsSubnetShareArgs(TypedDict):
    """What lending subnets needs."""

    location: str
    """The AWS location."""
    share: str
    """Name of the share."""
    account: str
    """Account that may use the subnets; it must be in the same organisation, with sharing switched on there."""
    zones: list[str]
    """Availability zones, which name the shared subnets together with their purpose."""
    subnet_arns: pulumi.Input[list[str]]
    """Subnets of nodes, pods, control plane and east-west load balancers, each in the order of zones."""
    tags: dict[str, str]
    """Tags."""


class AwsSubnetShare(pulumi.ComponentResource):
    """A share of subnets with one other account of the organisation."""

    share_arn: pulumi.Output[str]
    """ARN of the share, known once all subnets are in it."""

    def __init__(self, name: str, args: AwsSubnetShareArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsSubnetShare", name, {}, opts)
        args = read(AwsSubnetShareArgs, args)
        location = args["location"]
        share = aws.ram.ResourceShare(
            f"{name}-share",
            name=args["share"],
            allow_external_principals=False,
            region=location,
            tags=args["tags"],
            opts=child(self),
        )
        borrower = aws.ram.PrincipalAssociation(
            f"{name}-account",
            principal=args["account"],
            resource_share_arn=share.arn,
            region=location,
            opts=child(self),
        )
        arns = pulumi.Output.from_input(args["subnet_arns"])
        keys = [f"{use}-{zone}" for use in ("nodes", "pods", "control", "east-west") for zone in args["zones"]]
        lent = [
            aws.ram.ResourceAssociation(
                f"{name}-{key}",
                resource_arn=arns[index],
                resource_share_arn=borrower.resource_share_arn,
                region=location,
                opts=child(self),
            ).resource_share_arn
            for index, key in enumerate(keys)
        ]
        self.share_arn = pulumi.Output.all(*lent).apply(_first)
        self.register_outputs({"share_arn": self.share_arn})


def _first(arns: list[str]) -> str:
    return arns[0]
