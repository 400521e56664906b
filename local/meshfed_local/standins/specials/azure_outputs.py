"""Outputs that Azure's services decide: addresses, issuers, endpoints and principals."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from meshfed_local.standins import keys
from meshfed_local.standins.cloud import Maker
from meshfed_local.standins.making import Making
from meshfed_local.standins.specials.scope import azure_tenant

_FALLBACK_RANGE: Final = "10.255.0.0/16"
"""For a subnet whose range is not known here, such as one that Azure makes itself."""


def _items(making: Making, name: str) -> Sequence[Mapping[str, Any]]:
    return cast("Sequence[Mapping[str, Any]]", making.inputs.get(name) or ())


def _range(making: Making, identifier: Any) -> str:
    """The range of a subnet: of its own resource, or of one that its network declares inline."""
    if not isinstance(identifier, str):
        return _FALLBACK_RANGE
    record = making.find(identifier.lower(), "azure-native:network:Subnet")
    subnet: Mapping[str, Any] = record.inputs if record else {}
    if record is None:
        network = making.find(identifier.rsplit("/subnets/", 1)[0].lower())
        inline: Sequence[Mapping[str, Any]] = (network.inputs.get("subnets") or ()) if network else ()
        name = identifier.rsplit("/", 1)[-1]
        subnet = next((one for one in inline if one.get("name") == name), subnet)
    prefixes = subnet.get("addressPrefixes") or [subnet.get("addressPrefix")]
    return str(prefixes[0] or _FALLBACK_RANGE)


def _private_addresses(making: Making, configurations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = []
    for configuration in configurations:
        subnet = configuration.get("subnet")
        if not isinstance(subnet, Mapping):
            result.append({})
            continue
        cidr = _range(making, cast("Mapping[str, Any]", subnet).get("id"))
        given = configuration.get("privateIPAddress")
        address = making.hold_private_address(cidr, given) if isinstance(given, str) else making.private_address(cidr)
        result.append({"privateIPAddress": address})
    return result


def _interface(making: Making) -> Mapping[str, Any]:
    mac = "-".join(["00", "0D", "3A", *(making.hex(2).upper() for _ in range(3))])
    return {"ipConfigurations": _private_addresses(making, _items(making, "ipConfigurations")), "macAddress": mac}


def _load_balancer(making: Making) -> Mapping[str, Any]:
    return {"frontendIPConfigurations": _private_addresses(making, _items(making, "frontendIPConfigurations"))}


def _public_address(making: Making) -> Mapping[str, Any]:
    return {"ipAddress": making.public_address()}


def _cluster(making: Making) -> Mapping[str, Any]:
    tenant = azure_tenant(making.resource.provider_config, making.world)
    location, name = making.text("location"), making.text("resourceName")
    host = f"{making.text('dnsPrefix', name)}-{making.hex(8)}"
    group = making.text("nodeResourceGroup", f"MC_{making.text('resourceGroupName')}_{name}_{location}")
    kubelet = f"{making.id.split('/resourceGroups/')[0]}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity"
    return {
        "oidcIssuerProfile": {"issuerURL": f"https://{location}.oic.prod-aks.azure.com/{tenant}/{making.uuid()}/"},
        "fqdn": f"{host}.hcp.{location}.azmk8s.io",
        "privateFQDN": f"{host}.{making.uuid()}.privatelink.{location}.azmk8s.io",
        "nodeResourceGroup": group,
        "currentKubernetesVersion": making.text("kubernetesVersion"),
        "identityProfile": {
            "kubeletidentity": {
                "clientId": making.uuid(),
                "objectId": making.uuid(),
                "resourceId": f"{kubelet}/userAssignedIdentities/{name}-agentpool",
            }
        },
        "powerState": {"code": "Running"},
    }


def _storage(making: Making) -> Mapping[str, Any]:
    name = making.text("accountName")
    kinds = ("blob", "dfs", "file", "queue", "table", "web")
    return {
        "primaryEndpoints": {kind: f"https://{name}.{kind}.core.windows.net/" for kind in kinds},
        "primaryLocation": making.text("location"),
        "statusOfPrimary": "available",
    }


def _vault(making: Making) -> Mapping[str, Any]:
    return {"properties": {"vaultUri": f"https://{making.text('vaultName')}.vault.azure.net/"}}


def _key(making: Making) -> Mapping[str, Any]:
    properties = cast("Mapping[str, Any]", making.inputs.get("properties") or {})
    if not making.dry and properties.get("curveName") == "P-256":
        keys.make(making.world, making.id)
    name = f"https://{making.text('vaultName')}.vault.azure.net/keys/{making.text('keyName')}"
    known = {key: properties.get(key) for key in ("curveName", "keyOps", "keySize", "kty") if properties.get(key)}
    return {"keyUri": name, "keyUriWithVersion": f"{name}/{making.hex(32)}", **known}


def _blob(making: Making) -> Mapping[str, Any]:
    account, container, name = (making.text(key) for key in ("accountName", "containerName", "blobName"))
    return {"url": f"https://{account}.blob.core.windows.net/{container}/{name}"}


def _hub(making: Making) -> Mapping[str, Any]:
    group = making.text("resourceGroupName")
    for record in making.world.records("azure-native:network:Subnet"):
        mine = record.inputs.get("resourceGroupName") == group
        if mine and record.inputs.get("subnetName") == "RouteServerSubnet":
            cidr = _range(making, record.id)
            return {"virtualRouterIps": [making.private_address(cidr) for _ in range(2)], "virtualRouterAsn": 65515}
    addresses = [making.private_address(_FALLBACK_RANGE) for _ in range(2)]
    return {"virtualRouterIps": addresses, "virtualRouterAsn": 65515}


OUTPUTS: Final[Mapping[str, Maker]] = {
    "azure-native:compute:VirtualMachine": lambda making: {"vmId": making.uuid()},
    "azure-native:containerservice:ManagedCluster": _cluster,
    "azure-native:keyvault:Key": _key,
    "azure-native:keyvault:Vault": _vault,
    "azure-native:network:LoadBalancer": _load_balancer,
    "azure-native:network:NetworkInterface": _interface,
    "azure-native:network:PublicIPAddress": _public_address,
    "azure-native:network:VirtualHub": _hub,
    "azure-native:storage:Blob": _blob,
    "azure-native:storage:StorageAccount": _storage,
}
