"""What stands in one cluster of the world, and what its API server therefore refuses."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.faults import Fault, has_unknown
from meshfed_local.standins.kubernetes import charts, definitions
from meshfed_local.standins.kubernetes.kinds import (
    CHART,
    DEFINITION,
    NAMESPACE,
    RELEASE,
    Kind,
    known_text,
    mapping,
    namespace_of,
    of_token,
)
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.world import Record, World

DEFAULT_NAMESPACE: Final = "default"
_OWN_NAMESPACES: Final = frozenset({DEFAULT_NAMESPACE, "kube-node-lease", "kube-public", "kube-system"})
_ISTIO: Final = "istio.io"
"""The one project whose definitions can always be had here, so that their absence is known to be a mistake."""


def scope(config: Mapping[str, Any]) -> str:
    """What tells one cluster from another: the settings that lead to it."""
    return f"{config.get('kubeconfig') or ''}\n{config.get('context') or ''}"


def default_namespace(config: Mapping[str, Any]) -> str:
    """Where an object goes that names no namespace."""
    return known_text(config.get("namespace")) or DEFAULT_NAMESPACE


def chart_of(token: str, name: str, inputs: Mapping[str, Any], config: Mapping[str, Any]) -> charts.Asked | None:
    """The chart that a release or a v4 Chart asks for; None while any part of it is unknown. Raises ChartError."""
    namespace = known_text(inputs.get("namespace")) or default_namespace(config)
    return charts.asked(inputs, name, namespace, hooks=token == RELEASE)


class Cluster:
    """One cluster: its objects, and those that releases brought."""

    def __init__(self, world: World, config: Mapping[str, Any]) -> None:
        self._world = world
        self._config = config
        self._scope = scope(config)

    def records(self, token: str) -> Iterator[Record]:
        """What stands in this cluster of one type."""
        return (one for one in self._world.records(token) if one.provider.get("scope") == self._scope)

    def _of_releases(self, kind: str) -> Iterator[Mapping[str, Any]]:
        for release in self.records(RELEASE):
            asked = chart_of(RELEASE, release.name, release.inputs, release.provider)
            objects = charts.rendered(asked) if asked else ()
            yield from (item for item in objects if item.get("kind") == kind)

    def has_namespace(self, name: str) -> bool:
        """Whether a namespace exists."""
        if name in _OWN_NAMESPACES or any(one.id == name for one in self.records(NAMESPACE)):
            return True
        if any(
            one.inputs.get("createNamespace") and one.inputs.get("namespace") == name for one in self.records(RELEASE)
        ):
            return True
        return any(mapping(item.get("metadata")).get("name") == name for item in self._of_releases("Namespace"))

    def definitions(self, group: str) -> list[Mapping[str, Any]]:
        """The custom resource definitions of a group."""
        found = [one.inputs for one in self.records(DEFINITION) if definitions.group_of(one.inputs) == group]
        if found:
            return found
        return [item for item in self._of_releases("CustomResourceDefinition") if definitions.group_of(item) == group]


def namespace_in(resource: Resource, cluster: Cluster) -> str:
    """The namespace that an object goes to; empty for the cluster's own."""
    default = default_namespace(resource.provider_config)
    kind = of_token(resource.token)
    if kind is None or kind.is_built_in or mapping(resource.inputs.get("metadata")).get("namespace") is not None:
        return namespace_of(resource.token, resource.inputs, default)
    group = cluster.definitions(kind.group)
    found = next((one for one in group if definitions.version_of(one, kind) is not None), None)
    return default if found is not None and definitions.is_namespaced(found) else ""


def custom_objects_fit_their_definition(resource: Resource, world: World) -> Iterator[Fault]:
    """A custom resource has the properties that its definition in the cluster gives it, once both are known."""
    kind = of_token(resource.token)
    if kind is None or kind.is_built_in or has_unknown(resource.inputs):
        return
    for definition in Cluster(world, resource.provider_config).definitions(kind.group):
        version = definitions.version_of(definition, kind)
        if version is not None:
            yield from definitions.object_faults(version, resource.inputs)


def refusals(resource: Resource, world: World) -> Iterator[Fault]:
    """What can be told only when the thing is made: namespaces and definitions that are not there.

    Not asked in a preview, where what a new object needs is itself only planned.
    """
    cluster = Cluster(world, resource.provider_config)
    namespace = namespace_in(resource, cluster)
    made = resource.token == RELEASE and resource.inputs.get("createNamespace")
    if namespace and not made and not cluster.has_namespace(namespace):
        where = "namespace" if resource.token == RELEASE else "metadata.namespace"
        yield Fault(where, f"there is no namespace {namespace!r} in the cluster", "one that is made before it")
    kind = of_token(resource.token)
    if kind is not None and not kind.is_built_in:
        yield from _undefined(resource, kind, cluster)


def _undefined(resource: Resource, kind: Kind, cluster: Cluster) -> Iterator[Fault]:
    group = cluster.definitions(kind.group)
    found = next((one for one in group if definitions.version_of(one, kind) is not None), None)
    if found is not None:
        given = known_text(mapping(resource.inputs.get("metadata")).get("namespace"))
        if given and not definitions.is_namespaced(found):
            yield Fault("metadata.namespace", f"a {kind.name} is in no namespace", "no namespace")
    elif group or kind.group == _ISTIO or kind.group.endswith(f".{_ISTIO}"):
        yield Fault(
            "apiVersion",
            f"the cluster knows no {kind.name} of {kind.api_version}",
            "the CustomResourceDefinition first: depend on the chart that brings it",
        )


def charts_can_be_installed(resource: Resource, _world: World) -> Iterator[Fault]:
    """A chart has the values it needs; one that can be had here is rendered by helm."""
    if resource.token not in {RELEASE, CHART}:
        return
    try:
        asked = chart_of(resource.token, resource.name, resource.inputs, resource.provider_config)
        if asked is not None:
            yield from charts.faults(asked)
    except charts.ChartError as error:
        yield error.fault


def definitions_are_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """A custom resource definition is named after its kind and has schemas that can be used."""
    if not has_unknown(resource.inputs):
        yield from definitions.definition_faults(resource.inputs)
