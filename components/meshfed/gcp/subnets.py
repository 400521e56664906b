"""The subnets of a region's network."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read


class GcpSubnetArgs(TypedDict):
    """One subnet."""

    range: str
    """Its range."""
    secondary: NotRequired[Mapping[str, str]]
    """Secondary ranges by name."""


class GcpSubnetsArgs(TypedDict):
    """What the subnets need."""

    project: str
    """Project of the network."""
    location: str
    """Google Cloud region."""
    network: pulumi.Input[str]
    """Self link of the network."""
    subnets: Mapping[str, GcpSubnetArgs]
    """The subnets by role."""


class GcpSubnets(pulumi.ComponentResource):
    """Subnets with flow logs, from which Google's own services are reached without a public address."""

    subnet_links: pulumi.Output[dict[str, str]]
    """Self links by role."""

    def __init__(self, name: str, args: GcpSubnetsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpSubnets", name, {}, opts)
        args = read(GcpSubnetsArgs, args)
        made = {
            role: gcp.compute.Subnetwork(
                f"{name}-{role}",
                project=args["project"],
                region=args["location"],
                network=args["network"],
                ip_cidr_range=subnet["range"],
                secondary_ip_ranges=[
                    gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name=key, ip_cidr_range=value)
                    for key, value in subnet.get("secondary", {}).items()
                ],
                private_ip_google_access=True,
                stack_type="IPV4_ONLY",
                log_config=gcp.compute.SubnetworkLogConfigArgs(
                    aggregation_interval="INTERVAL_30_SEC", flow_sampling=0.5, metadata="INCLUDE_ALL_METADATA"
                ),
                opts=child(self),
            )
            for role, subnet in args["subnets"].items()
        }
        self.subnet_links = pulumi.Output.all(**{role: subnet.self_link for role, subnet in made.items()})
        self.register_outputs({"subnet_links": self.subnet_links})
