"""The way onto a tunnel gateway when everything else has failed: a recorded session, no key and no open port."""

import json
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import arn
from meshfed.aws.data_key import AwsDataKey, log_user
from meshfed.aws.flow_log import KEPT_DAYS
from meshfed.aws.policies import document, statement

IDLE_MINUTES = 10
"""A session that nobody types into ends after this, in minutes."""
LONGEST_MINUTES = 60
"""Every session ends after this, in minutes."""


class AwsBreakGlassArgs(TypedDict):
    """What the way in needs."""

    location: str
    """The AWS location."""
    account: str
    """Account that the gateways stand in."""
    document: str
    """Name of the session document and of the policy."""
    log_group: str
    """Name of the log group of sessions."""
    region_tag: str
    """Value of the tag `meshfed-region` of the gateways."""
    tags: dict[str, str]
    """Tags."""


class AwsBreakGlass(pulumi.ComponentResource):
    """A session document that records everything, and a policy that lets its bearer use this document and no other."""

    policy_arn: pulumi.Output[str]
    """ARN of the policy to attach to the role of whoever may break the glass; nobody has it by default."""
    session_log_arn: pulumi.Output[str]
    """ARN of the log group that sessions are recorded in."""

    def __init__(self, name: str, args: AwsBreakGlassArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsBreakGlass", name, {}, opts)
        args = read(AwsBreakGlassArgs, args)
        location, tags = args["location"], args["tags"]
        group = self._group(name, args)
        session = aws.ssm.Document(
            f"{name}-session",
            name=args["document"],
            document_type="Session",
            document_format="JSON",
            content=group.name.apply(_session),
            region=location,
            tags=tags,
            opts=child(self),
        )
        policy = aws.iam.Policy(
            f"{name}-policy",
            name=args["document"],
            description="Recorded sessions on the tunnel gateways of one region",
            policy=self._rights(args, session.arn),
            tags=tags,
            opts=child(self),
        )
        self.policy_arn = policy.arn
        self.session_log_arn = group.arn
        self.register_outputs({"policy_arn": self.policy_arn, "session_log_arn": self.session_log_arn})

    def _group(self, name: str, args: AwsBreakGlassArgs) -> aws.cloudwatch.LogGroup:
        location = args["location"]
        group_arn = arn("logs", location, args["account"], f"log-group:{args['log_group']}")
        key = AwsDataKey(
            f"{name}-key",
            {
                "location": location,
                "account": args["account"],
                "description": "Record of break-glass sessions",
                "users": [log_user(location, group_arn)],
                "tags": args["tags"],
            },
            opts=child(self),
        )
        return aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=args["log_group"],
            retention_in_days=KEPT_DAYS,
            kms_key_id=key.key_arn,
            region=location,
            tags=args["tags"],
            opts=child(self),
        )

    def _rights(self, args: AwsBreakGlassArgs, session_arn: pulumi.Output[str]) -> pulumi.Output[str]:
        location, account = args["location"], args["account"]
        instances = arn("ec2", location, account, "instance/*")
        own = arn("ssm", location, account, "session/${aws:userid}-*")
        # The check is needed here too: without it a session that names no document is let in, unrecorded.
        checked = {"ssm:SessionDocumentAccessCheck": "true"}
        tagged = {
            "StringEquals": {"aws:ResourceTag/meshfed-region": args["region_tag"]},
            "BoolIfExists": checked,
        }
        return document(
            statement("Allow", "StartOnGateways", ["ssm:StartSession"], [instances], {"condition": tagged}),
            statement(
                "Allow",
                "OnlyRecordedSessions",
                ["ssm:StartSession"],
                [session_arn],
                {"condition": {"BoolIfExists": checked}},
            ),
            statement(
                "Allow",
                "OwnSessions",
                ["ssm:ResumeSession", "ssm:TerminateSession", "ssmmessages:OpenDataChannel"],
                [own],
            ),
        )


def _session(log_group: str) -> str:
    """The session document: a shell whose every character is streamed to an encrypted log group."""
    return json.dumps(
        {
            "schemaVersion": "1.0",
            "description": "Recorded shell on a tunnel gateway",
            "sessionType": "Standard_Stream",
            "inputs": {
                "cloudWatchLogGroupName": log_group,
                "cloudWatchEncryptionEnabled": True,
                "cloudWatchStreamingEnabled": True,
                "idleSessionTimeout": str(IDLE_MINUTES),
                "maxSessionDuration": str(LONGEST_MINUTES),
                "runAsEnabled": False,
            },
        }
    )
