"""VPCs, their subnets and zones: what is recorded, what is open by default, what is signed."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.aws.counts import owed
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule, StackCheck
from meshfed.settings.gate import GateParameters

VPC: Final = "aws:ec2/vpc:Vpc"
DEFAULT_VPC: Final = "aws:ec2/defaultVpc:DefaultVpc"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
SUBNET: Final = "aws:ec2/subnet:Subnet"
DEFAULT_SUBNET: Final = "aws:ec2/defaultSubnet:DefaultSubnet"
ZONE: Final = "aws:route53/zone:Zone"
SIGNING: Final = "aws:route53/hostedZoneDnsSec:HostedZoneDnsSec"


def _records_everything(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    traffic = resource.props["trafficType"]
    if traffic.text("ALL").strip().upper() != "ALL":
        yield traffic.wrong("a part of the traffic leaves no trace")


def _default_group_is_empty(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for name in ("ingress", "egress"):
        rules = resource.props[name]
        if not rules.is_absent:
            yield rules.wrong("whatever is made without a group gets this one, and its rules")


def _machines_get_no_public_address(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    public = resource.props["mapPublicIpOnLaunch"]
    if public.flag(default=resource.kind == DEFAULT_SUBNET):
        yield public.wrong("every machine in the subnet gets a public address")


def _is_signed(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    status = resource.props["signingStatus"]
    if status.text("SIGNING") != "SIGNING":
        yield status.wrong("answers of the zone can be forged")


def _owed(owners: tuple[str, ...], kind: str, name: str, message: str) -> StackCheck:
    """A check that a stack has as many resources of a kind, for different owners, as it has owners."""

    def check(stack: Stack, _: GateParameters) -> Iterator[Finding]:
        owing = [owner for owner in stack.of(*owners) if _is_owing(owner)]
        yield from owed(owing, [one.props[name] for one in stack.of(kind)], message)

    return check


def _is_owing(owner: Resource) -> bool:
    return owner.kind != ZONE or owner.props["vpcs"].is_absent


RULES: Final = (
    Rule(
        id="MF-A18",
        title="A network is recorded, opens nothing by default and signs its public names",
        why="Without flow logs nobody sees who tried; the default group lets everything in it reach everything else;"
        " a forged answer sends consumers to another store of bundles.",
        mend="Give each VPC a FlowLog for ALL traffic and a DefaultSecurityGroup without rules, subnets without"
        " mapPublicIpOnLaunch, and each public zone a HostedZoneDnsSec.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            FLOW_LOG: (_records_everything,),
            DEFAULT_GROUP: (_default_group_is_empty,),
            SUBNET: (_machines_get_no_public_address,),
            DEFAULT_SUBNET: (_machines_get_no_public_address,),
            SIGNING: (_is_signed,),
        },
        stack_checks=(
            _owed((VPC, DEFAULT_VPC), FLOW_LOG, "vpcId", "nothing records its traffic: the VPC has no FlowLog"),
            _owed(
                (VPC, DEFAULT_VPC),
                DEFAULT_GROUP,
                "vpcId",
                "its default group lets everything in it reach everything else: no DefaultSecurityGroup empties it",
            ),
            _owed((ZONE,), SIGNING, "hostedZoneId", "answers of the zone can be forged: it has no HostedZoneDnsSec"),
        ),
        controls=("CIS AWS Foundations 3.7", "CIS AWS Foundations 5.5", "NIST SP 800-53 AU-12", "NIST SP 800-53 SC-20"),
        weaker="Flow logs, default groups and signatures are counted against VPCs and zones of the same stack, since an"
        " id is an output; a log of a single subnet counts for nothing.",
    ),
)
