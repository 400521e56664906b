"""Buckets: who reads and writes them, over what, and whether an old object can be had back.

Settings of a bucket live in resources of their own, which are matched to it by its name.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from meshfed.rules.aws.documents import PolicyStatement, Principal, some, statements
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Check, Pack, Rule, StackCheck
from meshfed.settings.gate import GateParameters

BUCKET: Final = "aws:s3/bucket:Bucket"
BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_BLOCK: Final = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
VERSIONING: Final = "aws:s3/bucketVersioning:BucketVersioning"
POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
ACL: Final = "aws:s3/bucketAcl:BucketAcl"
OWNERSHIP: Final = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
WEBSITE: Final = "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration"
ACCESS_POINT: Final = "aws:s3/accessPoint:AccessPoint"
ACCESS_POINT_POLICY: Final = "aws:s3control/accessPointPolicy:AccessPointPolicy"
_OBJECTS: Final = (
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/objectCopy:ObjectCopy",
)
REGIONS_POINT: Final = "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
_POLICY_AT: Final = {
    "aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy": ("policy",),
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": ("policy",),
    "aws:s3control/accessGrantsInstanceResourcePolicy:AccessGrantsInstanceResourcePolicy": ("policy",),
    "aws:s3control/bucketPolicy:BucketPolicy": ("policy",),
    "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy": ("details", "policy"),
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy": ("policy",),
    "aws:s3tables/tableBucketPolicy:TableBucketPolicy": ("resourcePolicy",),
    "aws:s3tables/tablePolicy:TablePolicy": ("resourcePolicy",),
}
"""Other kinds whose policy lets somebody in to objects, and where it stands."""
_STORES: Final = (
    "aws:s3/directoryBucket:DirectoryBucket",
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket",
    "aws:s3tables/tableBucket:TableBucket",
)
_FLAGS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_SOURCES: Final = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
)


def _is_closed(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each([resource.props[flag] for flag in _FLAGS], partial(_is_on, default=False))


def _access_point_is_closed(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    flags = resource.props["publicAccessBlockConfiguration"]
    yield from each([flags[flag] for flag in _FLAGS], partial(_is_on, default=True))


def _regions_point_is_closed(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    flags = resource.props["details"]["publicAccessBlock"]
    yield from each([flags[flag] for flag in _FLAGS], partial(_is_on, default=True))


def _is_on(flag: Node, *, default: bool) -> Iterator[Finding]:
    if not flag.flag(default=default):
        yield flag.wrong("public access is not blocked")


def _has_no_acl(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    acl = resource.props["acl"]
    if acl.text("private").strip().lower() not in ("private", ""):
        yield acl.wrong("an ACL lets others in, past the bucket's policy")


def _has_no_grants(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for name in ("grants", "accessControlPolicy"):
        if not resource.props[name].is_absent:
            yield resource.props[name].wrong("an ACL lets others in, past the bucket's policy")


def _owner_owns_objects(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    ownership = resource.props["rule"]["objectOwnership"]
    if ownership.text() != "BucketOwnerEnforced":
        yield ownership.wrong("objects may have ACLs, and owners other than the bucket's")


def _stays_with_its_objects(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    force = resource.props["forceDestroy"]
    if force.flag():
        yield force.wrong("a destroy deletes every object and version with the bucket")


def _is_no_website(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    website = resource.props if resource.kind == WEBSITE else resource.props["website"]
    if resource.kind == WEBSITE or not website.is_absent:
        yield website.wrong("a website of S3 has no TLS and needs a public bucket")


def _keeps_versions(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    status = resource.props["versioningConfiguration"]["status"]
    if status.text() != "Enabled":
        yield status.wrong("what is overwritten or deleted is gone")


def _keeps_versions_inline(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    enabled = resource.props["versioning"]["enabled"]
    if not resource.props["versioning"].is_absent and not enabled.flag():
        yield enabled.wrong("what is overwritten or deleted is gone")


def _lets_in_by_name(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    policy = resource.props.at(*_POLICY_AT.get(resource.kind, ("policy",)))
    if not policy.is_absent:
        yield from each(statements(policy), _one_statement)


def _one_statement(statement: PolicyStatement) -> Iterator[Finding]:
    if not statement.allows:
        return
    if (others := statement.exception) is not None:
        yield others.wrong("everyone else may do it")
    yield from each(statement.principals, partial(_one_principal, statement))


def _one_principal(statement: PolicyStatement, principal: Principal) -> Iterator[Finding]:
    name = principal.node.text().strip().lower()
    if principal.is_everyone and not statement.pins(*_SOURCES):
        yield principal.node.wrong("everyone may do it")
    elif principal.kind == "service" and name == "cloudfront.amazonaws.com" and not statement.pins("aws:sourcearn"):
        yield statement.node.wrong("every distribution of CloudFront, of any account, may do it")


def _takes_tls_alone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    policy = resource.props["policy"]
    if resource.kind == BUCKET and policy.is_absent:
        return
    if not some(statements(policy), _refuses_plaintext):
        yield policy.wrong("no statement denies requests without TLS")


def _refuses_plaintext(statement: PolicyStatement) -> bool:
    conditions = [(one.operator, one.key, one.values.texts()) for one in statement.conditions]
    return (
        not statement.allows
        and conditions == [("bool", "aws:securetransport", ["false"])]
        and any(principal.is_everyone for principal in statement.principals)
        and all(statement.covers(action) for action in ("s3:GetObject", "s3:PutObject", "s3:ListBucket"))
        and any(resource.text().strip().endswith("*") for resource in statement.resources)
    )


def _owed(kind: str, inline: str, message: str) -> StackCheck:
    """A check that every bucket has a setting, written in it or as a resource of its own."""

    def check(stack: Stack, _: GateParameters) -> Iterator[Finding]:
        buckets = stack.of(BUCKET)
        names = {_name(bucket) for bucket in buckets}
        settings = stack.of(kind)

        def one(bucket: Resource) -> Iterator[Finding]:
            if inline and not bucket.props[inline].is_absent:
                return
            name = _name(bucket)
            if name and any(_name(setting) == name for setting in settings):
                return
            if any(not _name(setting) or (not name and _name(setting) not in names) for setting in settings):
                place = bucket.props["bucket"]
                yield Finding(place.path, "is not known before the deployment", is_decided=False, urn=bucket.urn)
            else:
                yield bucket.props.wrong(message)

        yield from each(buckets, one)

    return check


def _name(resource: Resource) -> str:
    """The bucket's name as it stands in the bucket or in a setting of it; empty where it is not known yet."""
    node = resource.props["bucket"]
    return "" if node.is_unknown else node.text().rpartition(":::")[2]


def _blocked(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    if not stack.of(ACCOUNT_BLOCK):
        yield from _BLOCK_OWED(stack, parameters)


_BLOCK_OWED: Final = _owed(BLOCK, "", "nothing blocks public access: the bucket has no BucketPublicAccessBlock")
_BUCKET_CHECKS: Final[tuple[Check, ...]] = (
    _has_no_acl,
    _has_no_grants,
    _stays_with_its_objects,
    _is_no_website,
    _keeps_versions_inline,
    _lets_in_by_name,
    _takes_tls_alone,
)

RULES: Final = (
    Rule(
        id="MF-A12",
        title="A bucket is closed, over TLS alone, keeps versions and names who may use it",
        why="Whoever can write a bundle or a boot object is the trust domain that it describes; CloudFront's service"
        " principal without a source is every account's distribution.",
        mend="Give each bucket a BucketPublicAccessBlock with all four flags, BucketVersioning, BucketOwnerEnforced and"
        " a policy that denies aws:SecureTransport false; let CloudFront in with aws:SourceArn of its distribution;"
        " leave ACLs, websites and forceDestroy out.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            BUCKET: _BUCKET_CHECKS,
            BLOCK: (_is_closed,),
            ACCOUNT_BLOCK: (_is_closed,),
            ACL: (_has_no_acl, _has_no_grants),
            OWNERSHIP: (_owner_owns_objects,),
            VERSIONING: (_keeps_versions,),
            WEBSITE: (_is_no_website,),
            POLICY: (_lets_in_by_name, _takes_tls_alone),
            ACCESS_POINT: (_lets_in_by_name, _access_point_is_closed),
            ACCESS_POINT_POLICY: (_lets_in_by_name,),
            REGIONS_POINT: (_regions_point_is_closed,),
            **dict.fromkeys(_OBJECTS, (_has_no_acl,)),
            **dict.fromkeys(_POLICY_AT, (_lets_in_by_name,)),
            **dict.fromkeys(_STORES, (_stays_with_its_objects,)),
        },
        stack_checks=(
            _blocked,
            _owed(VERSIONING, "versioning", "what is overwritten or deleted is gone: the bucket has no versioning"),
            _owed(POLICY, "policy", "the bucket has no policy, so nothing denies requests without TLS"),
        ),
        controls=(
            "CIS AWS Foundations 2.1.1",
            "CIS AWS Foundations 2.1.4",
            "NIST SP 800-53 AC-3",
            "NIST SP 800-53 SC-8",
        ),
        weaker="All buckets are judged, not those of bundles alone. A setting is matched by the bucket's name; where"
        " that is an output, it cannot be decided before `up`.",
    ),
)
