"""Azure network security rules, whether they stand alone or inside of a group, a subnet or a network."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.allowed import unless_allowed
from meshfed.rules.azure.kinds import SECURITY_RULE
from meshfed.rules.expect import word
from meshfed.rules.networks import TUNNEL_PORTS, internet_among
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_ALL_CUSTOMERS: Final = re.compile(r"^azurecloud(\.|$)", re.IGNORECASE)
"""The tag of every public address in Azure: any tenant's machines have one."""
_NETWORK: Final = "azure-native:network:"
_USER_RULES: Final = (f"{_NETWORK}SecurityUserRule", f"{_NETWORK}UserRule")
_PERIMETER_RULES: Final = (f"{_NETWORK}NspAccessRule", f"{_NETWORK}NetworkSecurityPerimeterAccessRule")
_FIREWALLS: Final = (f"{_NETWORK}AzureFirewall", f"{_NETWORK}FirewallPolicyRuleCollectionGroup")
_EVERY_PORT: Final = frozenset({"*", "0-65535", "1-65535"})
_WHAT_COUNTS: Final = (
    "access",
    "direction",
    "protocol",
    *(f"{side}{what}" for side in ("source", "destination") for what in ("AddressPrefix", "AddressPrefixes")),
    *(f"{side}{what}" for side in ("source", "destination") for what in ("PortRange", "PortRanges")),
    "destinationApplicationSecurityGroups",
)
"""Members of a rule by whose content one for a public gateway is allowed."""
_PORTS: Final = re.compile(r"^(\d+)(?:-(\d+))?$")


def _nobody_enters_from_everywhere(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    rule = resource.props
    if _allows(rule, "inbound") and not _opens_tunnels_alone(rule) and (node := _everyone(rule, "source")):
        if _opens_https_alone(rule):
            yield from unless_allowed(resource, node, "lets everyone in", _WHAT_COUNTS, parameters)
        else:
            yield node.wrong("lets everyone in")


def _not_everything_leaves(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    rule = resource.props
    if not _allows(rule, "outbound") or not _EVERY_PORT & {node.text().strip() for node in _ports(rule)}:
        return
    if node := _everyone(rule, "destination"):
        yield node.wrong("lets everything out to everywhere, above the rule that refuses it")


def _managers_let_nobody_in_from_everywhere(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if _allows(resource.props, "inbound") and (node := _everyone_of_manager(resource.props)):
        yield node.wrong("lets everyone in, in every network of the manager and before any other rule")


def _user_rules_let_nobody_in_from_everywhere(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    rule = resource.props
    if word(rule["direction"].text("inbound")) == "inbound" and (node := _everyone_of_manager(rule)):
        yield node.wrong("lets everyone in, in every network of the manager")


def _everyone_of_manager(rule: Node) -> Node | None:
    """What names everyone in a network manager's rule: a source, or that there is none."""
    sources = rule["sources"]
    return sources if sources.is_absent else _stands_for_everyone([one["addressPrefix"] for one in sources.items()])


def _perimeter_lets_nobody_in_from_everywhere(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    rule = resource.props
    if word(rule["direction"].text("inbound")) == "inbound":
        given = [*_members(rule["addressPrefixes"]), *_members(rule["serviceTags"])]
        if node := _stands_for_everyone(given):
            yield node.wrong("lets everyone reach every vault and account within the perimeter")


def _group_is_narrow(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if node := internet_among(resource.props["ipAddresses"].items()):
        yield node.wrong("makes a group of addresses the whole internet, wherever a rule names it")


def _firewall_leads_nobody_in_from_everywhere(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(rule: Node) -> Iterator[Finding]:
        if node := _stands_for_everyone(_members(rule["sourceAddresses"])):
            yield node.wrong("leads everyone in")

    yield from each(_firewall_rules(resource, inward=True), one)


def _firewall_lets_not_everything_out(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(rule: Node) -> Iterator[Finding]:
        if not _EVERY_PORT & {node.text().strip() for node in _members(rule["destinationPorts"])}:
            return
        if node := _stands_for_everyone(_members(rule["destinationAddresses"])):
            yield node.wrong("lets everything out to everywhere")

    yield from each(_firewall_rules(resource, inward=False), one)


def _firewall_rules(resource: Resource, *, inward: bool) -> Iterator[Node]:
    """Rules of Azure Firewall that translate addresses, or that allow. Raises UndecidedError."""
    props = resource.props
    if inward:
        yield from (rule for group in props["natRuleCollections"].items() for rule in group["rules"].items())
    for group in [*props["networkRuleCollections"].items(), *props["ruleCollections"].items()]:
        if word(group["action"]["type"].text()) == "deny":
            continue
        for rule in group["rules"].items():
            if (word(rule["ruleType"].text()) == "natrule") is inward:
                yield rule


def _members(node: Node) -> list[Node]:
    return [node] if node.is_unknown else node.items()


def _allows(rule: Node, direction: str) -> bool:
    return word(rule["access"].text()) != "deny" and word(rule["direction"].text(direction)) == direction


def _everyone(rule: Node, side: str) -> Node | None:
    return _stands_for_everyone(_both(rule, f"{side}AddressPrefix", f"{side}AddressPrefixes"))


def _stands_for_everyone(given: list[Node]) -> Node | None:
    customers = (node for node in given if not node.is_unknown and _ALL_CUSTOMERS.match(node.text().strip()))
    return next(customers, None) or internet_among(given)


def _ports(rule: Node) -> list[Node]:
    return _both(rule, "destinationPortRange", "destinationPortRanges")


def _both(rule: Node, one: str, several: str) -> list[Node]:
    return [*_members(rule[one]), *_members(rule[several])]


def _opens_https_alone(rule: Node) -> bool:
    """Whether it is what a public gateway needs: the port of HTTPS in TCP, at addresses that it names."""
    at = _both(rule, "destinationAddressPrefix", "destinationAddressPrefixes")
    is_named = bool(at) and not any(node.text().strip() in {"*", "Any"} or internet_among([node]) for node in at)
    ports = [node.text().strip() for node in _ports(rule)]
    return word(rule["protocol"].text("*")) == "tcp" and set(ports) == {"443"} and is_named


def _opens_tunnels_alone(rule: Node) -> bool:
    if word(rule["protocol"].text("*")) not in {"udp", "*"}:
        return False
    ranges = [_PORTS.match(node.text().strip()) for node in _ports(rule)]
    return bool(ranges) and all(
        found and int(found[1]) in TUNNEL_PORTS and int(found[2] or found[1]) in TUNNEL_PORTS for found in ranges
    )


RULES: Final = (
    Rule(
        id="MF-Z6",
        title="No network security rule of Azure opens a subnet to everyone",
        why="Traffic that enters past the gateways has no mesh identity, and what leaves freely takes data along.",
        mend="Name the peers' addresses, the VirtualNetwork or AzureLoadBalancer tag in sourceAddressPrefix; outbound,"
        " name ports and destinations. A public gateway's rule (TCP, port 443, at named addresses) can be allowed by"
        " its logical name, or its group's, and its sha256.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            SECURITY_RULE: (_nobody_enters_from_everywhere, _not_everything_leaves),
            "azure-native:network:AdminRule": (_managers_let_nobody_in_from_everywhere,),
            **dict.fromkeys(_USER_RULES, (_user_rules_let_nobody_in_from_everywhere,)),
            **dict.fromkeys(_PERIMETER_RULES, (_perimeter_lets_nobody_in_from_everywhere,)),
            **dict.fromkeys(_FIREWALLS, (_firewall_leads_nobody_in_from_everywhere, _firewall_lets_not_everything_out)),
            "azure-native:network:IpGroup": (_group_is_narrow,),
        },
        controls=("NIST SP 800-53 SC-7", "NIST SP 800-53 AC-4"),
        weaker="Priorities are not computed: an Allow for everyone is refused also where a Deny stands above it. A"
        " group of addresses is judged where it is made: one from elsewhere is believed.",
    ),
)
