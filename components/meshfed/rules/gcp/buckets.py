"""Buckets and keys of Google Cloud: who reads them, and how old a key gets."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import ABSENT, on, one_of, word
from meshfed.rules.gcp.grants import EVERYONE, gives_roles, grants, is_everyone
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Pack, Rule
from meshfed.settings.gate import GateParameters

LONGEST_ROTATION_DAYS: Final = 365
"""How old a key may get before a new one takes its place."""
_ELSEWHERE: Final = re.compile(
    r"^gcp:(?:projects|folder|organizations|serviceaccount)/|^gcp:iam/workloadIdentityPoolIam"
    r"|^gcp:(?:cloudrun|cloudrunv2|cloudfunctions|cloudfunctionsv2|apigateway|endpoints)/"
)
"""Grants that MF-C8 judges, and those by which a service on the internet is for everyone."""
_ACLS: Final = (
    "gcp:storage/bucketACL:BucketACL",
    "gcp:storage/defaultObjectACL:DefaultObjectACL",
    "gcp:storage/objectACL:ObjectACL",
)
_ENTRIES: Final = (
    "gcp:storage/bucketAccessControl:BucketAccessControl",
    "gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl",
    "gcp:storage/objectAccessControl:ObjectAccessControl",
)
_PUBLIC_ACLS: Final = frozenset({"publicread", "publicreadwrite", "authenticatedread"})
_SECONDS: Final = re.compile(r"^(\d+)(?:\.\d+)?s$")


def _is_not_for_everyone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if not gives_roles(resource.kind) or _ELSEWHERE.match(resource.kind):
        return
    for grant in grants(resource):
        yield from each(grant.members.items(), _is_someone)


def _is_someone(member: Node) -> Iterator[Finding]:
    if is_everyone(member):
        yield member.wrong("gives its role to everyone")


def _list_is_not_public(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for name in ("predefinedAcl", "defaultAcl"):
        if word(resource.props[name].text()) in _PUBLIC_ACLS:
            yield resource.props[name].wrong("gives read to everyone")
    yield from each(resource.props["roleEntities"].items(), _entity_is_someone)


def _entry_is_not_public(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _entity_is_someone(resource.props["entity"])


def _entity_is_someone(entity: Node) -> Iterator[Finding]:
    if word(entity.text()).rpartition(":")[2] in EVERYONE:
        yield entity.wrong("gives its role to everyone")


def _is_renewed(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["rotationPeriod"]
    # Google renews symmetric keys alone; a key for signatures is pinned by those who verify them.
    if word(resource.props["purpose"].text()) not in {ABSENT, "encrypt_decrypt"}:
        return
    found = _SECONDS.match(node.text().strip())
    if found is None:
        yield node.wrong("no new key ever takes its place")
    elif int(found[1]) > LONGEST_ROTATION_DAYS * 24 * 3600:
        yield node.wrong(f"a new key takes its place after more than {LONGEST_ROTATION_DAYS} days")


RULES: Final = (
    Rule(
        id="MF-C12",
        title="Buckets and keys of Google Cloud are for someone, and keys are renewed",
        why="Gateways trust what the region's bucket says, and bundles are trust itself. Lists of single objects are in"
        " no review; a key that is never renewed opens everything that it ever sealed.",
        mend="Write uniformBucketLevelAccess: true, publicAccessPrevention: enforced, members that are not allUsers or"
        " allAuthenticatedUsers, and rotationPeriod: 7776000s.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            "gcp:storage/bucket:Bucket": (
                on("uniformBucketLevelAccess", "objects have lists of their own; where nothing is written they do"),
                one_of(
                    "publicAccessPrevention",
                    frozenset({"enforced"}),
                    "can be made public; where nothing is written it can",
                ),
            ),
            "gcp:kms/cryptoKey:CryptoKey": (_is_renewed,),
            ANY: (_is_not_for_everyone,),
            **dict.fromkeys(_ACLS, (_list_is_not_public,)),
            **dict.fromkeys(_ENTRIES, (_entry_is_not_public,)),
        },
        controls=(
            "CIS Google Cloud Foundations 1.9",
            "CIS Google Cloud Foundations 5.1",
            "CIS Google Cloud Foundations 5.2",
            "NIST SP 800-53 AC-3",
            "NIST SP 800-53 SC-12",
            "NIST SP 800-207 tenet 4",
        ),
        weaker="Grants on secrets, images, queues and whatever else has roles of its own are judged alike, but not"
        " those of services that answer the internet (Cloud Run, functions, API gateways), nor lists of BigQuery.",
    ),
)
