"""Who may send to the tunnel gateways. Rules are spread over five security groups by slot, so that they fit the quotas.

AWS allows 60 rules each way in a group and 5 groups on an interface. All five groups always stand: a region that comes
or goes changes rules and no interface.
"""

from typing import TypedDict

import pulumi
import pulumi_aws as aws
from pulumi_aws.vpc import SecurityGroupEgressRule as Egress
from pulumi_aws.vpc import SecurityGroupIngressRule as Ingress

from meshfed._component import child, read
from meshfed.topology.quotas import AWS_GROUPS_PER_INTERFACE, SLOTS_PER_SECURITY_GROUP

BFD_PORT = 3784
"""Single-hop BFD (RFC 5881 section 4)."""


class AwsTunnelSourceArgs(TypedDict):
    """One gateway of a pinned region."""

    peer: str
    """Its region and letter, `euc1-a`."""
    slot: int
    """Slot of its region."""
    address: str
    """Where it sends from and receives."""
    first_in: int
    """First UDP port here that it sends to."""
    last_in: int
    """Last UDP port here that it sends to."""
    first_out: int
    """First UDP port there that is sent to."""
    last_out: int
    """Last UDP port there that is sent to."""


class AwsGatewayFirewallSettingsArgs(TypedDict):
    """What the plan says of the gateways' security groups."""

    location: str
    """The AWS location."""
    sources: list[AwsTunnelSourceArgs]
    """Gateways of pinned regions; nobody else may send."""
    inside: list[str]
    """Ranges of this region whose TCP connections are forwarded into tunnels."""
    gateways: str
    """This region's gateway range: the other gateway, the east-west load balancers and the route server's endpoints."""
    web_ports: list[int]
    """TCP ports on which hosts outside are asked: 443 for the distribution and AWS, and that of a proxy or a mirror."""
    tags: dict[str, str]
    """Tags."""


class AwsGatewayFirewallArgs(TypedDict):
    """What the gateways' security groups need."""

    settings: AwsGatewayFirewallSettingsArgs
    """What the plan says of them."""
    vpc_id: pulumi.Input[str]
    """The VPC."""


class AwsGatewayFirewall(pulumi.ComponentResource):
    """Five security groups for the interface of a tunnel gateway."""

    group_ids: pulumi.Output[list[str]]
    """Ids of the groups, in order."""

    def __init__(self, name: str, args: AwsGatewayFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsGatewayFirewall", name, {}, opts)
        args = read(AwsGatewayFirewallArgs, args)
        settings = args["settings"]
        self._location, self._tags = settings["location"], settings["tags"]
        groups = [
            aws.ec2.SecurityGroup(
                f"{name}-{index}",
                description=f"Tunnel gateways, slots {index * SLOTS_PER_SECURITY_GROUP} and on",
                vpc_id=args["vpc_id"],
                revoke_rules_on_delete=True,
                region=self._location,
                tags={**self._tags, "Name": f"{name}-{index}"},
                opts=child(self),
            ).id
            for index in range(AWS_GROUPS_PER_INTERFACE)
        ]
        self._base(name, groups[0], settings)
        for source in settings["sources"]:
            group = groups[group_of(source["slot"])]
            peer = f"{source['address']}/32"
            key = f"{source['peer']}-{source['first_in']}"
            self._allow(Ingress, f"{name}-{key}-in", group, ("udp", source["first_in"], source["last_in"]), peer)
            self._allow(Egress, f"{name}-{key}-out", group, ("udp", source["first_out"], source["last_out"]), peer)
        self.group_ids = pulumi.Output.all(*groups)
        self.register_outputs({"group_ids": self.group_ids})

    def _base(self, name: str, group: pulumi.Output[str], args: AwsGatewayFirewallSettingsArgs) -> None:
        for inside in dict.fromkeys([*args["inside"], args["gateways"]]):
            self._allow(Ingress, f"{name}-tcp-{_key(inside)}-in", group, ("tcp", 1, 65535), inside)
        self._allow(Ingress, f"{name}-bfd-in", group, ("udp", BFD_PORT, BFD_PORT), args["gateways"])
        self._allow(Egress, f"{name}-bfd-out", group, ("udp", BFD_PORT, BFD_PORT), args["gateways"])
        self._allow(Egress, f"{name}-tcp-{_key(args['gateways'])}-out", group, ("tcp", 1, 65535), args["gateways"])
        for port in sorted(set(args["web_ports"])):
            self._allow(Egress, f"{name}-web-{port}-out", group, ("tcp", port, port), "0.0.0.0/0")

    def _allow(
        self,
        rule: type[Ingress] | type[Egress],
        name: str,
        group: pulumi.Output[str],
        what: tuple[str, int, int],
        whom: str,
    ) -> None:
        protocol, first, last = what
        rule(
            name,
            security_group_id=group,
            ip_protocol=protocol,
            from_port=first,
            to_port=last,
            cidr_ipv4=whom,
            region=self._location,
            tags=self._tags,
            opts=child(self),
        )


def group_of(slot: int) -> int:
    """Index of the group that holds a slot's rules.

    >>> group_of(0), group_of(25), group_of(26), group_of(127)
    (0, 0, 1, 4)
    """
    return slot // SLOTS_PER_SECURITY_GROUP


def _key(cidr: str) -> str:
    return cidr.replace("/", "-")
