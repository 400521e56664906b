"""The worker nodes of a cluster, spread over three zones."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import containerservice

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace


class AzureNodePoolArgs(TypedDict):
    """What a node pool needs."""

    place: AzurePlace
    """The cluster's resource group and tags."""
    cluster: pulumi.Input[str]
    """Name of the cluster."""
    pool: str
    """Its name: at most 12 lower-case letters and digits."""
    version: str
    """Kubernetes minor version."""
    size: str
    """Machine size."""
    minimum: int
    """Nodes at least."""
    maximum: int
    """Nodes at most."""
    disk_gib: int
    """System disk in GiB."""
    zones: list[str]
    """Three zones."""
    subnet_id: pulumi.Input[str]
    """Subnet of the nodes."""


class AzureNodePool(pulumi.ComponentResource):
    """Worker nodes without public addresses and without SSH, with secure boot, a TPM and encryption at the host."""

    pool_id: pulumi.Output[str]
    """ARM id of the pool."""

    def __init__(self, name: str, args: AzureNodePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureNodePool", name, {}, opts)
        args = read(AzureNodePoolArgs, args)
        place = args["place"]
        options = child(self)
        # The autoscaler moves the number of nodes between the bounds; it is not this program's to move back.
        options.ignore_changes = ["count"]
        pool = containerservice.AgentPool(
            f"{name}-pool",
            agent_pool_name=args["pool"],
            resource_name_=args["cluster"],
            resource_group_name=place["resource_group"],
            mode=containerservice.AgentPoolMode.USER,
            type=containerservice.AgentPoolType.VIRTUAL_MACHINE_SCALE_SETS,
            orchestrator_version=args["version"],
            vm_size=args["size"],
            count=args["minimum"],
            min_count=args["minimum"],
            max_count=args["maximum"],
            enable_auto_scaling=True,
            availability_zones=args["zones"],
            vnet_subnet_id=args["subnet_id"],
            enable_node_public_ip=False,
            enable_encryption_at_host=True,
            os_type=containerservice.OSType.LINUX,
            os_sku=containerservice.OSSKU.AZURE_LINUX3,
            os_disk_type=containerservice.OSDiskType.MANAGED,
            os_disk_size_gb=args["disk_gib"],
            security_profile=containerservice.AgentPoolSecurityProfileArgs(
                enable_secure_boot=True,
                enable_vtpm=True,
                ssh_access=containerservice.AgentPoolSSHAccess.DISABLED,
            ),
            upgrade_settings=containerservice.AgentPoolUpgradeSettingsArgs(
                max_surge="33%", drain_timeout_in_minutes=30
            ),
            tags=place["tags"],
            opts=options,
        )
        self.pool_id = pool.id
        self.register_outputs({"pool_id": self.pool_id})
