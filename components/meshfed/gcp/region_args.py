"""What a region in Google Cloud needs, part by part. `arguments` fills it from a plan."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi_gcp as gcp

from meshfed.gcp.cluster import GcpClusterSettingsArgs
from meshfed.gcp.firewall import GcpFirewallRuleArgs
from meshfed.gcp.gateway_pair import GcpGatewayPlaceArgs
from meshfed.gcp.network import GcpNetworkLinks, GcpRangesArgs


class GcpRegionNetworkArgs(TypedDict):
    """A network that the region's stack creates."""

    mtu: int
    """Largest packet of the network, in bytes."""
    ranges: GcpRangesArgs
    """Ranges of its subnets."""


class GcpRegionGatewaysArgs(TypedDict):
    """The pair of tunnel gateways."""

    account: str
    """Name of their service account."""
    size: str
    """Machine size."""
    image: str
    """Image or family of images that they boot from."""
    startup_script: str
    """What runs at each boot before user data is read."""
    gateway_a: GcpGatewayPlaceArgs
    """The gateway in the first zone."""
    gateway_b: GcpGatewayPlaceArgs
    """The gateway in the second zone."""
    balancer_address: str
    """Fixed address of the balancer in front of them."""
    health_port: int
    """TCP port on which a gateway that can forward answers."""
    ready_port: int
    """TCP port on which a gateway answers once the machine works, whatever its peers do."""
    routes: list[str]
    """Ranges that are reached through them."""
    rules: list[GcpFirewallRuleArgs]
    """What the cloud's firewall lets through to and from them."""


class GcpRegionStoreArgs(TypedDict):
    """The region's own store."""

    writer: str
    """The region's deployer, as a member of an IAM policy."""
    documents: Mapping[str, str]
    """JSON documents by key."""
    agent_object: str
    """Key of the agent's zipapp."""
    agent_file: str
    """The zipapp on the deployer's machine."""


class GcpRegionClusterArgs(TypedDict):
    """A cluster that the region's stack creates."""

    settings: GcpClusterSettingsArgs
    """The cluster itself."""
    account: str
    """Name of the nodes' service account."""
    tunnel_ranges: list[str]
    """Ranges that Identity-Aware Proxy may dial for operators; none where the API is not reached that way."""
    rules: list[GcpFirewallRuleArgs]
    """What the cloud's firewall lets through to and from the nodes."""


class GcpExistingClusterArgs(TypedDict):
    """A cluster that stands already and is left as it is."""

    cluster: str
    """Its resource name: projects/P/locations/L/clusters/C."""
    issuer: str
    """Issuer of the tokens of its service accounts."""


class GcpRegionArgs(TypedDict):
    """What a region in Google Cloud needs. Of a network and a cluster, give the new one or the existing one."""

    region: str
    """Key of the region in the federation."""
    location: str
    """Google Cloud region."""
    zones: list[str]
    """Three zones."""
    labels: Mapping[str, str]
    """Labels of whatever can carry one."""
    network_project: str
    """Project of the network and the tunnel gateways."""
    cluster_project: str
    """Project of the cluster."""
    store_project: str
    """Project of the region's own store."""
    kms_project: str
    """Project of the keys."""
    is_protected: bool
    """Whether cluster and store survive a destroy; taken away before a region is."""
    network: NotRequired[GcpRegionNetworkArgs]
    """The network that is created."""
    existing_network: NotRequired[GcpNetworkLinks]
    """The network that stands already."""
    gateways: GcpRegionGatewaysArgs
    """The tunnel gateways."""
    store: GcpRegionStoreArgs
    """The region's own store."""
    cluster: NotRequired[GcpRegionClusterArgs]
    """The cluster that is created."""
    existing_cluster: NotRequired[GcpExistingClusterArgs]
    """The cluster that stands already."""
    providers: NotRequired[Mapping[str, gcp.Provider]]
    """Provider of each part's project: network, cluster, trust, kms; what is left out: the region's own."""
