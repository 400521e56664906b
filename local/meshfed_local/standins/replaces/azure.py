"""Properties whose change makes a new Azure resource; `*` holds for every type.

Azure has no provider code that could be asked, so this table is what there is: what the plugin replaces by itself (its
own table of such properties, and create-only ones of ARM's schemas), and what ARM refuses to change in place
(PropertyChangeNotAllowed in the services' documentation). For the second kind the real plugin sends an update that ARM
refuses, unless the resource asks for a replacement (`replace_on_changes`): the stand-in is kinder there.
"""

from collections.abc import Mapping
from typing import Final

REPLACES: Final[Mapping[str, frozenset[str]]] = {
    "*": frozenset({"resourceGroupName", "location", "scope", "resourceUri"}),
    "azure-native:authorization:RoleAssignment": frozenset(
        {"principalId", "roleDefinitionId", "condition", "delegatedManagedIdentityResourceId", "principalType"}
    ),
    "azure-native:compute:VirtualMachine": frozenset(
        {
            "availabilitySet",
            "osProfile.adminUsername",
            "osProfile.computerName",
            "osProfile.customData",
            "osProfile.linuxConfiguration.disablePasswordAuthentication",
            "osProfile.linuxConfiguration.ssh",
            "storageProfile.imageReference",
            "storageProfile.osDisk.managedDisk.securityProfile",
            "storageProfile.osDisk.name",
            "zones",
        }
    ),
    "azure-native:compute:VirtualMachineRunCommandByVirtualMachine": frozenset({"vmName"}),
    "azure-native:containerservice:AgentPool": frozenset(
        {
            "availabilityZones",
            "enableEncryptionAtHost",
            "enableFIPS",
            "enableNodePublicIP",
            "enableUltraSSD",
            "gpuInstanceProfile",
            "kubeletConfig",
            "kubeletDiskType",
            "linuxOSConfig",
            "maxPods",
            "networkProfile.nodePublicIPTags",
            "nodePublicIPPrefixID",
            "osDiskSizeGB",
            "osDiskType",
            "osType",
            "podSubnetID",
            "proximityPlacementGroupID",
            "resourceName",
            "scaleSetPriority",
            "vmSize",
            "vnetSubnetID",
        }
    ),
    "azure-native:containerservice:MaintenanceConfiguration": frozenset({"resourceName"}),
    "azure-native:containerservice:ManagedCluster": frozenset(
        {
            "apiServerAccessProfile.enablePrivateCluster",
            "apiServerAccessProfile.privateDNSZone",
            "diskEncryptionSetID",
            "dnsPrefix",
            "fqdnSubdomain",
            "linuxProfile",
            "networkProfile.dnsServiceIP",
            "networkProfile.networkDataplane",
            "networkProfile.networkMode",
            "networkProfile.networkPlugin",
            "networkProfile.networkPluginMode",
            "networkProfile.networkPolicy",
            "networkProfile.outboundType",
            "networkProfile.podCidr",
            "networkProfile.serviceCidr",
            "networkProfile.serviceCidrs",
            "nodeResourceGroup",
            "windowsProfile",
        }
    ),
    "azure-native:keyvault:Key": frozenset(
        # A key that stands is never changed by ARM ("Keys - Create If Not Exist").
        {"vaultName", "properties.kty", "properties.curveName", "properties.keySize", "properties.keyOps"}
    ),
    "azure-native:keyvault:Vault": frozenset({"properties.tenantId"}),
    "azure-native:managedidentity:FederatedIdentityCredential": frozenset({"resourceName"}),
    "azure-native:network:FlowLog": frozenset({"networkWatcherName", "targetResourceId"}),
    "azure-native:network:LoadBalancer": frozenset({"frontendIPConfigurations.zones", "sku"}),
    "azure-native:network:NatGateway": frozenset({"sku", "zones"}),
    "azure-native:network:PrivateDnsZoneGroup": frozenset({"privateEndpointName"}),
    "azure-native:network:PrivateEndpoint": frozenset({"subnet"}),
    "azure-native:network:PublicIPAddress": frozenset({"publicIPAddressVersion", "publicIPPrefix", "sku", "zones"}),
    "azure-native:network:Route": frozenset({"routeTableName"}),
    "azure-native:network:SecurityRule": frozenset({"networkSecurityGroupName"}),
    "azure-native:network:Subnet": frozenset({"virtualNetworkName"}),
    "azure-native:network:VirtualHubBgpConnection": frozenset({"virtualHubName", "peerAsn", "peerIp"}),
    "azure-native:network:VirtualHubIpConfiguration": frozenset({"virtualHubName", "subnet", "publicIPAddress"}),
    "azure-native:privatedns:VirtualNetworkLink": frozenset({"privateZoneName", "virtualNetwork"}),
    "azure-native:storage:BlobContainer": frozenset({"accountName"}),
    "azure-native:storage:BlobServiceProperties": frozenset({"accountName"}),
    # The plugin has no way to write a blob again: what is uploaded is replaced (its custom blob resource).
    "azure-native:storage:Blob": frozenset({"accountName", "containerName", "contentMd5", "source", "type"}),
    "azure-native:storage:StorageAccount": frozenset(
        {"isHnsEnabled", "enableNfsV3", "encryption.requireInfrastructureEncryption"}
    ),
}
