"""What Azure refuses about security groups and load balancers.

Sources: Azure documentation, "Network security groups", "Virtual network service tags", "High availability ports
overview", and ARM's error codes (SecurityRuleConflict, SecurityRuleParameterContainsUnsupportedValue).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.azure_network import BALANCER, addresses_fit, public_address_is_free
from meshfed_local.standins.rules.reading import absent, address, network, number, objects, others, text, texts
from meshfed_local.standins.rules.shapes import distinct, one_of, within
from meshfed_local.standins.world import World

GROUP: Final = "azure-native:network:NetworkSecurityGroup"
RULE: Final = "azure-native:network:SecurityRule"

_RULES_PER_GROUP: Final = 1000
_LAST_PORT: Final = 65535
_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*")
_SIDES: Final = (
    ("sourceAddressPrefix", "sourceAddressPrefixes", "sourceApplicationSecurityGroups"),
    ("destinationAddressPrefix", "destinationAddressPrefixes", "destinationApplicationSecurityGroups"),
)
_PORTS: Final = (("sourcePortRange", "sourcePortRanges"), ("destinationPortRange", "destinationPortRanges"))


def rule_is_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """A rule says source, destination and ports in the one or the other form, and each value is one."""
    yield from _rule(resource.inputs, "")


def inline_rules_are_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """The same for rules in a group's own list, and their priorities and names differ."""
    seen: dict[tuple[str, float], str] = {}
    for place, rule in objects(resource.inputs, "securityRules[]"):
        yield from _rule(rule, f"{place}.")
        priority = number(rule, "priority")
        key = (text(rule, "direction"), -1.0 if priority is None else priority)
        if priority is not None and key in seen:
            yield Fault(
                f"{place}.priority", f"{priority:g} is also of {seen[key]}", "one rule a priority and direction"
            )
        seen[key] = text(rule, "name")


def _rule(rule: Mapping[str, Any], before: str) -> Iterator[Fault]:
    for one, several, groups in _SIDES:
        yield from _given_once(rule, before, (one, several, groups))
        for place, value in texts(rule, one):
            if value != "*" and not _is_address(value) and not _TAG.fullmatch(value):
                wanted = "a range, an address, a service tag or *"
                yield Fault(f"{before}{place}", f"{value!r} is no address prefix", wanted)
        for place, value in texts(rule, f"{several}[]"):
            if not _is_address(value):
                wanted = "ranges and addresses; a tag stands alone"
                yield Fault(f"{before}{place}", f"{value!r} can't be one of several", wanted)
    for one, several in _PORTS:
        yield from _given_once(rule, before, (one, several))
        for place, value in (*texts(rule, one), *texts(rule, f"{several}[]")):
            yield from _port_fault(f"{before}{place}", value)


def _given_once(rule: Mapping[str, Any], before: str, names: tuple[str, ...]) -> Iterator[Fault]:
    given = [name for name in names if not absent(rule, name)]
    if len(given) != 1:
        problem = f"{' and '.join(given)} are given together" if given else "it is missing"
        yield Fault(f"{before}{given[-1] if given else names[0]}", problem, f"one of {', '.join(names)}")


def _is_address(value: str) -> bool:
    # IPv6 ranges are left to the type: this product writes none.
    return ":" in value or address(value) is not None or network(value) is not None


def _port_fault(place: str, value: str) -> Iterator[Fault]:
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", value)
    if value != "*" and (found is None or not 0 <= int(found[1]) <= int(found[2] or found[1]) <= _LAST_PORT):
        yield Fault(place, f"{value!r} is no port", "a port, a range as 100-200, or *")


def priority_is_free(resource: Resource, world: World) -> Iterator[Fault]:
    """A group has one rule for a priority and direction (SecurityRuleConflict), and at most 1000 rules."""
    names = ("resourceGroupName", "networkSecurityGroupName")
    group = tuple(text(resource.inputs, name).lower() for name in names)
    mine = (text(resource.inputs, "direction"), number(resource.inputs, "priority"))
    count = 0
    for one in others(world, resource):
        if not all(group) or tuple(text(one.inputs, name).lower() for name in names) != group:
            continue
        count += 1
        if mine[1] is not None and (text(one.inputs, "direction"), number(one.inputs, "priority")) == mine:
            yield Fault("priority", f"{mine[1]:g} {mine[0]} is of {one.name}", "one rule a priority and direction")
    if count >= _RULES_PER_GROUP:
        yield Fault("", f"the group has {count} rules", f"at most {_RULES_PER_GROUP} rules")


def balancer_rules_fit(resource: Resource, _world: World) -> Iterator[Fault]:
    """A rule for all protocols has ports 0 (HA ports), and only an internal standard balancer has one."""
    standard = text(resource.inputs, "sku.name") in ("Standard", "Gateway")
    public = any(
        not absent(one, "publicIPAddress") for _, one in objects(resource.inputs, "frontendIPConfigurations[]")
    )
    for place, rule in objects(resource.inputs, "loadBalancingRules[]"):
        ports = [number(rule, name) for name in ("frontendPort", "backendPort")]
        every = text(rule, "protocol") == "All"
        if every != (ports == [0, 0]) and None not in ports:
            yield Fault(
                f"{place}.frontendPort",
                f"ports {ports[0]:g}, {ports[1]:g} with protocol {text(rule, 'protocol')}",
                "protocol All with ports 0 and 0, or neither",
            )
        if every and (public or not standard):
            wanted = "an internal load balancer of the SKU Standard"
            yield Fault(f"{place}.protocol", "HA ports are asked of this load balancer", wanted)


def balancer_names_its_parts(resource: Resource, _world: World) -> Iterator[Fault]:
    """Rules name a front end that the balancer has."""
    for place, rule in objects(resource.inputs, "loadBalancingRules[]"):
        if absent(rule, "frontendIPConfiguration.id"):
            yield Fault(f"{place}.frontendIPConfiguration", "it is missing", "the id of one of the front ends")


def probe_has_a_path(resource: Resource, _world: World) -> Iterator[Fault]:
    """An HTTP probe asks for a path; a TCP probe for none."""
    for place, probe in objects(resource.inputs, "probes[]"):
        http = text(probe, "protocol") in ("Http", "Https")
        if http == absent(probe, "requestPath"):
            wanted = "a path for Http and Https, none for Tcp"
            yield Fault(f"{place}.requestPath", "it does not go with the protocol", wanted)


def front_end_is_inside_or_outside(resource: Resource, _world: World) -> Iterator[Fault]:
    """A front end has a subnet or a public address."""
    for place, part in objects(resource.inputs, "frontendIPConfigurations[]"):
        given = [
            name
            for name in ("subnet", "publicIPAddress", "publicIPPrefix", "gatewayLoadBalancer")
            if not absent(part, name)
        ]
        if len([name for name in given if name != "gatewayLoadBalancer"]) != 1:
            yield Fault(place, f"it has {', '.join(given) or 'neither'}", "a subnet or a public address")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    GROUP: (
        inline_rules_are_whole,
        within("securityRules[].priority", 100, 4096, "Network security groups"),
        distinct("securityRules[].name", "names of rules", "Network security groups"),
    ),
    RULE: (rule_is_whole, within("priority", 100, 4096, "Network security groups"), priority_is_free),
    BALANCER: (
        balancer_rules_fit,
        balancer_names_its_parts,
        probe_has_a_path,
        front_end_is_inside_or_outside,
        addresses_fit("frontendIPConfigurations[]"),
        public_address_is_free,
        within("probes[].port", 1, 65535, "Load Balancers - Create"),
        within("probes[].intervalInSeconds", 5, 2147483646, "Load Balancers - Create"),
        within("loadBalancingRules[].idleTimeoutInMinutes", 4, 100, "Load Balancers - Create"),
        one_of("frontendIPConfigurations[].zones[]", ("1", "2", "3"), "Availability zones"),
        distinct("loadBalancingRules[].name", "names of rules", "Load Balancers - Create"),
    ),
}
