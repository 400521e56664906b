"""The region's own object store: what its gateways are told, which only the region's deployer may write."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import partition
from meshfed.aws.policies import Condition, document, statement
from meshfed.aws.store_alarm import AwsStoreAlarm

KEPT_VERSIONS_DAYS = 90
"""How long a version that was replaced can still be read, in days."""
READABLE = ("gateways/a/peers.json", "gateways/b/peers.json", "agent/release.json", "agent/meshfed-agent-*.pyz")
"""Keys that the gateways read."""
_WRITES = (
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:RestoreObject",
)


class AwsStoreArgs(TypedDict):
    """What the region's own store needs."""

    location: str
    """The AWS location."""
    account: str
    """Account that owns the bucket."""
    bucket: str
    """Name of the bucket, unique in the world."""
    reader_role_arn: pulumi.Input[str]
    """Role of the tunnel gateways."""
    writer_role_arn: NotRequired[str]
    """Role of the deployer; left out: whoever deploys now."""
    tags: dict[str, str]
    """Tags."""


class AwsStore(pulumi.ComponentResource):
    """A bucket with versions and without any public access; every write raises an event that can be subscribed to."""

    bucket: pulumi.Output[str]
    """Name of the bucket, known once its policy and versioning hold."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""
    alarm_topic_arn: pulumi.Output[str]
    """Topic that hears of every write."""

    def __init__(self, name: str, args: AwsStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsStore", name, {}, opts)
        args = read(AwsStoreArgs, args)
        self._location = args["location"]
        bucket = aws.s3.Bucket(
            f"{name}-bucket", bucket=args["bucket"], region=args["location"], tags=args["tags"], opts=child(self)
        )
        closed = self._closed(name, bucket)
        versioning = aws.s3.BucketVersioning(
            f"{name}-versions",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            region=args["location"],
            opts=child(self),
        )
        self._lifecycle(name, versioning.bucket)
        policy = aws.s3.BucketPolicy(
            f"{name}-policy",
            # Through the block, since S3 may refuse two changes of a bucket's access at once.
            bucket=closed.bucket,
            policy=self._policy(bucket.arn, args),
            region=args["location"],
            opts=child(self),
        )
        alarm = AwsStoreAlarm(
            f"{name}-alarm",
            {
                "location": args["location"],
                "account": args["account"],
                "bucket": bucket.bucket,
                "tags": args["tags"],
            },
            opts=child(self),
        )
        self.bucket = pulumi.Output.all(policy.bucket, versioning.bucket).apply(_first)
        self.bucket_arn = bucket.arn
        self.alarm_topic_arn = alarm.topic_arn
        self.register_outputs({"bucket": self.bucket, "alarm_topic_arn": self.alarm_topic_arn})

    def _closed(self, name: str, bucket: aws.s3.Bucket) -> aws.s3.BucketPublicAccessBlock:
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            region=self._location,
            opts=child(self),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            region=self._location,
            opts=child(self),
        )
        return aws.s3.BucketPublicAccessBlock(
            f"{name}-closed",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            region=self._location,
            opts=child(self),
        )

    def _lifecycle(self, name: str, bucket: pulumi.Input[str]) -> None:
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket,
            rules=[
                {
                    "id": "replaced-versions",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrent_version_expiration": {"noncurrent_days": KEPT_VERSIONS_DAYS},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
                }
            ],
            region=self._location,
            opts=child(self),
        )

    def _policy(self, bucket_arn: pulumi.Output[str], args: AwsStoreArgs) -> pulumi.Output[str]:
        whole = pulumi.Output.format("{0}/*", bucket_arn)
        everyone = {"AWS": "*"}
        readable = [pulumi.Output.format("{0}/{1}", bucket_arn, key) for key in READABLE]
        return document(
            statement(
                "Deny",
                "RefusePlainText",
                ["s3:*"],
                [bucket_arn, whole],
                {"principal": everyone, "condition": {"Bool": {"aws:SecureTransport": "false"}}},
            ),
            statement(
                "Deny",
                "RefuseOldTls",
                ["s3:*"],
                [bucket_arn, whole],
                {"principal": everyone, "condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
            ),
            statement(
                "Deny", "OnlyDeployerWrites", _WRITES, [whole], {"principal": everyone, "condition": self._others(args)}
            ),
            statement(
                "Allow",
                "GatewaysRead",
                ["s3:GetObject"],
                readable,
                {"principal": {"AWS": args["reader_role_arn"]}},
            ),
            statement(
                "Allow",
                "GatewaysSeeWhatIsMissing",
                ["s3:ListBucket"],
                [bucket_arn],
                {"principal": {"AWS": args["reader_role_arn"]}},
            ),
        )

    def _others(self, args: AwsStoreArgs) -> Condition:
        """True of everybody but the deployer."""
        if "writer_role_arn" in args:
            return {"ArnNotEquals": {"aws:PrincipalArn": args["writer_role_arn"]}}
        # The unique id before the colon is the same for every session of a role, and tells its path too.
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).user_id
        return {"StringNotLike": {"aws:userid": [caller.apply(_unique_id), caller.apply(_any_session)]}}


def _first(names: list[str]) -> str:
    return names[0]


def _unique_id(user_id: str) -> str:
    return user_id.split(":", 1)[0]


def _any_session(user_id: str) -> str:
    return f"{_unique_id(user_id)}:*"


def store_arn(location: str, bucket: str, key: str = "") -> str:
    """The ARN of a bucket, or of an object in it.

    >>> store_arn("us-east-1", "b"), store_arn("us-east-1", "b", "k")
    ('arn:aws:s3:::b', 'arn:aws:s3:::b/k')
    """
    return f"arn:{partition(location)}:s3:::{bucket}" + (f"/{key}" if key else "")
