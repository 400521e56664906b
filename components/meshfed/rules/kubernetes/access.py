"""Rights in a cluster: who may make identities, change the mesh, or give more rights than it has."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from meshfed.rules.allowed import digest_of, is_object_allowed
from meshfed.rules.kubernetes.workloads import is_among, platform_names
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
    holders: tuple[str, ...] = ("*",)
    """Names of those accounts among the platform's own that may have it."""
    by_name: bool = False
    """Whether the platform may have it over accounts that are named, and are none of its own."""


_RIGHTS: Final = (
    _Right(
        ("",),
        ("serviceaccounts/token",),
        frozenset({"create"}),
        "whoever has this makes a token of any account",
        holders=(),
        by_name=True,
    ),
    _Right(
        ("security.istio.io", "networking.istio.io", "extensions.istio.io"),
        ("*",),
        _WRITES,
        "whoever has this switches the mesh's policies off",
        holders=("istiod", "istiod-*"),
    ),
    _Right(
        ("admissionregistration.k8s.io",),
        ("*",),
        _WRITES,
        "whoever has this switches injection and admission off",
    ),
    _Right(
        (_GROUP,),
        ("roles", "clusterroles"),
        frozenset({"bind", "escalate"}),
        "whoever has this takes any right",
        holders=(),
    ),
    _Right(
        ("", "authentication.k8s.io"),
        ("users", "groups", "serviceaccounts", "uids", "userextras"),
        frozenset({"impersonate"}),
        "whoever has this acts as anybody",
        holders=(),
    ),
)
_SECRETS: Final = _Right(("",), ("secrets",), _WRITES, "whoever has this replaces the mesh's CA key")
_CA_SECRETS: Final = frozenset({"cacerts", "istio-ca-secret"})


def _roles_are_narrow(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        for role in cluster.of(*_ROLES):
            yield from guarded(_role_is_narrow(role, cluster, parameters))


def _role_is_narrow(role: Resource, cluster: Stack, parameters: GateParameters) -> Iterator[Finding]:
    rules = role.props["rules"]
    findings = list(each(rules.items(), lambda rule: _rule_is_narrow(rule, role, parameters)))
    yield from guarded(_gathers_by_label(role))
    if not findings:
        return
    accounts = _accounts_of_the_platform(role, cluster, parameters)
    if not accounts:
        yield from findings
    elif not is_object_allowed(role, rules, parameters):
        names_its_own = _names_harmless_accounts(role, accounts, parameters)
        yield from each(rules.items(), lambda rule: _is_of_a_controller(rule, rules, accounts, names_its_own))


def _is_of_a_controller(
    rule: Node, rules: Node, accounts: Sequence[str], is_harmless: Callable[[str], bool]
) -> Iterator[Finding]:
    """What not even a controller gets by its owner's word, however many stars it is written with."""
    if all("*" in rule[field].texts() for field in ("apiGroups", "resources", "verbs")):
        yield rule.wrong("every right of the cluster, which no part of the platform needs")
        return
    names = rule["resourceNames"].texts()
    is_over_few = bool(names) and all(is_harmless(name) for name in names)
    for right in _RIGHTS:
        is_held = all(is_among(account.partition("/")[2], right.holders) for account in accounts)
        if not is_held and not (is_over_few and right.by_name) and _gives(rule, right, "*"):
            yield rule.wrong(f"{right.message}, which no controller is given; the sha256 of it is {digest_of(rules)}")
            return


def _names_harmless_accounts(
    role: Resource, accounts: Sequence[str], parameters: GateParameters
) -> Callable[[str], bool]:
    """Which accounts, by name, a controller may speak for: itself, and applications in the role's own namespace."""

    def is_harmless(name: str) -> bool:
        if role.kind != _ROLES[1]:
            return False
        full = f"{role.namespace}/{name}"
        is_foreign = role.namespace in parameters.system_namespaces or _is_listed(full, parameters)
        return full in accounts or not is_foreign

    return is_harmless


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


def _gives(rule: Node, right: _Right, *stars: str) -> bool:
    return (
        bool(set(rule["apiGroups"].texts()) & {*right.groups, *stars})
        and bool(set(rule["verbs"].texts()) & {*right.verbs, *stars})
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


def _accounts_of_the_platform(role: Resource, cluster: Stack, parameters: GateParameters) -> tuple[str, ...]:
    """The accounts that a role is bound to, where the stack binds it to named accounts of the platform alone."""
    bindings = [binding for binding in cluster.of(*_BINDINGS) if _binds(binding, role)]
    subjects = [subject for binding in bindings for subject in binding.props["subjects"].items()]
    if not all(_is_platform_account(one, parameters) for one in subjects):
        return ()
    return tuple(f"{one['namespace'].text()}/{one['name'].text()}" for one in subjects)


def _binds(binding: Resource, role: Resource) -> bool:
    reference = binding.props["roleRef"]
    kind = role.kind.rpartition("/")[2]
    if reference["kind"].text() != kind or reference["name"].text() != role.name:
        return False
    return kind == "ClusterRole" or binding.namespace == role.namespace


def _is_platform_account(subject: Node, parameters: GateParameters) -> bool:
    if subject["kind"].text() != "ServiceAccount":
        return False
    return _is_listed(f"{subject['namespace'].text()}/{subject['name'].text()}", parameters)


def _is_listed(account: str, parameters: GateParameters) -> bool:
    return is_among(account, platform_names(parameters))


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
        "secrets to the platform's accounts, named in `controllers`; bind to named accounts and groups.",
        packs=(Pack.ZERO_TRUST,),
        checks=dict.fromkeys(_BINDINGS, (_binds_somebody,)),
        relations=(_roles_are_narrow,),
        controls=(
            "CIS EKS 4.1.1",
            "CIS EKS 4.1.3",
            "CIS EKS 4.1.8",
            "CIS AKS 4.1.1",
            "CIS AKS 4.1.3",
            "CIS AKS 4.1.7",
            "CIS AKS 4.1.11",
            "CIS AKS 4.1.12",
            "CIS GKE 4.1.1",
            "CIS GKE 4.1.3",
            "CIS GKE 4.1.7",
            "NIST SP 800-53 AC-6",
        ),
        weaker="A role that the stack binds to accounts of `controllers` and `privileged_workloads` alone may write "
        "webhooks and secrets, with `*`; tokens of any account, Istio's groups (but for istiod), bind, escalate and "
        "impersonate it gets as an `allowed` one alone, whose sha256 is that of its rules. Which built-in roles a "
        "named group of people gets is not judged. Reading secrets is not refused.",
    ),
)
