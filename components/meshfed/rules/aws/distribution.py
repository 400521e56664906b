"""CloudFront: how a distribution takes requests, reaches its bucket, and for how long it serves what is old.

A distribution with an origin in S3 is taken for one of bundles; others (public APIs) owe less.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.aws.counts import owed
from meshfed.rules.aws.documents import some
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

DISTRIBUTION: Final = "aws:cloudfront/distribution:Distribution"
SHARED: Final = "aws:cloudfront/multitenantDistribution:MultitenantDistribution"
IDENTITY: Final = "aws:cloudfront/originAccessIdentity:OriginAccessIdentity"
CONTROL: Final = "aws:cloudfront/originAccessControl:OriginAccessControl"
CACHE: Final = "aws:cloudfront/cachePolicy:CachePolicy"
LOGS: Final = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
LONGEST_CACHE: Final = 3600
"""Seconds for which a bundle may be served from a cache."""
REFRESH_HINT: Final = 300
"""Seconds after which a SPIRE server asks for a bundle again where the bundle names no other time (SPIRE's default)."""
_OTHER_ORIGINS: Final = ("customOriginConfig", "customOriginConfigs", "vpcOriginConfig", "vpcOriginConfigs")
_DAY: Final = 86_400.0
_YEAR: Final = 31_536_000.0
_LONG_POLICIES: Final = frozenset({"658327ea-f89d-4fab-a63d-7e88639e58f6", "b2884449-e4de-46a7-ac36-70bc7f1ddd6d"})
"""CloudFront's own CachingOptimized and CachingOptimizedForUncompressedObjects: a day, a year at most."""
_MINIMUM: Final = re.compile(r"^TLSv1\.(\d+)_(\d{4})$")
_OLDEST: Final = (2, 2021)


def _is_in_s3(origin: Node) -> bool:
    return all(origin[name].is_absent for name in _OTHER_ORIGINS)


def _serves_bundles(resource: Resource) -> bool:
    return any(map(_is_in_s3, resource.props["origins"].items()))


def _behaviors(resource: Resource) -> list[Node]:
    ordered = resource.props["cacheBehaviors" if resource.kind == SHARED else "orderedCacheBehaviors"]
    return [resource.props["defaultCacheBehavior"], *([ordered] if ordered.is_unknown else ordered.items())]


def _tls_is_recent(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    certificate = resource.props["viewerCertificate"]
    own = [certificate[name] for name in ("acmCertificateArn", "iamCertificateId")]
    if certificate["cloudfrontDefaultCertificate"].flag() or not some(own, lambda name: not name.is_absent):
        yield certificate.wrong("CloudFront's own certificate takes TLS 1.0 whatever else is written")
        return
    yield from _minimum_is_recent(certificate["minimumProtocolVersion"])


def _tls_of_all_tenants_is_recent(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    certificate = resource.props["viewerCertificate"]
    default = certificate["cloudfrontDefaultCertificate"]
    if default.flag():
        yield default.wrong("CloudFront's own certificate takes TLS 1.0 whatever else is written")
    else:
        # Each tenant brings its certificate; what all of them take is said here.
        yield from _minimum_is_recent(certificate["minimumProtocolVersion"])


def _minimum_is_recent(minimum: Node) -> Iterator[Finding]:
    version = _MINIMUM.match(minimum.text())
    if version is None or (int(version[1]), int(version[2])) < _OLDEST:
        yield minimum.wrong("takes TLS older than TLSv1.2_2021; where nothing is written, TLS 1.0")


def _takes_tls_alone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    serves_bundles = _serves_bundles(resource)

    def one(behavior: Node) -> Iterator[Finding]:
        protocol = behavior["viewerProtocolPolicy"]
        if protocol.text() == "redirect-to-https" and serves_bundles:
            yield protocol.wrong("the first request goes in the clear, and whoever answers it redirects elsewhere")
        elif protocol.text() not in ("https-only", "redirect-to-https"):
            yield protocol.wrong("requests without TLS are answered")

    yield from each(_behaviors(resource), one)


def _is_read_only(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if _serves_bundles(resource):
        yield from each(_behaviors(resource), _reads)


def _reads(behavior: Node) -> Iterator[Finding]:
    methods = behavior["allowedMethods"]
    for within in methods.items():
        if isinstance(within.value, Mapping):
            methods = within["items"]
    if {method.upper() for method in methods.texts()} - {"GET", "HEAD"}:
        yield methods.wrong("more than GET and HEAD reaches the bucket")


def _no_program_answers(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if _serves_bundles(resource):
        yield from each(_behaviors(resource), _answers_itself)


def _answers_itself(behavior: Node) -> Iterator[Finding]:
    for name in ("functionAssociations", "lambdaFunctionAssociations"):
        if not behavior[name].is_absent:
            yield behavior[name].wrong("a program on the way can answer with another bundle than the bucket's")


def _query_is_no_key(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if _serves_bundles(resource):
        yield from each(_behaviors(resource), _forwards_no_query)


def _forwards_no_query(behavior: Node) -> Iterator[Finding]:
    query = behavior["forwardedValues"]["queryString"]
    if query.flag():
        yield query.wrong("a request with a new query string passes the cache by and loads the bucket")


def _origins_are_signed(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["origins"].items(), _origin_is_signed)


def _origin_is_signed(origin: Node) -> Iterator[Finding]:
    if not _is_in_s3(origin):
        domain = origin["domainName"]
        if re.search(r"\.s3[.-]", f".{domain.text()}"):
            yield domain.wrong("a bucket as a custom origin must be public: CloudFront does not sign its requests")
        return
    identity, control = origin["s3OriginConfig"]["originAccessIdentity"], origin["originAccessControlId"]
    if not identity.is_absent:
        yield identity.wrong("an origin access identity signs the old way; an origin access control does not")
    elif control.is_absent:
        yield control.wrong("no origin access control: the bucket must be public to be read")


def _has_no_old_identity(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield resource.props.wrong("an origin access identity signs the old way; an origin access control does not")


def _always_signs(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    behavior = resource.props["signingBehavior"]
    if behavior.text() != "always":
        yield behavior.wrong("requests reach the origin unsigned")


def _is_reached_from_everywhere(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    restriction = resource.props["restrictions"]["geoRestriction"]["restrictionType"]
    if _serves_bundles(resource) and restriction.text("none") != "none":
        yield restriction.wrong("edge machines move; one in the wrong country is cut off from its bundles")


def _is_no_stage(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    staging = resource.props["staging"]
    if staging.flag():
        yield staging.wrong("a staging distribution serves another configuration than the one that was reviewed")


def _requests_are_logged(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    silent = [one for one in stack.of(DISTRIBUTION, SHARED) if one.props["loggingConfig"]["bucket"].is_absent]
    sources = [one.props["resourceArn"] for one in stack.of(LOGS)]
    ours = [arn for arn in sources if arn.is_unknown or ":cloudfront:" in arn.text()]
    yield from owed(silent, ours, "nobody sees who asks for what: no loggingConfig and no LogDeliverySource")


def _cache_ignores_queries(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    if any(map(_serves_bundles, stack.of(DISTRIBUTION, SHARED))):
        yield from each(stack.of(CACHE), _has_no_query)


def _has_no_query(policy: Resource) -> Iterator[Finding]:
    key = policy.props["parametersInCacheKeyAndForwardedToOrigin"]
    behavior = key["queryStringsConfig"]["queryStringBehavior"]
    if behavior.text("none") != "none":
        yield behavior.wrong("a request with a new query string passes the cache by and loads the bucket")


def _nothing_is_kept_long(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    longest = resource.props["maxTtl"]
    if _seconds(longest, _YEAR) > LONGEST_CACHE:
        yield longest.wrong(f"a bundle that was withdrawn is served for more than {LONGEST_CACHE} s; by default a year")


def _new_bundles_come_in_time(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _in_time(resource.props["defaultTtl"], _DAY)


def _nothing_is_kept_anyway(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _in_time(resource.props["minTtl"], 0.0)


def _in_time(ttl: Node, default: float) -> Iterator[Finding]:
    if _seconds(ttl, default) > REFRESH_HINT:
        yield ttl.wrong(f"whoever asks every {REFRESH_HINT} s is answered with what it has; by default for a day")


def _seconds(ttl: Node, default: float) -> float:
    given = ttl.number()
    return default if given is None else given


def _behaviors_keep_nothing_long(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if _serves_bundles(resource):
        yield from each(_behaviors(resource), _keeps_nothing_long)


def _keeps_nothing_long(behavior: Node) -> Iterator[Finding]:
    policy = behavior["cachePolicyId"]
    if policy.text() in _LONG_POLICIES:
        yield policy.wrong("CloudFront's own policy serves a bundle for a day after it was withdrawn")
    elif policy.is_absent:
        for name, most, default in (("maxTtl", LONGEST_CACHE, _YEAR), ("defaultTtl", REFRESH_HINT, _DAY)):
            if _seconds(behavior[name], default) > most:
                yield behavior[name].wrong(f"a bundle that was withdrawn is served for more than {most} s")


RULES: Final = (
    Rule(
        id="MF-A13",
        title="A distribution takes recent TLS alone, reads a closed bucket with a signature and is logged",
        why="Consumers of a bundle trust the name and the certificate alone: whoever gets between, or writes to the"
        " bucket, is the remote trust domain.",
        mend="Write an own certificate with TLSv1.2_2021 or newer, https-only, GET and HEAD, no function on the way,"
        " an originAccessControlId with signingBehavior always, restrictionType none, and a loggingConfig or a"
        " LogDeliverySource.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            DISTRIBUTION: (
                _tls_is_recent,
                _takes_tls_alone,
                _is_read_only,
                _no_program_answers,
                _query_is_no_key,
                _origins_are_signed,
                _is_reached_from_everywhere,
                _is_no_stage,
            ),
            SHARED: (
                _tls_of_all_tenants_is_recent,
                _takes_tls_alone,
                _is_read_only,
                _no_program_answers,
                _origins_are_signed,
                _is_reached_from_everywhere,
            ),
            IDENTITY: (_has_no_old_identity,),
            CONTROL: (_always_signs,),
        },
        stack_checks=(_requests_are_logged,),
        relations=(_cache_ignores_queries,),
        controls=("NIST SP 800-53 SC-8", "NIST SP 800-53 AC-3", "NIST SP 800-53 AU-2"),
        weaker="What serves bundles is told by an origin in S3; a distribution with other origins may redirect, take"
        " POST and restrict countries. A tenant's own countries and certificate are not read. Log sources and"
        " distributions are counted against each other.",
    ),
    Rule(
        id="MF-A14",
        title="No cache serves a bundle longer than its consumers wait for a new one",
        why="A bundle that a cache holds keeps a withdrawn authority alive, and keeps a new one from its consumers.",
        mend=f"Write a CachePolicy: minTtl 0, defaultTtl at most {REFRESH_HINT}, maxTtl at most {LONGEST_CACHE}.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            CACHE: (_nothing_is_kept_long, _new_bundles_come_in_time, _nothing_is_kept_anyway),
            DISTRIBUTION: (_behaviors_keep_nothing_long,),
            SHARED: (_behaviors_keep_nothing_long,),
        },
        controls=("NIST SP 800-53 SC-12",),
        weaker="Every cache policy is judged, since which distribution uses it is an output; the refresh hint is"
        " SPIRE's default, as the one of a bundle stands in no resource.",
    ),
)
