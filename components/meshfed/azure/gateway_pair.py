"""A region's two tunnel gateways in two zones, behind the load balancer that moves routes from one to the other."""

from typing import TypedDict

import pulumi

from meshfed._component import child, read
from meshfed.azure.break_glass import AzureBreakGlass
from meshfed.azure.gateway import AzureGateway
from meshfed.azure.gateway_balancer import AzureGatewayBalancer
from meshfed.azure.gateway_routes import AzureGatewayRoutes, AzureRouteTableArgs
from meshfed.azure.names import AzureImage
from meshfed.azure.place import AzurePlace


class AzureGatewayHostArgs(TypedDict):
    """What differs between the two gateways."""

    key: str
    """`a` or `b`."""
    host: str
    """Host name."""
    zone: str
    """Zone."""
    address: str
    """Fixed private address."""
    user_data: pulumi.Input[str]
    """Bootstrap."""


class AzureGatewayPairArgs(TypedDict):
    """What the gateway pair needs."""

    place: AzurePlace
    """Where it goes."""
    hosts: list[AzureGatewayHostArgs]
    """The two gateways, a before b."""
    size: str
    """Machine size."""
    image: AzureImage
    """What they boot from."""
    balancer: str
    """Name of the load balancer in front of them."""
    balancer_address: str
    """Its fixed private address."""
    zones: list[str]
    """Zones of its address."""
    health_port: int
    """TCP port on which a gateway's agent answers."""
    subnet_id: pulumi.Input[str]
    """Subnet of the tunnel gateways."""
    group_id: pulumi.Input[str]
    """Their security group."""
    identity_id: pulumi.Input[str]
    """Their machine identity."""
    tables: list[AzureRouteTableArgs]
    """Route tables that lead to them."""
    prefixes: list[str]
    """Ranges that are reached through them."""


class AzureGatewayPair(pulumi.ComponentResource):
    """Two tunnel gateways that are replaced one at a time, with routes that follow their health."""

    public_addresses: pulumi.Output[list[str]]
    """Public addresses of a and b; peers dial them."""

    def __init__(self, name: str, args: AzureGatewayPairArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureGatewayPair", name, {}, opts)
        args = read(AzureGatewayPairArgs, args)
        place = args["place"]
        balancer = AzureGatewayBalancer(
            f"{name}-front",
            {
                "place": place,
                "balancer": args["balancer"],
                "subnet_id": args["subnet_id"],
                "address": args["balancer_address"],
                "zones": args["zones"],
                "health_port": args["health_port"],
            },
            child(self),
        )
        AzureBreakGlass(f"{name}-entered", {"place": place}, child(self))
        gateways: list[AzureGateway] = []
        for host in args["hosts"]:
            # The second waits for the agent of the first, so that a replacement goes one gateway at a time.
            before = gateways[-1] if gateways else None
            gateways.append(self._gateway(f"{name}-{host['key']}", args, host, balancer.pool_id, before))
        AzureGatewayRoutes(
            f"{name}-routes",
            {"tables": args["tables"], "prefixes": args["prefixes"], "next_hop": args["balancer_address"]},
            child(self, after=gateways[0]),
        )
        self.public_addresses = pulumi.Output.all(*[gateway.public_address for gateway in gateways]).apply(list)
        self.register_outputs({"public_addresses": self.public_addresses})

    def _gateway(
        self,
        name: str,
        args: AzureGatewayPairArgs,
        host: AzureGatewayHostArgs,
        pool_id: pulumi.Output[str],
        before: AzureGateway | None,
    ) -> AzureGateway:
        return AzureGateway(
            name,
            {
                "place": args["place"],
                "host": host["host"],
                "zone": host["zone"],
                "address": host["address"],
                "size": args["size"],
                "image": args["image"],
                "user_data": host["user_data"],
                "subnet_id": args["subnet_id"],
                "group_id": args["group_id"],
                "pool_id": pool_id,
                "identity_id": args["identity_id"],
                "health_port": args["health_port"],
            },
            child(self, after=before),
        )
