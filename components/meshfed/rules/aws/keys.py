"""Keys of KMS: who uses them, and whether they rotate."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from meshfed.rules.aws.accounts import account_of, is_account, is_foreign_account
from meshfed.rules.aws.documents import PolicyStatement, Principal, statements
from meshfed.rules.node import Finding, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

KEY: Final = "aws:kms/key:Key"
GRANT: Final = "aws:kms/grant:Grant"
_WITH_POLICY: Final = (
    KEY,
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
)
_SERVICE_ROLE: Final = re.compile(r":role/aws-service-role/|^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$")
_CALLERS: Final = ("kms:calleraccount", "aws:principalarn", "aws:principalaccount", "aws:principalorgid")


def _users_are_named(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    yield from each(statements(resource.props["policy"]), partial(_names_users, parameters))


def _names_users(parameters: GateParameters, statement: PolicyStatement) -> Iterator[Finding]:
    if not statement.allows:
        return
    if (others := statement.exception) is not None:
        yield others.wrong("everyone else on AWS may use the key")
    yield from each(statement.principals, partial(_is_named, parameters, statement))


def _is_named(parameters: GateParameters, statement: PolicyStatement, principal: Principal) -> Iterator[Finding]:
    if principal.is_everyone:
        if not statement.pins(*_CALLERS):
            yield principal.node.wrong("everyone on AWS may use the key")
    elif principal.kind == "aws" and is_foreign_account(principal.node.text(), parameters):
        yield principal.node.wrong("everyone in an account that is none of the owner's may use the key")


def _grantee_is_named(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    grantee = resource.props["granteePrincipal"]
    name = grantee.text().strip()
    account = account_of(name)
    if "*" in name or is_account(name):
        yield grantee.wrong("everyone in an account may use the key, past the key's policy")
    elif account and parameters.accounts and account not in parameters.accounts:
        yield grantee.wrong("somebody in an account that is none of the owner's may use the key, past its policy")


def _grant_is_not_passed_on(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    operations = resource.props["operations"]
    passes_on = "creategrant" in {operation.strip().lower() for operation in operations.texts()}
    # AWS's own services pass a grant on to the disks and backups that they make.
    if passes_on and not _SERVICE_ROLE.search(resource.props["granteePrincipal"].text()):
        yield operations.wrong("whoever has the grant gives the key to others, whom no program names")


def _owner_is_not_locked_out(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    bypass = resource.props["bypassPolicyLockoutSafetyCheck"]
    if bypass.flag():
        yield bypass.wrong("a policy that locks its own writer out is taken, and only AWS can mend it")


def _rotates(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    props = resource.props
    is_symmetric = props["customerMasterKeySpec"].text("SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
    # Keys in a store of one's own and keys that sign cannot be rotated by AWS (KMS developer guide, rotation).
    if not is_symmetric or not props["customKeyStoreId"].is_absent or not props["xksKeyId"].is_absent:
        return
    if not props["enableKeyRotation"].flag():
        yield props["enableKeyRotation"].wrong("the key stays the same for ever; where nothing is written it does")


RULES: Final = (
    Rule(
        id="MF-A20",
        title="A key of KMS is for named users and rotates",
        why="A key that everyone may use decrypts for everyone; one that never changes loses everything at once.",
        mend="Name roles or services in policies and grants, give no grant CreateGrant, write enableKeyRotation: true"
        " for symmetric keys, and leave bypassPolicyLockoutSafetyCheck out.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            **dict.fromkeys(_WITH_POLICY, (_users_are_named, _owner_is_not_locked_out)),
            KEY: (_users_are_named, _owner_is_not_locked_out, _rotates),
            GRANT: (_grantee_is_named, _grant_is_not_passed_on),
        },
        controls=("CIS AWS Foundations 3.6", "NIST SP 800-53 AC-3", "NIST SP 800-53 SC-12"),
        weaker="Keys that sign are rotated by their owner, which no property shows. Which account is foreign is known"
        " where the gate's parameter accounts says which are the owner's; without it a role of any account is taken for"
        " one of ours, in a grant only a whole account is refused.",
    ),
)
