"""What Amazon EC2 refuses about interfaces, addresses, instances and launch templates, and the VPC route server.

Sources: EC2 user guide ("Run commands at launch with user data", "Elastic network interfaces"), EC2 API reference,
Amazon VPC user guide ("Dynamic routing with VPC Route Server"), and the provider's own validation.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.addresses import host_fault, taken_fault
from meshfed_local.standins.rules.aws_network import SUBNET, vpc_of_subnet, vpc_ranges
from meshfed_local.standins.rules.reading import absent, address, at, named, network, objects, others, text, texts
from meshfed_local.standins.rules.shapes import (
    at_most_bytes,
    exactly_one,
    matches,
    not_together,
    one_of,
    within,
)
from meshfed_local.standins.world import World

INTERFACE: Final = "aws:ec2/networkInterface:NetworkInterface"
INSTANCE: Final = "aws:ec2/instance:Instance"
GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
ADDRESS_USE: Final = "aws:ec2/eipAssociation:EipAssociation"
ENDPOINT: Final = "aws:vpc/routeServerEndpoint:RouteServerEndpoint"
SERVER_USE: Final = "aws:vpc/routeServerVpcAssociation:RouteServerVpcAssociation"

USER_DATA_BYTES: Final = 16384
"""Raw user data, before it is encoded."""
_RESERVED: Final = (4, 1)
_GROUPS_PER_INTERFACE: Final = 5


def addresses_fit_the_subnet(resource: Resource, world: World) -> Iterator[Fault]:
    """Fixed addresses are inside the subnet, not among the five that AWS keeps, and nobody else's."""
    subnet = named(world, at(resource.inputs, "subnetId"), SUBNET)
    space = network(text(subnet.inputs, "cidrBlock")) if subnet else None
    if subnet is None or space is None:
        return
    taken = [
        (one.name, value)
        for one in others(world, resource, INTERFACE)
        if text(one.inputs, "subnetId") == subnet.id
        for _, value in (*texts(one.inputs, "privateIps[]"), *texts(one.inputs, "privateIp"))
    ]
    for place, value in (*texts(resource.inputs, "privateIps[]"), *texts(resource.inputs, "privateIp")):
        yield from host_fault(place, value, space, _RESERVED)
        yield from taken_fault(place, value, taken)


def groups_are_of_the_vpc(resource: Resource, world: World) -> Iterator[Fault]:
    """Security groups are of the subnet's VPC, and at most five (Amazon VPC quotas)."""
    vpc_id, count = vpc_of_subnet(world, at(resource.inputs, "subnetId")), 0
    for path in ("securityGroups[]", "vpcSecurityGroupIds[]"):
        for place, group_id in texts(resource.inputs, path):
            count += 1
            group = named(world, group_id, GROUP)
            theirs = text(group.inputs, "vpcId") if group else ""
            if vpc_id and theirs and theirs != vpc_id:
                yield Fault(place, f"{group_id} is in {theirs}", f"a group of {vpc_id}, the subnet's VPC")
    if count > _GROUPS_PER_INTERFACE:
        wanted = f"at most {_GROUPS_PER_INTERFACE} groups on an interface (Amazon VPC quotas)"
        yield Fault("securityGroups", f"{count} groups are given", wanted)


def address_is_associated_once(resource: Resource, world: World) -> Iterator[Fault]:
    """An Elastic IP, and an interface's first address, take one association (Resource.AlreadyAssociated)."""
    for name in ("allocationId", "networkInterfaceId"):
        mine = text(resource.inputs, name)
        for one in others(world, resource):
            if mine and text(one.inputs, name) == mine and at(resource.inputs, "allowReassociation") is not True:
                yield Fault(name, f"{mine} is associated already, by {one.name}", "one association each")


def interface_goes_with_nothing_else(resource: Resource, _world: World) -> Iterator[Fault]:
    """An instance that brings its interface says nothing of subnet, groups and addresses (RunInstances)."""
    if absent(resource.inputs, "primaryNetworkInterface") and absent(resource.inputs, "networkInterfaces"):
        return
    for name in ("subnetId", "vpcSecurityGroupIds", "privateIp", "associatePublicIpAddress", "sourceDestCheck"):
        if not absent(resource.inputs, name):
            yield Fault(name, "it is given beside the instance's interface", "the property of the interface instead")


def interface_is_on_one_instance(resource: Resource, world: World) -> Iterator[Fault]:
    """A network interface is attached to one instance (InvalidNetworkInterface.InUse), in its own zone."""
    for place, interface_id in texts(resource.inputs, "primaryNetworkInterface.networkInterfaceId"):
        for one in others(world, resource):
            if text(one.inputs, "primaryNetworkInterface.networkInterfaceId") == interface_id:
                yield Fault(place, f"{interface_id} is attached to {one.name}", "an interface that is free")
        interface = named(world, interface_id, INTERFACE)
        subnet = named(world, at(interface.inputs, "subnetId"), SUBNET) if interface else None
        zone, wanted = (
            text(resource.inputs, "availabilityZone"),
            text(subnet.inputs if subnet else {}, "availabilityZone"),
        )
        if zone and wanted and zone != wanted:
            yield Fault("availabilityZone", f"{zone} is not the interface's zone", wanted)


def template_data_is_encoded(resource: Resource, _world: World) -> Iterator[Fault]:
    """A launch template takes user data in base64 only, at most 16 KiB of it decoded."""
    for place, value in texts(resource.inputs, "userData"):
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            yield Fault(place, "it is not base64", "user data in base64 (CreateLaunchTemplate)")
            continue
        if len(raw) > USER_DATA_BYTES:
            yield Fault(place, f"it is {len(raw)} bytes long, decoded", f"at most {USER_DATA_BYTES} bytes")


def endpoint_is_in_the_vpc(resource: Resource, world: World) -> Iterator[Fault]:
    """An endpoint stands in a subnet of a VPC that its route server is associated with."""
    server = text(resource.inputs, "routeServerId")
    vpc_id = vpc_of_subnet(world, at(resource.inputs, "subnetId"))
    known = [
        text(one.inputs, "vpcId") for one in world.records(SERVER_USE) if text(one.inputs, "routeServerId") == server
    ]
    if server and vpc_id and vpc_id not in known:
        wanted = f"a subnet of {', '.join(known)}" if known else "a VPC association of the route server first"
        yield Fault("subnetId", f"{server} is not associated with {vpc_id}", wanted)


def peer_is_in_the_vpc(resource: Resource, world: World) -> Iterator[Fault]:
    """A peer's address is of the endpoint's VPC, and peers with one endpoint once."""
    endpoint_id, peer = text(resource.inputs, "routeServerEndpointId"), text(resource.inputs, "peerAddress")
    endpoint, mine = named(world, endpoint_id, ENDPOINT), address(peer)
    if peer and mine is None:
        yield Fault("peerAddress", f"{peer!r} is no IPv4 address", "the address of the peer's interface")
    vpc_id = vpc_of_subnet(world, at(endpoint.inputs, "subnetId")) if endpoint else ""
    ranges = [value for _, value in vpc_ranges(world, vpc_id)]
    if mine and ranges and not any(mine in value for value in ranges):
        yield Fault("peerAddress", f"{peer} is not in {vpc_id}", "an address of the endpoint's VPC")
    for one in others(world, resource):
        if peer and (text(one.inputs, "routeServerEndpointId"), text(one.inputs, "peerAddress")) == (endpoint_id, peer):
            yield Fault("peerAddress", f"{peer} is a peer of {endpoint_id} already", "one session of a pair")


def routes_persist_for_a_time(resource: Resource, _world: World) -> Iterator[Fault]:
    """Persisted routes come with a duration, and only they do (CreateRouteServer)."""
    enabled = text(resource.inputs, "persistRoutes") == "enable"
    if enabled and absent(resource.inputs, "persistRoutesDuration"):
        yield Fault("persistRoutesDuration", "it is missing with persistRoutes enable", "1 to 5 minutes")
    if not enabled and not absent(resource.inputs, "persistRoutesDuration"):
        yield Fault("persistRoutesDuration", "it is given while routes do not persist", "persistRoutes enable")


def inline_interfaces_are_alone(resource: Resource, _world: World) -> Iterator[Fault]:
    """A template that describes interfaces names groups there and not beside them."""
    interfaces = list(objects(resource.inputs, "networkInterfaces[]"))
    if interfaces and not absent(resource.inputs, "vpcSecurityGroupIds"):
        yield Fault("vpcSecurityGroupIds", "it is given beside networkInterfaces", "groups on the interface")


_ASN: Final = (1, 4294967295)
_METADATA: Final[tuple[Rule, ...]] = (
    one_of("metadataOptions.httpTokens", ("optional", "required"), "ModifyInstanceMetadataOptions"),
    one_of("metadataOptions.httpEndpoint", ("enabled", "disabled"), "ModifyInstanceMetadataOptions"),
    within("metadataOptions.httpPutResponseHopLimit", 1, 64, "ModifyInstanceMetadataOptions"),
)

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    INTERFACE: (addresses_fit_the_subnet, groups_are_of_the_vpc),
    "aws:ec2/eip:Eip": (one_of("domain", ("vpc",), "AllocateAddress; EC2-Classic is gone"),),
    ADDRESS_USE: (
        exactly_one("allocationId", "publicIp", source="AssociateAddress"),
        exactly_one("instanceId", "networkInterfaceId", source="AssociateAddress"),
        address_is_associated_once,
    ),
    INSTANCE: (
        *_METADATA,
        at_most_bytes("userData", USER_DATA_BYTES, "EC2 user guide, user data"),
        not_together("userData", "userDataBase64", source="the provider's own validation"),
        interface_goes_with_nothing_else,
        interface_is_on_one_instance,
        addresses_fit_the_subnet,
        groups_are_of_the_vpc,
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": (
        *_METADATA,
        matches("name", r"[a-zA-Z0-9().\-/_]{3,125}", "3 to 125 of a-z A-Z 0-9 and ().-/_ (CreateLaunchTemplate)"),
        at_most_bytes("description", 255, "CreateLaunchTemplate"),
        template_data_is_encoded,
        inline_interfaces_are_alone,
    ),
    "aws:vpc/routeServer:RouteServer": (
        within("amazonSideAsn", *_ASN, "CreateRouteServer"),
        one_of("persistRoutes", ("enable", "disable"), "CreateRouteServer"),
        within("persistRoutesDuration", 1, 5, "CreateRouteServer"),
        routes_persist_for_a_time,
    ),
    ENDPOINT: (endpoint_is_in_the_vpc,),
    "aws:vpc/routeServerPeer:RouteServerPeer": (
        within("bgpOptions.peerAsn", *_ASN, "CreateRouteServerPeer"),
        one_of("bgpOptions.peerLivenessDetection", ("bfd", "bgp-keepalive"), "CreateRouteServerPeer"),
        peer_is_in_the_vpc,
    ),
}
