"""How a deployer outside the network dials the private address of the Kubernetes API: Identity-Aware Proxy."""

from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read

IAP_RANGE = "35.235.240.0/20"
"""Where Identity-Aware Proxy's TCP forwarding comes from (https://cloud.google.com/iap/docs/using-tcp-forwarding)."""


class GcpApiTunnelArgs(TypedDict):
    """What the way in needs."""

    project: str
    """Project of the network."""
    location: str
    """Google Cloud region."""
    group: str
    """Name of the destination group: lower-case letters, digits and hyphens, at most 63."""
    ranges: list[str]
    """Ranges that may be dialled: the subnet of the control plane's address."""


class GcpApiTunnel(pulumi.ComponentResource):
    """A destination that whoever holds the role of a tunnel user on it may dial, each time with a log entry."""

    group: pulumi.Output[str]
    """Name of the destination group."""

    def __init__(self, name: str, args: GcpApiTunnelArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpApiTunnel", name, {}, opts)
        args = read(GcpApiTunnelArgs, args)
        group = gcp.iap.TunnelDestGroup(
            f"{name}-group",
            project=args["project"],
            region=args["location"],
            group_name=args["group"],
            cidrs=args["ranges"],
            opts=child(self),
        )
        self.group = group.group_name
        self.register_outputs({"group": self.group})
