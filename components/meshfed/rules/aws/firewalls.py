"""Security groups: what the internet reaches, in every way of writing a rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from meshfed.rules.networks import TUNNEL_PORTS, is_internet, names_internet
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Pack, Rule
from meshfed.settings.gate import GateParameters

GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
PREFIX_LIST: Final = "aws:ec2/managedPrefixList:ManagedPrefixList"
PREFIX_LIST_ENTRY: Final = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
LOAD_BALANCER: Final = "aws:lb/loadBalancer:LoadBalancer"
_ALL_PROTOCOLS: Final = frozenset({"-1", "all"})
_TCP: Final = frozenset({"tcp", "6"})
_UDP: Final = frozenset({"udp", "17"})
_HTTPS: Final = 443


@dataclass(frozen=True)
class _Opening:
    """One ingress rule, however it is written."""

    node: Node
    protocol: Node
    sources: tuple[Node, ...]
    """Ranges of addresses."""
    lists: tuple[Node, ...]
    """Prefix lists, whose ranges are judged where they are made."""

    @property
    def is_for_tunnels(self) -> bool:
        """Whether it opens nothing but tunnels' ports, which MF-W3 judges."""
        first, last = self.node["fromPort"].number(), self.node["toPort"].number()
        if self.protocol.text().strip().lower() not in _UDP or first is None or last is None:
            return False
        return first >= TUNNEL_PORTS.start and last < TUNNEL_PORTS.stop

    @property
    def is_https(self) -> bool:
        """Whether it opens HTTPS and nothing else."""
        ports = {self.node["fromPort"].number(), self.node["toPort"].number()}
        return self.protocol.text().strip().lower() in _TCP and ports == {float(_HTTPS)}


def _inline(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    openings = [_classic(node) for node in resource.props["ingress"].items()]
    yield from each(openings, _is_narrow)


def _separate(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.props["type"].text("ingress").strip().lower() != "egress":
        yield from _is_narrow(_classic(resource.props))


def _one_source(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    props = resource.props
    sources = tuple(node for node in (props["cidrIpv4"], props["cidrIpv6"]) if node.is_unknown or not node.is_absent)
    lists = (props["prefixListId"],) if props["prefixListId"].is_unknown or not props["prefixListId"].is_absent else ()
    yield from _is_narrow(_Opening(props, props["ipProtocol"], sources, lists))


def _classic(node: Node) -> _Opening:
    if node.is_unknown:
        return _Opening(node, node, (node,), ())
    sources = (*_members(node["cidrBlocks"]), *_members(node["ipv6CidrBlocks"]))
    return _Opening(node, node["protocol"], sources, tuple(_members(node["prefixListIds"])))


def _members(node: Node) -> list[Node]:
    return [node] if node.is_unknown else node.items()


def _is_narrow(opening: _Opening) -> Iterator[Finding]:
    known = [source for source in opening.sources if not source.is_unknown]
    ranges = [network for source in known if (network := source.network()) is not None]
    is_open = any(map(names_internet, known)) or is_internet(*ranges)
    is_every = opening.protocol.text().strip().lower() in _ALL_PROTOCOLS
    if opening.is_https or opening.is_for_tunnels:
        return
    if is_open:
        yield opening.node.wrong("the whole internet reaches more than a load balancer's HTTPS")
    elif is_every and (opening.sources or opening.lists):
        yield opening.node.wrong("every protocol and port is open to a range of addresses")
    else:
        # An unknown range may turn out to be the internet: reading it says so.
        for source in opening.sources:
            source.text()


def _list_is_narrow(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    entries = [entry["cidr"] for entry in resource.props["entries"].items()]
    ranges = [network for cidr in entries if not cidr.is_unknown and (network := cidr.network()) is not None]
    if is_internet(*ranges):
        yield resource.props["entries"].wrong("holds the whole internet, for every rule that names the list")
    for cidr in entries:
        cidr.text()


def _entry_is_narrow(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    cidr = resource.props["cidr"]
    if names_internet(cidr):
        yield cidr.wrong("holds the whole internet, for every rule that names the list")


def _has_a_group(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    groups = resource.props["securityGroups"]
    if resource.props["loadBalancerType"].text() == "network" and groups.is_absent:
        yield groups.wrong("a network load balancer without a group passes everything on, and can never get one")


def _is_not_public(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if not resource.token.startswith("aws:") or not isinstance(resource.props.value, Mapping):
        return
    public = resource.props["publiclyAccessible"]
    if public.flag():
        yield public.wrong("the internet resolves its name to a public address")


def _brokers_are_not_public(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    public = resource.props.at("brokerNodeGroupInfo", "connectivityInfo", "publicAccess", "type")
    if public.text("DISABLED").strip().upper() != "DISABLED":
        yield public.wrong("brokers get public addresses")


RULES: Final = (
    Rule(
        id="MF-A15",
        title="The internet reaches nothing but the HTTPS of load balancers",
        why="An open port is found within minutes; two halves of the internet, an IPv6 range or a prefix list are as"
        " open as 0.0.0.0/0.",
        mend="Name the peers' addresses or a security group, one protocol and its ports; give network load balancers"
        " securityGroups when they are made, and databases and brokers no publiclyAccessible.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            ANY: (_is_not_public,),
            "aws:msk/cluster:Cluster": (_brokers_are_not_public,),
            GROUP: (_inline,),
            RULE: (_separate,),
            INGRESS: (_one_source,),
            PREFIX_LIST: (_list_is_narrow,),
            PREFIX_LIST_ENTRY: (_entry_is_narrow,),
            LOAD_BALANCER: (_has_a_group,),
        },
        controls=("CIS AWS Foundations 5.3", "CIS AWS Foundations 5.4", "NIST SP 800-53 SC-7"),
        weaker="Port 443 open to the internet is taken for a load balancer's. Every protocol from another security"
        " group passes. Lists that AWS keeps are not read. Tunnels' ports are for MF-W3.",
    ),
)
