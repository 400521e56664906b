"""Builds components of the plugin, and tells the engine of each object as a child of its own.

A `helm.sh/v4:Chart` is rendered by helm here; a ConfigGroup or a ConfigFile names its objects.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import grpc

from meshfed_local.standins import wire
from meshfed_local.standins.faults import UNKNOWN, Fault
from meshfed_local.standins.kubernetes import charts, cluster, manifests
from meshfed_local.standins.kubernetes.kinds import CHART, Kind, known_text, mapping, of
from meshfed_local.standins.proto import provider_pb2, resource_pb2, resource_pb2_grpc
from meshfed_local.standins.provider import InputsError, Provider
from meshfed_local.standins.spec import sdk_version

_FIRST: Final = ("Namespace", "CustomResourceDefinition")
"""Kinds that the other objects of a chart need, so that these depend on them."""
_BUILT: Final = (CHART, manifests.GROUP, manifests.FILE)
_SECRET_PARTS: Final = frozenset({("data",), ("stringData",)})
_LARGEST_MESSAGE_BYTES: Final = 400 * 1024 * 1024


def construct(request: Any, provider: Provider) -> Any:
    """Answer the engine's call to build a component. Raises InputsError with all that is wrong."""
    if request.type not in _BUILT:
        raise InputsError([Fault("", f"the local target builds no {request.type}", ", ".join(_BUILT))])
    inputs = wire.read(request.inputs)
    urn = f"urn:pulumi:{request.stack}::{request.project}::{request.type}::{request.name}"
    checked = provider.check(urn, inputs.value, None)
    if checked.faults:
        raise InputsError(checked.faults)
    limits = [("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES)]
    with grpc.insecure_channel(request.monitorEndpoint, options=limits) as channel:
        monitor: Any = resource_pb2_grpc.ResourceMonitorStub(channel)
        component = _register_component(monitor, request)
        namespace, objects = _objects(request, inputs.value, provider)
        resources: Any = UNKNOWN
        if objects is not None:
            prefix = known_text(inputs.value.get("resourcePrefix")) or request.name
            children = _Children(monitor, request, component, namespace, prefix)
            resources = [children.register(item) for item in _ordered(objects)]
        outputs = wire.write({"resources": resources})
        monitor.RegisterResourceOutputs(resource_pb2.RegisterResourceOutputsRequest(urn=component, outputs=outputs))
    return provider_pb2.ConstructResponse(urn=component, state=outputs)


def _objects(
    request: Any, inputs: Mapping[str, Any], provider: Provider
) -> tuple[str, Sequence[Mapping[str, Any]] | None]:
    """The namespace of what names none, and the objects; none of them while any part of the inputs is unknown."""
    if request.type != CHART:
        return cluster.default_namespace(provider.config), manifests.named(inputs)
    asked = cluster.chart_of(CHART, request.name, inputs, provider.config)
    return (asked.namespace, charts.rendered(asked)) if asked is not None else ("", None)


def _register_component(monitor: Any, request: Any) -> str:
    made = monitor.RegisterResource(
        resource_pb2.RegisterResourceRequest(
            type=request.type,
            name=request.name,
            parent=request.parent,
            object=request.inputs,
            dependencies=request.dependencies,
            protect=request.protect,
            aliases=request.aliases,
            aliasSpecs=True,
            acceptSecrets=True,
            acceptResources=True,
        )
    )
    return str(made.urn)


def _ordered(objects: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """As helm gives them, with what others need before the others."""
    yield from (item for item in objects if item.get("kind") in _FIRST)
    yield from (item for item in objects if item.get("kind") not in _FIRST)


class _Children:
    """Tells the engine of the objects of one chart."""

    def __init__(self, monitor: Any, request: Any, component: str, namespace: str, prefix: str) -> None:
        self._monitor = monitor
        self._request = request
        self._component = component
        self._namespace = namespace
        self._prefix = prefix
        self._needed: list[str] = []
        self._custom: set[str] = set()

    def register(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Register one object; gives the reference that stands for it in the chart's outputs."""
        kind = of(known_text(item.get("apiVersion")), known_text(item.get("kind")))
        body = self._placed(kind, item)
        metadata = mapping(body["metadata"])
        place = "/".join(known_text(metadata[part]) for part in ("namespace", "name") if metadata.get(part))
        secrets = _SECRET_PARTS if kind.token == "kubernetes:core/v1:Secret" else frozenset[wire.Place]()  # noqa: S105 -- a type
        made = self._monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(
                type=kind.token,
                name=f"{self._prefix}:{place}",
                parent=self._component,
                custom=True,
                object=wire.write(body, frozenset(part for part in secrets if part[0] in body)),
                dependencies=[] if kind.name in _FIRST else self._needed,
                provider=self._request.providers.get("kubernetes", ""),
                protect=self._request.protect,
                version=sdk_version("kubernetes"),
                acceptSecrets=True,
                acceptResources=True,
                supportsPartialValues=True,
                supportsResultReporting=True,
            )
        )
        if made.result != resource_pb2.Result.SUCCESS:
            raise InputsError([Fault("", f"{kind.name} {place} was not made", "see the fault told of it")])
        if kind.name in _FIRST:
            self._needed.append(made.urn)
        return {wire.MARK: wire.RESOURCE, "urn": made.urn, "id": made.id, "packageVersion": ""}

    def _placed(self, kind: Kind, item: Mapping[str, Any]) -> dict[str, Any]:
        """The object with its namespace, where it lives in one and names none."""
        metadata = dict(mapping(item.get("metadata")))
        definition = mapping(item.get("spec") if kind.name == _FIRST[1] else None)
        if definition.get("scope") == "Cluster":
            self._custom.add(known_text(mapping(definition.get("names")).get("kind")))
        if not kind.is_in_cluster and kind.name not in self._custom and not metadata.get("namespace"):
            metadata["namespace"] = self._namespace
        return {**item, "metadata": {name: value for name, value in metadata.items() if value is not None}}
