"""Who the tunnel gateways are towards AWS: one role for the pair."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.policies import service_trust


class AwsGatewayIdentityArgs(TypedDict):
    """What the gateways' role needs."""

    role_name: str
    """Name of the role; the distribution's account knows it by this."""
    permissions_boundary: NotRequired[str]
    """ARN of the permissions boundary."""
    tags: dict[str, str]
    """Tags."""


class AwsGatewayIdentity(pulumi.ComponentResource):
    """The role that both tunnel gateways of a region carry. What it may do is added where that is made."""

    role_name: pulumi.Output[str]
    """Name of the role."""
    role_arn: pulumi.Output[str]
    """ARN of the role."""
    unique_id: pulumi.Output[str]
    """Unique id of the role: a role that is made again under the same name is somebody else."""
    profile: pulumi.Output[str]
    """Name of the instance profile."""

    def __init__(self, name: str, args: AwsGatewayIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsGatewayIdentity", name, {}, opts)
        args = read(AwsGatewayIdentityArgs, args)
        role = aws.iam.Role(
            f"{name}-role",
            name=args["role_name"],
            description="Tunnel gateways of one region",
            assume_role_policy=service_trust("ec2.amazonaws.com"),
            permissions_boundary=args.get("permissions_boundary"),
            tags=args["tags"],
            opts=child(self),
        )
        profile = aws.iam.InstanceProfile(f"{name}-profile", role=role.name, tags=args["tags"], opts=child(self))
        self.role_name, self.role_arn, self.unique_id = role.name, role.arn, role.unique_id
        self.profile = profile.name
        self.register_outputs({"role_arn": self.role_arn, "unique_id": self.unique_id})
