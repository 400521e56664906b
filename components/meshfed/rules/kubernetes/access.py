"""Rights in a cluster: who may make identities, change the mesh, or give more rights than it has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from meshfed.rules.kubernetes.workloads import is_among
from meshfed.rules.node import Finding, Node, each, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_GROUP: Final = "rbac.authorization.k8s.io"
_ROLES: Final = (f"{_GROUP}/ClusterRole", f"{_GROUP}/Role")
_BINDINGS: Final = (f"{_GROUP}/ClusterRoleBinding", f"{_GROUP}/RoleBinding")
_WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_EVERYBODY: Final = frozenset({"system:anonymous", "system:unauthenticated", "system:authenticated"})
_ACCOUNTS: Final = "system:serviceaccounts"
_STRONGEST: Final = frozenset({"cluster-admin", "admin", "edit", "system:masters"})


@dataclass(frozen=True)
class _Right:
    """A right that nobody but the platform needs."""

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: frozenset[str]
    message: str


_RIGHTS: Final = (
    _Right(("",), ("serviceaccounts/token",), frozenset({"create"}), "whoever has this makes a token of any account"),
    _Right(
        ("security.istio.io", "networking.istio.io", "extensions.istio.io"),
        ("*",),
        _WRITES,
        "whoever has this switches the mesh's policies off",
    ),
    _Right(
        ("admissionregistration.k8s.io",),
        ("*",),
        _WRITES,
        "whoever has this switches injection and admission off",
    ),
    _Right((_GROUP,), ("roles", "clusterroles"), frozenset({"bind", "escalate"}), "whoever has this takes any right"),
    _Right(
        ("", "authentication.k8s.io"),
        ("users", "groups", "serviceaccounts", "uids", "userextras"),
        frozenset({"impersonate"}),
        "whoever has this acts as anybody",
    ),
)
_SECRETS: Final = _Right(("",), ("secrets",), _WRITES, "whoever has this replaces the mesh's CA key")
_CA_SECRETS: Final = frozenset({"cacerts", "istio-ca-secret"})


def _roles_are_narrow(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        for role in cluster.of(*_ROLES):
            yield from guarded(_role_is_narrow(role, cluster, parameters))


def _role_is_narrow(role: Resource, cluster: Stack, parameters: GateParameters) -> Iterator[Finding]:
    findings = list(each(role.props["rules"].items(), lambda rule: _rule_is_narrow(rule, role, parameters)))
    findings += list(guarded(_gathers_by_label(role)))
    if findings and not _is_the_platforms(role, cluster, parameters):
        yield from findings
    else:
        yield from each(role.props["rules"].items(), _is_not_everything)


def _is_not_everything(rule: Node) -> Iterator[Finding]:
    if all("*" in rule[field].texts() for field in ("apiGroups", "resources", "verbs")):
        yield rule.wrong("every right of the cluster, which no part of the platform needs")


def _rule_is_narrow(rule: Node, role: Resource, parameters: GateParameters) -> Iterator[Finding]:
    wide = [field for field in ("apiGroups", "resources", "verbs", "nonResourceURLs") if "*" in rule[field].texts()]
    if wide:
        yield rule.wrong(f"{' and '.join(wide)} of * give rights that nobody has listed, now and after every upgrade")
        return
    said = [right.message for right in _RIGHTS if _gives(rule, right)]
    if _gives(rule, _SECRETS) and _reaches_ca(rule, role, parameters):
        said.append(_SECRETS.message)
    if said:
        yield rule.wrong(said[0])


def _gives(rule: Node, right: _Right) -> bool:
    return (
        bool(set(rule["apiGroups"].texts()) & set(right.groups))
        and bool(set(rule["verbs"].texts()) & right.verbs)
        and any(_is_of(given, right.resources) for given in rule["resources"].texts())
    )


def _is_of(given: str, resources: Sequence[str]) -> bool:
    """Whether a resource of a rule, with `*` for its name or its subresource, is one of some."""
    name, slash, sub = given.partition("/")
    for resource in resources:
        wanted, wanted_slash, wanted_sub = resource.partition("/")
        if wanted == "*":
            return True
        if name in ("*", wanted) and slash == wanted_slash and sub in ("*", wanted_sub):
            return True
    return False


def _reaches_ca(rule: Node, role: Resource, parameters: GateParameters) -> bool:
    names = set(rule["resourceNames"].texts())
    if names:
        return bool(names & _CA_SECRETS)
    return role.kind == _ROLES[0] or role.namespace in parameters.system_namespaces


def _gathers_by_label(role: Resource) -> Iterator[Finding]:
    for selector in role.props["aggregationRule"]["clusterRoleSelectors"].items():
        if selector["matchLabels"].is_absent and selector["matchExpressions"].is_absent:
            yield selector.wrong("the role takes in the rights of every other role")


def _is_the_platforms(role: Resource, cluster: Stack, parameters: GateParameters) -> bool:
    """Whether every binding of a role that the stack has gives it to named accounts of the platform alone."""
    bindings = [binding for binding in cluster.of(*_BINDINGS) if _binds(binding, role)]
    subjects = [subject for binding in bindings for subject in binding.props["subjects"].items()]
    return bool(subjects) and all(_is_platform_account(one, parameters) for one in subjects)


def _binds(binding: Resource, role: Resource) -> bool:
    reference = binding.props["roleRef"]
    kind = role.kind.rpartition("/")[2]
    if reference["kind"].text() != kind or reference["name"].text() != role.name:
        return False
    return kind == "ClusterRole" or binding.namespace == role.namespace


def _is_platform_account(subject: Node, parameters: GateParameters) -> bool:
    if subject["kind"].text() != "ServiceAccount":
        return False
    name = f"{subject['namespace'].text()}/{subject['name'].text()}"
    return is_among(name, (*parameters.privileged_workloads, *parameters.controllers))


def _binds_somebody(binding: Resource, _: GateParameters) -> Iterator[Finding]:
    role = binding.props["roleRef"]["name"]

    def is_somebody(subject: Node) -> Iterator[Finding]:
        name, kind = subject["name"].text(), subject["kind"].text()
        if kind in ("Group", "User") and (name in _EVERYBODY or name == _ACCOUNTS):
            yield subject["name"].wrong("this is everybody whom the API server hears, or every pod")
        elif kind == "Group" and name.startswith(f"{_ACCOUNTS}:") and role.text() in _STRONGEST:
            yield subject["name"].wrong("every pod of a namespace gets the rights of an administrator")
        elif role.text() == "cluster-admin" and kind == "ServiceAccount":
            yield subject["name"].wrong("a pod's account gets every right of the cluster")

    yield from each(binding.props["subjects"].items(), is_somebody)


RULES: Final = (
    Rule(
        id="MF-K8",
        title="Nobody but the platform may make identities, change the mesh or give itself rights",
        why="A token of any account, a write to the mesh's policies or webhooks, and bind, escalate and impersonate "
        "all lead to the whole region.",
        mend="List groups, resources and verbs one by one, without *; leave tokens, Istio's groups, webhooks and CA "
        "secrets to the platform's accounts; bind to named accounts and groups.",
        packs=(Pack.ZERO_TRUST,),
        checks=dict.fromkeys(_BINDINGS, (_binds_somebody,)),
        relations=(_roles_are_narrow,),
        controls=("CIS EKS 4.1.1", "CIS EKS 4.1.3", "CIS EKS 4.1.8", "NIST SP 800-53 AC-6"),
        weaker="A role that the stack binds to accounts of `controllers` and `privileged_workloads` alone is "
        "judged for `*` of groups, resources and verbs at once and nothing else; which built-in roles a named group of "
        "people gets is not judged. Reading secrets is not refused.",
    ),
)
