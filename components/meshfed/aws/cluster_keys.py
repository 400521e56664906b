"""What encrypts a cluster's secrets and its control-plane logs, and where those logs go."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import arn, iam_arn
from meshfed.aws.data_key import AwsDataKey, log_user
from meshfed.aws.flow_log import KEPT_DAYS


class AwsClusterKeysArgs(TypedDict):
    """What the keys of a cluster need."""

    location: str
    """The AWS location."""
    account: str
    """Account that owns the cluster."""
    cluster_name: str
    """Name of the cluster."""
    cluster_role_arn: pulumi.Input[str]
    """Role of the cluster's control plane."""
    tags: dict[str, str]
    """Tags."""


class AwsClusterKeys(pulumi.ComponentResource):
    """The key of a cluster's secrets, and its log group with a key of its own."""

    secrets_key_arn: pulumi.Output[str]
    """ARN of the key that encrypts Kubernetes secrets; a cluster cannot be separated from it again."""
    log_group: pulumi.Output[str]
    """Name of the log group, which EKS derives from the cluster's name."""

    def __init__(self, name: str, args: AwsClusterKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsClusterKeys", name, {}, opts)
        args = read(AwsClusterKeysArgs, args)
        location, account, tags = args["location"], args["account"], args["tags"]
        secrets = AwsDataKey(
            f"{name}-secrets",
            {
                "location": location,
                "account": account,
                "description": f"Kubernetes secrets of {args['cluster_name']}",
                "users": [
                    {
                        "sid": "EncryptSecrets",
                        "role_arn": args["cluster_role_arn"],
                        "actions": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"],
                    },
                    # EKS makes its own grant in the name of whoever creates the cluster.
                    {
                        "sid": "GrantToEks",
                        "role_arn": iam_arn(location, account, "root"),
                        "actions": ["kms:CreateGrant"],
                    },
                ],
                "tags": tags,
            },
            opts=child(self),
        )
        group_name = f"/aws/eks/{args['cluster_name']}/cluster"
        logs = AwsDataKey(
            f"{name}-logs",
            {
                "location": location,
                "account": account,
                "description": f"Control-plane logs of {args['cluster_name']}",
                "users": [log_user(location, arn("logs", location, account, f"log-group:{group_name}"))],
                "tags": tags,
            },
            opts=child(self),
        )
        group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=group_name,
            retention_in_days=KEPT_DAYS,
            kms_key_id=logs.key_arn,
            region=location,
            tags=tags,
            opts=child(self),
        )
        self.secrets_key_arn = secrets.key_arn
        self.log_group = group.name
        self.register_outputs({"secrets_key_arn": self.secrets_key_arn, "log_group": self.log_group})
