"""Rights in a cluster: who may make identities, change the mesh, or give more rights than it has."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from meshfed.rules.allowed import digest_of, is_object_allowed
from meshfed.rules.kubernetes.bindings import (
    ACCOUNTS,
    BINDINGS,
    CLUSTER_BINDING,
    CLUSTER_ROLE,
    ROLES,
    account_of,
    binds,
    is_platforms,
    pods_get_roles_that_are_known,
)
from meshfed.rules.kubernetes.rights import GROUP, RIGHTS, gives, wrong_right
from meshfed.rules.kubernetes.selectors import selects, takes_nearly_all
from meshfed.rules.kubernetes.workloads import is_among, platform_names
from meshfed.rules.node import Finding, Node, each, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_EVERYBODY: Final = frozenset({"system:anonymous", "system:unauthenticated", "system:authenticated"})
_STRONG: Final = frozenset(
    {
        "admin",
        "edit",
        "system:aggregate-to-admin",
        "system:aggregate-to-edit",
        "system:kube-controller-manager",
        "system:kubelet-api-admin",
        "system:node",
        "system:persistent-volume-provisioner",
    }
)
"""Roles of every cluster that act as any account of a namespace, or more."""
_STRONGEST: Final = "cluster-admin"
_STRONG_FAMILIES: Final = ("system:controller:", "system:certificates.k8s.io:")
_ADDS_TO: Final = f"{GROUP}/aggregate-to-"
_BUILT_IN: Final = "kubernetes.io/bootstrapping"


def _roles_are_narrow(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        for role in cluster.of(*ROLES):
            yield from guarded(_role_is_narrow(role, cluster, parameters))


def _role_is_narrow(role: Resource, cluster: Stack, parameters: GateParameters) -> Iterator[Finding]:
    rules = role.props["rules"]
    yield from guarded(_gathers_few(role))
    # Who has the role is asked only where something is wrong with it, since a binding may not be known yet.
    if not list(_too_wide(rules, reaches=True, is_for_people=False)) or is_object_allowed(role, rules, parameters):
        return
    bindings = _bindings(role, cluster)
    subjects = [(subject, binding) for binding in bindings for subject in binding.props["subjects"].items()]
    is_had_by_name = bool(subjects) and not _adds_to_built_in(role)
    if is_had_by_name and all(is_platforms(*one, parameters) for one in subjects):
        accounts = [account_of(*one) for one in subjects]
        names_its_own = _names_harmless_accounts(role, accounts, parameters)
        yield from each(rules.items(), lambda rule: _is_of_a_controller(rule, rules, accounts, names_its_own))
    else:
        people = is_had_by_name and all(_is_a_person(subject) for subject, _ in subjects)
        yield from _too_wide(rules, reaches=_reaches(role, bindings, parameters), is_for_people=people)


def _too_wide(rules: Node, *, reaches: bool, is_for_people: bool) -> Iterator[Finding]:
    yield from each(rules.items(), lambda rule: _rule_is_narrow(rule, reaches=reaches, is_for_people=is_for_people))


def _is_of_a_controller(
    rule: Node, rules: Node, accounts: Sequence[str], is_harmless: Callable[[str], bool]
) -> Iterator[Finding]:
    """What not even a controller gets by its owner's word, however many stars it is written with."""
    if all("*" in rule[field].texts() for field in ("apiGroups", "resources", "verbs")):
        yield rule.wrong("every right of the cluster, which no part of the platform needs")
        return
    names = rule["resourceNames"].texts()
    is_over_few = bool(names) and all(is_harmless(name) for name in names)
    for right in RIGHTS:
        is_held = all(is_among(account.partition("/")[2], right.holders) for account in accounts)
        if not is_held and not (is_over_few and right.by_name) and gives(rule, right, "*"):
            yield rule.wrong(f"{right.message}, which no controller is given; the sha256 of it is {digest_of(rules)}")
            return


def _names_harmless_accounts(
    role: Resource, accounts: Sequence[str], parameters: GateParameters
) -> Callable[[str], bool]:
    """Which accounts, by name, a controller may speak for: itself, and applications in the role's own namespace."""

    def is_harmless(name: str) -> bool:
        if role.kind == CLUSTER_ROLE:
            return False
        full = f"{role.namespace}/{name}"
        is_foreign = role.namespace in parameters.system_namespaces or is_among(full, platform_names(parameters))
        return full in accounts or not is_foreign

    return is_harmless


def _rule_is_narrow(rule: Node, *, reaches: bool, is_for_people: bool) -> Iterator[Finding]:
    wide = [field for field in ("apiGroups", "resources", "verbs", "nonResourceURLs") if _is_wide(rule[field])]
    if wide:
        yield rule.wrong(f"{' and '.join(wide)} of * give rights that nobody has listed, now and after every upgrade")
    elif said := wrong_right(rule, reaches=reaches, is_for_people=is_for_people):
        yield rule.wrong(said)


def _is_wide(field: Node) -> bool:
    return not {"*", "/*"}.isdisjoint(field.texts())


def _gathers_few(role: Resource) -> Iterator[Finding]:
    yield from each(role.props["aggregationRule"]["clusterRoleSelectors"].items(), _gathers_a_few)


def _gathers_a_few(selector: Node) -> Iterator[Finding]:
    keys = [name for name, _ in selector["matchLabels"].entries()]
    keys += [expression["key"].text() for expression in selector["matchExpressions"].items()]
    if takes_nearly_all(selector):
        yield selector.wrong("the role takes in the rights of every other role")
    elif any(key == _BUILT_IN or (key.startswith(_ADDS_TO) and not key.endswith("-view")) for key in keys):
        yield selector.wrong("the role takes in the rights of roles that every cluster has, such as edit and admin")


def _adds_to_built_in(role: Resource) -> bool:
    """Whether a role's rights are added to admin, edit or view, which others have."""
    return any(name.startswith(_ADDS_TO) and node.flag() for name, node in role.labels.entries())


def _reaches(role: Resource, bindings: list[Resource], parameters: GateParameters) -> bool:
    """Whether a role counts in namespaces of the platform, as far as the stack tells."""
    if role.kind != CLUSTER_ROLE:
        return role.namespace in parameters.system_namespaces
    if not bindings or _adds_to_built_in(role):
        return True
    return any(one.kind == CLUSTER_BINDING or one.namespace in parameters.system_namespaces for one in bindings)


def _bindings(role: Resource, cluster: Stack) -> list[Resource]:
    """The bindings of a role, and of the roles that take it in."""
    holders, found = [role], [role]
    while found:
        labels = {name: node.text() for name, node in found.pop().labels.entries()}
        takers = [one for one in cluster.of(CLUSTER_ROLE) if one not in holders and _takes_in(one, labels)]
        holders, found = holders + takers, found + takers
    return [one for one in cluster.of(*BINDINGS) if any(binds(one, holder) for holder in holders)]


def _takes_in(role: Resource, labels: dict[str, str]) -> bool:
    return any(selects(one, labels) for one in role.props["aggregationRule"]["clusterRoleSelectors"].items())


def _is_a_person(subject: Node) -> bool:
    return subject["kind"].text() in ("User", "Group") and not subject["name"].text().startswith("system:")


def _binds_somebody(binding: Resource, parameters: GateParameters) -> Iterator[Finding]:
    role = binding.props["roleRef"]["name"]

    def is_somebody(subject: Node) -> Iterator[Finding]:
        name, kind = subject["name"].text(), subject["kind"].text()
        if kind in ("Group", "User") and (name in _EVERYBODY or name == ACCOUNTS):
            yield subject["name"].wrong("this is everybody whom the API server hears, or every pod")
        elif kind == "Group" and name.startswith("system:") and name != "system:masters" and _is_strong(role.text()):
            yield subject["name"].wrong("every pod of a namespace, or every node, gets the rights of an administrator")
        elif account := account_of(subject, binding):
            if role.text() == _STRONGEST:
                yield subject["name"].wrong("a pod's account gets every right of the cluster")
            elif _is_beyond(role.text(), binding, parameters) and not is_platforms(subject, binding, parameters):
                yield subject["name"].wrong(
                    f"{account} may then act as every account of the cluster, or of the platform"
                )

    yield from each(binding.props["subjects"].items(), is_somebody)


def _is_strong(role: str) -> bool:
    return role == _STRONGEST or role in _STRONG or role.startswith(_STRONG_FAMILIES)


def _is_beyond(role: str, binding: Resource, parameters: GateParameters) -> bool:
    """Whether a strong role counts in more than a namespace of an application."""
    is_wide = binding.kind == CLUSTER_BINDING or binding.namespace in parameters.system_namespaces
    return is_wide and _is_strong(role)


RULES: Final = (
    Rule(
        id="MF-K8",
        title="Nobody but the platform may make identities, change the mesh or give itself rights",
        why="A token of any account, a write to the mesh's policies or webhooks, and bind, escalate and impersonate "
        "all lead to the whole region.",
        mend="List groups, resources and verbs one by one, without *; leave tokens, Istio's groups, webhooks and CA "
        "secrets to the platform's accounts, named in `controllers`; bind to named accounts and groups, a pod's "
        "account to a role of the same stack, or have the binding allowed by its name and sha256.",
        packs=(Pack.ZERO_TRUST,),
        checks=dict.fromkeys(BINDINGS, (_binds_somebody,)),
        relations=(_roles_are_narrow, pods_get_roles_that_are_known),
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
        weaker="A role that the stack binds to accounts of `controllers` and `privileged_workloads` alone may give "
        "all of it, with `*`, but for tokens of any account, Istio's groups (but for istiod), SPIRE's (but for its "
        "server), bind, escalate and impersonate. Whatever a role gives may be an `allowed` one, whose sha256 is "
        "that of its rules. Which built-in roles a named group of people gets is not judged, and a role that people "
        "alone get may reach into pods. In a namespace of an application an account may make pods, which can be of "
        "any account there, read its Secrets, and have `edit` or `admin`. Where another stack binds a role is not "
        "seen, nor what a role gives that the platform's accounts or people get and another stack holds. A role of the "
        "stack that gathers others has their rights, which may stand elsewhere. Any account whose name begins with "
        "`istiod-` in istio-system is taken for a revision of istiod, unless `controllers` names the revisions.",
    ),
)
