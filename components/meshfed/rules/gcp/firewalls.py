"""Firewall rules of Google Cloud: of a network, of its policies, of folders and organisations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from meshfed.rules.allowed import unless_allowed
from meshfed.rules.expect import word
from meshfed.rules.networks import TUNNEL_PORTS, internet_among
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

FIREWALL: Final = "gcp:compute/firewall:Firewall"
POLICY_RULES: Final = (
    "gcp:compute/firewallPolicyRule:FirewallPolicyRule",
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
    "gcp:compute/regionNetworkFirewallPolicyRule:RegionNetworkFirewallPolicyRule",
)
ORGANISATION_RULE: Final = "gcp:compute/organizationSecurityPolicyRule:OrganizationSecurityPolicyRule"
ADDRESS_GROUP: Final = "gcp:networksecurity/addressGroup:AddressGroup"
_UDP: Final = frozenset({"udp", "17"})
_PERMITS: Final = frozenset({"allow", "apply_security_profile_group"})
_EVERYTHING: Final = frozenset({"all", "-1"})
_ALL_CUSTOMERS: Final = "iplist-public-clouds"
"""The lists of public addresses of clouds: whoever rents a machine there has one."""
_INSIDE: Final = frozenset({"non_internet", "intra_vpc"})


_TCP: Final = frozenset({"tcp", "6"})
_WHAT_COUNTS: Final = (
    "action",
    "allows",
    "destinationRanges",
    "direction",
    "match",
    "sourceRanges",
    "targetSecureTags",
    "targetServiceAccounts",
    "targetTags",
)
"""Members of a rule by whose content one for a public gateway is allowed."""


@dataclass(frozen=True, slots=True)
class _Opening:
    """What a firewall rule permits, in either way of writing it."""

    resource: Resource

    @property
    def props(self) -> Node:
        return self.resource.props

    @property
    def is_of_network(self) -> bool:
        return self.resource.kind == FIREWALL

    @property
    def counts(self) -> bool:
        # Rules of the old organisation policies are only looked at while they are in preview.
        return not self.props["disabled"].flag() and not self.props["preview"].flag()

    @property
    def permits(self) -> bool:
        """Whether it lets anything through. Raises UndecidedError."""
        if not self.counts:
            return False
        if self.is_of_network:
            return not self.props["allows"].is_absent
        return word(self.props["action"].text()) in _PERMITS

    @property
    def is_inward(self) -> bool:
        return word(self.props["direction"].text("ingress")) != "egress"

    @property
    def protocols(self) -> list[tuple[Node, Node]]:
        """Protocols with their ports. Raises UndecidedError."""
        if self.is_of_network:
            return [(one["protocol"], one["ports"]) for one in self.props["allows"].items()]
        return [(one["ipProtocol"], one["ports"]) for one in self.match["layer4Configs"].items()]

    @property
    def match(self) -> Node:
        """What a rule of a policy is about; the old organisation policies have it one deeper."""
        match = self.props["match"]
        return match["config"] if self.resource.kind == ORGANISATION_RULE else match

    @property
    def sources(self) -> Node:
        return self.props["sourceRanges"] if self.is_of_network else self.match["srcIpRanges"]

    @property
    def named_sources(self) -> list[Node]:
        """Whatever names its sources but by ranges."""
        if self.is_of_network:
            return [self.props["sourceTags"], self.props["sourceServiceAccounts"]]
        names = ("srcAddressGroups", "srcFqdns", "srcNetworks", "srcRegionCodes", "srcSecureTags")
        return [self.match[name] for name in (*names, "srcThreatIntelligences")]

    @property
    def is_from_inside(self) -> bool:
        """Whether it is for traffic that is not the internet's, wherever it comes from. Raises UndecidedError."""
        return any(word(self.match[name].text()) in _INSIDE for name in ("srcNetworkScope", "srcNetworkContext"))

    @property
    def targets(self) -> list[Node]:
        names = ("targetTags", "targetServiceAccounts", "targetSecureTags", "targetForwardingRules")
        return [self.props[name] for name in names]

    @property
    def opens_tunnels_alone(self) -> bool:
        """Whether it opens ports of WireGuard and nothing else, which MF-W3 judges. Raises UndecidedError."""
        if self.resource.kind == ORGANISATION_RULE:
            return False
        ports = [(protocol, port) for protocol, ports in self.protocols for port in ports.items() or [ports]]
        return bool(ports) and all(word(protocol.text()) in _UDP and _is_tunnel(port) for protocol, port in ports)

    @property
    def opens_https_alone(self) -> bool:
        """Whether it opens the port of HTTPS in TCP and nothing else. Raises UndecidedError."""
        ports = [(protocol, port) for protocol, ports in self.protocols for port in ports.items() or [ports]]
        return bool(ports) and all(word(name.text()) in _TCP and port.text().strip() == "443" for name, port in ports)


def _is_tunnel(port: Node) -> bool:
    first, _, last = ("" if port.value is None else port.text()).strip().partition("-")
    return first.isdigit() and int(first) in TUNNEL_PORTS and (not last or int(last) in TUNNEL_PORTS)


def _nobody_enters_from_everywhere(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    rule = _Opening(resource)
    if not rule.permits or not rule.is_inward or rule.opens_tunnels_alone:
        return
    if rule.sources.is_absent and all(not node.is_unknown and node.is_absent for node in rule.named_sources):
        if rule.is_of_network or not rule.is_from_inside:
            yield rule.sources.wrong("names no source, so that everyone is one")
    elif node := internet_among(rule.sources.items()):
        if rule.opens_https_alone:
            yield from unless_allowed(resource, node, "lets everyone in", _WHAT_COUNTS, parameters)
        else:
            yield node.wrong("lets everyone in")


def _customers_of_clouds_do_not_enter(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(name: Node) -> Iterator[Finding]:
        if word(name.text()).startswith(_ALL_CUSTOMERS):
            yield name.wrong("lets in whoever rents a machine in a cloud")

    rule = _Opening(resource)
    if rule.permits and rule.is_inward:
        yield from each(rule.match["srcThreatIntelligences"].items(), one)


def _group_is_narrow(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if node := internet_among(resource.props["items"].items()):
        yield node.wrong("makes a group of addresses the whole internet, wherever a rule names it")


def _protocols_are_named(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    rule = _Opening(resource)
    if rule.permits:
        yield from each([protocol for protocol, _ in rule.protocols], _is_one_protocol)


def _is_one_protocol(protocol: Node) -> Iterator[Finding]:
    if word(protocol.text()) in _EVERYTHING:
        yield protocol.wrong("lets every protocol through")


def _targets_are_named(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    rule = _Opening(resource)
    if rule.permits and all(not node.is_unknown and node.is_absent for node in rule.targets):
        yield resource.props["targetServiceAccounts"].wrong("opens every machine of the network")


def _is_logged(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    rule = _Opening(resource)
    # Google logs no rule that only hands on to the next policy.
    if not rule.counts or word(resource.props["action"].text()) == "goto_next":
        return
    log, flag = resource.props["logConfig"], resource.props["enableLogging"]
    if (log.value is None or not rule.is_of_network) and not flag.flag():
        yield (log if rule.is_of_network else flag).wrong("nobody learns what it let through or refused")


_CHECKS: Final = (_nobody_enters_from_everywhere, _protocols_are_named, _targets_are_named, _is_logged)
_OF_POLICY: Final = (*_CHECKS, _customers_of_clouds_do_not_enter)
RULES: Final = (
    Rule(
        id="MF-C5",
        title="Firewall rules of Google Cloud name who enters, how, and where, and are logged",
        why="Traffic that enters past the gateways has no mesh identity; a rule for every machine opens the gateways"
        " and nodes of tomorrow too; without a log nobody learns that it was used.",
        mend="Write sourceRanges of peers, protocols with ports, targetServiceAccounts, and logConfig (in policies:"
        " enableLogging: true). A public gateway's"
        " rule (TCP, port 443, for named targets) can be allowed by its logical name and sha256.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            FIREWALL: _CHECKS,
            **dict.fromkeys((*POLICY_RULES, ORGANISATION_RULE), _OF_POLICY),
            ADDRESS_GROUP: (_group_is_narrow,),
        },
        controls=(
            "CIS GKE 5.6.6",
            "CIS Google Cloud Foundations 3.6",
            "CIS Google Cloud Foundations 3.7",
            "NIST SP 800-53 SC-7",
            "NIST SP 800-53 AC-4",
            "NIST SP 800-53 AU-12",
        ),
        weaker="Priorities are not computed. An address group is judged where it is made: one from elsewhere is"
        " believed. Folders and organisations as targets do not count as named machines.",
    ),
)
