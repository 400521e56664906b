"""What Amazon EC2 refuses about security groups and their rules.

Sources: EC2 API reference (CreateSecurityGroup, AuthorizeSecurityGroupIngress), Amazon VPC quotas.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.reading import absent, at, number, objects, others, text
from meshfed_local.standins.rules.shapes import exactly_one, is_range, matches
from meshfed_local.standins.world import World

GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RULES_PER_DIRECTION: Final = 60
"""Rules of a group in one direction (Amazon VPC quotas; AWS raises it on request)."""

_TEXT: Final = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}"
_TEXT_WANTED: Final = "at most 255 of a-z A-Z 0-9 space and ._-:/()#,@[]+=&;{}!$* (CreateSecurityGroup)"
_PEERS: Final = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
_WITH_PORTS: Final = frozenset({"tcp", "udp", "6", "17"})
_PROTOCOL: Final = re.compile(r"-1|tcp|udp|icmp|icmpv6|\d{1,3}")
_LAST_PORT: Final = 65535


def group_name_is_new_in_its_vpc(resource: Resource, world: World) -> Iterator[Fault]:
    """Two groups of a VPC have different names (InvalidGroup.Duplicate); `sg-` and `default` are AWS's own."""
    name, vpc_id = text(resource.inputs, "name"), text(resource.inputs, "vpcId")
    if name.lower().startswith("sg-") or name == "default":
        yield Fault("name", f"{name!r} is a name that AWS keeps for itself", "a name that does not begin with sg-")
    for one in others(world, resource):
        if vpc_id and (text(one.inputs, "name"), text(one.inputs, "vpcId")) == (name, vpc_id):
            yield Fault("name", f"{name!r} is the name of {one.id} in {vpc_id}", "a name that no other group has")


def ports_fit_the_protocol(resource: Resource, _world: World) -> Iterator[Fault]:
    """TCP and UDP rules have two ports in order; a rule for everything has none."""
    yield from _ports(resource.inputs, "", text(resource.inputs, "ipProtocol"))


def inline_ports_fit_the_protocol(resource: Resource, _world: World) -> Iterator[Fault]:
    """The same for rules that stand in the group itself."""
    for direction in ("ingress", "egress"):
        for place, rule in objects(resource.inputs, f"{direction}[]"):
            yield from _ports(rule, f"{place}.", text(rule, "protocol"))


def _ports(rule: Mapping[str, object], before: str, protocol: str) -> Iterator[Fault]:
    if protocol and not _PROTOCOL.fullmatch(protocol.lower()):
        name = "protocol" if before else "ipProtocol"
        yield Fault(f"{before}{name}", f"{protocol!r} is no protocol", "tcp, udp, icmp, icmpv6, a number or -1")
    first, last = number(rule, "fromPort"), number(rule, "toPort")
    if protocol.lower() in _WITH_PORTS:
        for name in ("fromPort", "toPort"):
            if absent(rule, name):
                yield Fault(f"{before}{name}", f"it is missing for {protocol}", "the first and the last port")
        if first is not None and last is not None and not 0 <= first <= last <= _LAST_PORT:
            yield Fault(
                f"{before}toPort", f"{first:g} to {last:g} is no range of ports", "0 <= fromPort <= toPort <= 65535"
            )
    elif protocol == "-1" and not before and (first, last) != (None, None):
        yield Fault("fromPort", "ports are given for all protocols", "no ports with ipProtocol -1")


def rule_is_new_in_its_group(resource: Resource, world: World) -> Iterator[Fault]:
    """A group has a rule once (InvalidPermission.Duplicate)."""
    group = text(resource.inputs, "securityGroupId")
    if not group:
        return
    mine = _key(resource.inputs)
    for one in others(world, resource):
        if text(one.inputs, "securityGroupId") == group and _key(one.inputs) == mine:
            yield Fault("", f"{group} has this rule already, as {one.name}", "a rule that the group does not have")


def _key(inputs: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(at(inputs, name) for name in ("ipProtocol", "fromPort", "toPort", *_PEERS))


def group_has_room(resource: Resource, world: World) -> Iterator[Fault]:
    """A group has at most 60 rules in one direction."""
    group = text(resource.inputs, "securityGroupId")
    standing = sum(1 for one in others(world, resource) if group and text(one.inputs, "securityGroupId") == group)
    if standing >= RULES_PER_DIRECTION:
        wanted = f"at most {RULES_PER_DIRECTION} rules a direction (Amazon VPC quotas)"
        yield Fault("securityGroupId", f"{group} has {standing} rules already", wanted)


_RULE: Final[tuple[Rule, ...]] = (
    exactly_one(*_PEERS, source="AuthorizeSecurityGroupIngress"),
    is_range("cidrIpv4"),
    matches("description", _TEXT, _TEXT_WANTED),
    ports_fit_the_protocol,
    rule_is_new_in_its_group,
    group_has_room,
)

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    GROUP: (
        matches("name", r"(?s).{1,255}", "1 to 255 characters"),
        matches("name", _TEXT, _TEXT_WANTED),
        matches("description", _TEXT, _TEXT_WANTED),
        group_name_is_new_in_its_vpc,
        inline_ports_fit_the_protocol,
        is_range("ingress[].cidrBlocks[]"),
        is_range("egress[].cidrBlocks[]"),
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": (inline_ports_fit_the_protocol,),
    INGRESS: _RULE,
    EGRESS: _RULE,
}
