"""Routes of Google Cloud that are announced to or learned from others: how much of the world they claim."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from meshfed.rules.networks import internet_among, is_internet
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_PEER: Final = "gcp:compute/routerPeer:RouterPeer"
_BLOCKS: Final = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
"""All private addresses of a kind (RFC 1918, RFC 6598): every region has some of them."""


def _transport_announces_no_default(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if node := internet_among(resource.props["advertisedRoutes"].items()):
        yield node.wrong("announces the whole internet to the other cloud")


def _peer_announces_no_default(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if node := internet_among(one["range"] for one in resource.props["advertisedIpRanges"].items()):
        yield node.wrong("announces the whole internet to the peer")


def _router_announces_no_default(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if node := internet_among(one["range"] for one in resource.props["bgp"]["advertisedIpRanges"].items()):
        yield node.wrong("announces the whole internet to every peer")


def _gateway_announces_no_default(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if node := internet_among([resource.props["ipRange"]]):
        yield node.wrong("announces the whole internet to the hub")


def _peer_is_believed_little(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each([one["range"] for one in resource.props["customLearnedIpRanges"].items()], _is_narrow)


def _is_narrow(node: Node) -> Iterator[Finding]:
    network = node.network()
    if network is None or is_internet(network):
        yield node.wrong("sends the whole internet to the peer")
    elif isinstance(network, IPv4Network) and any(block.subnet_of(network) for block in _BLOCKS):
        yield node.wrong("sends a whole private block to the peer, with other regions' addresses in it")


RULES: Final = (
    Rule(
        id="MF-C13",
        title="Routes of Google Cloud claim no more than a region",
        why="Whoever announces everything gets everything: traffic of all regions goes to one peer, which reads who"
        " speaks to whom and can end it.",
        mend="Name the region's own ranges in advertisedRoutes, advertisedIpRanges and customLearnedIpRanges.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={
            "gcp:networkconnectivity/transport:Transport": (_transport_announces_no_default,),
            "gcp:networkconnectivity/gatewayAdvertisedRoute:GatewayAdvertisedRoute": (_gateway_announces_no_default,),
            _PEER: (_peer_announces_no_default, _peer_is_believed_little),
            "gcp:compute/router:Router": (_router_announces_no_default,),
        },
        controls=("NIST SP 800-53 SC-7", "NIST SP 800-53 AC-4"),
        weaker="What the peer itself announces is judged by its router's policies, which are not read.",
    ),
)
