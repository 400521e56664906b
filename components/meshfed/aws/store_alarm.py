"""Tells of every write to a region's own store."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.data_key import AwsDataKey
from meshfed.aws.policies import document, statement


class AwsStoreAlarmArgs(TypedDict):
    """What the alarm of a store needs."""

    location: str
    """The AWS location."""
    account: str
    """Account that owns the bucket."""
    bucket: pulumi.Input[str]
    """Name of the bucket."""
    tags: dict[str, str]
    """Tags."""


class AwsStoreAlarm(pulumi.ComponentResource):
    """An encrypted topic that hears of every object written or deleted; whoever watches subscribes to it."""

    topic_arn: pulumi.Output[str]
    """ARN of the topic."""

    def __init__(self, name: str, args: AwsStoreAlarmArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsStoreAlarm", name, {}, opts)
        args = read(AwsStoreAlarmArgs, args)
        location, tags = args["location"], args["tags"]
        notification = aws.s3.BucketNotification(
            f"{name}-events", bucket=args["bucket"], eventbridge=True, region=location, opts=child(self)
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-writes",
            description="An object of the region's own store was written or deleted",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.s3"],
                    "detail-type": ["Object Created", "Object Deleted"],
                    "detail": {"bucket": {"name": [notification.bucket]}},
                }
            ),
            region=location,
            tags=tags,
            opts=child(self),
        )
        topic = self._topic(name, args, rule.arn)
        aws.cloudwatch.EventTarget(
            f"{name}-topic", rule=rule.name, target_id="topic", arn=topic.arn, region=location, opts=child(self)
        )
        self.topic_arn = topic.arn
        self.register_outputs({"topic_arn": self.topic_arn})

    def _topic(self, name: str, args: AwsStoreAlarmArgs, rule_arn: pulumi.Output[str]) -> aws.sns.Topic:
        location, tags = args["location"], args["tags"]
        key = AwsDataKey(
            f"{name}-key",
            {
                "location": location,
                "account": args["account"],
                "description": "Events of writes to the region's own store",
                # Without a condition, which EventBridge may not meet for an encrypted topic; the topic's own policy
                # lets this one rule in and no other.
                "users": [
                    {
                        "sid": "EncryptEvents",
                        "service": "events.amazonaws.com",
                        "actions": ["kms:Decrypt", "kms:GenerateDataKey"],
                    }
                ],
                "tags": tags,
            },
            opts=child(self),
        )
        topic = aws.sns.Topic(
            f"{name}-topic", kms_master_key_id=key.key_arn, region=location, tags=tags, opts=child(self)
        )
        publish = statement(
            "Allow",
            "RulePublishes",
            ["sns:Publish"],
            [topic.arn],
            {"principal": {"Service": "events.amazonaws.com"}, "condition": {"ArnEquals": {"aws:SourceArn": rule_arn}}},
        )
        aws.sns.TopicPolicy(f"{name}-topic", arn=topic.arn, policy=document(publish), region=location, opts=child(self))
        return topic
