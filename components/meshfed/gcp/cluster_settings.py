"""The parts of a cluster's settings: who reaches it, what it tells, and what it refuses."""

from collections.abc import Sequence
from enum import StrEnum

import pulumi
import pulumi_gcp as gcp

from meshfed.gcp.node_pool import EVERY_API
from meshfed.values import Access

LOGGED = ("SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER")
"""Audit entries of the Kubernetes API are Cloud Audit Logs and always on; these come beside them."""
MEASURED = ("SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER")
WEEKEND_START = "2026-01-03T02:00:00Z"
WEEKEND_END = "2026-01-03T08:00:00Z"
WEEKEND = "FREQ=WEEKLY;BYDAY=SA,SU"
"""Six hours on two days: Kubernetes Engine asks for 48 hours in any 32 days."""


class GcpPodRanges(StrEnum):
    """How a cluster is told the ranges of its pods and services."""

    NAMED = "named"
    CIDR = "cidr"


def pod_ranges(kind: GcpPodRanges, pods: str, services: str) -> gcp.container.ClusterIpAllocationPolicyArgs:
    """Secondary ranges of the nodes' subnet: by name where they are there, or ranges that Kubernetes Engine adds."""
    match kind:
        case GcpPodRanges.NAMED:
            return gcp.container.ClusterIpAllocationPolicyArgs(
                cluster_secondary_range_name=pods, services_secondary_range_name=services
            )
        case GcpPodRanges.CIDR:
            return gcp.container.ClusterIpAllocationPolicyArgs(
                cluster_ipv4_cidr_block=pods, services_ipv4_cidr_block=services
            )


def control_plane(access: Access) -> gcp.container.ClusterControlPlaneEndpointsConfigArgs:
    """How the Kubernetes API is reached: by a private address, or by a DNS name that IAM guards."""
    by_name = access is Access.GKE_DNS
    return gcp.container.ClusterControlPlaneEndpointsConfigArgs(
        dns_endpoint_config=gcp.container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
            allow_external_traffic=by_name, enable_k8s_tokens_via_dns=False, enable_k8s_certs_via_dns=False
        ),
        ip_endpoints_config=gcp.container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(enabled=not by_name),
    )


def authorized_networks(
    access: Access, ranges: Sequence[str]
) -> gcp.container.ClusterMasterAuthorizedNetworksConfigArgs | None:
    """Who may dial the private address; a cluster that is reached by name has none."""
    if access is Access.GKE_DNS:
        return None
    return gcp.container.ClusterMasterAuthorizedNetworksConfigArgs(
        cidr_blocks=[
            gcp.container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(cidr_block=cidr) for cidr in ranges
        ],
        gcp_public_cidrs_access_enabled=False,
        private_endpoint_enforcement_enabled=True,
    )


def groups(administrators: Sequence[str]) -> gcp.container.ClusterAuthenticatorGroupsConfigArgs | None:
    """Google groups as Kubernetes groups, where a group administers the cluster."""
    if not administrators:
        return None
    domain = administrators[0].rpartition("@")[2]
    return gcp.container.ClusterAuthenticatorGroupsConfigArgs(security_group=f"gke-security-groups@{domain}")


def private_cluster(control_subnet: pulumi.Input[str]) -> gcp.container.ClusterPrivateClusterConfigArgs:
    """Nodes and control plane without public addresses."""
    return gcp.container.ClusterPrivateClusterConfigArgs(
        enable_private_nodes=True, enable_private_endpoint=True, private_endpoint_subnetwork=control_subnet
    )


def no_client_certificate() -> gcp.container.ClusterMasterAuthArgs:
    """No certificate that would log in for ever."""
    return gcp.container.ClusterMasterAuthArgs(
        client_certificate_config=gcp.container.ClusterMasterAuthClientCertificateConfigArgs(
            issue_client_certificate=False
        )
    )


def no_insecure_bindings() -> gcp.container.ClusterRbacBindingConfigArgs:
    """Nothing may be granted to everyone, logged in or not."""
    return gcp.container.ClusterRbacBindingConfigArgs(
        enable_insecure_binding_system_authenticated=False, enable_insecure_binding_system_unauthenticated=False
    )


def workload_identity(project: str) -> gcp.container.ClusterWorkloadIdentityConfigArgs:
    """Pods are who their Kubernetes service account is."""
    return gcp.container.ClusterWorkloadIdentityConfigArgs(workload_pool=f"{project}.svc.id.goog")


def secrets_encryption(key: pulumi.Input[str]) -> gcp.container.ClusterDatabaseEncryptionArgs:
    """Kubernetes secrets are encrypted with a key of ours before they are stored."""
    return gcp.container.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=key)


def first_nodes(service_account: pulumi.Input[str]) -> gcp.container.ClusterNodeConfigArgs:
    """The nodes that a cluster is born with and that go at once: not even they run as the project's default account."""
    return gcp.container.ClusterNodeConfigArgs(
        service_account=service_account,
        oauth_scopes=[EVERY_API],
        shielded_instance_config=gcp.container.ClusterNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        workload_metadata_config=gcp.container.ClusterNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
    )


def monitoring() -> gcp.container.ClusterMonitoringConfigArgs:
    """Figures of the control plane, of nodes and of the data plane."""
    return gcp.container.ClusterMonitoringConfigArgs(
        enable_components=list(MEASURED),
        managed_prometheus=gcp.container.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True),
        advanced_datapath_observability_config=gcp.container.ClusterMonitoringConfigAdvancedDatapathObservabilityConfigArgs(
            enable_metrics=True, enable_relay=False
        ),
    )


def maintenance() -> gcp.container.ClusterMaintenancePolicyArgs:
    """When Google may upgrade: weekend mornings, UTC."""
    return gcp.container.ClusterMaintenancePolicyArgs(
        recurring_window=gcp.container.ClusterMaintenancePolicyRecurringWindowArgs(
            start_time=WEEKEND_START, end_time=WEEKEND_END, recurrence=WEEKEND
        )
    )
