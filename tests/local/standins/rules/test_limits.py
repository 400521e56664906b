"""Limits that show only with many things, and siblings that are checked at the same time."""

from pathlib import Path
from typing import Any

import pytest

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.provider import Provider, RefusedError
from meshfed_local.standins.world import World

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
RANGE = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:s::p::{token}::{name}"


def faults(provider: Provider, token: str, name: str, /, **inputs: Any) -> list[str]:
    return [str(fault) for fault in provider.check(urn(token, name), inputs, None).faults]


def make(provider: Provider, token: str, name: str, /, **inputs: Any) -> str:
    assert faults(provider, token, name, **inputs) == []
    return provider.create(urn(token, name), inputs, preview=False)[0]


@pytest.fixture
def aws(tmp_path: Path) -> Provider:
    made = Provider("aws", World(tmp_path))
    made.configure({"region": "us-east-1"})
    return made


def rule(group: str, number: int) -> dict[str, Any]:
    return {
        "securityGroupId": group,
        "ipProtocol": "udp",
        "fromPort": 51820,
        "toPort": 52331,
        "cidrIpv4": f"203.0.113.{number}/32",
    }


def test_a_security_group_takes_sixty_rules(aws: Provider) -> None:
    vpc = make(aws, VPC, "net", cidrBlock="10.0.0.0/16")
    group = make(aws, GROUP, "g", name="gateways", vpcId=vpc)
    for number in range(60):
        make(aws, INGRESS, f"peer-{number}", **rule(group, number))
    found = faults(aws, INGRESS, "peer-60", **rule(group, 60))
    assert len(found) == 1
    assert "60 rules already" in found[0]
    assert faults(aws, INGRESS, "peer-0", **rule(group, 99)) == []


def test_a_vpc_takes_five_ranges(aws: Provider) -> None:
    vpc = make(aws, VPC, "net", cidrBlock="10.0.0.0/16")
    for number in range(1, 5):
        make(aws, RANGE, f"range-{number}", vpcId=vpc, cidrBlock=f"100.64.{number}.0/24")
    found = faults(aws, RANGE, "range-5", vpcId=vpc, cidrBlock="100.64.5.0/24")
    assert len(found) == 1
    assert "5 ranges already" in found[0]


def test_of_two_subnets_checked_together_the_second_is_refused_when_it_is_made(aws: Provider) -> None:
    vpc = make(aws, VPC, "net", cidrBlock="10.0.0.0/16")
    first = {"vpcId": vpc, "cidrBlock": "10.0.0.0/24", "availabilityZone": "us-east-1a"}
    second = {**first, "cidrBlock": "10.0.0.128/25"}
    assert faults(aws, SUBNET, "a", **first) == []
    assert faults(aws, SUBNET, "b", **second) == []
    aws.create(urn(SUBNET, "a"), first, preview=False)
    with pytest.raises(RefusedError, match="cidrBlock: wanted: a range that no other has"):
        aws.create(urn(SUBNET, "b"), second, preview=False)


def test_nothing_is_judged_that_is_not_known_yet(aws: Provider) -> None:
    assert faults(aws, SUBNET, "a", vpcId=UNKNOWN, cidrBlock=UNKNOWN, availabilityZone=UNKNOWN) == []
    unknown = dict.fromkeys(("securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4"), UNKNOWN)
    assert faults(aws, INGRESS, "peer", **unknown) == []
    cluster = {"roleArn": UNKNOWN, "vpcConfig": UNKNOWN, "version": "1.36"}
    assert faults(aws, "aws:eks/cluster:Cluster", "c", **cluster) == []
