"""Service accounts of Google Cloud: who may become one, and keys of them."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import word
from meshfed.rules.gcp.grants import grant_kinds, grants, is_everyone
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_ACCOUNT: Final = grant_kinds("serviceaccount/iAM")
_ABOVE: Final = (*grant_kinds("projects/iAM"), *grant_kinds("folder/iAM"), *grant_kinds("organizations/iAM"))
_BECOME: Final = frozenset(
    {
        "roles/iam.serviceaccounttokencreator",
        "roles/iam.serviceaccountopenidtokencreator",
        "roles/iam.serviceaccountuser",
        "roles/iam.serviceaccountkeyadmin",
        "roles/iam.workloadidentityuser",
    }
)
"""Roles whose holder can be the account that they are given on."""
_WHOLE_POOL: Final = re.compile(r"^principalset://.*(/\*|/workloadidentitypools/[^/]+/?)$")


def _is_for_named_workloads(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for grant in grants(resource):
        yield from each(grant.members.items(), _is_named)


def _is_named(member: Node) -> Iterator[Finding]:
    if is_everyone(member):
        yield member.wrong("everyone may become the account")
    elif _WHOLE_POOL.match(word(member.text())):
        yield member.wrong("every workload of the pool may become the account")


def _nobody_becomes_every_account(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for grant in grants(resource):
        yield from each([grant.role], _is_no_way_into_accounts)


def _is_no_way_into_accounts(role: Node) -> Iterator[Finding]:
    if word(role.text()) in _BECOME:
        yield role.wrong("its holder may become every service account below, those of gateways and clusters too")


def _no_key_leaves(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield resource.props.wrong("is a key without an end that works from everywhere, and stands in the state")


RULES: Final = (
    Rule(
        id="MF-C8",
        title="A service account of Google is for named workloads, and has no key",
        why="Whoever may become an account has its rights: with a star every pod of every cluster in the pool, with a"
        " role on the project every account in it; a key is a password that never expires.",
        mend="Give roles/iam.workloadIdentityUser on the account itself, to one principal://.../subject/... or"
        " serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME]; use workload identity in place of keys.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={
            **dict.fromkeys(_ACCOUNT, (_is_for_named_workloads,)),
            **dict.fromkeys(_ABOVE, (_nobody_becomes_every_account,)),
            "gcp:serviceaccount/key:Key": (_no_key_leaves,),
        },
        controls=("NIST SP 800-53 AC-6", "NIST SP 800-53 IA-5", "NIST SP 800-207 tenet 3"),
        weaker="Roles that the owner defines are not opened, nor are Owner and Editor, which hold these rights too.",
    ),
)
