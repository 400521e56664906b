"""A symmetric KMS key that encrypts data of one purpose: logs, events or Kubernetes secrets."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import iam_arn
from meshfed.aws.policies import Rule, document, key_administrators, statement

DELETION_DAYS = 30
"""How long a key that was scheduled for deletion can still be saved; the longest that KMS offers."""


class AwsDataKeyUserArgs(TypedDict):
    """One AWS service or role that uses a data key."""

    sid: str
    """Name of the statement, letters and digits."""
    service: NotRequired[str]
    """The service's principal, `logs.us-east-1.amazonaws.com`; left out for a role."""
    role_arn: NotRequired[pulumi.Input[str]]
    """The role; left out for a service."""
    actions: list[str]
    """What it may do with the key."""
    condition_operator: NotRequired[str]
    """Operator of the condition, `ArnLike`; left out: no condition."""
    condition_key: NotRequired[str]
    """Key of the condition."""
    condition_value: NotRequired[pulumi.Input[str]]
    """Value of the condition."""


class AwsDataKeyArgs(TypedDict):
    """What a data key needs."""

    location: str
    """The AWS location."""
    account: str
    """Account that owns the key."""
    description: str
    """What it encrypts, for people."""
    users: list[AwsDataKeyUserArgs]
    """Who uses it; nobody else can."""
    tags: dict[str, str]
    """Tags."""


class AwsDataKey(pulumi.ComponentResource):
    """A symmetric KMS key with yearly rotation, used by named services and roles only."""

    key_arn: pulumi.Output[str]
    """ARN of the key."""

    def __init__(self, name: str, args: AwsDataKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsDataKey", name, {}, opts)
        args = read(AwsDataKeyArgs, args)
        root = iam_arn(args["location"], args["account"], "root")
        key = aws.kms.Key(
            f"{name}-key",
            description=args["description"],
            key_usage="ENCRYPT_DECRYPT",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            policy=document(key_administrators(root), *[_user(user) for user in args["users"]]),
            region=args["location"],
            tags=args["tags"],
            opts=child(self),
        )
        self.key_arn = key.arn
        self.register_outputs({"key_arn": self.key_arn})


def _user(user: AwsDataKeyUserArgs) -> "dict[str, object]":
    rule: Rule = {"principal": {"Service": user["service"]} if "service" in user else {"AWS": user.get("role_arn", "")}}
    if "condition_operator" in user:
        rule["condition"] = {
            user["condition_operator"]: {user.get("condition_key", ""): user.get("condition_value", "")}
        }
    return dict(statement("Allow", user["sid"], user["actions"], ["*"], rule))


def log_user(location: str, group_arn: str) -> AwsDataKeyUserArgs:
    """CloudWatch Logs as a user of a key, for one log group only."""
    return {
        "sid": "EncryptLogs",
        "service": f"logs.{location}.amazonaws.com",
        "actions": [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        "condition_operator": "ArnEquals",
        "condition_key": "kms:EncryptionContext:aws:logs:arn",
        "condition_value": group_arn,
    }
