"""The way from a region's network to its tunnel gateways: routes to a balancer that leaves a dead gateway out."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read


class GcpGatewayBalancerArgs(TypedDict):
    """What the balancer and the routes to it need."""

    project: str
    """Project of the gateways."""
    location: str
    """Google Cloud region."""
    labels: Mapping[str, str]
    """Labels of the balancer's address."""
    network: pulumi.Input[str]
    """Self link of the network."""
    subnet: pulumi.Input[str]
    """Self link of the tunnel gateways' subnet."""
    address: str
    """Fixed address of the balancer in that subnet."""
    health_port: int
    """TCP port on which a gateway that can forward answers."""
    groups: list[pulumi.Input[str]]
    """Self links of the gateways' instance groups."""
    routes: list[str]
    """Ranges that are reached through the gateways."""


class GcpGatewayBalancer(pulumi.ComponentResource):
    """An internal passthrough balancer as next hop: both gateways forward, a dead one gets nothing."""

    rule: pulumi.Output[str]
    """Self link of the forwarding rule that the routes lead to."""

    def __init__(self, name: str, args: GcpGatewayBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpGatewayBalancer", name, {}, opts)
        args = read(GcpGatewayBalancerArgs, args)
        service = gcp.compute.RegionBackendService(
            f"{name}-service",
            project=args["project"],
            region=args["location"],
            network=args["network"],
            load_balancing_scheme="INTERNAL",
            protocol="UNSPECIFIED",
            health_checks=_health_check(self, f"{name}-health", args).id,
            backends=[
                gcp.compute.RegionBackendServiceBackendArgs(group=group, balancing_mode="CONNECTION")
                for group in args["groups"]
            ],
            session_affinity="NONE",
            connection_draining_timeout_sec=30,
            # A flow that a gateway carried leaves it as soon as it fails its health check.
            connection_tracking_policy=gcp.compute.RegionBackendServiceConnectionTrackingPolicyArgs(
                tracking_mode="PER_CONNECTION", connection_persistence_on_unhealthy_backends="NEVER_PERSIST"
            ),
            opts=child(self),
        )
        rule = gcp.compute.ForwardingRule(
            f"{name}-rule",
            project=args["project"],
            region=args["location"],
            network=args["network"],
            subnetwork=args["subnet"],
            ip_address=args["address"],
            load_balancing_scheme="INTERNAL",
            ip_protocol="L3_DEFAULT",
            all_ports=True,
            backend_service=service.id,
            labels=args["labels"],
            opts=child(self),
        )
        _routes(self, name, args, rule.self_link)
        self.rule = rule.self_link
        self.register_outputs({"rule": self.rule})


def _health_check(
    parent: pulumi.ComponentResource, name: str, args: GcpGatewayBalancerArgs
) -> gcp.compute.RegionHealthCheck:
    return gcp.compute.RegionHealthCheck(
        name,
        project=args["project"],
        region=args["location"],
        check_interval_sec=2,
        timeout_sec=2,
        healthy_threshold=2,
        unhealthy_threshold=2,
        tcp_health_check=gcp.compute.RegionHealthCheckTcpHealthCheckArgs(port=args["health_port"]),
        log_config=gcp.compute.RegionHealthCheckLogConfigArgs(enable=True),
        opts=child(parent),
    )


def _routes(
    parent: pulumi.ComponentResource, name: str, args: GcpGatewayBalancerArgs, next_hop: pulumi.Output[str]
) -> None:
    for destination in args["routes"]:
        gcp.compute.Route(
            f"{name}-route-{destination.replace('.', '-').replace('/', '-')}",
            project=args["project"],
            network=args["network"],
            dest_range=destination,
            # By self link: an address is taken as next hop for public destinations only.
            next_hop_ilb=next_hop,
            description="Gateways of the other regions",
            opts=child(parent),
        )
