"""Properties whose change makes a new Azure resource, from ARM's documentation; `*` holds for every type.

Azure has no provider code that could be asked, so this table is what there is.
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
            "storageProfile.imageReference",
            "storageProfile.osDisk.managedDisk.securityProfile",
            "storageProfile.osDisk.name",
            "zones",
        }
    ),
    "azure-native:containerservice:AgentPool": frozenset(
        {
            "availabilityZones",
            "enableEncryptionAtHost",
            "enableFIPS",
            "enableNodePublicIP",
            "enableUltraSSD",
            "kubeletDiskType",
            "osDiskType",
            "osType",
            "podSubnetID",
            "resourceName",
            "vmSize",
            "vnetSubnetID",
        }
    ),
    "azure-native:containerservice:ManagedCluster": frozenset(
        {
            "apiServerAccessProfile.enablePrivateCluster",
            "apiServerAccessProfile.privateDNSZone",
            "dnsPrefix",
            "fqdnSubdomain",
            "networkProfile.dnsServiceIP",
            "networkProfile.networkPlugin",
            "networkProfile.podCidr",
            "networkProfile.serviceCidr",
            "nodeResourceGroup",
        }
    ),
    "azure-native:keyvault:Key": frozenset(
        {"vaultName", "properties.kty", "properties.curveName", "properties.keySize"}
    ),
    "azure-native:keyvault:Vault": frozenset({"properties.tenantId"}),
    "azure-native:managedidentity:FederatedIdentityCredential": frozenset({"resourceName"}),
    "azure-native:network:FlowLog": frozenset({"networkWatcherName", "targetResourceId"}),
    "azure-native:network:NatGateway": frozenset({"sku", "zones"}),
    "azure-native:network:PublicIPAddress": frozenset({"publicIPAddressVersion", "sku", "zones"}),
    "azure-native:network:Route": frozenset({"routeTableName"}),
    "azure-native:network:SecurityRule": frozenset({"networkSecurityGroupName"}),
    "azure-native:network:Subnet": frozenset({"virtualNetworkName"}),
    "azure-native:network:VirtualHubBgpConnection": frozenset({"virtualHubName", "peerAsn", "peerIp"}),
    "azure-native:network:VirtualHubIpConfiguration": frozenset({"virtualHubName", "subnet", "publicIPAddress"}),
    "azure-native:privatedns:VirtualNetworkLink": frozenset({"privateZoneName", "virtualNetwork"}),
    "azure-native:storage:BlobContainer": frozenset({"accountName"}),
    "azure-native:storage:Blob": frozenset({"accountName", "containerName", "type"}),
    "azure-native:storage:StorageAccount": frozenset({"isHnsEnabled", "enableNfsV3"}),
}
