"""Inputs against the SDK's own types: one planted fault each, and what must pass."""

from typing import Any

import pytest

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.spec import SdkError, Specs
from meshfed_local.standins.typecheck import TypeCheck

SUBNET = "aws:ec2/subnet:Subnet"
CLUSTER = "aws:eks/cluster:Cluster"
NODES = "aws:eks/nodeGroup:NodeGroup"
ADDRESS = "azure-native:network:PublicIPAddress"
AKS = "azure-native:containerservice:ManagedCluster"
NETWORK = "gcp:compute/subnetwork:Subnetwork"
GROUP: dict[str, Any] = {"resourceGroupName": "g"}
SCALING = {"desiredSize": 1, "maxSize": 1, "minSize": 1}
NODE_BASE: dict[str, Any] = {"clusterName": "c", "nodeRoleArn": "r", "subnetIds": ["s"], "scalingConfig": SCALING}


def faults(token: str, inputs: dict[str, Any]) -> list[tuple[str, str]]:
    plugin = token.split(":", maxsplit=1)[0]
    check = TypeCheck(Specs(plugin).of(token), closed_enums=plugin == "azure-native")
    return [(fault.path, f"{fault.problem}; {fault.wanted}") for fault in check.faults(inputs)]


@pytest.mark.parametrize(
    ("token", "inputs", "path", "reason"),
    [
        (SUBNET, {"vpcId": "v", "cidrblock": "10.0.0.0/24"}, "cidrblock", "`cidrBlock`?"),
        (SUBNET, {"cidrBlock": "10.0.0.0/24"}, "vpcId", "missing"),
        (SUBNET, {"vpcId": None}, "vpcId", "missing"),
        (SUBNET, {"vpcId": 3}, "vpcId", "3 is a number; a string"),
        (SUBNET, {"vpcId": "v", "mapPublicIpOnLaunch": "false"}, "mapPublicIpOnLaunch", "true or false"),
        (SUBNET, {"vpcId": "v", "tags": {"a": 1}}, "tags.a", "1 is a number; a string"),
        (SUBNET, {"vpcId": "v", "tags": ["a"]}, "tags", "is a list; an object"),
        (SUBNET, {"vpcId": ["v"]}, "vpcId", "is a list; a string"),
        (CLUSTER, {"roleArn": "r", "vpcConfig": {"subnetId": []}}, "vpcConfig.subnetId", "`subnetIds`?"),
        (CLUSTER, {"roleArn": "r", "vpcConfig": "x"}, "vpcConfig", "is a string; an object"),
        (CLUSTER, {"roleArn": "r", "vpcConfig": {"subnetIds": "x"}}, "vpcConfig.subnetIds", "a list"),
        (CLUSTER, {"roleArn": "r", "vpcConfig": {"subnetIds": ["a", 1]}}, "vpcConfig.subnetIds[1]", "a string"),
        (NODES, {**NODE_BASE, "scalingConfig": {**SCALING, "minSize": 3.5}}, "scalingConfig.minSize", "whole number"),
        (NODES, {**NODE_BASE, "scalingConfig": {**SCALING, "minSize": True}}, "scalingConfig.minSize", "whole number"),
        (NODES, {**NODE_BASE, "scalingConfig": {"maxSize": 1, "minSize": 1}}, "scalingConfig.desiredSize", "missing"),
        (ADDRESS, {**GROUP, "sku": {"name": "Std"}}, "sku.name", "one of Basic, Standard"),
        (ADDRESS, {**GROUP, "publicIPAllocationMethod": "static"}, "publicIPAllocationMethod", "Static"),
        (
            ADDRESS,
            {**GROUP, "publicIpAllocationMethod": "Static"},
            "publicIpAllocationMethod",
            "`publicIPAllocationMethod`?",
        ),
        (AKS, {**GROUP, "oidcIssuerProfile": {"enable": True}}, "oidcIssuerProfile.enable", "`enabled`?"),
        (NETWORK, {"network": "n", "logConfig": {"flowSampling": "1"}}, "logConfig.flowSampling", "a number"),
    ],
)
def test_a_wrong_input_is_named_with_path_and_reason(
    token: str, inputs: dict[str, Any], path: str, reason: str
) -> None:
    found = [fault for fault in faults(token, inputs) if fault[0] == path]
    assert len(found) == 1
    assert reason in found[0][1]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (SUBNET, {"vpcId": UNKNOWN, "tags": UNKNOWN}),
        (SUBNET, {"vpcId": "v", "cidrBlock": None}),
        (NODES, {**NODE_BASE, "subnetIds": [UNKNOWN]}),
        (ADDRESS, {**GROUP, "sku": {"name": "Standard"}, "idleTimeoutInMinutes": 4}),
        (NETWORK, {"network": "n", "logConfig": {"flowSampling": 1}}),
        (NETWORK, {"network": "n", "logConfig": {"flowSampling": 0.5}}),
    ],
)
def test_a_right_or_unknown_input_passes(token: str, inputs: dict[str, Any]) -> None:
    assert faults(token, inputs) == []


def test_a_name_that_the_sdk_does_not_know_is_refused() -> None:
    with pytest.raises(SdkError, match="knows no such"):
        Specs("aws").of("aws:ec2/subnett:Subnett")
