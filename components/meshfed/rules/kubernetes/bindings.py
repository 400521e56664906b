"""Whom a binding of rights names, and whether anybody here can say what its role gives."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from meshfed.rules.allowed import bound, by_digest, is_object_allowed
from meshfed.rules.kubernetes.rights import GROUP
from meshfed.rules.kubernetes.workloads import is_among, platform_names
from meshfed.rules.node import Finding, Node, each, some
from meshfed.rules.resource import Resource, Stack
from meshfed.settings.gate import GateParameters

CLUSTER_ROLE: Final = f"{GROUP}/ClusterRole"
ROLES: Final = (CLUSTER_ROLE, f"{GROUP}/Role")
CLUSTER_BINDING: Final = f"{GROUP}/ClusterRoleBinding"
BINDINGS: Final = (CLUSTER_BINDING, f"{GROUP}/RoleBinding")
ACCOUNTS: Final = "system:serviceaccounts"
_ACCOUNT: Final = "system:serviceaccount:"
"""What a user is called who is a pod's account."""
_OF_EVERY_CLUSTER: Final = frozenset({"admin", "cluster-admin", "edit", "view"})
_BUILT_IN: Final = ("system:", "extension-apiserver-authentication-reader")


def account_of(subject: Node, binding: Resource) -> str:
    """The pods' account that a subject is, as `namespace/name`, however it is written; or nothing."""
    kind, name = subject["kind"].text(), subject["name"].text()
    if kind == "ServiceAccount":
        return f"{subject['namespace'].text() or binding.namespace}/{name}"
    return name.removeprefix(_ACCOUNT).replace(":", "/") if kind == "User" and name.startswith(_ACCOUNT) else ""


def is_platforms(subject: Node, binding: Resource, parameters: GateParameters) -> bool:
    """Whether a subject is an account of the platform that its owner names."""
    account = account_of(subject, binding)
    return bool(account) and is_among(account, platform_names(parameters))


def binds(binding: Resource, role: Resource) -> bool:
    """Whether a binding is one to a role."""
    reference = binding.props["roleRef"]
    kind = role.kind.rpartition("/")[2]
    if reference["kind"].text() != kind or reference["name"].text() != role.name:
        return False
    return kind == "ClusterRole" or binding.namespace == role.namespace


def pods_get_roles_that_are_known(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    """An application's account gets a role that the stack holds, or that every cluster has."""
    for cluster in stack.clusters():
        # A patch adds to a role whose other rights stand elsewhere.
        roles = [role for role in cluster.of(*ROLES) if not role.is_patch]
        yield from each(cluster.of(*BINDINGS), partial(_is_known, roles, parameters))


def _is_known(roles: list[Resource], parameters: GateParameters, binding: Resource) -> Iterator[Finding]:
    subjects = [one for one in binding.props["subjects"].items() if _is_of_an_application(one, binding, parameters)]
    name = binding.props["roleRef"]["name"]
    if not subjects or name.text() in _OF_EVERY_CLUSTER or name.text().startswith(_BUILT_IN):
        return
    content = bound(binding)
    if not some(roles, partial(binds, binding)) and not is_object_allowed(binding, content, parameters):
        message = "a pod's account gets a role that is not here, and nobody has seen what it gives"
        yield name.wrong(message + by_digest(content, "the binding"))


def _is_of_an_application(subject: Node, binding: Resource, parameters: GateParameters) -> bool:
    if subject["kind"].text() == "Group":
        return subject["name"].text().startswith(ACCOUNTS)
    return bool(account_of(subject, binding)) and not is_platforms(subject, binding, parameters)
