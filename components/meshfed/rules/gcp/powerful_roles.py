"""Roles of Google Cloud by which their holder becomes others: directly, by giving roles, or as Google's agent."""

import re
from typing import Final

from meshfed.rules.expect import word
from meshfed.rules.gcp.conditions import Code, code_of
from meshfed.rules.gcp.grants import Grant
from meshfed.rules.node import Node
from meshfed.rules.resource import Resource

CUSTOM_ROLES: Final = (
    "gcp:projects/iAMCustomRole:IAMCustomRole",
    "gcp:organizations/iAMCustomRole:IAMCustomRole",
)
_BECOME: Final = frozenset(
    {
        *(f"roles/iam.serviceaccount{name}" for name in ("tokencreator", "openidtokencreator", "user", "keyadmin")),
        "roles/iam.workloadidentityuser",
        "roles/editor",
        "roles/writer",
    }
)
"""Roles whose holder can be the account that they are given on, or one below."""
_GIVE: Final = re.compile(
    r"^roles/(?:owner|admin|(?:iam|resourcemanager|privilegedaccessmanager)\.\w*admin|deploymentmanager\.editor)$"
)
"""Roles whose holder can give itself those, or have Google's own account do what it likes."""
_CLUSTERS: Final = frozenset({"roles/container.admin", "roles/container.developer"})
_ONE_CLUSTER: Final = re.compile(r"(?<![\w.!(])resource\.name(?:==|\.startsWith\()\ue000(\d+)\ue001")
_SMALL_ROLES: Final = re.compile(
    r"(?<![\w.!(])api\.getAttribute\(\ue000(\d+)\ue001,\[\]\)\.hasOnly\(\[((?:\ue000\d+\ue001,?)+)\]\)"
)
"""Conditions of IAM by which these roles become small: on names of resources, on the roles that may be given."""
_AGENT: Final = re.compile(r"^roles/[a-z0-9.]+\.serviceagent$")
_AGENTS: Final = re.compile(
    r"^serviceaccount:(?:service-\d+@[a-z0-9-]+\.iam\.gserviceaccount\.com|\d+@cloudservices\.gserviceaccount\.com"
    r"|\d+@cloudbuild\.gserviceaccount\.com)$"
)
_MACHINES: Final = re.compile(r"^serviceaccount:\d+@cloudservices\.gserviceaccount\.com$")
_PERMISSIONS: Final = re.compile(
    r"^(?:iam\.serviceaccounts\.(?:actas|getaccesstoken|getopenidtoken|implicitdelegation|signblob|signjwt)"
    r"|iam\.serviceaccountkeys\.create|iam\.roles\.(?:create|update)|.+\.setiampolicy"
    r"|iam\.workloadidentitypoolproviders\.(?:create|update))$"
)
"""Permissions that make a role of the owner one of these."""


def becomes_others(grant: Grant) -> str:
    """What the holder of a role may become, in words; empty for none. Raises UndecidedError."""
    role = word(grant.role.text())
    if role in _BECOME:
        return "its holder may become every service account below, those of gateways and clusters too"
    if _GIVE.match(role) and not _gives_small_roles(grant.condition):
        return "its holder may give itself every other role, and become every service account below"
    if role in _CLUSTERS and not _names_a_resource(grant.condition):
        return "its holder rules every cluster below, and every service account that their pods may become"
    if _AGENT.match(role) and not _are_all(grant.members, _AGENTS):
        return "is a role of Google's own agents, which become accounts of others"
    return ""


def is_google_itself(grant: Grant, resource: Resource) -> bool:
    """Whether a whole policy only keeps what Google's own account has in every project. Raises UndecidedError."""
    keeps = not resource.props["policyData"].is_missing and word(grant.role.text()) == "roles/editor"
    return keeps and _are_all(grant.members, _MACHINES)


def holds_power(role: Resource) -> bool:
    """Whether a role of the owner has a permission by which its holder becomes others; what is not known does not."""
    permissions = role.props["permissions"]
    if permissions.is_unknown:
        return False
    return any(not one.is_unknown and _PERMISSIONS.match(word(one.text())) for one in permissions.items())


def _names_a_resource(condition: Node) -> bool:
    """Whether a condition holds for clusters whose names begin as it says. Raises UndecidedError."""
    code = _without_choice(condition)
    found = _ONE_CLUSTER.search(code.text) if code else None
    return bool(code and found and re.search(r"/clusters/[^/]", code.texts[int(found[1])]))


def _gives_small_roles(condition: Node) -> bool:
    """Whether a condition lets its holder give named roles alone that make nobody another. Raises UndecidedError."""
    code = _without_choice(condition)
    found = _SMALL_ROLES.search(code.text) if code else None
    if not code or not found or code.texts[int(found[1])] != "iam.googleapis.com/modifiedGrantsByRole":
        return False
    given = [word(code.texts[int(number)]) for number in re.findall(r"\d+", found[2])]
    return not any(role in _BECOME | _CLUSTERS or _GIVE.match(role) or _AGENT.match(role) for role in given)


def _without_choice(condition: Node) -> Code | None:
    expression = condition if condition.is_unknown or isinstance(condition.value, str) else condition["expression"]
    code = code_of(expression.text())
    return None if code is None or re.search(r"\|\||[?:]", code.text) else code


def _are_all(members: Node, wanted: re.Pattern[str]) -> bool:
    texts = [word(text) for text in members.texts()]
    return bool(texts) and all(wanted.match(text) for text in texts)
