"""What the tunnel gateways may do in AWS, and nothing beside it."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import arn
from meshfed.aws.policies import document, statement
from meshfed.aws.signing_keys import SIGNING_ALGORITHM


class AwsGatewayRightsArgs(TypedDict):
    """What the gateways' rights are about."""

    location: str
    """The AWS location."""
    account: str
    """Account that the gateways stand in."""
    role_name: pulumi.Input[str]
    """Role of the gateways."""
    peer_key_arn: pulumi.Input[str]
    """Key that signs their peer documents."""
    bucket_arn: str
    """ARN of the region's own store."""
    readable: list[str]
    """ARNs of the objects in it that they read."""
    publisher_role_arn: NotRequired[str]
    """Role in the distribution's account that writes their peer documents."""
    session_log_arn: pulumi.Input[str]
    """Log group of break-glass sessions."""
    ready_document_arn: pulumi.Input[str]
    """Document that checks a new gateway."""


class AwsGatewayRights(pulumi.ComponentResource):
    """Read their documents, sign and publish their own, be checked when new, and be reached in an emergency."""

    role_name: pulumi.Output[str]
    """Role of the gateways, known once it carries its rights."""

    def __init__(self, name: str, args: AwsGatewayRightsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsGatewayRights", name, {}, opts)
        args = read(AwsGatewayRightsArgs, args)
        sign = statement(
            "Allow",
            "SignPeerDocuments",
            ["kms:Sign"],
            [args["peer_key_arn"]],
            {"condition": {"StringEquals": {"kms:SigningAlgorithm": SIGNING_ALGORITHM}}},
        )
        rights = [
            statement("Allow", "ReadOwnStore", ["s3:GetObject"], args["readable"]),
            # Without it S3 answers of an object that is not there yet as of one that is forbidden.
            statement("Allow", "SeeWhatIsMissing", ["s3:ListBucket"], [args["bucket_arn"]]),
            sign,
            statement("Allow", "ReadOwnPublicKey", ["kms:GetPublicKey"], [args["peer_key_arn"]]),
        ]
        if "publisher_role_arn" in args:
            rights.append(statement("Allow", "Publish", ["sts:AssumeRole"], [args["publisher_role_arn"]]))
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=args["role_name"],
            policy=document(*rights, *_check(args), *_sessions(args)),
            opts=child(self),
        )
        self.role_name = policy.role
        self.register_outputs({"role_name": self.role_name})


def _check(args: AwsGatewayRightsArgs) -> "list[dict[str, object]]":
    """What SSM's agent asks for when it runs an association (service authorization reference of ssm)."""
    instances = arn("ec2", args["location"], args["account"], "instance/*")
    associations = arn("ssm", args["location"], args["account"], "association/*")
    return [
        dict(statement("Allow", "FindCheck", ["ssm:ListInstanceAssociations"], [instances])),
        dict(statement("Allow", "ReadCheck", ["ssm:GetDocument"], [args["ready_document_arn"]])),
        dict(statement("Allow", "AnswerCheck", ["ssm:UpdateInstanceAssociationStatus"], [associations, instances])),
    ]


def _sessions(args: AwsGatewayRightsArgs) -> "list[dict[str, object]]":
    instances = arn("ec2", args["location"], args["account"], "instance/*")
    streams = pulumi.Output.format("{0}:log-stream:*", args["session_log_arn"])
    # The channels have no resource of their own (service authorization reference of ssmmessages); a condition keeps
    # them to instances.
    channels = statement(
        "Allow",
        "SessionChannels",
        [
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        ],
        ["*"],
        {"condition": {"ArnLike": {"ec2:SourceInstanceARN": instances}}},
    )
    return [
        dict(statement("Allow", "SessionPresence", ["ssm:UpdateInstanceInformation"], [instances])),
        dict(channels),
        dict(
            statement(
                "Allow",
                "SessionLog",
                ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                [args["session_log_arn"], streams],
            )
        ),
        # SSM's agent asks for the group before it writes to it, and this action has no narrower resource.
        dict(
            statement(
                "Allow",
                "FindSessionLog",
                ["logs:DescribeLogGroups"],
                [arn("logs", args["location"], args["account"], "log-group:*")],
            )
        ),
    ]
