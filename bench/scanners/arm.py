"""Resources of azure-native as an ARM template, which is what they follow.

Mechanical: what ARM keeps beside `properties` stays there, the rest goes into them. A type that is not in the table
cannot be given.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

_BESIDE: Final = frozenset(
    {"name", "location", "tags", "sku", "identity", "kind", "zones", "plan", "extendedLocation", "managedBy", "id"}
)
_NESTED: Final = frozenset(
    {
        "applicationGatewayIPConfigurations",
        "backendAddressPools",
        "defaultSecurityRules",
        "frontendIPConfigurations",
        "ipConfigurations",
        "loadBalancingRules",
        "networkSecurityGroup",
        "privateLinkServiceConnections",
        "probes",
        "routes",
        "securityRules",
        "subnets",
    }
)
"""Properties whose members have `properties` of their own in ARM."""
TYPES: Final[Mapping[str, str]] = {
    "authorization:RoleAssignment": "Microsoft.Authorization/roleAssignments",
    "authorization:RoleDefinition": "Microsoft.Authorization/roleDefinitions",
    "cdn:AFDCustomDomain": "Microsoft.Cdn/profiles/customDomains",
    "cdn:AFDEndpoint": "Microsoft.Cdn/profiles/afdEndpoints",
    "cdn:AFDOrigin": "Microsoft.Cdn/profiles/originGroups/origins",
    "cdn:Profile": "Microsoft.Cdn/profiles",
    "cdn:Route": "Microsoft.Cdn/profiles/afdEndpoints/routes",
    "cdn:SecurityPolicy": "Microsoft.Cdn/profiles/securityPolicies",
    "compute:VirtualMachine": "Microsoft.Compute/virtualMachines",
    "compute:VirtualMachineScaleSet": "Microsoft.Compute/virtualMachineScaleSets",
    "containerservice:AgentPool": "Microsoft.ContainerService/managedClusters/agentPools",
    "containerservice:ManagedCluster": "Microsoft.ContainerService/managedClusters",
    "frontdoor:Policy": "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies",
    "network:FrontDoorPolicy": "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies",
    "keyvault:AccessPolicy": "Microsoft.KeyVault/vaults/accessPolicies",
    "keyvault:Key": "Microsoft.KeyVault/vaults/keys",
    "keyvault:Secret": "Microsoft.KeyVault/vaults/secrets",
    "keyvault:Vault": "Microsoft.KeyVault/vaults",
    "managedidentity:FederatedIdentityCredential": (
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    ),
    "monitor:DiagnosticSetting": "Microsoft.Insights/diagnosticSettings",
    "insights:DiagnosticSetting": "Microsoft.Insights/diagnosticSettings",
    "network:LoadBalancer": "Microsoft.Network/loadBalancers",
    "network:NetworkInterface": "Microsoft.Network/networkInterfaces",
    "network:NetworkSecurityGroup": "Microsoft.Network/networkSecurityGroups",
    "network:Policy": "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies",
    "network:PrivateLinkService": "Microsoft.Network/privateLinkServices",
    "network:PublicIPAddress": "Microsoft.Network/publicIPAddresses",
    "network:Route": "Microsoft.Network/routeTables/routes",
    "network:RouteTable": "Microsoft.Network/routeTables",
    "network:SecurityRule": "Microsoft.Network/networkSecurityGroups/securityRules",
    "network:Subnet": "Microsoft.Network/virtualNetworks/subnets",
    "network:VirtualNetwork": "Microsoft.Network/virtualNetworks",
    "resources:Deployment": "Microsoft.Resources/deployments",
    "resources:ResourceGroup": "Microsoft.Resources/resourceGroups",
    "storage:BlobContainer": "Microsoft.Storage/storageAccounts/blobServices/containers",
    "storage:StorageAccount": "Microsoft.Storage/storageAccounts",
}
"""Kind without its package -> ARM's type."""
_RENAMED: Final[Mapping[str, str]] = {
    "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
    "iPAddressOrRange": "value",
    "networkRuleSet": "networkAcls",
}
"""Names that azure-native changed -> ARM's."""
_PATH: Final = frozenset(
    {
        "accountName",
        "agentPoolName",
        "containerName",
        "endpointName",
        "federatedIdentityCredentialResourceName",
        "keyName",
        "networkInterfaceName",
        "networkSecurityGroupName",
        "originGroupName",
        "originName",
        "policyName",
        "profileName",
        "resourceGroupName",
        "resourceName",
        "resourceUri",
        "roleAssignmentName",
        "routeName",
        "routeTableName",
        "scope",
        "secretName",
        "securityRuleName",
        "serviceName",
        "subnetName",
        "vaultName",
        "virtualNetworkName",
        "vmName",
    }
)
"""Inputs that are a part of ARM's address, not of the resource."""
_VERSION: Final = "2024-05-01"


def type_of(kind: str) -> str | None:
    """ARM's type of a canonical kind; None where the table has none."""
    return TYPES.get(kind.removeprefix("azure-native:"))


def template(given: list[tuple[str, str, Mapping[str, Any]]]) -> str:
    """A template of resources, each as ARM's type, name and inputs."""
    document = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [_resource(*one) for one in given],
    }
    return json.dumps(document, indent=2)


def _resource(arm_type: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    # A child is called after all its parents.
    path = "/".join(["parent"] * (arm_type.count("/") - 1) + [name])
    return {"type": arm_type, "apiVersion": _VERSION, "name": path, **_sides(inputs)}


def _sides(inputs: Mapping[str, Any]) -> dict[str, Any]:
    beside = {key: value for key, value in inputs.items() if key in _BESIDE and key not in ("name", "id")}
    own = inputs.get("properties")
    if isinstance(own, Mapping):
        return {**beside, "properties": dict(cast("Mapping[str, Any]", own))}
    inner = {key: _nested(key, value) for key, value in inputs.items() if key not in _BESIDE | _PATH}
    inner = cast("dict[str, Any]", _renamed(inner))
    return {**beside, "properties": inner}


def _renamed(value: object) -> object:
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        return {_RENAMED.get(name, name): _renamed(item) for name, item in fields.items()}
    return [_renamed(item) for item in cast("list[object]", value)] if isinstance(value, list) else value


def _nested(key: str, value: Any) -> Any:
    if key not in _NESTED:
        return value
    if isinstance(value, list):
        return [_nested(key, item) for item in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    fields = cast("Mapping[str, Any]", value)
    kept = {name: fields[name] for name in ("name", "id", "location") if name in fields}
    rest = {name: _nested(name, item) for name, item in fields.items() if name not in kept}
    return {**kept, **({"properties": rest} if rest else {})}
