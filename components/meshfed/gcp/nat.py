"""How nodes and pods reach the internet: outwards only, without public addresses."""

from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read


class GcpNatArgs(TypedDict):
    """What the address translation needs."""

    project: str
    """Project of the network."""
    location: str
    """Google Cloud region."""
    network: pulumi.Input[str]
    """Self link of the network."""
    nodes: pulumi.Input[str]
    """Self link of the subnet whose nodes and pods are translated."""


class GcpNat(pulumi.ComponentResource):
    """Cloud NAT for nodes and pods; tunnel gateways have addresses of their own."""

    router: pulumi.Output[str]
    """Name of the router."""

    def __init__(self, name: str, args: GcpNatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpNat", name, {}, opts)
        args = read(GcpNatArgs, args)
        router = gcp.compute.Router(
            f"{name}-router",
            project=args["project"],
            region=args["location"],
            network=args["network"],
            opts=child(self),
        )
        gcp.compute.RouterNat(
            f"{name}-gateway",
            project=args["project"],
            region=args["location"],
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            # Pods keep their address up to the router, so their range is translated too.
            subnetworks=[
                gcp.compute.RouterNatSubnetworkArgs(name=args["nodes"], source_ip_ranges_to_nats=["ALL_IP_RANGES"])
            ],
            enable_dynamic_port_allocation=True,
            enable_endpoint_independent_mapping=False,
            min_ports_per_vm=64,
            max_ports_per_vm=8192,
            log_config=gcp.compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
            opts=child(self),
        )
        self.router = router.name
        self.register_outputs({"router": self.router})
