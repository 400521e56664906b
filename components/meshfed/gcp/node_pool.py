"""The worker nodes of a cluster."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read
from meshfed.gcp.machines import disk_type

EVERY_API = "https://www.googleapis.com/auth/cloud-platform"
"""The scope under which IAM alone decides what the nodes' service account may do."""


class GcpNodePoolArgs(TypedDict):
    """What the worker nodes need."""

    project: str
    """Project of the cluster."""
    location: str
    """Google Cloud region."""
    zones: list[str]
    """Three zones."""
    cluster: pulumi.Input[str]
    """Id of the cluster."""
    service_account: pulumi.Input[str]
    """E-mail address of the nodes' service account."""
    disk_key: pulumi.Input[str]
    """Id of the key that encrypts their disks, which Compute Engine may use already."""
    labels: Mapping[str, str]
    """Labels of the nodes."""
    size: str
    """Machine size."""
    minimum: int
    """Nodes at least, over all zones."""
    maximum: int
    """Nodes at most, over all zones."""
    disk_gib: int
    """System disk in GiB."""


class GcpNodePool(pulumi.ComponentResource):
    """Shielded nodes without public addresses over three zones, repaired and upgraded one at a time."""

    pool: pulumi.Output[str]
    """Name of the node pool."""

    def __init__(self, name: str, args: GcpNodePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpNodePool", name, {}, opts)
        args = read(GcpNodePoolArgs, args)
        pool = gcp.container.NodePool(
            f"{name}-pool",
            project=args["project"],
            location=args["location"],
            cluster=args["cluster"],
            node_locations=args["zones"],
            initial_node_count=1,
            autoscaling=gcp.container.NodePoolAutoscalingArgs(
                total_min_node_count=args["minimum"],
                total_max_node_count=args["maximum"],
                location_policy="BALANCED",
            ),
            management=gcp.container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
            upgrade_settings=gcp.container.NodePoolUpgradeSettingsArgs(
                strategy="SURGE", max_surge=1, max_unavailable=0
            ),
            network_config=gcp.container.NodePoolNetworkConfigArgs(enable_private_nodes=True),
            node_config=_node_config(args),
            opts=child(self),
        )
        self.pool = pool.name
        self.register_outputs({"pool": self.pool})


def _node_config(args: GcpNodePoolArgs) -> gcp.container.NodePoolNodeConfigArgs:
    return gcp.container.NodePoolNodeConfigArgs(
        machine_type=args["size"],
        image_type="COS_CONTAINERD",
        disk_type=disk_type(args["size"]),
        disk_size_gb=args["disk_gib"],
        boot_disk_kms_key=args["disk_key"],
        service_account=args["service_account"],
        oauth_scopes=[EVERY_API],
        shielded_instance_config=gcp.container.NodePoolNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        # Pods see the identity of their own service account, never that of the node.
        workload_metadata_config=gcp.container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
        kubelet_config=gcp.container.NodePoolNodeConfigKubeletConfigArgs(
            insecure_kubelet_readonly_port_enabled="FALSE"
        ),
        metadata={"disable-legacy-endpoints": "true", "block-project-ssh-keys": "true"},
        resource_labels=args["labels"],
    )
