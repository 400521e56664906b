"""A region's Kubernetes cluster: GKE Standard, regional, private, closed where it has a choice."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read
from meshfed.gcp.cluster_settings import (
    LOGGED,
    GcpPodRanges,
    authorized_networks,
    control_plane,
    first_nodes,
    groups,
    maintenance,
    monitoring,
    no_client_certificate,
    no_insecure_bindings,
    pod_ranges,
    private_cluster,
    secrets_encryption,
    workload_identity,
)
from meshfed.gcp.node_pool import GcpNodePool
from meshfed.values import Access


class GcpNodesArgs(TypedDict):
    """The worker nodes."""

    size: str
    """Machine size."""
    minimum: int
    """Nodes at least, over all zones."""
    maximum: int
    """Nodes at most, over all zones."""
    disk_gib: int
    """System disk in GiB."""


class GcpClusterSettingsArgs(TypedDict):
    """What is chosen of a cluster."""

    cluster: str
    """The cluster's name, by which the platform's stack finds it."""
    version: str
    """Kubernetes minor version at least; the regular channel takes it further."""
    range_kind: GcpPodRanges
    """Whether the next two are names of secondary ranges or ranges that Kubernetes Engine adds itself."""
    pods: str
    """Pods."""
    services: str
    """Kubernetes services."""
    access: Access
    """From where the Kubernetes API is reached."""
    authorized_ranges: list[str]
    """Ranges that may dial the private address of the Kubernetes API."""
    administrators: list[str]
    """Google groups that administer this cluster."""
    nodes: GcpNodesArgs
    """The worker nodes."""


class GcpClusterArgs(TypedDict):
    """What a cluster needs."""

    project: str
    """Project of the cluster."""
    location: str
    """Google Cloud region."""
    zones: list[str]
    """Three zones."""
    labels: Mapping[str, str]
    """Labels of the cluster and its nodes."""
    network: pulumi.Input[str]
    """Self link of the network."""
    node_subnet: pulumi.Input[str]
    """Self link of the nodes' subnet."""
    control_subnet: pulumi.Input[str]
    """Self link of the subnet that holds the control plane's address."""
    node_account: pulumi.Input[str]
    """E-mail address of the nodes' service account."""
    secrets_key: pulumi.Input[str]
    """Id of the key that encrypts Kubernetes objects, which Kubernetes Engine may use already."""
    disk_key: pulumi.Input[str]
    """Id of the key that encrypts node disks, which Compute Engine may use already."""
    is_protected: bool
    """Whether a destroy is refused; taken away before a region is."""
    settings: GcpClusterSettingsArgs
    """What is chosen of it."""


class GcpCluster(pulumi.ComponentResource):
    """A private cluster over three zones with its nodes."""

    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    cluster_id: pulumi.Output[str]
    """Its resource name: projects/P/locations/L/clusters/C."""
    issuer: pulumi.Output[str]
    """Issuer of the tokens of its service accounts."""

    def __init__(self, name: str, args: GcpClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpCluster", name, {}, opts)
        args = read(GcpClusterArgs, args)
        container, wanted = gcp.container, args["settings"]
        cluster = container.Cluster(
            f"{name}-gke",
            project=args["project"],
            location=args["location"],
            node_locations=args["zones"],
            name=wanted["cluster"],
            resource_labels=args["labels"],
            min_master_version=wanted["version"],
            release_channel=container.ClusterReleaseChannelArgs(channel="REGULAR"),
            maintenance_policy=maintenance(),
            deletion_protection=args["is_protected"],
            remove_default_node_pool=True,
            initial_node_count=1,
            node_config=first_nodes(args["node_account"]),
            network=args["network"],
            subnetwork=args["node_subnet"],
            networking_mode="VPC_NATIVE",
            ip_allocation_policy=pod_ranges(wanted["range_kind"], wanted["pods"], wanted["services"]),
            # Pods keep their address as far as the tunnel gateways, which decide by it what may pass.
            default_snat_status=container.ClusterDefaultSnatStatusArgs(disabled=True),
            datapath_provider="ADVANCED_DATAPATH",
            in_transit_encryption_config="IN_TRANSIT_ENCRYPTION_INTER_NODE_TRANSPARENT",
            enable_cilium_clusterwide_network_policy=True,
            enable_l4_ilb_subsetting=True,
            service_external_ips_config=container.ClusterServiceExternalIpsConfigArgs(enabled=False),
            control_plane_endpoints_config=control_plane(wanted["access"]),
            private_cluster_config=private_cluster(args["control_subnet"]),
            master_authorized_networks_config=authorized_networks(wanted["access"], wanted["authorized_ranges"]),
            master_auth=no_client_certificate(),
            enable_legacy_abac=False,
            anonymous_authentication_config=container.ClusterAnonymousAuthenticationConfigArgs(mode="LIMITED"),
            rbac_binding_config=no_insecure_bindings(),
            authenticator_groups_config=groups(wanted["administrators"]),
            workload_identity_config=workload_identity(args["project"]),
            database_encryption=secrets_encryption(args["secrets_key"]),
            binary_authorization=container.ClusterBinaryAuthorizationArgs(
                evaluation_mode="PROJECT_SINGLETON_POLICY_ENFORCE"
            ),
            enable_shielded_nodes=True,
            security_posture_config=container.ClusterSecurityPostureConfigArgs(mode="BASIC"),
            logging_config=container.ClusterLoggingConfigArgs(enable_components=list(LOGGED)),
            monitoring_config=monitoring(),
            opts=child(self),
        )
        _node_pool(self, f"{name}-workers", args, cluster.id)
        _administrators(self, name, args)
        self.cluster_name = cluster.name
        self.cluster_id = pulumi.Output.format("{0}/{1}", _clusters(args), cluster.name)
        self.issuer = pulumi.Output.format("https://container.googleapis.com/v1/{0}/{1}", _clusters(args), cluster.name)
        self.register_outputs({"cluster_id": self.cluster_id, "issuer": self.issuer})


def _clusters(args: GcpClusterArgs) -> str:
    return f"projects/{args['project']}/locations/{args['location']}/clusters"


def _node_pool(parent: GcpCluster, name: str, args: GcpClusterArgs, cluster: pulumi.Output[str]) -> None:
    nodes = args["settings"]["nodes"]
    GcpNodePool(
        name,
        {
            "project": args["project"],
            "location": args["location"],
            "zones": args["zones"],
            "cluster": cluster,
            "service_account": args["node_account"],
            "disk_key": args["disk_key"],
            "labels": args["labels"],
            "size": nodes["size"],
            "minimum": nodes["minimum"],
            "maximum": nodes["maximum"],
            "disk_gib": nodes["disk_gib"],
        },
        child(parent),
    )


def _administrators(parent: GcpCluster, name: str, args: GcpClusterArgs) -> None:
    for group in args["settings"]["administrators"]:
        gcp.projects.IAMMember(
            f"{name}-administrator-{group.partition('@')[0]}",
            project=args["project"],
            role="roles/container.admin",
            member=f"group:{group}",
            condition=gcp.projects.IAMMemberConditionArgs(
                title=f"only {args['settings']['cluster']}",
                expression=f'resource.name == "{_clusters(args)}/{args["settings"]["cluster"]}"',
            ),
            opts=child(parent),
        )
