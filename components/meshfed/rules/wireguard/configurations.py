"""WireGuard's own configuration: which addresses a peer may use, and how it is found and kept."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from meshfed.rules.forms.gateway_documents import GATEWAY_DOCUMENT
from meshfed.rules.forms.wireguard import WIREGUARD_CONF
from meshfed.rules.networks import Ranges, is_internet
from meshfed.rules.node import Finding, Network, Node, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters
from meshfed.topology.plan import Plan
from meshfed.topology.tunnels import IPV6_MINIMUM_MTU, tunnel_mtu
from meshfed.values import TunnelKind

_LINK_LOCAL: Final = (IPv4Network("169.254.0.0/16"), IPv6Network("fe80::/10"))
_ETHERNET: Final = 1500
_LARGEST_MTU: Final = tunnel_mtu(_ETHERNET, TunnelKind.WIREGUARD)
_KEEPS_ALIVE: Final = re.compile(r"^[^\S\n]*PersistentKeepalive\s*=\s*[1-9]", re.MULTILINE | re.IGNORECASE)
_OF_WG_QUICK: Final = ("address", "dns", "table", "saveconfig", "preup", "postup", "predown", "postdown")
_NETWORKS: Final = (
    ("aws:ec2/vpc:Vpc", ("cidrBlock",)),
    ("azure-native:network:VirtualNetwork", ("addressSpace", "addressPrefixes")),
    ("gcp:compute/subnetwork:Subnetwork", ("ipCidrRange",)),
)
"""Where the addresses of a stack's own networks are written."""


def _allowed(peer: Node) -> list[tuple[Node, Network]]:
    found = [(node, node.network()) for node in peer["allowedips"].items()]
    return [(node, network) for node, network in found if network is not None]


def _ranges_are_narrow(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(conf.props["peers"].items(), _peer_is_narrow)


def _peer_is_narrow(peer: Node) -> Iterator[Finding]:
    allowed: list[tuple[Node, Network]] = []
    for node in peer["allowedips"].items():
        network = node.network()
        if network is None:
            yield node.wrong("is no range of addresses, so nobody can say what the peer may send as")
            return
        allowed.append((node, network))
    wide = [node for node, network in allowed if is_internet(network)]
    if wide:
        yield wide[0].wrong("the peer may send as any host of the internet, and takes the host's own way out")
    elif is_internet(*(network for _, network in allowed)):
        yield peer["allowedips"].wrong("the ranges together are the internet")
    for node, network in allowed:
        if not is_internet(network) and any(_overlap(network, local) for local in _LINK_LOCAL):
            yield node.wrong("link-local addresses, among them the cloud's metadata service, lead into the tunnel")


def _peers_are_disjoint(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    before = Ranges()
    peers = conf.props["peers"].items()
    for peer in peers if len(peers) > 1 else ():
        own = [(node, network) for node, network in _allowed(peer) if not is_internet(network)]
        shared = [node for node, network in own if before.overlap(network)]
        if shared:
            yield shared[0].wrong("another peer of this interface has addresses of the range; the last one takes them")
        for taken in own:
            before.add(taken[1])


def _overlap(one: Network, other: Network) -> bool:
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.overlaps(other)
    return isinstance(other, IPv6Network) and one.overlaps(other)


def _own_network_stays(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    configurations = stack.of(WIREGUARD_CONF)
    networks = [place for kind, path in _NETWORKS for one in stack.of(kind) for place in one.props.at(*path).items()]
    if not configurations or not networks or len({node.urn for node in networks}) > 1:
        return
    own = Ranges()
    for network in [node.network() for node in networks]:
        if network is not None:
            own.add(network)
    for conf in configurations:
        yield from each(conf.props["peers"].items(), lambda peer: _leaves_alone(peer, own))


def _leaves_alone(peer: Node, own: Ranges) -> Iterator[Finding]:
    for node, network in _allowed(peer):
        if not is_internet(network) and own.overlap(network):
            yield node.wrong("addresses of the stack's own network lead into the tunnel")


def _holds_no_shared_key(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(conf.props["peers"].items(), _has_no_shared_key)


def _has_no_shared_key(peer: Node) -> Iterator[Finding]:
    if not peer["presharedkey"].is_missing:
        yield peer["presharedkey"].wrong(
            "a key that both ends share was handed through this program, and stays in its state"
        )


def _is_found_by_address(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(conf.props["peers"].items(), _has_an_address)


def _has_an_address(peer: Node) -> Iterator[Finding]:
    endpoint = peer["endpoint"]
    host = endpoint.text().rpartition(":")[0].strip("[]")
    try:
        ip_address(host or "::")
    except ValueError:
        yield endpoint.wrong("a name is asked for once, at the start, and whoever answers for it gets the packets")


def _states_its_size(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    mtu = conf.props["interface"]["mtu"]
    # Only wg-quick takes these, and it takes the MTU here too or guesses it.
    if mtu.is_missing and any(not conf.props["interface"][name].is_missing for name in _OF_WG_QUICK):
        yield mtu.wrong("the size of packets is guessed from the host's first route")
        return
    size = mtu.number()
    if size is not None and (size < IPV6_MINIMUM_MTU or _LARGEST_MTU < size <= _ETHERNET):
        yield mtu.wrong(f"packets of this size do not pass; {IPV6_MINIMUM_MTU} to {_LARGEST_MTU} do on the internet")


def _somebody_keeps_it_alive(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    interface = conf.props["interface"]
    # Peers by themselves, as in a command, do not say whether the interface can be called.
    if interface.value is not None and interface["listenport"].is_missing:
        yield from each(conf.props["peers"].items(), _is_kept_alive)


def _is_kept_alive(peer: Node) -> Iterator[Finding]:
    interval = peer["persistentkeepalive"]
    if interval.text("off").lower() in ("off", "0"):
        yield interval.wrong("this end cannot be called, and nothing keeps its way through a NAT open")


def _one_end_keeps_it_alive(_: Plan, stacks: Sequence[Stack], __: GateParameters) -> Iterator[Finding]:
    ends: dict[tuple[str, str, str], list[tuple[str, Node, bool]]] = {}
    for document in (one for stack in stacks for one in stack.of(GATEWAY_DOCUMENT)):
        here = f"{document.props['region'].text()}-{document.props['gateway'].text()}"
        for there, tunnel in _tunnels(document):
            text = tunnel["wireguard"].text()
            low, high = sorted((here, there))
            end = (here, tunnel, bool(_KEEPS_ALIVE.search(text)))
            if text:
                ends.setdefault((low, high, tunnel["generation"].text()), []).append(end)
    for both in ends.values():
        if len({here for here, _, _ in both}) > 1 and sum(keeps for _, _, keeps in both) != 1:
            yield both[0][1].wrong(
                "exactly one end sends keepalives: with none a NAT forgets the tunnel, with two it can livelock"
            )


def _tunnels(document: Resource) -> Iterator[tuple[str, Node]]:
    for peer in document.props["peers"].items():
        for gateway in peer["gateways"].items():
            for tunnel in gateway["tunnels"].items():
                yield f"{peer['region'].text()}-{gateway['gateway'].text()}", tunnel


RULES: Final = (
    Rule(
        id="MF-W1",
        title="A peer may use its own addresses and nobody else's",
        why="AllowedIPs are both route and filter: a default route takes the host's traffic, an overlap gives one peer "
        "the other's addresses, link-local ones give it the metadata service.",
        mend="List the peer's gateway range and link address in AllowedIPs, for each interface by itself.",
        packs=(Pack.ZERO_TRUST,),
        checks={WIREGUARD_CONF: (_ranges_are_narrow, _peers_are_disjoint)},
        relations=(_own_network_stays,),
        controls=("NIST SP 800-53 AC-4", "NIST SP 800-53 SC-7"),
        weaker="Read where a configuration, a command of wg, or ranges under their name stand in a resource, in text, "
        "JSON or YAML; what a script puts together from variables in another way is not seen. Peers that share "
        "addresses are found in one text or list. The host's own network is known only in a stack with one network; "
        "MF-F5 compares what our gateways read with the plan.",
    ),
    Rule(
        id="MF-W7",
        title="A tunnel knows its size, its peer's address and who keeps it alive",
        why="A guessed MTU loses large packets, a name can be answered by somebody else, a forgotten NAT entry cuts "
        "one direction, and a pre-shared key in a program is a key in its state.",
        mend="Write MTU, an address as Endpoint, PersistentKeepalive on exactly one end, and no PresharedKey.",
        packs=(Pack.ZERO_TRUST, Pack.FEDERATION),
        checks={
            WIREGUARD_CONF: (
                _holds_no_shared_key,
                _is_found_by_address,
                _states_its_size,
                _somebody_keeps_it_alive,
            )
        },
        plan_checks=(_one_end_keeps_it_alive,),
        controls=("NIST SP 800-53 SC-12",),
        weaker="A configuration that wg alone reads has no place for an MTU, and neither has a command or a list of "
        "peers: whoever makes the interface gives it, which is not seen; and whether such a list's interface can be "
        "called is not known. Both ends are compared where both gateways' documents are at hand. A pre-shared key "
        "against later quantum computers is not asked for: there is no way to hand it over that keeps it out of state.",
    ),
)
