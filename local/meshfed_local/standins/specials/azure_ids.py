"""How Azure writes resource ids: the path of each type below its resource group, or below what it extends."""

import re
from collections.abc import Mapping
from typing import Final

from meshfed_local.standins.making import Making
from meshfed_local.standins.spec import Spec
from meshfed_local.standins.specials.scope import azure_subscription

_CLUSTER: Final = "Microsoft.ContainerService/managedClusters/{resourceName}"
_HUB: Final = "Microsoft.Network/virtualHubs/{virtualHubName}"
_STORAGE: Final = "Microsoft.Storage/storageAccounts/{accountName}"
_VAULT: Final = "Microsoft.KeyVault/vaults/{vaultName}"

PATHS: Final[Mapping[str, str]] = {
    "authorization:RoleAssignment": "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
    "authorization:RoleDefinition": "{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
    "compute:Disk": "Microsoft.Compute/disks/{diskName}",
    "compute:VirtualMachine": "Microsoft.Compute/virtualMachines/{vmName}",
    "compute:VirtualMachineExtension": "Microsoft.Compute/virtualMachines/{vmName}/extensions/{vmExtensionName}",
    "compute:VirtualMachineRunCommandByVirtualMachine": (
        "Microsoft.Compute/virtualMachines/{vmName}/runCommands/{runCommandName}"
    ),
    "compute:VirtualMachineScaleSet": "Microsoft.Compute/virtualMachineScaleSets/{vmScaleSetName}",
    "containerservice:AgentPool": f"{_CLUSTER}/agentPools/{{agentPoolName}}",
    "containerservice:MaintenanceConfiguration": f"{_CLUSTER}/maintenanceConfigurations/{{configName}}",
    "containerservice:ManagedCluster": _CLUSTER,
    "keyvault:Key": f"{_VAULT}/keys/{{keyName}}",
    "keyvault:Secret": f"{_VAULT}/secrets/{{secretName}}",
    "keyvault:Vault": _VAULT,
    "managedidentity:FederatedIdentityCredential": (
        "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
        "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}"
    ),
    "managedidentity:UserAssignedIdentity": "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
    "monitor:ActivityLogAlert": "Microsoft.Insights/activityLogAlerts/{activityLogAlertName}",
    "monitor:ScheduledQueryRule": "Microsoft.Insights/scheduledQueryRules/{ruleName}",
    "monitor:DiagnosticSetting": "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    "network:BastionHost": "Microsoft.Network/bastionHosts/{bastionHostName}",
    "network:FlowLog": "Microsoft.Network/networkWatchers/{networkWatcherName}/flowLogs/{flowLogName}",
    "network:LoadBalancer": "Microsoft.Network/loadBalancers/{loadBalancerName}",
    "network:NatGateway": "Microsoft.Network/natGateways/{natGatewayName}",
    "network:NetworkInterface": "Microsoft.Network/networkInterfaces/{networkInterfaceName}",
    "network:NetworkSecurityGroup": "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}",
    "network:NetworkWatcher": "Microsoft.Network/networkWatchers/{networkWatcherName}",
    "network:PrivateDnsZoneGroup": (
        "Microsoft.Network/privateEndpoints/{privateEndpointName}/privateDnsZoneGroups/{privateDnsZoneGroupName}"
    ),
    "network:PrivateEndpoint": "Microsoft.Network/privateEndpoints/{privateEndpointName}",
    "network:PublicIPAddress": "Microsoft.Network/publicIPAddresses/{publicIpAddressName}",
    "network:PublicIPPrefix": "Microsoft.Network/publicIPPrefixes/{publicIpPrefixName}",
    "network:Route": "Microsoft.Network/routeTables/{routeTableName}/routes/{routeName}",
    "network:RouteTable": "Microsoft.Network/routeTables/{routeTableName}",
    "network:SecurityRule": (
        "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}/securityRules/{securityRuleName}"
    ),
    "network:Subnet": "Microsoft.Network/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}",
    "network:VirtualHub": _HUB,
    "network:VirtualHubBgpConnection": f"{_HUB}/bgpConnections/{{connectionName}}",
    "network:VirtualHubIpConfiguration": f"{_HUB}/ipConfigurations/{{ipConfigName}}",
    "network:VirtualNetwork": "Microsoft.Network/virtualNetworks/{virtualNetworkName}",
    "network:VirtualNetworkPeering": (
        "Microsoft.Network/virtualNetworks/{virtualNetworkName}/virtualNetworkPeerings/{virtualNetworkPeeringName}"
    ),
    "operationalinsights:Workspace": "Microsoft.OperationalInsights/workspaces/{workspaceName}",
    "privatedns:PrivateZone": "Microsoft.Network/privateDnsZones/{privateZoneName}",
    "privatedns:VirtualNetworkLink": (
        "Microsoft.Network/privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}"
    ),
    "resources:ResourceGroup": "",
    "storage:Blob": f"{_STORAGE}/blobServices/default/containers/{{containerName}}/blobs/{{blobName}}",
    "storage:BlobContainer": f"{_STORAGE}/blobServices/default/containers/{{containerName}}",
    "storage:BlobServiceProperties": f"{_STORAGE}/blobServices/{{blobServicesName}}",
    "storage:ManagementPolicy": f"{_STORAGE}/managementPolicies/{{managementPolicyName}}",
    "storage:StorageAccount": _STORAGE,
}
"""By token without `azure-native:` and without an API version."""

_VERSION: Final = re.compile(r"/v\d{8}(preview)?")


def short(token: str) -> str:
    """A token without `azure-native:` and API version: `network:Subnet`."""
    return _VERSION.sub("", token.removeprefix("azure-native:"))


def path(token: str) -> str | None:
    """The path template of a type, or None when it is in no table."""
    return PATHS.get(short(token))


def name_property(token: str, spec: Spec) -> str | None:
    """The input that is the physical name: the last word of the path, else the one named like the type."""
    template = path(token)
    if template is not None:
        return re.findall(r"{(\w+)}", template)[-1] if template else "resourceGroupName"
    wanted = {f"{token.rsplit(':', 1)[-1]}name".lower(), "resourcename", "name"}
    return next((name for name in spec.inputs if name.lower() in wanted), None)


def identity(making: Making) -> str:
    """The id of a resource, which follows from its names alone."""
    subscription = azure_subscription(making.resource.provider_config, making.world)
    group = f"/subscriptions/{subscription}/resourceGroups/{making.text('resourceGroupName')}"
    token = making.resource.token
    template = path(token)
    if template == "":
        return group
    if template is None:
        module, kind = short(token).split(":")
        template = f"Microsoft.{module[0].upper()}{module[1:]}/{kind[0].lower()}{kind[1:]}s/{making.resource.name}"
    filled = template.format_map(_Inputs(making))
    return filled if template.startswith("{") else f"{group}/providers/{filled}"


class _Inputs(dict[str, str]):
    def __init__(self, making: Making) -> None:
        super().__init__()
        self._making = making

    def __missing__(self, key: str) -> str:
        return self._making.text(key)


def arm_type(token: str) -> str:
    """The type as Azure writes it: `Microsoft.Network/virtualNetworks/subnets`."""
    template = path(token)
    if not template:
        return "Microsoft.Resources/resourceGroups"
    return re.sub(r"/{\w+}|/default", "", template.split("/providers/")[-1])
