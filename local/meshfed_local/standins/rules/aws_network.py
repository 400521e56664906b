"""What Amazon VPC refuses about VPCs, subnets, route tables, endpoints and flow logs.

Sources: Amazon VPC user guide ("VPC CIDR blocks", "Subnet CIDR blocks", "Route table concepts", "Amazon VPC quotas"),
AWS PrivateLink guide, and the validation of the provider's own code where the API would silently correct.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.addresses import outside, overlaps
from meshfed_local.standins.rules.reading import absent, at, found, given, is_true, named, network, others, text, texts
from meshfed_local.standins.rules.shapes import exactly_one, is_range, not_together, one_of
from meshfed_local.standins.world import World

VPC: Final = "aws:ec2/vpc:Vpc"
SUBNET: Final = "aws:ec2/subnet:Subnet"
SECONDARY: Final = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
TABLE: Final = "aws:ec2/routeTable:RouteTable"
ROUTE: Final = "aws:ec2/route:Route"
TABLE_ASSOCIATION: Final = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"

_RANGES_PER_VPC: Final = 5
_PRIVATE: Final = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_INTERNAL: Final = IPv4Network("198.19.0.0/16")
_LOWEST: Final = IPv4Network("10.0.0.0/16")
_LOWEST_TWO: Final = IPv4Network("10.0.0.0/15")
_DOCKER: Final = IPv4Network("172.31.0.0/16")
_TARGETS: Final = (
    "carrierGatewayId",
    "coreNetworkArn",
    "egressOnlyGatewayId",
    "gatewayId",
    "localGatewayId",
    "natGatewayId",
    "networkInterfaceId",
    "odbNetworkArn",
    "transitGatewayId",
    "vpcEndpointId",
    "vpcPeeringConnectionId",
)


def vpc_ranges(world: World, vpc_id: str, without: str = "") -> list[tuple[str, IPv4Network]]:
    """The ranges of a VPC with who brought them: its own and the secondary ones."""
    vpc = named(world, vpc_id, VPC)
    pairs = [] if vpc is None else [(vpc.urn, text(vpc.inputs, "cidrBlock"))]
    pairs += [
        (one.urn, text(one.inputs, "cidrBlock"))
        for one in world.records(SECONDARY)
        if text(one.inputs, "vpcId") == vpc_id and one.urn != without
    ]
    ranges = [(urn.rsplit("::", 1)[-1], network(value)) for urn, value in pairs]
    return [(owner, value) for owner, value in ranges if value is not None]


def vpc_of_subnet(world: World, subnet_id: object) -> str:
    """The id of the VPC that a subnet lies in; empty when it can't be told."""
    subnet = named(world, subnet_id, SUBNET)
    return text(subnet.inputs, "vpcId") if subnet else ""


def region_of(resource: Resource) -> str:
    """The location of a resource: its own, else its provider's."""
    return text(resource.inputs, "region") or text(resource.provider_config, "region")


def secondary_range_is_allowed(resource: Resource, world: World) -> Iterator[Fault]:
    """A secondary range is disjoint from the others and of a kind that goes with the first ("VPC CIDR blocks")."""
    vpc_id, cidr = text(resource.inputs, "vpcId"), text(resource.inputs, "cidrBlock")
    ranges, mine = vpc_ranges(world, vpc_id, resource.urn), network(cidr)
    if mine is None or not ranges:
        return
    yield from overlaps("cidrBlock", cidr, ranges)
    if len(ranges) >= _RANGES_PER_VPC:
        wanted = f"at most {_RANGES_PER_VPC} ranges (Amazon VPC quotas)"
        yield Fault("cidrBlock", f"{vpc_id} has {len(ranges)} ranges already", wanted)
    primary = ranges[0][1]
    if any(mine.overlaps(kind) for kind in _restricted(primary, [value for _, value in ranges])):
        yield Fault("cidrBlock", f"{cidr} can't join a VPC that began with {primary}", _allowed(primary))


def _restricted(primary: IPv4Network, ranges: list[IPv4Network]) -> list[IPv4Network]:
    home = next((kind for kind in _PRIVATE if primary.subnet_of(kind)), None)
    refused = [kind for kind in (*_PRIVATE, _INTERNAL) if kind != home]
    if any(value.subnet_of(_LOWEST_TWO) for value in ranges):
        refused.append(_LOWEST)
    if home == _PRIVATE[1]:
        refused.append(_DOCKER)
    return refused


def _allowed(primary: IPv4Network) -> str:
    home = next((kind for kind in _PRIVATE if primary.subnet_of(kind)), None)
    same = f"another range of {home}, " if home else ""
    return f"{same}100.64.0.0/10 or a public range (Amazon VPC user guide, CIDR block association restrictions)"


def secondary_range_is_under_no_route(resource: Resource, world: World) -> Iterator[Fault]:
    """A secondary range is not the same as, or larger than, the destination of a route in the VPC's tables."""
    vpc_id, mine = text(resource.inputs, "vpcId"), network(text(resource.inputs, "cidrBlock"))
    if mine is None or resource.old_inputs is not None:
        return
    for route in world.records(ROUTE):
        table = named(world, text(route.inputs, "routeTableId"), TABLE)
        destination = network(text(route.inputs, "destinationCidrBlock"))
        if table and destination and text(table.inputs, "vpcId") == vpc_id and destination.subnet_of(mine):
            problem = f"{mine} holds {destination}, where the route {route.name} leads"
            yield Fault("cidrBlock", problem, "a range smaller than every route's destination")


def subnet_fits_its_vpc(resource: Resource, world: World) -> Iterator[Fault]:
    """A subnet is inside one range of its VPC and overlaps no other subnet ("Subnet CIDR blocks")."""
    vpc_id, cidr = text(resource.inputs, "vpcId"), text(resource.inputs, "cidrBlock")
    yield from outside("cidrBlock", cidr, [value for _, value in vpc_ranges(world, vpc_id)], vpc_id)
    siblings = [
        (one.name, network(text(one.inputs, "cidrBlock")))
        for one in others(world, resource)
        if text(one.inputs, "vpcId") == vpc_id
    ]
    yield from overlaps("cidrBlock", cidr, [(name, value) for name, value in siblings if value is not None])


def zone_is_of_the_region(resource: Resource, _world: World) -> Iterator[Fault]:
    """A zone's name begins with the region that the request goes to."""
    region = region_of(resource)
    for place, zone in texts(resource.inputs, "availabilityZone"):
        # Local zones and Wavelength zones have more after the region: us-east-1-bos-1a.
        if region and not re.fullmatch(rf"{re.escape(region)}([a-z]|-[a-z0-9-]+)", zone):
            yield Fault(place, f"{zone} is no zone of {region}", f"a zone as {region}a")


def route_is_new_in_its_table(resource: Resource, world: World) -> Iterator[Fault]:
    """A table has one route for a destination (EC2: RouteAlreadyExists), and not the VPC's own ranges again."""
    table_id, destination = (text(resource.inputs, name) for name in ("routeTableId", "destinationCidrBlock"))
    if not table_id or not destination:
        return
    for one in others(world, resource):
        if (text(one.inputs, "routeTableId"), text(one.inputs, "destinationCidrBlock")) == (table_id, destination):
            problem = f"{table_id} has a route to {destination} already, {one.name}"
            yield Fault("destinationCidrBlock", problem, "one route for a destination in a table")


def targets_are_in_the_vpc(resource: Resource, world: World) -> Iterator[Fault]:
    """A route leads to a gateway or interface of its table's own VPC."""
    table = named(world, at(resource.inputs, "routeTableId"), TABLE)
    vpc_id = text(table.inputs, "vpcId") if table else ""
    for name in ("gatewayId", "natGatewayId", "networkInterfaceId"):
        for place, value in texts(resource.inputs, name):
            theirs = _vpc_of_target(world, value)
            if vpc_id and theirs and theirs != vpc_id:
                yield Fault(place, f"{value} is in {theirs}", f"a target in {vpc_id}, the VPC of the route table")


def _vpc_of_target(world: World, identifier: str) -> str:
    record = world.by_id(identifier)
    if record is None:
        return ""
    return text(record.inputs, "vpcId") or vpc_of_subnet(world, at(record.inputs, "subnetId"))


def subnet_has_one_table_of_its_vpc(resource: Resource, world: World) -> Iterator[Fault]:
    """A subnet is associated with one route table, of its own VPC."""
    subnet_id = text(resource.inputs, "subnetId")
    table = named(world, at(resource.inputs, "routeTableId"), TABLE)
    mine, theirs = vpc_of_subnet(world, subnet_id), text(table.inputs, "vpcId") if table else ""
    if mine and theirs and mine != theirs:
        yield Fault("routeTableId", f"the route table is in {theirs}", f"a route table of {mine}, the subnet's VPC")
    for one in others(world, resource):
        if subnet_id and text(one.inputs, "subnetId") == subnet_id:
            problem = f"{subnet_id} is associated already, by {one.name}"
            yield Fault("subnetId", problem, "one route table for a subnet (EC2: Resource.AlreadyAssociated)")


def endpoint_fits_its_kind(resource: Resource, world: World) -> Iterator[Fault]:
    """A gateway endpoint has route tables; an interface endpoint has subnets of its VPC, one a zone."""
    kind = text(resource.inputs, "vpcEndpointType") or "Gateway"
    wrong = {"Gateway": ("subnetIds", "securityGroupIds", "privateDnsEnabled"), "Interface": ("routeTableIds",)}
    for name in wrong.get(kind, ()):
        if given(resource.inputs, name):
            yield Fault(name, f"it is given for a {kind.lower()} endpoint", f"no {name} (AWS PrivateLink guide)")
    vpc_id, zones = text(resource.inputs, "vpcId"), dict[str, str]()
    for place, subnet_id in texts(resource.inputs, "subnetIds[]"):
        subnet = named(world, subnet_id, SUBNET)
        if subnet is None:
            continue
        if text(subnet.inputs, "vpcId") != vpc_id:
            yield Fault(place, f"{subnet_id} is in {text(subnet.inputs, 'vpcId')}", f"a subnet of {vpc_id}")
        zone = text(subnet.inputs, "availabilityZone")
        if zone and zone in zones:
            yield Fault(place, f"{zone} has the subnet {zones[zone]} already", "one subnet a zone (DuplicateSubnets)")
        zones[zone] = subnet_id


def endpoint_service_is_of_the_region(resource: Resource, _world: World) -> Iterator[Fault]:
    """AWS's own services are named with the region: `com.amazonaws.eu-central-1.s3`."""
    region = region_of(resource)
    if not region or not absent(resource.inputs, "serviceRegion"):
        # Some services stand elsewhere only, and say so in serviceRegion.
        return
    for place, service in texts(resource.inputs, "serviceName"):
        named_region = re.match(r"com\.amazonaws\.([a-z]{2,5}(?:-[a-z]+)+-\d)\.", service)
        if named_region and named_region[1] != region:
            yield Fault(place, f"{service} is no service in {region}", f"com.amazonaws.{region}.<service>")


def private_names_need_dns(resource: Resource, world: World) -> Iterator[Fault]:
    """Private DNS needs both DNS attributes of the VPC, and one endpoint a service has it."""
    vpc = named(world, at(resource.inputs, "vpcId"), VPC)
    if vpc is None or not is_true(resource.inputs, "privateDnsEnabled"):
        return
    if at(vpc.inputs, "enableDnsSupport") is False or not is_true(vpc.inputs, "enableDnsHostnames"):
        wanted = "a VPC with enableDnsSupport and enableDnsHostnames (AWS PrivateLink guide)"
        yield Fault("privateDnsEnabled", "the VPC has its DNS attributes off", wanted)
    service = text(resource.inputs, "serviceName")
    for one in others(world, resource):
        same = text(one.inputs, "vpcId") == vpc.id and text(one.inputs, "serviceName") == service
        if same and is_true(one.inputs, "privateDnsEnabled"):
            yield Fault("privateDnsEnabled", f"{one.name} has {service} in this VPC", "one such endpoint a service")


def log_has_a_destination(resource: Resource, _world: World) -> Iterator[Fault]:
    """A flow log to CloudWatch names a role; one to a bucket names the bucket (CreateFlowLogs)."""
    kind = text(resource.inputs, "logDestinationType") or "cloud-watch-logs"
    if absent(resource.inputs, "logDestination") and absent(resource.inputs, "logGroupName"):
        yield Fault("logDestination", "it is missing", f"where the log goes ({kind})")
    if kind == "cloud-watch-logs" and absent(resource.inputs, "iamRoleArn"):
        yield Fault("iamRoleArn", "it is missing", "a role that may write to CloudWatch Logs")


def nat_gateway_has_its_address(resource: Resource, world: World) -> Iterator[Fault]:
    """A NAT gateway that faces the internet has an address of its own, which no other has."""
    kind, allocation = (text(resource.inputs, name) for name in ("connectivityType", "allocationId"))
    if kind == "private" and allocation:
        yield Fault("allocationId", "it is given for a private NAT gateway", "no allocationId (CreateNatGateway)")
    if kind != "private" and absent(resource.inputs, "allocationId") and absent(resource.inputs, "availabilityMode"):
        yield Fault("allocationId", "it is missing", "the Elastic IP of a public NAT gateway (CreateNatGateway)")
    for one in others(world, resource):
        if allocation and text(one.inputs, "allocationId") == allocation:
            yield Fault("allocationId", f"{allocation} is in use by {one.name}", "an Elastic IP of its own")


def inline_routes_have_targets(resource: Resource, _world: World) -> Iterator[Fault]:
    """Inline routes name their target too."""
    for place, route in found(resource.inputs, "routes[]"):
        if isinstance(route, Mapping) and all(absent(route, name) for name in _TARGETS):
            yield Fault(place, "the route has no target", f"one of {', '.join(_TARGETS)}")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    VPC: (is_range("cidrBlock", 16, 28), exactly_one("cidrBlock", "ipv4IpamPoolId", source="CreateVpc")),
    SECONDARY: (is_range("cidrBlock", 16, 28), secondary_range_is_allowed, secondary_range_is_under_no_route),
    SUBNET: (
        is_range("cidrBlock", 16, 28),
        subnet_fits_its_vpc,
        zone_is_of_the_region,
        not_together("availabilityZone", "availabilityZoneId", source="CreateSubnet"),
    ),
    TABLE: (inline_routes_have_targets,),
    ROUTE: (
        is_range("destinationCidrBlock"),
        exactly_one(
            "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId", source="CreateRoute"
        ),
        exactly_one(*_TARGETS, source="CreateRoute"),
        route_is_new_in_its_table,
        targets_are_in_the_vpc,
    ),
    TABLE_ASSOCIATION: (
        exactly_one("subnetId", "gatewayId", source="AssociateRouteTable"),
        subnet_has_one_table_of_its_vpc,
    ),
    "aws:ec2/natGateway:NatGateway": (
        one_of("connectivityType", ("public", "private"), "CreateNatGateway"),
        nat_gateway_has_its_address,
    ),
    ENDPOINT: (
        endpoint_fits_its_kind,
        endpoint_service_is_of_the_region,
        private_names_need_dns,
        one_of(
            "vpcEndpointType",
            ("Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
            "CreateVpcEndpoint",
        ),
    ),
    "aws:ec2/flowLog:FlowLog": (
        exactly_one(
            "vpcId",
            "subnetId",
            "eniId",
            "transitGatewayId",
            "transitGatewayAttachmentId",
            "regionalNatGatewayId",
            source="CreateFlowLogs",
        ),
        one_of("trafficType", ("ACCEPT", "REJECT", "ALL"), "CreateFlowLogs"),
        one_of("maxAggregationInterval", (60, 600), "CreateFlowLogs"),
        log_has_a_destination,
    ),
}
