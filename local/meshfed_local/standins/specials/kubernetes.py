"""Kubernetes, as its stand-in needs to know it: objects by namespace and name. What it refuses is `kubernetes`'s."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.cloud import Cloud, Naming
from meshfed_local.standins.kubernetes import charts, cluster, kinds, kubeconfig
from meshfed_local.standins.kubernetes.kinds import known_text, mapping
from meshfed_local.standins.making import Making
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.spec import Spec
from meshfed_local.standins.world import World

_SUFFIX_DIGITS: Final = 8


def _unnamed(_token: str, _spec: Spec) -> Naming | None:
    return None


def _identity(making: Making) -> str:
    resource = making.resource
    given = making.inputs if resource.token == kinds.RELEASE else mapping(making.inputs.get("metadata"))
    name = known_text(given.get("name")) or f"{resource.name}-{making.hex(_SUFFIX_DIGITS)}"
    namespace = cluster.namespace_in(resource, cluster.Cluster(making.world, resource.provider_config))
    return f"{namespace}/{name}" if namespace else name


def _derived(making: Making, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    if not making.id:
        return {}
    namespace, _, name = making.id.rpartition("/")
    if making.resource.token == kinds.RELEASE:
        return _release(making, name, namespace)
    if "metadata" not in outputs:
        return {}
    before: Any = (making.previous or {}).get("metadata") or {}
    fixed = {"uid": before.get("uid") or making.uuid(), "name": name}
    placed = {"namespace": namespace} if namespace else {}
    return {"metadata": {**mapping(making.inputs.get("metadata")), **placed, **fixed}}


def _release(making: Making, name: str, namespace: str) -> Mapping[str, Any]:
    """Status and the names of what the chart made, as far as it can be rendered here."""
    asked = cluster.chart_of(kinds.RELEASE, making.resource.name, making.inputs, making.resource.provider_config)
    folder = charts.folder_of(asked.chart) if asked else None
    about = charts.metadata(folder) if folder else None
    made: dict[str, list[str]] = {}
    for item in charts.rendered(asked) if asked else ():
        metadata = mapping(item.get("metadata"))
        place = f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]
        made.setdefault(f"{item['kind']}/{item['apiVersion']}", []).append(place)
    before = mapping((making.previous or {}).get("status")).get("revision")
    return {
        "name": name,
        "namespace": namespace,
        "resourceNames": made,
        "status": {
            "appVersion": about.app_version if about else "",
            "chart": about.name if about else making.text("chart").rstrip("/").rsplit("/", 1)[-1],
            "name": name,
            "namespace": namespace,
            "revision": 1 + (before if isinstance(before, int) else 0),
            "status": "deployed",
            "version": making.text("version") or (about.version if about else ""),
        },
    }


def _notes(token: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    said = charts.note(inputs) if token in {kinds.RELEASE, kinds.CHART} else None
    if said:
        yield said


def _refers(_value: str, _resource: Resource, _world: World) -> str | None:
    return None


def _is_no_id(_value: str) -> bool:
    return False


CLOUD: Final = Cloud(
    plugin="kubernetes",
    closed_enums=True,
    naming=_unnamed,
    identity=_identity,
    computed=lambda _making, _name: None,
    outputs={},
    derived=_derived,
    refers=_refers,
    looks_issued=_is_no_id,
    scope=lambda making: cluster.scope(making.resource.provider_config),
    spec=kinds.spec,
    settings=kubeconfig.faults,
    refusals=cluster.refusals,
    notes=_notes,
)
