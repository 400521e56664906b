"""Google Cloud, as its stand-in needs to know it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from meshfed_local.standins.cloud import Cloud, Naming
from meshfed_local.standins.making import Making
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.spec import Spec
from meshfed_local.standins.specials.gcp_ids import bare, identity, place, self_link
from meshfed_local.standins.specials.gcp_outputs import OUTPUTS
from meshfed_local.standins.specials.scope import gcp_project
from meshfed_local.standins.world import World

_ID: Final = re.compile(r"projects/[a-z][a-z0-9-]+/(?!global/(gateways|images)/)[\w-]+/[^\s*]+")
_PLACE_ALONE: Final = re.compile(r"projects/[^/]+/(zones|regions|locations)/[^/]+")
_ACCOUNT: Final = re.compile(r"(?:serviceAccount:)?([a-z][a-z0-9-]+@[a-z][a-z0-9-]+\.iam\.gserviceaccount\.com)")
_MADE_BY_GOOGLE: Final = re.compile(r"projects/[^/]+/zones/[^/]+/(machineTypes|diskTypes|acceleratorTypes)/.+")
_IMAGE_PROJECTS: Final = re.compile(r"projects/[a-z-]+-cloud(-images)?/")
_SERVICE_AGENT: Final = re.compile(r"service-\d+@")
_UNNAMED: Final = frozenset({"gcp:storage/bucketObject:BucketObject", "gcp:dns/recordSet:RecordSet"})


def _naming(token: str, spec: Spec) -> Naming | None:
    field = spec.inputs.get("name")
    if field is None or field.type != "str" or field.required or token in _UNNAMED:
        return None
    return Naming("name", lambda logical, digits: f"{logical}-{digits[:7]}")


def _computed(making: Making, name: str) -> str | None:
    if name in {"region", "zone", "location"}:
        return place(making, name)
    known = {
        "selfLink": lambda: self_link(making),
        "project": lambda: gcp_project(making),
        "creationTimestamp": making.now,
        "fingerprint": lambda: making.base64(8),
        "state": lambda: "ACTIVE",
    }
    return known[name]() if name in known else None


def _derived(making: Making, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    config = making.resource.provider_config
    labels: dict[str, Any] = {**(config.get("defaultLabels") or {}), **(making.inputs.get("labels") or {})}
    known: dict[str, Any] = {"project": gcp_project(making), "pulumiLabels": labels, "effectiveLabels": labels}
    known |= {part: place(making, part) for part in ("region", "zone", "location") if not making.text(part)}
    return {name: value for name, value in known.items() if name in outputs and value != ""}


def _looks_issued(value: str) -> bool:
    name = bare(value)
    if _ACCOUNT.fullmatch(name):
        return not _SERVICE_AGENT.search(name)
    made_elsewhere = _PLACE_ALONE.fullmatch(name) or _MADE_BY_GOOGLE.match(name) or _IMAGE_PROJECTS.match(name)
    return bool(_ID.fullmatch(name)) and not made_elsewhere


def _refers(value: str, _resource: Resource, world: World) -> str | None:
    name = bare(value)
    account = _ACCOUNT.fullmatch(name)
    whole = name.split("/cryptoKeyVersions/")[0]
    candidates = (value, name, account[1] if account else name, whole)
    return next((one for one in candidates if world.exists(one)), None)


CLOUD: Final = Cloud(
    plugin="gcp",
    closed_enums=False,
    naming=_naming,
    identity=identity,
    computed=_computed,
    outputs=OUTPUTS,
    derived=_derived,
    refers=_refers,
    # Most ids begin with the project; those that do not (a project's metadata) are its own all the same.
    scope=gcp_project,
    looks_issued=_looks_issued,
    # A deleted machine leaves its instance groups by itself (Compute Engine: unmanaged instance groups).
    not_held_by={"gcp:compute/instance:Instance": frozenset({"gcp:compute/instanceGroup:InstanceGroup"})},
    kept_apart=frozenset({"gcp:kms/keyRing:KeyRing", "gcp:kms/cryptoKey:CryptoKey"}),
)
