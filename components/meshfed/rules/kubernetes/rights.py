"""Rights in a cluster that lead to other identities, to the mesh's policies, or to more rights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from meshfed.rules.kubernetes.ca_secrets import is_ca_secret
from meshfed.rules.node import Node

GROUP: Final = "rbac.authorization.k8s.io"
_MAKES: Final = frozenset({"create", "update", "patch"})
_WRITES: Final = _MAKES | {"delete", "deletecollection"}
_IMPERSONATES: Final = "impersonate"
"""Also the beginning of the verbs of clusters that let accounts act as some only."""
_READS: Final = frozenset({"get", "list", "watch"})
_ANYTHING: Final = _WRITES | _READS
_MAPS: Final = frozenset({"aws-auth", "coredns", "kube-proxy-config", "spire-bundle"})


@dataclass(frozen=True)
class Right:
    """A right that nobody but the platform needs."""

    groups: tuple[str, ...]
    """API groups; `*.x` is every group whose name ends so."""
    resources: tuple[str, ...]
    verbs: frozenset[str]
    message: str
    is_of: Callable[[str], bool] | None = None
    """Which names of objects it is about, for a right that is harmless over any others, and in a namespace of an
    application."""
    is_for_people: bool = False
    """Whether a named group of people may have it: they look into pods, as an administrator may."""
    holders: tuple[str, ...] = ("*",)
    """Names of those accounts among the platform's own that may have it."""
    by_name: bool = False
    """Whether the platform may have it over accounts that are named, and are none of its own."""


def _is_of_the_platform(name: str) -> bool:
    return name in _MAPS or name.startswith("istio")


def _is_any(name: str) -> bool:
    return bool(name)


RIGHTS: Final = (
    Right(
        ("",),
        ("serviceaccounts/token",),
        frozenset({"create"}),
        "whoever has this makes a token of any account",
        holders=(),
        by_name=True,
    ),
    Right(
        ("*.istio.io",),
        ("*",),
        _WRITES,
        "whoever has this switches the mesh's policies off",
        holders=("istiod", "istiod-*"),
    ),
    Right(
        ("gateway.networking.k8s.io", "gateway.networking.x-k8s.io"),
        ("*",),
        _WRITES,
        "whoever has this opens a way into the mesh",
    ),
    Right(
        ("spire.spiffe.io",),
        ("*",),
        _WRITES,
        "whoever has this gives any workload any identity",
        holders=("spire-server", "spire-controller-manager"),
    ),
    Right(
        ("admissionregistration.k8s.io", "kyverno.io", "*.kyverno.io", "*.gatekeeper.sh"),
        ("*",),
        _WRITES,
        "whoever has this switches injection and admission off",
    ),
    Right(
        ("networking.k8s.io", "extensions"),
        ("networkpolicies",),
        _WRITES,
        "whoever has this opens what a network policy closes",
    ),
    Right(
        (
            "policy.networking.k8s.io",
            "projectcalico.org",
            "crd.projectcalico.org",
            "cilium.io",
            "crd.antrea.io",
            "networking.k8s.aws",
        ),
        ("*",),
        _WRITES,
        "whoever has this opens what a network policy closes",
    ),
    Right(
        ("apiextensions.k8s.io", "apiregistration.k8s.io"),
        ("*",),
        _WRITES,
        "whoever has this takes the mesh's kinds away, or answers for them",
    ),
    Right(("",), ("namespaces",), _WRITES, "whoever has this labels a namespace out of the mesh and of pod security"),
    Right(
        (GROUP,),
        ("roles", "clusterroles"),
        frozenset({"bind", "escalate"}),
        "whoever has this takes any right",
        holders=(),
    ),
    Right(
        ("", "authentication.k8s.io"),
        ("users", "groups", "serviceaccounts", "uids", "userextras"),
        frozenset({_IMPERSONATES}),
        "whoever has this acts as anybody",
        holders=(),
    ),
    Right(
        ("authentication.k8s.io",), ("*",), frozenset({_IMPERSONATES}), "whoever has this acts as anybody", holders=()
    ),
    Right(
        ("certificates.k8s.io", "cert-manager.io"),
        ("signers", "certificatesigningrequests/approval", "certificatesigningrequests/status", "clustertrustbundles"),
        _MAKES | {"approve", "sign", "attest"},
        "whoever has this signs certificates, or says whose are trusted",
    ),
    Right(
        ("",),
        ("nodes/proxy", "nodes/checkpoint", "nodes/pods", "services/proxy"),
        _ANYTHING,
        "whoever has this reaches into every pod past the mesh",
    ),
    Right(
        ("",),
        ("pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "pods/ephemeralcontainers"),
        _ANYTHING,
        "whoever has this acts as the pods that it reaches into",
        is_for_people=True,
    ),
    Right(("",), ("persistentvolumes",), _MAKES, "whoever has this mounts folders of a node, with its keys"),
    Right(
        ("",),
        ("pods", "podtemplates", "replicationcontrollers"),
        _MAKES,
        "whoever has this runs pods with any account of any namespace",
        is_of=_is_any,
    ),
    Right(
        ("apps", "batch"),
        ("deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs"),
        _MAKES,
        "whoever has this runs pods with any account of any namespace",
        is_of=_is_any,
    ),
    Right(
        ("", "discovery.k8s.io"),
        ("endpoints", "endpointslices"),
        _MAKES,
        "whoever has this leads any service's callers elsewhere",
        is_of=_is_any,
    ),
    Right(("",), ("secrets",), _WRITES, "whoever has this replaces the mesh's CA key", is_of=is_ca_secret),
    Right(("",), ("secrets",), _READS, "whoever has this reads the mesh's CA key", is_of=is_ca_secret),
    Right(
        ("",), ("configmaps",), _WRITES, "whoever has this changes the mesh's configuration", is_of=_is_of_the_platform
    ),
)
"""The rights, in the order in which a role is told of the first one that it gives."""


_OTHER_GUARDS: Final = ("authorization.k8s.io",)


def is_guarded_group(group: str) -> bool:
    """Whether some right over objects of an API group is one that nobody but the platform needs.

    >>> is_guarded_group("security.istio.io"), is_guarded_group("metrics.k8s.io")
    (True, False)
    """
    return _is_group(group, [one for right in RIGHTS for one in right.groups] + [*_OTHER_GUARDS])


def wrong_right(rule: Node, *, reaches: bool, is_for_people: bool) -> str:
    """Why a rule of a role is wrong, or nothing. Raises UndecidedError.

    `reaches`: whether the role counts in the platform's namespaces; `is_for_people`: whether people alone have it.
    """
    names = rule["resourceNames"].texts()
    for right in RIGHTS:
        concerns = right.is_of is None or (reaches and (not names or any(map(right.is_of, names))))
        if concerns and gives(rule, right) and not (right.is_for_people and is_for_people):
            return right.message
    return ""


def gives(rule: Node, right: Right, *stars: str) -> bool:
    """Whether a rule of a role gives a right; with `*` for the stars, also where it is written so."""
    verbs = {_IMPERSONATES if verb.startswith(_IMPERSONATES) else verb for verb in rule["verbs"].texts()}
    return (
        any(_is_group(group, (*right.groups, *stars)) for group in rule["apiGroups"].texts())
        and bool(verbs & {*right.verbs, *stars})
        and any(_is_resource(given, right.resources) for given in rule["resources"].texts())
    )


def _is_group(given: str, groups: Sequence[str]) -> bool:
    return any(given.endswith(group[1:]) if group.startswith("*.") else given == group for group in groups)


def _is_resource(given: str, resources: Sequence[str]) -> bool:
    """Whether a resource of a rule, with `*` for its name or its subresource, is one of some."""
    name, slash, sub = given.partition("/")
    for resource in resources:
        wanted, wanted_slash, wanted_sub = resource.partition("/")
        if wanted == "*":
            return True
        if name in ("*", wanted) and slash == wanted_slash and sub in ("*", wanted_sub):
            return True
    return False
