"""Who may write the bundles that other trust domains read."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.aws.documents import PolicyStatement, matches, statements
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.spire.bundle_places import (
    OBJECTS,
    RECORDS,
    STORE,
    host_of_the_distribution,
    names_lead_to_us,
    no_bundle_is_written,
    objects_of_the_distribution,
)
from meshfed.settings.gate import GateParameters

_WORDS: Final = ("trust", "bundle", "spiffe", "spire")
_WRITES: Final = ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ReplicateObject")
_OBJECT: Final = re.compile(r"^arn:[^:]*:s3:[^:]*:[^:]*:(?:accesspoint/)?([^/]+)/(?:object/)?(.*)$", re.DOTALL)
_WILDCARD: Final = re.compile(r"[*?]")
_LAST_WORD: Final = re.compile(r"([a-z]+)[*?]", re.IGNORECASE)
_FOLDER: Final = re.compile(
    r"(v\d+|public|\.well-known|(trust|spiffe|spire)?[-_]?(domains?|bundles?|trust|spiffe|spire))?", re.IGNORECASE
)
"""Names of folders that say no trust domain."""
_GOOGLE_WRITERS: Final = re.compile(
    r"^roles/(storage\.(admin|folderAdmin|objectAdmin|objectCreator|objectUser|legacyBucketWriter|legacyBucketOwner"
    r"|legacyObjectOwner)|owner|editor)$"
)
_GOOGLE_PREFIX: Final = re.compile(
    r"resource\.name\s*\.\s*startsWith\(\s*(?:'[^']*/objects/([^']+)'|\"[^\"]*/objects/([^\"]+)\")\s*\)"
)
_TEXT: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_OTHERWISE: Final = re.compile(r"\|\||\?|!(?!=)|\bfalse\b|\breturn\b")
"""What makes a condition hold in other ways, too."""
_AZURE_WRITERS: Final = ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b")
"""Storage Blob Data Contributor and Owner (Azure's list of built-in roles)."""
_AZURE_PATH: Final = re.compile(r"blobs:path\]\s*string(?:starts\w*|equals\w*|like\w*)\s*'([^']*)'", re.IGNORECASE)
_MESSAGE: Final = "the writer may write the bundle of every trust domain"


def _amazon(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    yield from each(statements(resource.props["policy"]), lambda one: _statement(one, parameters))


def _inline(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    for inline in resource.props["inlinePolicies"].items():
        yield from each(statements(inline["policy"]), lambda one: _statement(one, parameters))


def _permission_set(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    yield from each(statements(resource.props["inlinePolicy"]), lambda one: _statement(one, parameters))


def _statement(statement: PolicyStatement, parameters: GateParameters) -> Iterator[Finding]:
    # What allows every action is MF-A9's.
    if not statement.allows or statement.other_actions is not None or not _names_a_write(statement):
        return
    prefixes: dict[str, Node] = {}
    for node in statement.resources:
        text = node.text()
        # The star at the end of a bucket's name also takes the objects; a bucket alone is none of them.
        found = _OBJECT.match(f"{text}/*" if text.endswith("*") and "/" not in text else text)
        if found is None or not _may_be_a_store(found[1], found[2]):
            continue
        names = _whole_names(found[2])
        if not names:
            yield node.wrong(_MESSAGE)
            return
        prefixes[next((name for name in names if name in parameters.trust_domains), names[0])] = node
    several = [name for name in prefixes if name in parameters.trust_domains]
    if len(several) > 1:
        yield prefixes[several[1]].wrong("one writer writes the bundles of several trust domains")


def _may_be_a_store(bucket: str, key: str) -> bool:
    """Whether a bucket is a store by its name or by the beginning of one (`acme-tru*`)."""
    begun = _LAST_WORD.search(bucket)
    return bool(STORE.search(bucket + key)) or (
        begun is not None and any(word.startswith(begun[1].lower()) for word in _WORDS)
    )


def _whole_names(path: str) -> list[str]:
    """The folders that a path surely begins with, and that may say which trust domain; a file is one, too."""
    sure = _WILDCARD.split(path)[0]
    names = sure.split("/") if sure == path else sure.split("/")[:-1]
    return [name for name in names if not _FOLDER.fullmatch(name)]


def _names_a_write(statement: PolicyStatement) -> bool:
    named = [node.text() for node in statement.actions]
    return any(not name.endswith(":*") and name != "*" and _is_write(name) for name in named)


def _is_write(pattern: str) -> bool:
    return any(matches(pattern, action) for action in _WRITES)


def _google(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    props = resource.props
    if not STORE.search(props["bucket"].text()):
        return
    if resource.kind == _BUCKET_POLICY:
        for binding in props["policyData"].document()["bindings"].items():
            yield from each([binding], _binding)
    else:
        yield from _binding(props)


def _binding(binding: Node) -> Iterator[Finding]:
    role = binding["role"]
    members = [*binding["members"].texts(), *binding["member"].texts()]
    # The owners of a project deploy the store itself.
    if not _GOOGLE_WRITERS.match(role.text()) or all(member.startswith("projectOwner:") for member in members):
        return
    text = binding["condition"]["expression"].text()
    prefixes = [single or double for single, double in _GOOGLE_PREFIX.findall(text)]
    # A prefix goes on as it likes, so that its last name is not a whole one.
    holds = any(_whole_names(f"{prefix}*") for prefix in prefixes)
    if not holds or _OTHERWISE.search(_TEXT.sub("''", text)):
        yield role.wrong(_MESSAGE)


def _azure(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    scope, role = resource.props["scope"], resource.props["roleDefinitionId"]
    if not role.text().lower().endswith(_AZURE_WRITERS) or not STORE.search(scope.text().rpartition("/")[2]):
        return
    paths = _AZURE_PATH.findall(resource.props["condition"].text())
    if not paths or not all(_whole_names(f"{path}*" if path.endswith("/") else path) for path in paths):
        yield role.wrong(_MESSAGE)


_BUCKET_POLICY: Final = "gcp:storage/bucketIAMPolicy:BucketIAMPolicy"

RULES: Final = (
    Rule(
        id="MF-S5",
        title="Whoever writes bundles writes those of one trust domain",
        why="A bundle is a trust domain's keys: a writer for all of them makes any identity of the federation.",
        mend="Allow writing below the trust domain's own prefix: a resource ARN with it, or a condition on the "
        "object's name; let servers publish bundles, and no program, and point the host at its distribution.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            **dict.fromkeys(
                (
                    "aws:s3/bucketPolicy:BucketPolicy",
                    "aws:iam/groupPolicy:GroupPolicy",
                    "aws:iam/policy:Policy",
                    "aws:iam/rolePolicy:RolePolicy",
                    "aws:iam/userPolicy:UserPolicy",
                    "aws:s3control/accessPointPolicy:AccessPointPolicy",
                ),
                (_amazon,),
            ),
            "aws:iam/role:Role": (_inline,),
            "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": (_permission_set,),
            **dict.fromkeys(
                (
                    "gcp:storage/bucketIAMMember:BucketIAMMember",
                    "gcp:storage/bucketIAMBinding:BucketIAMBinding",
                    _BUCKET_POLICY,
                ),
                (_google,),
            ),
            "azure-native:authorization:RoleAssignment": (_azure,),
            **dict.fromkeys(OBJECTS, (no_bundle_is_written,)),
            **dict.fromkeys(RECORDS, (names_lead_to_us,)),
        },
        plan_checks=(objects_of_the_distribution, host_of_the_distribution),
        controls=("NIST SP 800-53 AC-6", "NIST SP 800-53 SC-17"),
        weaker="A store of bundles is known by its name or prefix (trust, bundle, spiffe, spire) or as the settings' "
        "own; its host by `bundle_hosts` or the settings, in records of Route 53, Azure and Google. Which distribution "
        "of CloudFront a host leads to, and records of certificates (_NAME) are not asked. Every action at once "
        "is MF-A9's. Who may change a bucket's policy, its keys or its replication is not asked, nor what a role of "
        "the owner's own writes, or one for a whole project, account or resource group; of Azure conditions the "
        "paths are read, and not how they are put together. Whether a bundle is signed is seen by the guard that "
        "serves it, and by no policy of a bucket.",
    ),
)
