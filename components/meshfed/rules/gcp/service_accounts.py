"""Service accounts of Google Cloud: who may become one, and keys of them."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from meshfed.rules.allowed import unless_allowed
from meshfed.rules.expect import word
from meshfed.rules.gcp.grants import Grant, grant_kinds, grants, is_everyone
from meshfed.rules.gcp.powerful_roles import CUSTOM_ROLES, becomes_others, holds_power, is_google_itself
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_ACCOUNT: Final = grant_kinds("serviceaccount/iAM")
_POOL: Final = grant_kinds("iam/workloadIdentityPoolIam")
_ABOVE: Final = (*grant_kinds("projects/iAM"), *grant_kinds("folder/iAM"), *grant_kinds("organizations/iAM"))
_ENTITLEMENT: Final = "gcp:privilegedaccessmanager/entitlement:entitlement"
_OF_SCOPE: Final = "gcp:gkehub/scopeRbacRoleBinding:ScopeRbacRoleBinding"
_OF_MEMBER: Final = "gcp:gkehub/membershipRbacRoleBinding:MembershipRbacRoleBinding"
_ADMINISTRATION: Final = {
    _OF_SCOPE: frozenset({"", "admin", "anthos_support"}),
    _OF_MEMBER: frozenset({"", "admin", "anthos_support", "edit"}),
}
"""Roles of a fleet that rule clusters; edit of a whole cluster becomes every account in it."""
_PERSON: Final = re.compile(r"^(?:user|group|serviceaccount|deleted):[^*]+$")
_PODS: Final = re.compile(r"^serviceaccount:[^\[]+\[(?P<namespace>[^/\]]*)/(?P<name>[^\]]*)\]$")
_OF_POOL: Final = re.compile(
    r"^principal(?:set)?://iam\.googleapis\.com/.*/workloadidentitypools/[^/]+"
    r"/(?:subject/(?P<subject>.+)|(?:namespace|attribute\.[^/]*namespace[^/]*)/(?P<namespace>[^/]+)"
    r"|group/[^/]+|attribute\.[^/]+/[^/]+)$"
)
_SUBJECT: Final = re.compile(r"^(?:system:serviceaccount:|ns/)(?P<namespace>[^:/]*)(?::|/sa/)(?P<name>.*)$")
_OF_PEOPLE: Final = re.compile(
    r"^principal(?:set)?://iam\.googleapis\.com/locations/global/workforcepools/[^/]+/(?:subject|group|attribute\.[^/]+)/[^*]+$"
)


def _is_for_named_workloads(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for grant in grants(resource):
        yield from each(grant.members.items(), _is_named)


def _is_named(member: Node) -> Iterator[Finding]:
    text = word(member.text())
    if is_everyone(member):
        yield member.wrong("everyone may become the account")
    elif "*" in text or not (_PERSON.match(text) or _OF_POOL.match(text) or _OF_PEOPLE.match(text)):
        yield member.wrong("more than named people and workloads may become the account: a pool, a project, a domain")
    elif "default" in _namespace_and_name(text):
        yield member.wrong("every pod that names no account, or lands in the default namespace, may become the account")


def _namespace_and_name(text: str) -> tuple[str, ...]:
    """Namespace and name of the Kubernetes account that a member stands for, where it is one's."""
    pods, of_pool = _PODS.match(text), _OF_POOL.match(text)
    subject = _SUBJECT.match(of_pool["subject"] or "") if of_pool else None
    found = pods or subject
    if found:
        return found["namespace"], found["name"]
    return (of_pool["namespace"] or "",) if of_pool else ()


def _nobody_becomes_every_account(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(grant: Grant) -> Iterator[Finding]:
        why = becomes_others(grant)
        if why and not is_google_itself(grant, resource):
            yield grant.role.wrong(why)

    yield from each(grants(resource), one)


def _is_for_someone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(member: Node) -> Iterator[Finding]:
        if is_everyone(member):
            yield member.wrong("gives its role on everything below to everyone")

    yield from each(chain.from_iterable(grant.members.items() for grant in grants(resource)), one)


def _nobody_asks_for_every_account(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(binding: Node) -> Iterator[Finding]:
        if why := becomes_others(Grant(binding["role"], binding["members"], binding["conditionExpression"])):
            yield binding["role"].wrong(why)

    yield from each(resource.props["privilegedAccess"]["gcpIamAccess"]["roleBindings"].items(), one)


def _fleet_is_ruled_by_named_ones(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    role = resource.props["role"]["predefinedRole"]
    if word(role.text()) in _ADMINISTRATION[resource.kind]:
        message = "its holder rules clusters of the fleet, and every service account that their pods may become"
        yield from unless_allowed(resource, role, message, ("role", "user", "group", "scopeId"), parameters)


def _own_roles_become_no_account(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    powerful = [role for role in stack.of(*CUSTOM_ROLES) if holds_power(role)]

    def one(resource: Resource) -> Iterator[Finding]:
        for grant in grants(resource):
            for role in powerful:
                name = role.props["roleId"].text() or role.logical_name
                if word(grant.role.text()).endswith(f"/roles/{word(name)}"):
                    yield grant.role.wrong(
                        "its holder may become every service account below, by the role's permissions"
                    )

    yield from each(stack.of(*_ABOVE) if powerful else (), one)


def _no_key_leaves(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield resource.props.wrong("is a key without an end that works from everywhere, and stands in the state")


def _key_is_no_accounts(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["serviceAccountEmail"]
    if node.is_unknown or not node.is_absent:
        yield node.wrong("the key is the account, without an end and from everywhere")


RULES: Final = (
    Rule(
        id="MF-C8",
        title="A service account of Google is for named workloads, and has no key",
        why="Whoever may become an account has its rights: with a star every pod of every cluster in the pool, with a"
        " role on the project every account in it, and Owner, Editor or whoever gives roles can give itself that one; a"
        " key is a password that never expires.",
        mend="Give roles/iam.workloadIdentityUser on the account itself, to one principal://.../subject/... or"
        " serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME]; on a project give roles of single services, and"
        " container.admin with a condition on the cluster's name; use workload identity in place of keys. Who"
        " administers a scope of a fleet can be allowed by the binding's logical name and sha256.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={
            **dict.fromkeys(_ACCOUNT, (_is_for_named_workloads,)),
            **dict.fromkeys(_ABOVE, (_nobody_becomes_every_account, _is_for_someone)),
            **dict.fromkeys(_POOL, (_nobody_becomes_every_account, _is_for_someone)),
            _ENTITLEMENT: (_nobody_asks_for_every_account,),
            **dict.fromkeys(_ADMINISTRATION, (_fleet_is_ruled_by_named_ones,)),
            "gcp:serviceaccount/key:Key": (_no_key_leaves,),
            "gcp:storage/hmacKey:HmacKey": (_no_key_leaves,),
            "gcp:projects/apiKey:ApiKey": (_key_is_no_accounts,),
        },
        relations=(_own_roles_become_no_account,),
        controls=(
            "CIS Google Cloud Foundations 1.4",
            "CIS Google Cloud Foundations 1.6",
            "NIST SP 800-53 AC-6",
            "NIST SP 800-53 IA-5",
            "NIST SP 800-207 tenet 3",
        ),
        weaker="Roles that the owner defines are opened where the same stack defines them. What the predefined roles of"
        " single services let their holder do, such as to change a machine that runs as another account, is not"
        " computed. That a group of people or a claim of tokens has few members is believed.",
    ),
)
