"""What Google Cloud refuses about networks, subnets, addresses, routes, routers and firewalls.

Sources: VPC documentation, "Subnets" (valid ranges, unusable addresses), "Routes", "VPC firewall rules", "Maximum
transmission unit"; Cloud NAT "Addresses and ports"; Cloud Router "Create"; Compute API reference.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.addresses import host_fault, internal_faults, overlaps, taken_fault
from meshfed_local.standins.rules.reading import (
    absent,
    at,
    found,
    is_true,
    named,
    network,
    number,
    objects,
    others,
    text,
    texts,
)
from meshfed_local.standins.rules.shapes import distinct, exactly_one, is_range, matches, one_of, within
from meshfed_local.standins.specials.gcp_ids import bare
from meshfed_local.standins.world import Record, World

NETWORK: Final = "gcp:compute/network:Network"
SUBNET: Final = "gcp:compute/subnetwork:Subnetwork"
ADDRESS: Final = "gcp:compute/address:Address"
INSTANCE: Final = "gcp:compute/instance:Instance"
TEMPLATE: Final = "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate"
GROUP: Final = "gcp:compute/instanceGroupManager:InstanceGroupManager"
FORWARDING: Final = "gcp:compute/forwardingRule:ForwardingRule"
ROUTE: Final = "gcp:compute/route:Route"

RESERVED: Final = (2, 2)
"""Network, default gateway; second to last and broadcast address of a primary range."""
_UNUSABLE: Final = tuple(
    IPv4Network(one)
    for one in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32", "199.36.153.4/30")
)
_SECONDARY_LIMIT: Final = 170
_LAST_PORT: Final = 65535
_HOPS: Final = ("nextHopGateway", "nextHopIlb", "nextHopInstance", "nextHopIp", "nextHopVpnTunnel")
_WITH_PORTS: Final = frozenset({"tcp", "udp", "sctp", "6", "17", "132"})
_PROTOCOL: Final = re.compile(r"all|tcp|udp|icmp|esp|ah|sctp|ipip|\d{1,3}")


def same(first: str, second: str) -> bool:
    """Whether two references name one thing: an id and a self link do."""
    return bool(first) and bare(first) == bare(second)


def subnet_of(world: World, reference: Any) -> Record | None:
    """The subnet that a self link, id or name refers to."""
    return named(world, bare(reference) if isinstance(reference, str) else None, SUBNET) or named(
        world, reference, SUBNET
    )


def template_of(world: World, version: Any) -> Record | None:
    """The template of a version of an instance group."""
    return named(world, bare(text(version, "instanceTemplate")), TEMPLATE)


def ranges_of(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Primary and secondary ranges of a subnet, with where they stand."""
    return [*texts(inputs, "ipCidrRange"), *texts(inputs, "secondaryIpRanges[].ipCidrRange")]


def network_ranges(world: World, reference: str, without: str = "") -> list[tuple[str, IPv4Network]]:
    """Every range of a network's subnets, in all regions."""
    return [
        (one.name, value)
        for one in world.records(SUBNET)
        if one.urn != without and same(text(one.inputs, "network"), reference)
        for _, cidr in ranges_of(one.inputs)
        if (value := network(cidr))
    ]


def ranges_are_apart(resource: Resource, world: World) -> Iterator[Fault]:
    """Ranges are disjoint across the whole network, secondary ones included, and none that Google keeps."""
    mine = ranges_of(resource.inputs)
    yield from internal_faults(mine)
    taken = network_ranges(world, text(resource.inputs, "network"), resource.urn)
    for place, value in mine:
        yield from overlaps(place, value, taken)
        parsed = network(value)
        for kept in _UNUSABLE:
            if parsed and parsed.overlaps(kept):
                yield Fault(place, f"{value} overlaps {kept}, which can't be used", "another range (Subnets)")
    if len(mine) > _SECONDARY_LIMIT + 1:
        wanted = f"at most {_SECONDARY_LIMIT} secondary ranges"
        yield Fault("secondaryIpRanges", f"{len(mine) - 1} secondary ranges are given", wanted)


def network_takes_subnets(resource: Resource, world: World) -> Iterator[Fault]:
    """A network of automatic subnets has ranges of its own in 10.128.0.0/9."""
    parent = named(world, bare(text(resource.inputs, "network")), NETWORK)
    automatic = parent is not None and at(parent.inputs, "autoCreateSubnetworks") is not False
    mine = network(text(resource.inputs, "ipCidrRange"))
    if automatic and mine and mine.overlaps(IPv4Network("10.128.0.0/9")):
        wanted = "another range, or a network with autoCreateSubnetworks false"
        yield Fault("ipCidrRange", f"{mine} overlaps the network's automatic subnets", wanted)


def held_addresses(world: World, resource: Resource) -> list[tuple[str, str]]:
    """Internal addresses that machines and forwarding rules hold, with who holds them."""
    machines = [(one.name, one.inputs) for one in others(world, resource, INSTANCE)]
    machines += [
        (one.name, template.inputs)
        for one in others(world, resource, GROUP)
        for _, version in objects(one.inputs, "versions[]")
        if (template := template_of(world, version))
    ]
    held = [(name, value) for name, inputs in machines for _, value in texts(inputs, "networkInterfaces[].networkIp")]
    return held + [
        (one.name, value) for one in others(world, resource, FORWARDING) for _, value in texts(one.inputs, "ipAddress")
    ]


def address_fits_its_subnet(resource: Resource, world: World) -> Iterator[Fault]:
    """An internal address is inside its subnet's primary range, usable and reserved once."""
    subnet = subnet_of(world, at(resource.inputs, "subnetwork"))
    internal = text(resource.inputs, "addressType") == "INTERNAL"
    if not internal and not absent(resource.inputs, "subnetwork"):
        yield Fault("subnetwork", "it is given for an external address", "none, or addressType INTERNAL")
    space = network(text(subnet.inputs, "ipCidrRange")) if subnet else None
    taken = [
        (one.name, text(one.inputs, "address"))
        for one in others(world, resource)
        if same(text(one.inputs, "subnetwork"), text(resource.inputs, "subnetwork"))
    ]
    for place, value in texts(resource.inputs, "address"):
        if space is not None:
            yield from host_fault(place, value, space, RESERVED)
            yield from taken_fault(place, value, taken)


def destination_is_outside(resource: Resource, world: World) -> Iterator[Fault]:
    """A route leads neither to a subnet's range nor into one ("Routes": destinations of custom routes)."""
    mine = network(text(resource.inputs, "destRange"))
    for owner, taken in network_ranges(world, text(resource.inputs, "network")):
        if mine and mine.subnet_of(taken):
            yield Fault(
                "destRange", f"{mine} is inside {taken} of the subnet {owner}", "a range that holds subnets, or none"
            )


def hop_is_of_the_network(resource: Resource, world: World) -> Iterator[Fault]:
    """A load balancer as next hop is internal and of the same network."""
    reference = at(resource.inputs, "nextHopIlb")
    rule = named(world, bare(reference), FORWARDING) if isinstance(reference, str) else None
    if rule is None:
        return
    if text(rule.inputs, "loadBalancingScheme") != "INTERNAL":
        yield Fault("nextHopIlb", f"{rule.name} is not internal", "an internal passthrough load balancer")
    theirs = text(rule.inputs, "network")
    if theirs and not same(theirs, text(resource.inputs, "network")):
        yield Fault("nextHopIlb", f"{rule.name} is of another network", "a forwarding rule of the route's network")


def firewall_says_who_and_whom(resource: Resource, _world: World) -> Iterator[Fault]:
    """What goes with the direction: sources with ingress, destinations with egress."""
    inbound = text(resource.inputs, "direction") != "EGRESS"
    sources = ("sourceRanges", "sourceTags", "sourceServiceAccounts")
    given = [name for name in sources if not absent(resource.inputs, name)]
    if inbound and not given:
        yield Fault("sourceRanges", "no source is given", f"one of {', '.join(sources)} (INGRESS)")
    if not inbound:
        for name in given:
            # Since 2023 egress rules may have source ranges; tags and accounts still belong to ingress.
            if name != "sourceRanges":
                yield Fault(name, "it is given for an egress rule", f"no {name} with EGRESS")
    mixed = [name for name in ("sourceTags", "targetTags") if not absent(resource.inputs, name)]
    accounts = [n for n in ("sourceServiceAccounts", "targetServiceAccounts") if not absent(resource.inputs, n)]
    if mixed and accounts:
        yield Fault(mixed[0], f"it is given beside {accounts[0]}", "tags or service accounts")


def protocols_fit_their_ports(path: str, name: str) -> Rule:
    """Protocols are known; ports are of TCP, UDP and SCTP only."""

    def rule(resource: Resource, _world: World) -> Iterator[Fault]:
        for place, part in objects(resource.inputs, path):
            protocol = text(part, name).lower()
            if protocol and not _PROTOCOL.fullmatch(protocol):
                yield Fault(
                    f"{place}.{name}", f"{protocol!r} is no protocol", "tcp, udp, icmp, esp, ah, sctp, ipip, all"
                )
            for where, port in texts(part, "ports[]"):
                first, _, last = port.partition("-")
                good = first.isdigit() and (last or first).isdigit() and int(first) <= int(last or first) <= _LAST_PORT
                if not good:
                    yield Fault(f"{place}.{where}", f"{port!r} is no port", "a port, or a range as 100-200")
                elif protocol not in _WITH_PORTS:
                    yield Fault(
                        f"{place}.{where}", f"a port is given for {protocol}", "ports with tcp, udp or sctp only"
                    )

    return rule


def policy_rule_says_whom(resource: Resource, _world: World) -> Iterator[Fault]:
    """A rule of a firewall policy says sources for ingress or destinations for egress."""
    inbound = text(resource.inputs, "direction") == "INGRESS"
    kinds = (
        "IpRanges",
        "Fqdns",
        "RegionCodes",
        "ThreatIntelligences",
        "AddressGroups",
        "SecureTags",
        "Networks",
        "NetworkContext",
        "NetworkScope",
    )
    given = [kind for kind in kinds if not absent(resource.inputs, f"match.{'src' if inbound else 'dest'}{kind}")]
    if at(resource.inputs, "match") is not None and not given:
        side = "srcIpRanges" if inbound else "destIpRanges"
        yield Fault(f"match.{side}", "it is missing", f"{side} or another {'source' if inbound else 'destination'}")


def nat_ports_are_powers_of_two(resource: Resource, _world: World) -> Iterator[Fault]:
    """Dynamic port allocation has bounds that are powers of two, and no endpoint-independent mapping."""
    dynamic = is_true(resource.inputs, "enableDynamicPortAllocation")
    low, high = number(resource.inputs, "minPortsPerVm"), number(resource.inputs, "maxPortsPerVm")
    if dynamic and is_true(resource.inputs, "enableEndpointIndependentMapping"):
        wanted = "false with dynamic port allocation"
        yield Fault("enableEndpointIndependentMapping", "it is on with dynamic port allocation", wanted)
    if high is not None and not dynamic:
        yield Fault("maxPortsPerVm", "it is given without dynamic port allocation", "enableDynamicPortAllocation")
    for name, value in (("minPortsPerVm", low), ("maxPortsPerVm", high)):
        if dynamic and value is not None and (value < 32 or int(value) & (int(value) - 1)):
            yield Fault(name, f"{value:g} is no power of two from 32 on", "32, 64, 128 … 65536")
    if dynamic and low is not None and high is not None and high <= low:
        yield Fault("maxPortsPerVm", f"{high:g} is not above minPortsPerVm, {low:g}", "more than minPortsPerVm")


def nat_lists_what_it_translates(resource: Resource, _world: World) -> Iterator[Fault]:
    """Subnets are listed when, and only when, the NAT is told to look at a list."""
    listed = text(resource.inputs, "sourceSubnetworkIpRangesToNat") == "LIST_OF_SUBNETWORKS"
    if listed == absent(resource.inputs, "subnetworks") and not absent(
        resource.inputs, "sourceSubnetworkIpRangesToNat"
    ):
        yield Fault(
            "subnetworks", "it does not go with sourceSubnetworkIpRangesToNat", "subnets with LIST_OF_SUBNETWORKS"
        )
    manual = text(resource.inputs, "natIpAllocateOption") == "MANUAL_ONLY"
    if manual == absent(resource.inputs, "natIps") and not absent(resource.inputs, "natIpAllocateOption"):
        yield Fault("natIps", "it does not go with natIpAllocateOption", "addresses with MANUAL_ONLY, else none")


def router_number_is_private(resource: Resource, _world: World) -> Iterator[Fault]:
    """A router's ASN is private (RFC 6996), or 16550 for Partner Interconnect."""
    asn = number(resource.inputs, "bgp.asn")
    private = asn is None or 64512 <= asn <= 65534 or 4200000000 <= asn <= 4294967294 or asn == 16550
    if not private:
        yield Fault("bgp.asn", f"{asn:g} is not private", "64512 to 65534, 4200000000 to 4294967294, or 16550")


def association_is_new(resource: Resource, world: World) -> Iterator[Fault]:
    """A network has one firewall policy."""
    target = text(resource.inputs, "attachmentTarget")
    for one in others(world, resource):
        if same(target, text(one.inputs, "attachmentTarget")):
            yield Fault("attachmentTarget", f"the network has a policy already, by {one.name}", "one policy a network")


def ranges_have_no_host_bits(resource: Resource, _world: World) -> Iterator[Fault]:
    """Ranges of a firewall rule are IPv4 or IPv6 without host bits."""
    for name in ("sourceRanges[]", "destinationRanges[]", "match.srcIpRanges[]", "match.destIpRanges[]"):
        for place, value in found(resource.inputs, name):
            mine = network(str(value))
            if mine is not None and str(value) != str(mine):
                yield Fault(place, f"{value} has bits set beyond its prefix", f"the network's own address, {mine}")
            elif mine is None and ":" not in str(value) and not re.fullmatch(r"\d+(\.\d+){3}", str(value)):
                yield Fault(place, f"{value!r} is no range", "a range as 10.0.0.0/16")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    NETWORK: (
        within("mtu", 1300, 8896, "Maximum transmission unit"),
        one_of("routingMode", ("REGIONAL", "GLOBAL"), "networks.insert"),
    ),
    SUBNET: (
        is_range("ipCidrRange", 4, 29),
        is_range("secondaryIpRanges[].ipCidrRange", 4, 29),
        matches("secondaryIpRanges[].rangeName", r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", "1 to 63 of a-z 0-9 -"),
        distinct("secondaryIpRanges[].rangeName", "names of ranges", "subnetworks.insert"),
        within("logConfig.flowSampling", 0, 1, "VPC Flow Logs"),
        ranges_are_apart,
        network_takes_subnets,
    ),
    ADDRESS: (address_fits_its_subnet, one_of("addressType", ("INTERNAL", "EXTERNAL"), "addresses.insert")),
    ROUTE: (
        is_range("destRange"),
        exactly_one(*_HOPS, source="routes.insert"),
        within("priority", 0, 65535, "routes.insert"),
        destination_is_outside,
        hop_is_of_the_network,
    ),
    "gcp:compute/firewall:Firewall": (
        exactly_one("allows", "denies", source="firewalls.insert"),
        one_of("direction", ("INGRESS", "EGRESS"), "firewalls.insert"),
        within("priority", 0, 65535, "firewalls.insert"),
        firewall_says_who_and_whom,
        protocols_fit_their_ports("allows[]", "protocol"),
        protocols_fit_their_ports("denies[]", "protocol"),
        ranges_have_no_host_bits,
    ),
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule": (
        one_of("direction", ("INGRESS", "EGRESS"), "networkFirewallPolicies.addRule"),
        one_of(
            "action", ("allow", "deny", "goto_next", "apply_security_profile_group"), "networkFirewallPolicies.addRule"
        ),
        within("priority", 0, 2147483547, "networkFirewallPolicies.addRule"),
        protocols_fit_their_ports("match.layer4Configs[]", "ipProtocol"),
        policy_rule_says_whom,
        ranges_have_no_host_bits,
    ),
    "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation": (association_is_new,),
    "gcp:compute/router:Router": (router_number_is_private,),
    "gcp:compute/routerNat:RouterNat": (nat_ports_are_powers_of_two, nat_lists_what_it_translates),
}
