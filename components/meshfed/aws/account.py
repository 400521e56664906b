"""What an AWS account has once: safe defaults. Off unless its stack is deployed, since others may share the account."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read


class AwsAccountArgs(TypedDict):
    """What the defaults of an account need."""

    locations: list[str]
    """AWS locations in which the account has regions of the federation."""


class AwsAccount(pulumi.ComponentResource):
    """Defaults of an account: metadata by token only, encrypted disks, no public bucket."""

    locations: pulumi.Output[list[str]]
    """Locations whose defaults are set."""

    def __init__(self, name: str, args: AwsAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsAccount", name, {}, opts)
        args = read(AwsAccountArgs, args)
        aws.s3.AccountPublicAccessBlock(
            f"{name}-closed",
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child(self),
        )
        for location in args["locations"]:
            aws.ec2.InstanceMetadataDefaults(
                f"{name}-metadata-{location}",
                http_tokens="required",
                http_put_response_hop_limit=1,
                region=location,
                opts=child(self),
            )
            aws.ebs.EncryptionByDefault(
                f"{name}-encryption-{location}", enabled=True, region=location, opts=child(self)
            )
        self.locations = pulumi.Output.from_input(args["locations"])
        self.register_outputs({"locations": self.locations})
