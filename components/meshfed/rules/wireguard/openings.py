"""Who may send to which ports, in the firewalls of three clouds and in every form of writing it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from meshfed.rules.networks import are_tunnel_ports, internet_among
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

_RANGE: Final = re.compile(r"^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$")
_EVERY_PORT: Final = (0, 65535)


@dataclass(frozen=True, slots=True)
class Opening:
    """What one entry of a firewall lets in."""

    ports: Sequence[tuple[float, float]]
    """First and last of each range; none written is every port."""
    sources: Sequence[Node]
    is_for_wireguard: bool
    """Whether no other protocol than UDP comes in by it."""


def _is_udp(protocol: Node) -> bool:
    return protocol.text().strip().lower() in ("udp", "17")


def _amazon(rule: Node, *sources: str) -> Opening:
    first, last = rule["fromPort"].number(0) or 0, rule["toPort"].number(0) or 0
    # -1 stands for every port, and an entry for all protocols has no ports.
    ports = (first, last) if first > 0 and last > 0 else _EVERY_PORT
    protocol = rule["ipProtocol"] if rule["protocol"].is_missing else rule["protocol"]
    return Opening([ports], [node for name in sources for node in rule[name].items()], _is_udp(protocol))


def _group(resource: Resource) -> Iterator[Opening]:
    for rule in resource.props["ingress"].items():
        yield _amazon(rule, "cidrBlocks", "ipv6CidrBlocks")


def _group_rule(resource: Resource) -> Iterator[Opening]:
    if resource.props["type"].text() == "ingress":
        yield _amazon(resource.props, "cidrBlocks", "ipv6CidrBlocks")


def _ingress_rule(resource: Resource) -> Iterator[Opening]:
    yield _amazon(resource.props, "cidrIpv4", "cidrIpv6")


def _azure(rule: Node) -> Iterator[Opening]:
    if rule["access"].text().lower() != "allow" or rule["direction"].text().lower() != "inbound":
        return
    ports = [*rule["destinationPortRange"].items(), *rule["destinationPortRanges"].items()]
    sources = [*rule["sourceAddressPrefix"].items(), *rule["sourceAddressPrefixes"].items()]
    # Every protocol of a tunnel's port is left to this rule too.
    is_udp = rule["protocol"].text("*").strip().lower() in ("udp", "*")
    yield Opening([_ports(node) for node in ports], sources, is_udp)


def _security_rule(resource: Resource) -> Iterator[Opening]:
    yield from _azure(resource.props)


def _security_group(resource: Resource) -> Iterator[Opening]:
    for rule in resource.props["securityRules"].items():
        yield from _azure(rule)


def _virtual_network(resource: Resource) -> Iterator[Opening]:
    for subnet in resource.props["subnets"].items():
        for rule in subnet["networkSecurityGroup"]["securityRules"].items():
            yield from _azure(rule)


def _subnet(resource: Resource) -> Iterator[Opening]:
    for rule in resource.props["networkSecurityGroup"]["securityRules"].items():
        yield from _azure(rule)


def _google(resource: Resource) -> Iterator[Opening]:
    rule = resource.props
    if rule["direction"].text("INGRESS").upper() != "INGRESS" or rule["disabled"].flag(default=False):
        return
    sources = rule["sourceRanges"].items()
    named = not rule["sourceTags"].is_absent or not rule["sourceServiceAccounts"].is_absent
    if not sources and not named:
        # Google takes an entry that names nobody for one that names everybody.
        sources = [Node("0.0.0.0/0", rule["sourceRanges"].path, urn=rule.urn)]
    yield _of_layers(rule["allows"].items(), "protocol", sources)


def _policy_entry(rule: Node) -> Iterator[Opening]:
    if rule["action"].text().lower() != "allow" or rule["direction"].text("INGRESS").upper() != "INGRESS":
        return
    match = rule["match"]
    yield _of_layers(match["layer4Configs"].items(), "ipProtocol", match["srcIpRanges"].items())


def _of_layers(layers: Sequence[Node], protocol: str, sources: Sequence[Node]) -> Opening:
    ports = [_ports(node) for layer in layers for node in layer["ports"].items() or [Node("")]]
    return Opening(ports, sources, all(_is_udp(layer[protocol]) for layer in layers))


def _policy_rule(resource: Resource) -> Iterator[Opening]:
    yield from _policy_entry(resource.props)


def _policy_with_rules(resource: Resource) -> Iterator[Opening]:
    for rule in resource.props["rules"].items():
        yield from _policy_entry(rule)


def _ports(node: Node) -> tuple[float, float]:
    found = _RANGE.match(node.text())
    return (int(found[1]), int(found[2] or found[1])) if found else _EVERY_PORT


OPENINGS: Final[Mapping[str, Callable[[Resource], Iterator[Opening]]]] = {
    "aws:ec2/securityGroup:SecurityGroup": _group,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _group,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ingress_rule,
    "azure-native:network:SecurityRule": _security_rule,
    "azure-native:network:NetworkSecurityGroup": _security_group,
    "azure-native:network:VirtualNetwork": _virtual_network,
    "azure-native:network:Subnet": _subnet,
    "gcp:compute/firewall:Firewall": _google,
    "gcp:compute/firewallPolicyRule:FirewallPolicyRule": _policy_rule,
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule": _policy_rule,
    "gcp:compute/regionNetworkFirewallPolicyRule:RegionNetworkFirewallPolicyRule": _policy_rule,
    "gcp:compute/firewallPolicyWithRules:FirewallPolicyWithRules": _policy_with_rules,
    "gcp:compute/networkFirewallPolicyWithRules:NetworkFirewallPolicyWithRules": _policy_with_rules,
    "gcp:compute/regionNetworkFirewallPolicyWithRules:RegionNetworkFirewallPolicyWithRules": _policy_with_rules,
}
"""What lets traffic in, by kind."""


def _tunnels_know_their_peers(kind: str) -> Check:
    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        yield from each(OPENINGS[kind](resource), _knows_its_peers)

    return check


def _knows_its_peers(opening: Opening) -> Iterator[Finding]:
    if (
        opening.is_for_wireguard
        and opening.ports
        and all(are_tunnel_ports(first, last) for first, last in opening.ports)
    ):
        everybody = next((node for node in opening.sources if _is_any_customer(node)), None)
        everybody = everybody or internet_among(opening.sources)
        if everybody is not None:
            yield everybody.wrong("the whole internet may send to a tunnel's port")


def _is_any_customer(source: Node) -> bool:
    """Whether it is Azure's tag of all its public addresses."""
    return not source.is_unknown and source.text().strip().lower().partition(".")[0] == "azurecloud"


RULES: Final = (
    Rule(
        id="MF-W3",
        title="A tunnel's port hears its peers alone",
        why="WireGuard answers no stranger, but it must read every packet of one: an open port takes floods, shows "
        "when a gateway is at work, and waits for the first fault of the protocol.",
        mend="Name the peers' public addresses as /32 and /128 sources.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={kind: (_tunnels_know_their_peers(kind),) for kind in OPENINGS},
        controls=("NIST SP 800-53 SC-7",),
        weaker="Judges entries that open ports of tunnels and no others; one that opens more, all ports or all "
        "protocols to the internet is MF-A15's, MF-Z6's and MF-C5's. Prefix lists and service tags are "
        "not read.",
    ),
)
