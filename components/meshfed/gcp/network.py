"""A region's network: subnets by what stands in them, a way out for nodes and pods, closed by default."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read
from meshfed.gcp.default_deny import GcpDefaultDeny
from meshfed.gcp.nat import GcpNat
from meshfed.gcp.subnets import GcpSubnetArgs, GcpSubnets

POD_RANGE = "pods"
"""Name of the secondary range that pods take."""
SERVICE_RANGE = "services"
"""Name of the secondary range that Kubernetes services take."""


class GcpRangesArgs(TypedDict):
    """The ranges of a network's subnets."""

    nodes: str
    """Nodes."""
    pods: str
    """Pods: secondary range of the nodes' subnet."""
    services: str
    """Kubernetes services: secondary range of the nodes' subnet."""
    tunnel: str
    """Tunnel gateways and the balancer in front of them."""
    east_west: str
    """East-west load balancer."""
    endpoints: str
    """Private Service Connect endpoints."""
    control: str
    """The cluster's control-plane address."""


class GcpNetworkArgs(TypedDict):
    """What a network needs."""

    project: str
    """Project that owns the network."""
    location: str
    """Google Cloud region."""
    mtu: int
    """Largest packet of the network, in bytes."""
    ranges: GcpRangesArgs
    """Ranges of its subnets."""


class GcpNetworkLinks(TypedDict):
    """Self links of a network and of its subnets, created or there already."""

    network: pulumi.Input[str]
    """The network."""
    nodes: pulumi.Input[str]
    """Subnet of the nodes."""
    tunnel: pulumi.Input[str]
    """Subnet of the tunnel gateways."""
    east_west: pulumi.Input[str]
    """Subnet of the east-west load balancer."""
    endpoints: pulumi.Input[str]
    """Subnet of private endpoints."""
    control: pulumi.Input[str]
    """Subnet of the cluster's control-plane address."""


class GcpNetwork(pulumi.ComponentResource):
    """A network of one region: flow logs on every subnet, outward address translation, closed by default."""

    network: pulumi.Output[str]
    """Self link of the network."""
    nodes: pulumi.Output[str]
    """Self link of the nodes' subnet."""
    tunnel: pulumi.Output[str]
    """Self link of the tunnel gateways' subnet."""
    east_west: pulumi.Output[str]
    """Self link of the east-west load balancer's subnet."""
    endpoints: pulumi.Output[str]
    """Self link of the subnet of private endpoints."""
    control: pulumi.Output[str]
    """Self link of the subnet of the control-plane address."""

    def __init__(self, name: str, args: GcpNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpNetwork", name, {}, opts)
        args = read(GcpNetworkArgs, args)
        ranges = args["ranges"]
        network = gcp.compute.Network(
            f"{name}-vpc",
            project=args["project"],
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            mtu=args["mtu"],
            # Firewall rules that let something through come before the policy that refuses the rest.
            network_firewall_policy_enforcement_order="AFTER_CLASSIC_FIREWALL",
            opts=child(self),
        )
        GcpDefaultDeny(f"{name}-deny", {"project": args["project"], "network": network.self_link}, child(self))
        subnets: Mapping[str, GcpSubnetArgs] = {
            "nodes": {
                "range": ranges["nodes"],
                "secondary": {POD_RANGE: ranges["pods"], SERVICE_RANGE: ranges["services"]},
            },
            "tunnel": {"range": ranges["tunnel"]},
            "east-west": {"range": ranges["east_west"]},
            "endpoints": {"range": ranges["endpoints"]},
            "control": {"range": ranges["control"]},
        }
        made = GcpSubnets(
            f"{name}-subnets",
            {
                "project": args["project"],
                "location": args["location"],
                "network": network.self_link,
                "subnets": subnets,
            },
            child(self),
        ).subnet_links
        GcpNat(
            f"{name}-nat",
            {
                "project": args["project"],
                "location": args["location"],
                "network": network.self_link,
                "nodes": made["nodes"],
            },
            child(self),
        )
        self.network = network.self_link
        self.nodes, self.tunnel, self.east_west = made["nodes"], made["tunnel"], made["east-west"]
        self.endpoints, self.control = made["endpoints"], made["control"]
        self.register_outputs(dict(self.links))

    @property
    def links(self) -> GcpNetworkLinks:
        """The self links as other components take them."""
        return {
            "network": self.network,
            "nodes": self.nodes,
            "tunnel": self.tunnel,
            "east_west": self.east_west,
            "endpoints": self.endpoints,
            "control": self.control,
        }
