"""The record of who talked to whom in a VPC."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import arn
from meshfed.aws.data_key import AwsDataKey, log_user
from meshfed.aws.policies import document, service_trust, statement

KEPT_DAYS = 365
"""How long logs are kept, in days."""
INTERVAL_SECONDS = 60
"""The shorter of the two intervals that a flow log can gather over, in seconds."""


class AwsFlowLogArgs(TypedDict):
    """What the flow log of a VPC needs."""

    location: str
    """The AWS location."""
    account: str
    """Account that owns the VPC."""
    vpc_id: pulumi.Input[str]
    """The VPC."""
    log_group: str
    """Name of the log group."""
    permissions_boundary: NotRequired[str]
    """ARN of the permissions boundary of the role that writes."""
    tags: dict[str, str]
    """Tags."""


class AwsFlowLog(pulumi.ComponentResource):
    """All accepted and refused flows of a VPC, in an encrypted log group."""

    log_group_arn: pulumi.Output[str]
    """ARN of the log group."""

    def __init__(self, name: str, args: AwsFlowLogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsFlowLog", name, {}, opts)
        args = read(AwsFlowLogArgs, args)
        location, tags = args["location"], args["tags"]
        group_arn = arn("logs", location, args["account"], f"log-group:{args['log_group']}")
        key = AwsDataKey(
            f"{name}-key",
            {
                "location": location,
                "account": args["account"],
                "description": f"Flow log {args['log_group']}",
                "users": [log_user(location, group_arn)],
                "tags": tags,
            },
            opts=child(self),
        )
        group = aws.cloudwatch.LogGroup(
            f"{name}-group",
            name=args["log_group"],
            retention_in_days=KEPT_DAYS,
            kms_key_id=key.key_arn,
            region=location,
            tags=tags,
            opts=child(self),
        )
        role = self._writer(name, args, group.arn)
        aws.ec2.FlowLog(
            f"{name}-log",
            vpc_id=args["vpc_id"],
            traffic_type="ALL",
            max_aggregation_interval=INTERVAL_SECONDS,
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            region=location,
            tags=tags,
            opts=child(self),
        )
        self.log_group_arn = group.arn
        self.register_outputs({"log_group_arn": self.log_group_arn})

    def _writer(self, name: str, args: AwsFlowLogArgs, group_arn: pulumi.Output[str]) -> aws.iam.Role:
        role = aws.iam.Role(
            f"{name}-writer",
            assume_role_policy=service_trust(
                "vpc-flow-logs.amazonaws.com", {"StringEquals": {"aws:SourceAccount": args["account"]}}
            ),
            permissions_boundary=args.get("permissions_boundary"),
            tags=args["tags"],
            opts=child(self),
        )
        streams = pulumi.Output.format("{0}:log-stream:*", group_arn)
        write = statement(
            "Allow",
            "WriteFlows",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [group_arn, streams],
        )
        aws.iam.RolePolicy(f"{name}-writer", role=role.name, policy=document(write), opts=child(self))
        return role
