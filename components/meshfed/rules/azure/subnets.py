"""Azure subnets and network interfaces: ways out that nobody decided, missing firewalls, forwarding."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.azure.kinds import NETWORK_INTERFACE, ROUTE_TABLE, SUBNET
from meshfed.rules.expect import off, present, word
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_TAKE_NO_GROUP: Final = frozenset(
    {"gatewaysubnet", "azurefirewallsubnet", "azurefirewallmanagementsubnet", "routeserversubnet"}
)
"""Names that Azure keeps for services of its own, whose subnets refuse a network security group."""


def _has_a_firewall(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    group = resource.props["networkSecurityGroup"]
    if group.is_unknown or not group.is_absent:
        return
    names = (resource.props["subnetName"].text(), resource.props["name"].text())
    if not any(word(name) in _TAKE_NO_GROUP for name in names):
        yield group.wrong("nothing says what may enter")


def _forwards_nothing(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["enableIPForwarding"]
    if not resource.is_under(*parameters.gateway_components) and node.flag():
        yield node.wrong("takes packets that are not its own, and no tunnel gateway stands above it")


RULES: Final = (
    Rule(
        id="MF-Z7",
        title="Every subnet of Azure has a firewall, and its ways out are decided",
        why="By default a subnet lets its machines out through an address of Microsoft's that nobody chose, takes what"
        " other subnets send, and believes any route that a gateway announces.",
        mend="Write defaultOutboundAccess: false and networkSecurityGroup in the subnet, and"
        " disableBgpRoutePropagation, true or false, in its route table.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            SUBNET: (
                off("defaultOutboundAccess", "machines leave through an address that nobody chose", default=True),
                _has_a_firewall,
            ),
            ROUTE_TABLE: (
                present("disableBgpRoutePropagation", "nobody decided whether announced routes come in; they do"),
            ),
        },
        controls=("NIST SP 800-53 SC-7", "NIST SP 800-53 CM-7"),
        weaker="A subnet that names no route table at all is not asked for one.",
    ),
    Rule(
        id="MF-Z8",
        title="Only tunnel gateways of Azure forward packets",
        why="A machine that forwards sends packets with others' addresses, and becomes a way around the tunnels.",
        mend="Write enableIPForwarding: false, or put the machine below a component of gateway_components.",
        weaker="A machine below such a component is MF-W4's, which believes the component's type where no settings of "
        "the federation are known.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={NETWORK_INTERFACE: (_forwards_nothing,)},
        controls=("NIST SP 800-53 SC-7",),
    ),
)
