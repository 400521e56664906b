"""A resource as rules see it, and a stack of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from meshfed.rules.kinds import kind_of
from meshfed.rules.node import Node
from meshfed.rules.plain import plain

MANIFESTS: Final = "manifests"
"""Stack of the objects that no engine deploys; their files stand where a project's name would."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a resource that can hide what it becomes; None where the source does not tell."""

    ignore_changes: tuple[str, ...] = ()
    protect: bool | None = None
    retain_on_delete: bool | None = None
    aliases: tuple[str, ...] = ()
    hidden_diffs: tuple[str, ...] = ()
    """Paths of which a preview shows no change."""
    deleted_with: str = ""
    """URN of the resource whose deletion is believed to delete this one."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, or a part of one that rules judge as a thing of its own (an item of a List, a pod template)."""

    token: str
    """Type token as the program gave it: `kubernetes:security.istio.io/v1beta1:PeerAuthenticationPatch`."""
    kind: str
    """Canonical: `security.istio.io/PeerAuthentication`, `aws:eks/cluster:Cluster`, `pod`, `helm:istiod`."""
    urn: str
    props: Node
    """The inputs; of a part, the place in the inputs of the whole."""
    options: Options = Options()
    provider: str = ""
    """URN of the provider, which for Kubernetes says which cluster it is; empty where the source does not tell."""
    is_patch: bool = False
    """Whether it changes an object that stands; what it does not name stays as it is."""
    outer: "Resource | None" = None
    """What it is a part of, where it has no name and namespace of its own (a pod template in a Deployment)."""

    @property
    def name(self) -> str:
        """Kubernetes name where there is one, else the logical name."""
        if self.outer is not None:
            return self.outer.name
        return self.props["metadata"]["name"].text() if self.is_kubernetes else self.logical_name

    @property
    def logical_name(self) -> str:
        """Last part of the URN."""
        return self.urn.rpartition("::")[2]

    @property
    def is_kubernetes(self) -> bool:
        """Whether it has a Kubernetes object's metadata."""
        return self.token.startswith("kubernetes:") and ":" not in self.kind

    @property
    def namespace(self) -> str:
        """Kubernetes namespace. Raises UndecidedError where it is not known yet."""
        if self.outer is not None:
            return self.outer.namespace
        return self.props["metadata"]["namespace"].text("default") or "default"

    @property
    def labels(self) -> Node:
        """Kubernetes labels."""
        return self.props["metadata"]["labels"]

    @property
    def annotations(self) -> Node:
        """Kubernetes annotations."""
        return self.props["metadata"]["annotations"]

    def is_under(self, *tokens: str) -> bool:
        """Whether a component of one of these types is above it, by its URN (`meshfed:index:AwsGateway`)."""
        types = self.urn.split("::")[2].split("$") if self.urn.count("::") >= 3 else []
        return any(token in types[:-1] for token in tokens)


def resource_of(
    token: str, urn: str, inputs: object, *, options: Options | None = None, provider: str = ""
) -> Resource:
    """A resource as an engine or a file gives it; raises UnreadableError where its inputs are too deep or too large."""
    kind = kind_of(token)
    props = Node(plain(inputs), urn=urn)
    return Resource(token, kind.judged, urn, props, options or Options(), provider, is_patch=kind.is_patch)


@dataclass(frozen=True)
class Stack:
    """All resources of a stack, parts included, for rules about what is missing."""

    urn: str
    """`urn:pulumi:use1::`, with whatever follows: what waivers for the stack itself match."""
    resources: Sequence[Resource]

    @property
    def name(self) -> str:
        """The stack's name."""
        return stack_of(self.urn)

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[Resource, ...]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(resource.kind, []).append(resource)
        return {kind: tuple(resources) for kind, resources in found.items()}

    def of(self, *kinds: str) -> tuple[Resource, ...]:
        """The resources of some kinds, in the stack's order."""
        return tuple(resource for kind in kinds for resource in self._by_kind.get(kind, ()))

    def clusters(self) -> "list[Stack]":
        """The Kubernetes resources by cluster, that is by provider."""
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            if resource.token.startswith("kubernetes:"):
                found.setdefault(resource.provider, []).append(resource)
        return [Stack(self.urn, resources) for resources in found.values()]


def stack_of(urn: str) -> str:
    """The stack that a URN names.

    >>> stack_of("urn:pulumi:use1::meshfed::aws:kms/key:Key::use1-data")
    'use1'
    """
    return urn.removeprefix("urn:pulumi:").partition("::")[0]
