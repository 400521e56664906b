"""What a region in Azure is told: plain values from the plan, made by `arguments.region_args`."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi_azure_native as azure

from meshfed.azure.cluster import AzureClusterPlan
from meshfed.azure.gateway_routes import AzureRouteTableArgs
from meshfed.azure.names import AzureImage
from meshfed.azure.security_group import AzureSecurityRuleArgs
from meshfed.azure.store_objects import AzureStoreTextArgs
from meshfed.settings.region import AzureAccountKeys


class AzureDutyArgs(TypedDict):
    """One part of a region: its subscription, and its resource group there."""

    subscription: str
    """Subscription id."""
    group: str
    """Name of the resource group that the region makes."""


class AzureNewNetworkArgs(TypedDict):
    """A network that the region makes."""

    address_space: list[str]
    """The region's own range, and the range that other regions may reach."""
    subnets: dict[str, str]
    """Range of each subnet: nodes, tunnel, east-west, endpoints, control."""
    rules: dict[str, list[AzureSecurityRuleArgs]]
    """Rules of each subnet's security group, but of the tunnel gateways'."""
    zone: str
    """Zone of the NAT gateway."""
    log_account: str
    """Name of the storage account of the flow log."""
    watcher: str
    """The location's Network Watcher."""
    watcher_group: str
    """Its resource group."""


class AzureExistingNetworkArgs(TypedDict):
    """A network that stands already: ARM ids."""

    network_id: str
    """The virtual network."""
    node_subnet_id: str
    """Subnet of the nodes, with a NAT gateway."""
    tunnel_subnet_id: str
    """Subnet of the tunnel gateways."""
    east_west_subnet_id: str
    """Subnet of the east-west load balancer."""
    endpoint_subnet_id: str
    """Subnet of private endpoints."""
    control_subnet_id: str
    """Subnet of the API server, delegated to AKS; empty where the cluster stands already."""
    tables: list[AzureRouteTableArgs]
    """Route tables that get the routes to the gateways."""


class AzurePrivateZonesArgs(TypedDict):
    """Private DNS zones that the network reads already: ARM ids."""

    blob_zone_id: NotRequired[str]
    """Zone of storage accounts; left out: it is made."""
    vault_zone_id: NotRequired[str]
    """Zone of key vaults; left out: it is made."""


class AzureExistingClusterArgs(TypedDict):
    """A cluster that stands already."""

    cluster_id: str
    """ARM id."""
    name: str
    """Name."""
    issuer: str
    """OIDC issuer."""


class AzureGatewayTextArgs(TypedDict):
    """One of the two gateways, as the plan knows it."""

    key: str
    """`a` or `b`."""
    host: str
    """Host name."""
    zone: str
    """Zone."""
    address: str
    """Fixed private address."""
    user_data: str
    """Bootstrap, with a mark where the signing key's id goes."""


class AzureGatewaysArgs(TypedDict):
    """The gateway pair, as the plan knows it."""

    rules: list[AzureSecurityRuleArgs]
    """Rules of their security group."""
    hosts: list[AzureGatewayTextArgs]
    """The two gateways."""
    size: str
    """Machine size."""
    image: AzureImage
    """What they boot from."""
    balancer: str
    """Name of the load balancer in front of them."""
    balancer_address: str
    """Its fixed private address."""
    health_port: int
    """TCP port on which a gateway's agent answers."""
    prefixes: list[str]
    """Ranges that are reached through them."""


class AzureOwnStoreArgs(TypedDict):
    """The region's own store, as the plan knows it."""

    account: str
    """Name of the storage account."""
    container: str
    """Name of the container."""
    account_keys: AzureAccountKeys
    """Whether the deployer's tool signs with the account's key."""
    deployer_ranges: list[str]
    """Public ranges that the deployer writes from."""
    agent_key: str
    """Key of the agent's zipapp."""
    agent_path: str
    """The zipapp on the deployer's machine."""
    texts: list[AzureStoreTextArgs]
    """Texts beside it."""


class AzureRegionArgs(TypedDict):
    """What a region in Azure is made of."""

    location: str
    """Azure location."""
    tenant: str
    """Entra tenant of the key vaults."""
    tags: dict[str, str]
    """Tags of everything that can carry one."""
    zones: list[str]
    """Three zones."""
    network_duty: AzureDutyArgs
    """Network, gateways and logs."""
    cluster_duty: AzureDutyArgs
    """The cluster."""
    dns_duty: AzureDutyArgs
    """Private DNS zones."""
    kms_duty: AzureDutyArgs
    """Key vaults."""
    trust_duty: AzureDutyArgs
    """The own store."""
    network: NotRequired[AzureNewNetworkArgs]
    """A network to make; exactly one of this and `existing_network`."""
    existing_network: NotRequired[AzureExistingNetworkArgs]
    """A network that stands already."""
    private_zones: NotRequired[AzurePrivateZonesArgs]
    """Private DNS zones that the network reads already."""
    gateways: AzureGatewaysArgs
    """The gateway pair."""
    cluster: NotRequired[AzureClusterPlan]
    """A cluster to make; exactly one of this and `existing_cluster`."""
    existing_cluster: NotRequired[AzureExistingClusterArgs]
    """A cluster that stands already."""
    store: AzureOwnStoreArgs
    """The own store."""
    signing_vault: str
    """Name of the key vault of the signing keys."""
    providers: NotRequired[Mapping[str, azure.Provider]]
    """Provider of each part's subscription: network, cluster, dns, trust, kms; what is left out: the region's own."""
