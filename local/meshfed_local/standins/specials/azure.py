"""Azure, as its stand-in needs to know it."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from meshfed_local.standins.cloud import Cloud, Naming
from meshfed_local.standins.making import Making
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.rules import azure_cluster
from meshfed_local.standins.spec import Spec
from meshfed_local.standins.specials.azure_ids import arm_type, identity, name_property, short
from meshfed_local.standins.specials.azure_outputs import OUTPUTS
from meshfed_local.standins.specials.scope import azure_tenant
from meshfed_local.standins.world import World

_ID: Final = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+(/.+)?", re.IGNORECASE)
_GUID_ENDINGS: Final = ("principalid", "clientid", "objectid", "guid", "vmid", "uniqueid", "customerid", "resourceuid")
_NO_DASHES: Final = frozenset({"storage:StorageAccount"})
_GUID_NAMES: Final = frozenset({"authorization:RoleAssignment", "authorization:RoleDefinition"})


def _naming(token: str, spec: Spec) -> Naming | None:
    name = name_property(token, spec)
    field = spec.inputs.get(name) if name else None
    if name is None or field is None or field.required:
        return None
    if short(token) in _GUID_NAMES:
        return Naming(name, lambda _logical, digits: _guid(digits))
    joint = "" if short(token) in _NO_DASHES else "-"
    fixed = {"storage:BlobServiceProperties": "default", "storage:ManagementPolicy": "default"}.get(short(token))
    return Naming(name, lambda logical, digits: fixed or f"{logical}{joint}{digits[:8]}")


def _guid(digits: str) -> str:
    text = (digits * 2)[:32]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def _computed(making: Making, name: str) -> str | None:
    lowered = name.lower()
    known = {
        "name": lambda: making.id.rsplit("/", 1)[-1],
        "type": lambda: arm_type(making.resource.token),
        "provisioningstate": lambda: "Succeeded",
        "tenantid": lambda: azure_tenant(making.resource.provider_config, making.world),
        "etag": lambda: f'W/"{making.uuid()}"',
        "azureapiversion": lambda: "default",
        "location": lambda: making.text("location"),
        "subscriptionid": lambda: making.id.split("/")[2],
    }
    if lowered in known:
        return known[lowered]()
    return making.uuid() if lowered.endswith(_GUID_ENDINGS) else None


def _derived(making: Making, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The name, and ids of what is declared inline: a frontend of a load balancer, a subnet of a network."""
    result: dict[str, Any] = {"name": making.id.rsplit("/", 1)[-1]} if making.id and "name" in outputs else {}
    if not making.id or not short(making.resource.token).startswith("network:"):
        return result
    for name, value in outputs.items():
        if not isinstance(value, list) or name not in making.inputs:
            continue
        items = cast("list[Any]", value)
        result[name] = [_with_id(item, f"{making.id}/{name}") if isinstance(item, Mapping) else item for item in items]
    return result


def _with_id(item: Any, collection: str) -> Any:
    return {**item, "id": f"{collection}/{item['name']}"} if "name" in item and not item.get("id") else item


def _looks_issued(value: str) -> bool:
    return _ID.fullmatch(value) is not None and "/roledefinitions/" not in value.lower()


def _refers(value: str, resource: Resource, world: World) -> str | None:
    """Azure compares ids without regard to case; parts declared inline are known by their owner's inputs."""
    lowered = value.lower()
    # A storage account's blob service comes with the account.
    for name in (lowered, lowered.removesuffix("/blobservices/default")):
        if world.exists(name):
            return name
    own = identity(Making(resource, world, "")).lower()
    if lowered == own:
        return lowered
    owner, rest = _split_inline(lowered)
    inputs = resource.inputs if owner == own else _inputs(world, owner)
    collection, _, name = rest.partition("/")
    parts = next((items for key, items in inputs.items() if key.lower() == collection), ())
    found = any(
        isinstance(part, Mapping) and str(cast("Mapping[str, Any]", part).get("name")).lower() == name
        for part in (cast("list[Any]", parts) if isinstance(parts, list) else ())
    )
    return owner if found else None


def _split_inline(lowered: str) -> tuple[str, str]:
    parts = lowered.split("/")
    return "/".join(parts[:-2]), "/".join(parts[-2:])


def _inputs(world: World, owner: str) -> Mapping[str, Any]:
    record = world.by_id(owner)
    return record.inputs if record else {}


CLOUD: Final = Cloud(
    plugin="azure-native",
    closed_enums=True,
    naming=_naming,
    identity=identity,
    computed=_computed,
    outputs=OUTPUTS,
    derived=_derived,
    refers=_refers,
    looks_issued=_looks_issued,
    caseless=True,
    # Run commands and extensions are part of their machine and go with it (Azure Resource Manager: child resources).
    not_held_by={
        "azure-native:compute:VirtualMachine": frozenset(
            {
                "azure-native:compute:VirtualMachineRunCommandByVirtualMachine",
                "azure-native:compute:VirtualMachineExtension",
            }
        )
    },
    kept_apart=frozenset({"azure-native:keyvault:Key"}),
    refusals=azure_cluster.refusals,
)
