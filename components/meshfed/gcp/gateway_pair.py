"""A region's two tunnel gateways, in two zones, and the way to them."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi

from meshfed._component import child, read
from meshfed.gcp.firewall import GcpFirewall, GcpFirewallRuleArgs
from meshfed.gcp.gateway import GcpGateway
from meshfed.gcp.gateway_balancer import GcpGatewayBalancer
from meshfed.gcp.readiness import GcpReadiness


class GcpGatewayPlaceArgs(TypedDict):
    """Where one of the two gateways stands and what it boots with."""

    zone: str
    """Its zone."""
    address: str
    """Its fixed private address."""
    user_data: str
    """cloud-init user data, in which two marks stand for the store's and the key's names."""


class GcpGatewayPairArgs(TypedDict):
    """What the two gateways need."""

    project: str
    """Project of the gateways."""
    location: str
    """Google Cloud region."""
    labels: Mapping[str, str]
    """Labels of whatever can carry one."""
    network: pulumi.Input[str]
    """Self link of the network."""
    subnet: pulumi.Input[str]
    """Self link of the tunnel gateways' subnet."""
    service_account: pulumi.Input[str]
    """E-mail address of the gateways' service account."""
    store: pulumi.Input[str]
    """Name of the region's own store."""
    signing_key: pulumi.Input[str]
    """Resource name of the key version that signs peer documents."""
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


class GcpGatewayPair(pulumi.ComponentResource):
    """Two tunnel gateways in two zones, replaced one at a time; the network's routes leave a dead one out."""

    addresses: pulumi.Output[list[str]]
    """Public addresses of the gateways a and b; kept when a machine is replaced."""

    def __init__(self, name: str, args: GcpGatewayPairArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpGatewayPair", name, {}, opts)
        args = read(GcpGatewayPairArgs, args)
        firewall = GcpFirewall(
            f"{name}-firewall",
            {
                "project": args["project"],
                "network": args["network"],
                "target": args["service_account"],
                "rules": args["rules"],
            },
            child(self),
        )
        ready = GcpReadiness(
            f"{name}-ready",
            {"project": args["project"], "port": args["ready_port"]},
            # The check comes through the firewall.
            child(self, after=firewall),
        )
        first = _gateway(self, f"{name}-a", (args, args["gateway_a"]), ready.check, ready)
        # A gateway is made or replaced when its group says so, which is after its machine was seen to work.
        second = _gateway(self, f"{name}-b", (args, args["gateway_b"]), ready.check, first)
        GcpGatewayBalancer(
            f"{name}-balancer",
            {
                "project": args["project"],
                "location": args["location"],
                "labels": args["labels"],
                "network": args["network"],
                "subnet": args["subnet"],
                "address": args["balancer_address"],
                "health_port": args["health_port"],
                "groups": [first.group, second.group],
                "routes": args["routes"],
            },
            child(self),
        )
        self.addresses = pulumi.Output.all(first.public_address, second.public_address)
        self.register_outputs({"addresses": self.addresses})


def _gateway(
    parent: GcpGatewayPair,
    name: str,
    wanted: tuple[GcpGatewayPairArgs, GcpGatewayPlaceArgs],
    check: pulumi.Output[str],
    after: pulumi.Resource,
) -> GcpGateway:
    args, place = wanted
    return GcpGateway(
        name,
        {
            "project": args["project"],
            "location": args["location"],
            "zone": place["zone"],
            "labels": args["labels"],
            "subnet": args["subnet"],
            "private_address": place["address"],
            "size": args["size"],
            "image": args["image"],
            "service_account": args["service_account"],
            "user_data": place["user_data"],
            "store": args["store"],
            "signing_key": args["signing_key"],
            "startup_script": args["startup_script"],
            "ready_check": check,
        },
        child(parent, after=after),
    )
