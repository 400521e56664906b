"""What S3, CloudWatch, SNS, Systems Manager and resource tags refuse.

Sources: S3 user guide ("General purpose bucket naming rules", "Naming Amazon S3 objects", "Blocking public access"),
CloudWatch Logs, EventBridge, SNS and Systems Manager API references, AWS general reference ("Tag your AWS resources").
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules import aws_policies as policies
from meshfed_local.standins.rules.aws_policies import is_policy, statements
from meshfed_local.standins.rules.reading import as_list, at, found, is_true, json_object, others, text, texts
from meshfed_local.standins.rules.shapes import at_most_bytes, distinct, is_json, matches, one_of, within
from meshfed_local.standins.world import World

BUCKET: Final = "aws:s3/bucket:Bucket"
ACCESS_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"

_BUCKET_NAME: Final = r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*(\.\.|-s3alias$|--ol-s3$|\.mrap$|--x-s3$|--table-s3$))"
_BUCKET_WANTED: Final = "3 to 63 of a-z 0-9 . -, ends a letter or digit, no address, no reserved start or end"
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_DAYS: Final = (
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
_TAGS: Final = 50
_OBJECT_TAGS: Final = 10
_TAG_TEXT: Final = re.compile(r"[\w\s.:/=+\-@]*")
_TAG_KEY_LENGTH: Final = 128
_TAG_VALUE_LENGTH: Final = 256
_UNTAGGED: Final = frozenset({"aws:autoscaling/group:Group"})


def bucket_name_is_no_address(resource: Resource, _world: World) -> Iterator[Fault]:
    """A bucket's name is not written as an IP address."""
    for place, name in texts(resource.inputs, "bucket"):
        if _ADDRESS.fullmatch(name):
            yield Fault(place, f"{name} is written as an address", "a name")


def bucket_name_is_free(resource: Resource, world: World) -> Iterator[Fault]:
    """A bucket's name is unique in the whole of AWS (BucketAlreadyExists)."""
    name = text(resource.inputs, "bucket")
    for one in others(world, resource):
        if name and text(one.inputs, "bucket") == name:
            yield Fault("bucket", f"{name} exists already, as {one.urn}", "a name that is unique in the world")


def policy_is_of_the_bucket(resource: Resource, _world: World) -> Iterator[Fault]:
    """A bucket policy speaks of its own bucket (MalformedPolicy: Policy has invalid resource)."""
    bucket = text(resource.inputs, "bucket")
    for index, one in enumerate(statements(at(resource.inputs, "policy"))):
        for arn in as_list(one.get("Resource")):
            name = re.match(r"arn:aws[\w-]*:s3:::([^/]+)", str(arn))
            if bucket and (name is None or name[1] != bucket):
                wanted = f"arn:aws:s3:::{bucket} or what is in it"
                yield Fault(f"policy.Statement[{index}].Resource", f"{arn} is not of this bucket", wanted)


def policy_is_not_public_where_blocked(resource: Resource, world: World) -> Iterator[Fault]:
    """A bucket that blocks public policies refuses one (AccessDenied)."""
    bucket = text(resource.inputs, "bucket")
    blocked = any(
        text(one.inputs, "bucket") == bucket and is_true(one.inputs, "blockPublicPolicy")
        for one in world.records(ACCESS_BLOCK)
    )
    for index, one in enumerate(statements(at(resource.inputs, "policy")) if blocked else ()):
        everyone = one.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        if one.get("Effect") == "Allow" and everyone and not one.get("Condition"):
            wanted = "a principal, or a condition; the bucket blocks public policies"
            yield Fault(f"policy.Statement[{index}].Principal", "everyone is let in", wanted)


def tags_are_within_limits(resource: Resource, _world: World) -> Iterator[Fault]:
    """At most 50 tags, of an object 10; keys of at most 128, values of at most 256 characters; none with aws: first."""
    tags: Any = at(resource.inputs, "tags")
    if not isinstance(tags, Mapping) or resource.token in _UNTAGGED:
        return
    known: list[tuple[str, str]] = [(str(key), value) for key, value in tags.items() if isinstance(value, str)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- plain wire value
    limit = _OBJECT_TAGS if resource.token.startswith("aws:s3/bucketObject") else _TAGS
    if len(known) > limit:
        yield Fault("tags", f"{len(known)} tags are given", f"at most {limit} tags")
    for key, value in known:
        if not key or len(key) > _TAG_KEY_LENGTH or not _TAG_TEXT.fullmatch(key) or key.lower().startswith("aws:"):
            yield Fault(
                f"tags.{key}", f"{key!r} is no key of a tag", "1 to 128 letters, digits, spaces, _.:/=+-@; not aws:"
            )
        if len(value) > _TAG_VALUE_LENGTH or not _TAG_TEXT.fullmatch(value):
            yield Fault(
                f"tags.{key}", f"{value!r} is no value of a tag", "at most 256 letters, digits, spaces, _.:/=+-@"
            )


def region_is_written_as_one(resource: Resource, _world: World) -> Iterator[Fault]:
    """The region of a request is the code of one."""
    for place, region in texts(resource.inputs, "region"):
        if not re.fullmatch(r"[a-z]{2,5}(-[a-z]+)+-\d", region):
            yield Fault(place, f"{region!r} is no region", "a code as eu-central-1")


def document_is_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """An SSM document in JSON has a schema version."""
    if text(resource.inputs, "documentFormat") not in ("", "JSON"):
        return
    for place, content in texts(resource.inputs, "content"):
        document = json_object(content)
        if document is None or "schemaVersion" not in document:
            yield Fault(place, "it is no document", "a JSON object with schemaVersion (CreateDocument)")


def rule_asks_for_something(resource: Resource, _world: World) -> Iterator[Fault]:
    """An EventBridge rule has a pattern or a schedule."""
    if not any(True for name in ("eventPattern", "scheduleExpression") for _ in found(resource.inputs, name)) and (
        at(resource.inputs, "eventPattern") is None and at(resource.inputs, "scheduleExpression") is None
    ):
        yield Fault("eventPattern", "it is missing", "eventPattern or scheduleExpression (PutRule)")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "*": (tags_are_within_limits, region_is_written_as_one),
    BUCKET: (
        matches("bucket", rf"{_BUCKET_NAME}[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9]", _BUCKET_WANTED),
        bucket_name_is_no_address,
        bucket_name_is_free,
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": (at_most_bytes("key", 1024, "Naming Amazon S3 objects"),),
    "aws:s3/bucketPolicy:BucketPolicy": (
        is_policy("policy", policies.BUCKET),
        policy_is_of_the_bucket,
        policy_is_not_public_where_blocked,
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        distinct("rules[].id", "ids of rules", "PutBucketLifecycleConfiguration"),
        at_most_bytes("rules[].id", 255, "PutBucketLifecycleConfiguration"),
        one_of("rules[].status", ("Enabled", "Disabled"), "PutBucketLifecycleConfiguration"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        matches(
            "name", r"(?!aws/)[.\-_/#A-Za-z0-9]{1,512}", "1 to 512 of a-z A-Z 0-9 ._-/#, not aws/ (CreateLogGroup)"
        ),
        one_of("retentionInDays", _DAYS, "PutRetentionPolicy"),
    ),
    "aws:cloudwatch/eventRule:EventRule": (
        matches("name", r"[.\-_A-Za-z0-9]{1,64}", "1 to 64 of a-z A-Z 0-9 ._- (PutRule)"),
        is_json("eventPattern", "PutRule"),
        rule_asks_for_something,
    ),
    "aws:sns/topic:Topic": (
        matches("name", r"[A-Za-z0-9_-]{1,256}(?<!\.fifo)|[A-Za-z0-9_-]{1,251}\.fifo", "1 to 256 of a-z A-Z 0-9 _-"),
        is_policy("policy", policies.TOPIC),
    ),
    "aws:sns/topicPolicy:TopicPolicy": (is_policy("policy", policies.TOPIC),),
    "aws:ssm/document:Document": (
        matches(
            "name", r"(?i)(?!aws|amazon|amzn)[a-zA-Z0-9_\-.]{3,128}", "3 to 128 of a-z A-Z 0-9 _-. (CreateDocument)"
        ),
        one_of("documentFormat", ("JSON", "YAML", "TEXT"), "CreateDocument"),
        document_is_whole,
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (is_policy("policy", policies.ENDPOINT),),
    "aws:ec2/instance:Instance": (within("rootBlockDevice.volumeSize", 1, 65536, "CreateVolume"),),
}
