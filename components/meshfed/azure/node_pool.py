"""The worker nodes of a cluster, spread over three zones."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
from pulumi_azure_native import containerservice

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace
from meshfed.values import physical_name

NAME_LIMIT = 12
"""Longest name of a pool."""
FIXED = ("availabilityZones", "osDiskSizeGB", "vmSize", "vnetSubnetID")
"""What settings can change and AKS does not change in a pool that stands (PropertyChangeNotAllowed)."""


class AzureNodePoolArgs(TypedDict):
    """What a node pool needs."""

    place: AzurePlace
    """The cluster's resource group and tags."""
    cluster: pulumi.Input[str]
    """Name of the cluster."""
    pool: str
    """What its name begins with: lower-case letters and digits, the first one a letter."""
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
        # Of these the plugin replaces for the size alone; for the rest it would send an update that AKS refuses.
        options.replace_on_changes = [*FIXED]
        # A new pool has another name and stands before the old one is drained and deleted, so that pods can move.
        options.delete_before_replace = False
        pool = containerservice.AgentPool(
            f"{name}-pool",
            agent_pool_name=pool_name(args["pool"], args["size"], args["disk_gib"], args["zones"]),
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


def pool_name(start: str, size: str, disk_gib: int, zones: Sequence[str]) -> str:
    """The name of a pool, another one for whatever of it a standing pool cannot become.

    The subnet is not part of it: with another network the cluster is another one too.

    >>> pool_name("workers", "Standard_D4ds_v6", 128, ["1", "2", "3"])
    'work630c412b'
    """
    return physical_name(NAME_LIMIT, start, size, str(disk_gib), *zones, separator="")
