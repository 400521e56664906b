"""Kubernetes, as its stand-in needs to know it: objects by namespace and name. Kinds and charts are `kubernetes`'s."""

from collections.abc import Mapping
from typing import Any, Final, cast

from meshfed_local.standins.cloud import Cloud, Naming
from meshfed_local.standins.making import Making
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.spec import Spec
from meshfed_local.standins.world import World


def _unnamed(_token: str, _spec: Spec) -> Naming | None:
    return None


def _metadata(making: Making) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", making.inputs.get("metadata") or {})


def _identity(making: Making) -> str:
    metadata = _metadata(making)
    name = str(metadata.get("name") or making.resource.name)
    return f"{metadata['namespace']}/{name}" if metadata.get("namespace") else name


def _derived(making: Making, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    if "metadata" not in outputs or not making.id:
        return {}
    before: Any = (making.previous or {}).get("metadata") or {}
    fixed = {"uid": before.get("uid") or making.uuid(), "name": making.id.rsplit("/", 1)[-1]}
    return {"metadata": {**_metadata(making), **fixed}}


def _refers(_value: str, _resource: Resource, _world: World) -> str | None:
    return None


def _is_no_id(_value: str) -> bool:
    return False


def _cluster(making: Making) -> str:
    return str(making.resource.provider_config.get("kubeconfig") or "")


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
    scope=_cluster,
)
