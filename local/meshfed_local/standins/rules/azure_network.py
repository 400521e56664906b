"""What Azure refuses about virtual networks, subnets, routes, interfaces, addresses and private names.

Sources: Azure documentation, "Virtual network FAQ", "Add, change, or delete a virtual network subnet", "Virtual
network traffic routing", "Private IP addresses", "Design virtual networks with NAT gateway", "What is Azure Private
DNS". ARM's own error code stands in the message where it is known.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.addresses import host_fault, internal_faults, outside, overlaps, taken_fault
from meshfed_local.standins.rules.reading import absent, address, at, named, network, objects, others, text, texts
from meshfed_local.standins.rules.shapes import distinct, exactly_one, is_range, one_of, range_fault
from meshfed_local.standins.world import Record, World

NETWORK: Final = "azure-native:network:VirtualNetwork"
SUBNET: Final = "azure-native:network:Subnet"
INTERFACE: Final = "azure-native:network:NetworkInterface"
BALANCER: Final = "azure-native:network:LoadBalancer"
PUBLIC_ADDRESS: Final = "azure-native:network:PublicIPAddress"
NAT: Final = "azure-native:network:NatGateway"
ROUTE: Final = "azure-native:network:Route"
LINK: Final = "azure-native:privatedns:VirtualNetworkLink"

LONGEST_PREFIX: Final = 29
_RESERVED: Final = (4, 1)
_UNUSABLE: Final = tuple(
    IPv4Network(one)
    for one in ("224.0.0.0/4", "255.255.255.255/32", "127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32")
)
_SPECIAL: Final[Mapping[str, int]] = {
    "AzureBastionSubnet": 26,
    "AzureFirewallSubnet": 26,
    "GatewaySubnet": LONGEST_PREFIX,
    "RouteServerSubnet": 27,
}
_WITHOUT_GROUP: Final = frozenset({"GatewaySubnet", "RouteServerSubnet", "AzureFirewallSubnet"})


def prefixes_of(subnet: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The ranges that a subnet is given, with where they stand."""
    return [*texts(subnet, "addressPrefix"), *texts(subnet, "addressPrefixes[]")]


def network_of(world: World, subnet_id: Any) -> Record | None:
    """The virtual network that a subnet's id lies in."""
    parent = subnet_id.rsplit("/subnets/", 1)[0] if isinstance(subnet_id, str) else None
    return named(world, parent, NETWORK)


def subnet_inputs(world: World, subnet_id: Any) -> Mapping[str, Any]:
    """What a subnet was asked for, whether it stands alone or in its network's own list."""
    alone = named(world, subnet_id, SUBNET)
    if alone is not None:
        return alone.inputs
    parent = network_of(world, subnet_id)
    if parent is None or not isinstance(subnet_id, str):
        return {}
    name = subnet_id.rsplit("/", 1)[-1].lower()
    inline = (one for _, one in objects(parent.inputs, "subnets[]"))
    nothing: Mapping[str, Any] = {}
    return next((one for one in inline if text(one, "name").lower() == name), nothing)


def subnet_range(world: World, subnet_id: Any) -> IPv4Network | None:
    """The first range of a subnet."""
    return next((network(value) for _, value in prefixes_of(subnet_inputs(world, subnet_id))), None)


def network_ranges(world: World, subnet_id: Any) -> list[tuple[str, IPv4Network]]:
    """The address space of the network that a subnet lies in."""
    parent = network_of(world, subnet_id)
    values = (
        []
        if parent is None
        else [network(value) for _, value in texts(parent.inputs, "addressSpace.addressPrefixes[]")]
    )
    return [(parent.name, value) for value in values if parent is not None and value is not None]


def space_is_usable(resource: Resource, _world: World) -> Iterator[Fault]:
    """The ranges of a network are disjoint and not among those that Azure keeps for itself."""
    ranges = list(texts(resource.inputs, "addressSpace.addressPrefixes[]"))
    yield from internal_faults(ranges)
    for place, value in ranges:
        mine = network(value)
        for kept in _UNUSABLE:
            if mine and mine.overlaps(kept):
                yield Fault(place, f"{value} overlaps {kept}, which Azure keeps", "another range (Virtual network FAQ)")


def inline_subnets_fit(resource: Resource, _world: World) -> Iterator[Fault]:
    """Subnets in a network's own list are inside its space, disjoint and named differently."""
    spaces = [network(value) for _, value in texts(resource.inputs, "addressSpace.addressPrefixes[]")]
    ranges: list[tuple[str, str]] = []
    for place, subnet in objects(resource.inputs, "subnets[]"):
        for name, value in prefixes_of(subnet):
            where = f"{place}.{name}"
            ranges.append((where, value))
            yield from range_fault(where, value, (0, LONGEST_PREFIX))
            yield from outside(where, value, [one for one in spaces if one is not None], "the address space")
            yield from _special(where, text(subnet, "name"), value)
    yield from internal_faults(ranges)


def subnet_fits_its_network(resource: Resource, world: World) -> Iterator[Fault]:
    """A subnet is inside its network's space (NetcfgInvalidSubnet) and overlaps no sibling."""
    group, name = (text(resource.inputs, key).lower() for key in ("resourceGroupName", "virtualNetworkName"))
    parent = next((one for one in world.records(NETWORK) if _is(one, group, name)), None)
    siblings: list[tuple[str, IPv4Network]] = []
    for one in others(world, resource):
        if (text(one.inputs, "resourceGroupName").lower(), text(one.inputs, "virtualNetworkName").lower()) == (
            group,
            name,
        ):
            siblings += [(one.name, value) for _, found in prefixes_of(one.inputs) if (value := network(found))]
    inline = objects(parent.inputs, "subnets[]") if parent else ()
    for _, one in inline:
        if text(one, "name").lower() != text(resource.inputs, "subnetName").lower():
            siblings += [(text(one, "name"), value) for _, found in prefixes_of(one) if (value := network(found))]
    spaces = texts(parent.inputs, "addressSpace.addressPrefixes[]") if parent else ()
    space = [value for _, found in spaces if (value := network(found))]
    for place, value in prefixes_of(resource.inputs):
        yield from outside(place, value, space, name)
        yield from overlaps(place, value, siblings)
        yield from _special(place, text(resource.inputs, "subnetName"), value)


def _is(record: Record, group: str, name: str) -> bool:
    return (
        text(record.inputs, "virtualNetworkName").lower() == name
        and text(record.inputs, "resourceGroupName").lower() == group
    )


def _special(place: str, name: str, value: str) -> Iterator[Fault]:
    mine, longest = network(value), _SPECIAL.get(name)
    if mine and longest and mine.prefixlen > longest:
        yield Fault(place, f"{value} is too small for {name}", f"/{longest} or larger")


def special_subnet_has_no_group(resource: Resource, _world: World) -> Iterator[Fault]:
    """Subnets of Azure's own gateways and route servers take no security group."""
    name = text(resource.inputs, "subnetName")
    if name in _WITHOUT_GROUP and not absent(resource.inputs, "networkSecurityGroup.id"):
        yield Fault("networkSecurityGroup", f"{name} has a security group", "none on this subnet")


def hop_fits_its_type(resource: Resource, _world: World) -> Iterator[Fault]:
    """A route to an appliance names its address, and no other route does."""
    kind, hop = text(resource.inputs, "nextHopType"), text(resource.inputs, "nextHopIpAddress")
    if kind == "VirtualAppliance" and absent(resource.inputs, "nextHopIpAddress"):
        yield Fault("nextHopIpAddress", "it is missing for a VirtualAppliance", "the appliance's private address")
    if kind != "VirtualAppliance" and kind and hop:
        yield Fault("nextHopIpAddress", f"it is given for {kind}", "none; only a VirtualAppliance has one")
    if hop and address(hop) is None:
        yield Fault("nextHopIpAddress", f"{hop!r} is no IPv4 address", "the appliance's private address")


def route_is_new_in_its_table(resource: Resource, world: World) -> Iterator[Fault]:
    """A table has one route for a prefix (RouteConflict)."""
    mine = _route(resource.inputs)
    for one in others(world, resource):
        if all(mine) and _route(one.inputs) == mine:
            yield Fault(
                "addressPrefix", f"the table has a route to {mine[2]} already, {one.name}", "one route a prefix"
            )


def _route(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(text(inputs, name).lower() for name in ("resourceGroupName", "routeTableName", "addressPrefix"))


def _private_addresses(world: World, resource: Resource) -> list[tuple[str, str, str]]:
    """Who holds which address of which subnet."""
    taken: list[tuple[str, str, str]] = []
    for token, path in ((INTERFACE, "ipConfigurations[]"), (BALANCER, "frontendIPConfigurations[]")):
        for one in others(world, resource, token):
            for _, part in objects(one.inputs, path):
                taken.append((one.name, text(part, "privateIPAddress"), text(part, "subnet.id").lower()))
    return taken


def addresses_fit(path: str) -> Rule:
    """Static addresses are given, inside their subnet, not among the five that Azure keeps, and nobody else's."""

    def rule(resource: Resource, world: World) -> Iterator[Fault]:
        for place, part in objects(resource.inputs, path):
            static = text(part, "privateIPAllocationMethod") == "Static"
            if static and absent(part, "privateIPAddress"):
                yield Fault(f"{place}.privateIPAddress", "it is missing for a static address", "the address")
            space = subnet_range(world, at(part, "subnet.id"))
            subnet_id = text(part, "subnet.id").lower()
            taken = [
                (owner, value) for owner, value, where in _private_addresses(world, resource) if where == subnet_id
            ]
            for name, value in texts(part, "privateIPAddress"):
                if space is not None:
                    yield from host_fault(f"{place}.{name}", value, space, _RESERVED)
                    yield from taken_fault(f"{place}.{name}", value, taken)

    return rule


def public_address_is_free(resource: Resource, world: World) -> Iterator[Fault]:
    """A public address is of one interface, load balancer or NAT gateway (PublicIPAddressInUse)."""
    paths = (
        "ipConfigurations[].publicIPAddress.id",
        "frontendIPConfigurations[].publicIPAddress.id",
        "publicIpAddresses[].id",
    )
    taken = {
        value.lower(): one.name
        for token in (INTERFACE, BALANCER, NAT)
        for one in others(world, resource, token)
        for path in paths
        for _, value in texts(one.inputs, path)
    }
    for path in paths:
        for place, value in texts(resource.inputs, path):
            if value.lower() in taken:
                yield Fault(place, f"the address is in use by {taken[value.lower()]}", "an address of its own")


def standard_address_is_static(resource: Resource, _world: World) -> Iterator[Fault]:
    """Addresses of the standard SKU are static, and those of the basic one are gone."""
    sku = text(resource.inputs, "sku.name") or "Basic"
    if sku == "Basic":
        yield Fault("sku.name", "addresses of the basic SKU were retired in 2025", "Standard")
    if sku == "Standard" and text(resource.inputs, "publicIPAllocationMethod") != "Static":
        yield Fault("publicIPAllocationMethod", "it is not Static for the SKU Standard", "Static")


def nat_goes_with_its_addresses(resource: Resource, world: World) -> Iterator[Fault]:
    """A zonal NAT gateway has addresses of its own zone or of all zones, and stands in one zone."""
    zones = [value for _, value in texts(resource.inputs, "zones[]")]
    if len(zones) > 1 and text(resource.inputs, "sku.name") == "Standard":
        yield Fault("zones", f"a NAT gateway of the SKU Standard is given {len(zones)} zones", "one zone or none")
    for place, value in texts(resource.inputs, "publicIpAddresses[].id"):
        record = named(world, value, PUBLIC_ADDRESS)
        theirs = [zone for _, zone in texts(record.inputs, "zones[]")] if record else []
        if record and zones and theirs and not set(zones) <= set(theirs):
            yield Fault(place, f"the address is in zone {', '.join(theirs)}", f"one in zone {', '.join(zones)}")


def interface_is_where_its_network_is(resource: Resource, world: World) -> Iterator[Fault]:
    """An interface is in the location of its network (InvalidResourceReference)."""
    here = text(resource.inputs, "location").lower()
    for place, subnet_id in texts(resource.inputs, "ipConfigurations[].subnet.id"):
        parent = network_of(world, subnet_id)
        there = text(parent.inputs, "location").lower() if parent else ""
        if here and there and here != there:
            yield Fault(place, f"the subnet is in {there}", f"a subnet in {here}, where the interface is")


def zone_is_linked_once(resource: Resource, world: World) -> Iterator[Fault]:
    """A network is linked with one private zone of a name (VirtualNetworkLinkConflict)."""
    zone, network_id = (
        text(resource.inputs, "privateZoneName").lower(),
        text(resource.inputs, "virtualNetwork.id").lower(),
    )
    for one in others(world, resource):
        theirs = (text(one.inputs, "privateZoneName").lower(), text(one.inputs, "virtualNetwork.id").lower())
        if zone and network_id and theirs == (zone, network_id):
            yield Fault("virtualNetwork.id", f"it is linked with {zone} already, by {one.name}", "one link with a zone")


def target_is_logged_once(resource: Resource, world: World) -> Iterator[Fault]:
    """A network has one flow log."""
    target = text(resource.inputs, "targetResourceId").lower()
    for one in others(world, resource):
        if target and text(one.inputs, "targetResourceId").lower() == target:
            yield Fault("targetResourceId", f"it has a flow log already, {one.name}", "one flow log a target")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    NETWORK: (is_range("addressSpace.addressPrefixes[]", 2, LONGEST_PREFIX), space_is_usable, inline_subnets_fit),
    SUBNET: (
        exactly_one("addressPrefix", "addressPrefixes", "ipamPoolPrefixAllocations", source="Subnets - Create"),
        is_range("addressPrefix", 2, LONGEST_PREFIX),
        is_range("addressPrefixes[]", 2, LONGEST_PREFIX),
        subnet_fits_its_network,
        special_subnet_has_no_group,
        distinct("delegations[].name", "names of delegations", "Subnets - Create"),
    ),
    ROUTE: (is_range("addressPrefix"), hop_fits_its_type, route_is_new_in_its_table),
    INTERFACE: (
        addresses_fit("ipConfigurations[]"),
        public_address_is_free,
        interface_is_where_its_network_is,
        distinct("ipConfigurations[].name", "names of configurations", "Network Interfaces - Create"),
    ),
    PUBLIC_ADDRESS: (standard_address_is_static, one_of("zones[]", ("1", "2", "3"), "Availability zones")),
    NAT: (
        nat_goes_with_its_addresses,
        public_address_is_free,
        one_of("zones[]", ("1", "2", "3"), "Availability zones"),
    ),
    LINK: (zone_is_linked_once,),
    "azure-native:network:FlowLog": (target_is_logged_once,),
}
