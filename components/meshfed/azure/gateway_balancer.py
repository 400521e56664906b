"""The one mechanism of route failover in Azure: an internal load balancer of all ports in front of the gateway pair."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import network

from meshfed._component import child, read
from meshfed.azure.place import AzurePlace

FRONTEND, POOL, PROBE = "inner", "gateways", "agent"
PROBE_SECONDS = 5
"""The shortest interval that Azure takes; two failed probes end new flows to a gateway."""


class AzureGatewayBalancerArgs(TypedDict):
    """What the load balancer needs."""

    place: AzurePlace
    """Where it goes."""
    balancer: str
    """Its name; its parts refer to one another by ids that hold it."""
    subnet_id: pulumi.Input[str]
    """Subnet of the tunnel gateways."""
    address: str
    """Its fixed private address: the next hop of the region's routes."""
    zones: list[str]
    """Zones that its address stands in."""
    health_port: int
    """TCP port on which a gateway's agent says that it carries traffic."""


class AzureGatewayBalancer(pulumi.ComponentResource):
    """A zone-redundant internal load balancer that hands every flow to a healthy tunnel gateway."""

    pool_id: pulumi.Output[str]
    """ARM id of the pool that the gateways' interfaces join."""

    def __init__(self, name: str, args: AzureGatewayBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureGatewayBalancer", name, {}, opts)
        args = read(AzureGatewayBalancerArgs, args)
        place = args["place"]
        own = pulumi.Output.concat(
            f"/subscriptions/{place['subscription']}/resourceGroups/",
            place["resource_group"],
            f"/providers/Microsoft.Network/loadBalancers/{args['balancer']}",
        )
        balancer = network.LoadBalancer(
            f"{name}-balancer",
            load_balancer_name=args["balancer"],
            resource_group_name=place["resource_group"],
            location=place["location"],
            sku=network.LoadBalancerSkuArgs(name="Standard", tier="Regional"),
            frontend_ip_configurations=[
                network.FrontendIPConfigurationArgs(
                    name=FRONTEND,
                    subnet=network.SubnetArgs(id=args["subnet_id"]),
                    private_ip_address=args["address"],
                    private_ip_allocation_method=network.IPAllocationMethod.STATIC,
                    zones=args["zones"],
                )
            ],
            backend_address_pools=[network.BackendAddressPoolArgs(name=POOL)],
            probes=[
                network.ProbeArgs(
                    name=PROBE,
                    protocol=network.ProbeProtocol.TCP,
                    port=args["health_port"],
                    interval_in_seconds=PROBE_SECONDS,
                    probe_threshold=2,
                )
            ],
            load_balancing_rules=[_all_ports(own)],
            tags=place["tags"],
            opts=child(self),
        )
        self.pool_id = pulumi.Output.concat(balancer.id, "/backendAddressPools/", POOL)
        self.register_outputs({"pool_id": self.pool_id})


def _all_ports(own: pulumi.Output[str]) -> network.LoadBalancingRuleArgs:
    """The rule that Azure calls HA ports: every port of every protocol, so that any packet can be routed through it."""
    return network.LoadBalancingRuleArgs(
        name="all-ports",
        protocol=network.TransportProtocol.ALL,
        frontend_port=0,
        backend_port=0,
        enable_floating_ip=False,
        enable_tcp_reset=True,
        disable_outbound_snat=True,
        idle_timeout_in_minutes=30,
        load_distribution=network.LoadDistribution.DEFAULT,
        frontend_ip_configuration=_part(own, "frontendIPConfigurations", FRONTEND),
        backend_address_pool=_part(own, "backendAddressPools", POOL),
        probe=_part(own, "probes", PROBE),
    )


def _part(own: pulumi.Output[str], kind: str, name: str) -> network.SubResourceArgs:
    return network.SubResourceArgs(id=pulumi.Output.concat(own, "/", kind, "/", name))
