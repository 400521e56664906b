"""A private AKS cluster for a mesh of its own: no public endpoint, no local account, no mesh add-on."""

from base64 import b64encode
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native import containerservice

from meshfed._component import child, read
from meshfed.azure.cluster_access import AzureClusterAccess
from meshfed.azure.cluster_identity import AzureClusterIdentity
from meshfed.azure.cluster_keys import AzureClusterKeys
from meshfed.azure.cluster_upkeep import AzureClusterUpkeep
from meshfed.azure.node_pool import AzureNodePool
from meshfed.azure.place import AzurePlace
from meshfed.azure.vault import AzureVaultArgs

SYSTEM_SIZE = "Standard_D4ds_v5"
"""Machine size of the three nodes that carry the cluster's own parts."""
WORKER_POOL = "workers"
SYSTEM_POOL = "system"


class AzureClusterProxy(TypedDict):
    """The proxy through which nodes reach the internet."""

    url: str
    """Its address."""
    except_for: list[str]
    """Hosts and ranges that are reached without it."""


class AzureClusterPlan(TypedDict):
    """The plan of a cluster."""

    cluster: str
    """Its name, by which other stacks find it."""
    node_group: str
    """Name of the resource group that AKS makes for the nodes."""
    version: str
    """Kubernetes minor version."""
    pods: str
    """Overlay range of the pods."""
    services: str
    """Range of the services."""
    dns_service: str
    """Address of the cluster's DNS in that range."""
    size: str
    """Machine size of the workers."""
    minimum: int
    """Workers at least."""
    maximum: int
    """Workers at most."""
    disk_gib: int
    """System disk of the workers in GiB."""
    zones: list[str]
    """Three zones."""
    administrators: list[str]
    """Entra groups that administer the cluster."""
    vault: str
    """Name of the vault of the key that encrypts secrets."""
    tenant: str
    """Entra tenant id."""
    proxy: NotRequired[AzureClusterProxy]
    """Proxy of the nodes; left out: none."""
    extra_ca: NotRequired[str]
    """PEM certificates that the nodes trust beside the system's."""


class AzureClusterArgs(TypedDict):
    """What a cluster needs."""

    place: AzurePlace
    """Where it goes."""
    keys_vault: AzureVaultArgs
    """The vault of the key that encrypts its secrets."""
    network_subscription: str
    """Subscription of the network."""
    plan: AzureClusterPlan
    """What it is made of."""
    node_subnet_id: pulumi.Input[str]
    """Subnet of the nodes, with a NAT gateway."""
    east_west_subnet_id: pulumi.Input[str]
    """Subnet of the east-west load balancer."""
    control_subnet_id: pulumi.Input[str]
    """Subnet of the API server, delegated to AKS."""
    workspace_id: pulumi.Input[str]
    """Log workspace."""
    keys_provider: NotRequired[azure.Provider]
    """Provider of the key vault's subscription; left out: the cluster's own."""


class AzureCluster(pulumi.ComponentResource):
    """A private AKS cluster in three zones with workload identity, encrypted secrets and audit logs."""

    cluster_id: pulumi.Output[str]
    """ARM id of the cluster."""
    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    issuer: pulumi.Output[str]
    """OIDC issuer of its service accounts; ends with a slash."""

    def __init__(self, name: str, args: AzureClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureCluster", name, {}, opts)
        args = read(AzureClusterArgs, args)
        place, plan = args["place"], args["plan"]
        identity = AzureClusterIdentity(
            f"{name}-identity",
            {
                "place": place,
                "network_subscription": args["network_subscription"],
                "subnets": {
                    "nodes": args["node_subnet_id"],
                    "east-west": args["east_west_subnet_id"],
                    "control": args["control_subnet_id"],
                },
            },
            child(self),
        )
        keys = self._keys(name, args, identity.control_principal)
        cluster = self._cluster(name, args, identity, keys)
        AzureNodePool(
            f"{name}-{WORKER_POOL}",
            {
                "place": place,
                "cluster": cluster.name,
                "pool": WORKER_POOL,
                "version": plan["version"],
                "size": plan["size"],
                "minimum": plan["minimum"],
                "maximum": plan["maximum"],
                "disk_gib": plan["disk_gib"],
                "zones": plan["zones"],
                "subnet_id": args["node_subnet_id"],
            },
            child(self),
        )
        AzureClusterUpkeep(
            f"{name}-upkeep",
            {
                "resource_group": place["resource_group"],
                "cluster": cluster.name,
                "cluster_id": cluster.id,
                "workspace_id": args["workspace_id"],
            },
            child(self),
        )
        AzureClusterAccess(
            f"{name}-access",
            {
                "subscription": place["subscription"],
                "cluster_id": cluster.id,
                "administrators": plan["administrators"],
            },
            child(self),
        )
        self.cluster_id = cluster.id
        self.cluster_name = cluster.name
        self.issuer = cluster.oidc_issuer_profile.apply(lambda profile: profile.issuer_url if profile else "")
        self.register_outputs({"cluster_id": self.cluster_id, "issuer": self.issuer})

    def _keys(self, name: str, args: AzureClusterArgs, user: pulumi.Output[str]) -> AzureClusterKeys:
        options = child(self)
        options.provider = args.get("keys_provider")
        return AzureClusterKeys(f"{name}-keys", {"vault": args["keys_vault"], "user": user}, options)

    def _cluster(
        self, name: str, args: AzureClusterArgs, identity: AzureClusterIdentity, keys: AzureClusterKeys
    ) -> containerservice.ManagedCluster:
        place, plan = args["place"], args["plan"]
        return containerservice.ManagedCluster(
            f"{name}-cluster",
            resource_name_=plan["cluster"],
            resource_group_name=place["resource_group"],
            location=place["location"],
            node_resource_group=plan["node_group"],
            node_resource_group_profile=_NODE_GROUP,
            dns_prefix=plan["cluster"],
            kubernetes_version=plan["version"],
            sku=containerservice.ManagedClusterSKUArgs(name="Base", tier="Standard"),
            identity=containerservice.ManagedClusterIdentityArgs(
                type=containerservice.ResourceIdentityType.USER_ASSIGNED,
                user_assigned_identities=[identity.control_id],
            ),
            identity_profile={"kubeletidentity": _node_identity(identity)},
            disable_local_accounts=True,
            enable_rbac=True,
            public_network_access=containerservice.PublicNetworkAccess.DISABLED,
            aad_profile=containerservice.ManagedClusterAADProfileArgs(
                managed=True, enable_azure_rbac=True, tenant_id=plan["tenant"]
            ),
            api_server_access_profile=_api_server(args),
            oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            security_profile=_security(args, keys),
            service_mesh_profile=containerservice.ServiceMeshProfileArgs(mode="Disabled"),
            network_profile=_network(plan),
            http_proxy_config=_proxy(plan),
            agent_pool_profiles=[_system_pool(args)],
            auto_upgrade_profile=_UPGRADES,
            tags=place["tags"],
            opts=child(self),
        )


# People change what AKS made through AKS alone.
_NODE_GROUP = containerservice.ManagedClusterNodeResourceGroupProfileArgs(
    restriction_level=containerservice.RestrictionLevel.READ_ONLY
)
_UPGRADES = containerservice.ManagedClusterAutoUpgradeProfileArgs(
    upgrade_channel=containerservice.UpgradeChannel.PATCH,
    node_os_upgrade_channel=containerservice.NodeOSUpgradeChannel.NODE_IMAGE,
)


def _node_identity(identity: AzureClusterIdentity) -> containerservice.UserAssignedIdentityArgs:
    return containerservice.UserAssignedIdentityArgs(
        resource_id=identity.node_id, client_id=identity.node_client, object_id=identity.node_principal
    )


def _api_server(args: AzureClusterArgs) -> containerservice.ManagedClusterAPIServerAccessProfileArgs:
    return containerservice.ManagedClusterAPIServerAccessProfileArgs(
        enable_private_cluster=True,
        enable_private_cluster_public_fqdn=False,
        private_dns_zone="system",
        # Run command would be kubectl for everyone with a right in Azure, past the private endpoint.
        disable_run_command=True,
        # The key that encrypts secrets is reached privately only by an API server that stands in the network.
        enable_vnet_integration=True,
        subnet_id=args["control_subnet_id"],
    )


def _security(args: AzureClusterArgs, keys: AzureClusterKeys) -> containerservice.ManagedClusterSecurityProfileArgs:
    certificates = _certificates(args["plan"])
    return containerservice.ManagedClusterSecurityProfileArgs(
        custom_ca_trust_certificates=[certificates] if certificates else None,
        workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
        azure_key_vault_kms=containerservice.AzureKeyVaultKmsArgs(
            enabled=True,
            key_id=keys.key_id,
            key_vault_network_access=containerservice.KeyVaultNetworkAccessTypes.PRIVATE,
            key_vault_resource_id=keys.vault_id,
        ),
        defender=containerservice.ManagedClusterSecurityProfileDefenderArgs(
            log_analytics_workspace_resource_id=args["workspace_id"],
            security_monitoring=containerservice.ManagedClusterSecurityProfileDefenderSecurityMonitoringArgs(
                enabled=True
            ),
        ),
        image_cleaner=containerservice.ManagedClusterSecurityProfileImageCleanerArgs(enabled=True, interval_hours=168),
    )


def _network(plan: AzureClusterPlan) -> containerservice.ContainerServiceNetworkProfileArgs:
    return containerservice.ContainerServiceNetworkProfileArgs(
        network_plugin=containerservice.NetworkPlugin.AZURE,
        network_plugin_mode=containerservice.NetworkPluginMode.OVERLAY,
        network_dataplane=containerservice.NetworkDataplane.CILIUM,
        network_policy=containerservice.NetworkPolicy.CILIUM,
        advanced_networking=containerservice.AdvancedNetworkingArgs(enabled=True),
        pod_cidr=plan["pods"],
        service_cidr=plan["services"],
        dns_service_ip=plan["dns_service"],
        load_balancer_sku=containerservice.LoadBalancerSku.STANDARD,
        outbound_type=containerservice.OutboundType.USER_ASSIGNED_NAT_GATEWAY,
    )


def _proxy(plan: AzureClusterPlan) -> containerservice.ManagedClusterHTTPProxyConfigArgs | None:
    proxy = plan.get("proxy")
    if proxy is None:
        return None
    return containerservice.ManagedClusterHTTPProxyConfigArgs(
        http_proxy=proxy["url"], https_proxy=proxy["url"], no_proxy=proxy["except_for"], trusted_ca=_certificates(plan)
    )


def _certificates(plan: AzureClusterPlan) -> str | None:
    certificates = plan.get("extra_ca")
    return b64encode(certificates.encode()).decode() if certificates else None


def _system_pool(args: AzureClusterArgs) -> containerservice.ManagedClusterAgentPoolProfileArgs:
    plan = args["plan"]
    return containerservice.ManagedClusterAgentPoolProfileArgs(
        name=SYSTEM_POOL,
        mode=containerservice.AgentPoolMode.SYSTEM,
        type=containerservice.AgentPoolType.VIRTUAL_MACHINE_SCALE_SETS,
        orchestrator_version=plan["version"],
        vm_size=SYSTEM_SIZE,
        count=len(plan["zones"]),
        availability_zones=plan["zones"],
        vnet_subnet_id=args["node_subnet_id"],
        node_taints=["CriticalAddonsOnly=true:NoSchedule"],
        enable_node_public_ip=False,
        enable_encryption_at_host=True,
        os_type=containerservice.OSType.LINUX,
        os_sku=containerservice.OSSKU.AZURE_LINUX3,
        security_profile=containerservice.AgentPoolSecurityProfileArgs(
            enable_secure_boot=True,
            enable_vtpm=True,
            ssh_access=containerservice.AgentPoolSSHAccess.DISABLED,
        ),
        upgrade_settings=containerservice.AgentPoolUpgradeSettingsArgs(max_surge="33%", drain_timeout_in_minutes=30),
    )
