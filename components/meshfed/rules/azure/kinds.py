"""Kinds of Azure's resources that several rules read."""

from typing import Final

AGENT_POOL: Final = "azure-native:containerservice:AgentPool"
CLUSTER: Final = "azure-native:containerservice:ManagedCluster"
DIAGNOSTIC_SETTING: Final = "azure-native:monitor:DiagnosticSetting"
MACHINE: Final = "azure-native:compute:VirtualMachine"
MODULE: Final = "azure-native:keyvault:ManagedHsm"
NETWORK_INTERFACE: Final = "azure-native:network:NetworkInterface"
ROUTE_TABLE: Final = "azure-native:network:RouteTable"
SECURITY_GROUP: Final = "azure-native:network:NetworkSecurityGroup"
SECURITY_RULE: Final = "azure-native:network:SecurityRule"
SUBNET: Final = "azure-native:network:Subnet"
VAULT: Final = "azure-native:keyvault:Vault"
