"""A whole region against mocks: what it makes, what it tells, and what a new peer changes. Proves nothing about AWS."""

import inspect
import json
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import pulumi_aws as aws
import pytest

from meshfed.aws.region import AwsRegion
from meshfed.aws.region_inputs import AwsRegionArgs
from meshfed.errors import ArgsError
from tests.aws.conftest import cluster_of, deploy_region
from tests.aws.recorded import ROUTERS, deploy
from tests.recorded import PEM, Made, of_type

Args = Callable[..., AwsRegionArgs]
Deployed = tuple[list[Made], dict[str, Any]]
RULES = {
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
}
DOCUMENT = "aws:s3/bucketObjectv2:BucketObjectv2"
COMPONENTS = [
    ("AwsBreakGlass", "r0-glass"),
    ("AwsCluster", "r0-cluster"),
    ("AwsClusterAccess", "r0-cluster-access"),
    ("AwsClusterAddons", "r0-cluster-base"),
    ("AwsClusterAddons", "r0-cluster-more"),
    ("AwsClusterKeys", "r0-cluster-keys"),
    ("AwsDataKey", "r0-cluster-keys-logs"),
    ("AwsDataKey", "r0-cluster-keys-secrets"),
    ("AwsDataKey", "r0-glass-key"),
    ("AwsDataKey", "r0-network-flow-key"),
    ("AwsDataKey", "r0-store-alarm-key"),
    ("AwsEndpoints", "r0-network-endpoints"),
    ("AwsFlowLog", "r0-network-flow"),
    ("AwsGateway", "r0-gateway-a"),
    ("AwsGateway", "r0-gateway-b"),
    ("AwsGatewayFirewall", "r0-firewall"),
    ("AwsGatewayIdentity", "r0-identity"),
    ("AwsGatewayPair", "r0-gateway"),
    ("AwsGatewayRights", "r0-rights"),
    ("AwsNetwork", "r0-network"),
    ("AwsNodePool", "r0-cluster-nodes"),
    ("AwsReadiness", "r0-readiness"),
    ("AwsRegion", "r0"),
    ("AwsRouteServer", "r0-routes"),
    ("AwsRoutes", "r0-network-inner"),
    ("AwsRoutes", "r0-network-private-us-east-1a"),
    ("AwsRoutes", "r0-network-private-us-east-1b"),
    ("AwsRoutes", "r0-network-private-us-east-1c"),
    ("AwsRoutes", "r0-network-public"),
    ("AwsSigningKeys", "r0-keys"),
    ("AwsStore", "r0-store"),
    ("AwsStoreAlarm", "r0-store-alarm"),
    ("AwsStoreObjects", "r0-objects"),
    ("AwsSubnets", "r0-network-control"),
    ("AwsSubnets", "r0-network-east-west"),
    ("AwsSubnets", "r0-network-endpoints"),
    ("AwsSubnets", "r0-network-nodes"),
    ("AwsSubnets", "r0-network-pods"),
    ("AwsSubnets", "r0-network-tunnel"),
]


def _text(value: object) -> str:
    # Only a file to upload is not plain; its path says which.
    return json.dumps(value, sort_keys=True, default=lambda asset: asset.path)


def _by_key(made: list[Made]) -> dict[tuple[str, str], str]:
    return {(one.type, one.name): _text(one.inputs) for one in made}


def test_a_region_is_made_of_these_components(of_three: Deployed) -> None:
    made, _ = of_three
    components = [(one.type.removeprefix("meshfed:index:"), one.name) for one in made if one.type.startswith("meshfed")]
    assert components == COMPONENTS


def test_a_region_tells_what_other_regions_need(of_three: Deployed) -> None:
    _, outputs = of_three
    assert outputs == {
        "network_id": "r0-network-vpc-id",
        "cluster_name": "acme-r0-cluster",
        "cluster_id": "arn:cluster/r0-cluster-cluster",
        "issuer": "https://oidc.example/r0-cluster-cluster",
        "gateway_addresses": ["public-r0-gateway-a-address", "public-r0-gateway-b-address"],
        "gateway_identity": "AROA-r0-identity-role",
        "peer_key": PEM,
        "bundle_key": PEM,
        "store": "acme-r0-store-222222222222",
    }


def test_a_new_peer_changes_only_rules_and_documents(args_of: Args, of_three: Deployed) -> None:
    before, after = _by_key(of_three[0]), _by_key(deploy_region(args_of(4))[0])
    assert [key for key in before if key not in after] == []
    assert Counter(kind for kind, _ in after.keys() - before.keys()) == dict.fromkeys(RULES, 2)
    changed = [key for key in before if before[key] != after[key]]
    assert changed == [(DOCUMENT, "r0-objects-a"), (DOCUMENT, "r0-objects-b")]


def test_pinning_changes_only_rules_and_documents(args_of: Args, of_three: Deployed) -> None:
    closed, opened = _by_key(deploy_region(args_of(3, pinned=False))[0]), _by_key(of_three[0])
    assert {kind for kind, _ in opened.keys() - closed.keys()} == RULES
    changed = [name for kind, name in closed if closed[kind, name] != opened[kind, name]]
    assert changed == ["r0-objects-a", "r0-objects-b"]


def test_a_new_release_changes_objects_alone(args_of: Args, of_three: Deployed) -> None:
    args = args_of(3)
    before = _by_key(of_three[0])
    release = args["release"]
    release.update(object="agent/meshfed-agent-0.2.0.pyz", sha256="cd" * 32, document="{}")
    after = _by_key(deploy_region(args)[0])
    changed = {kind for kind, name in before if before[kind, name] != after[kind, name]}
    assert before.keys() == after.keys()
    assert changed == {DOCUMENT}


def test_documents_name_the_route_servers_real_addresses(args_of: Args, of_three: Deployed) -> None:
    args = args_of(3)
    documents = of_type(of_three[0], DOCUMENT)
    for at, gateway in enumerate("ab"):
        text = documents[f"r0-objects-{gateway}"]["content"]
        assert f"neighbor {ROUTERS[gateway]} as 65000;" in text
        assert args["documents"]["router_placeholders"][at] not in text


def _takes(one: Made, argument: str) -> bool:
    module, name = one.type.removeprefix("aws:").split("/")[0], one.type.rsplit(":", 1)[-1]
    resource = getattr(import_module(f"pulumi_aws.{module}"), name)
    return argument in inspect.signature(resource._internal_init).parameters


def test_everything_that_takes_tags_carries_the_plans(of_three: Deployed) -> None:
    made, _ = of_three
    wanted = {"owner": "platform", "meshfed-federation": "acme", "meshfed-region": "r0"}
    bare = [
        one.name
        for one in made
        if one.type.startswith("aws:") and _takes(one, "tags") and not wanted.items() <= one.inputs["tags"].items()
    ]
    assert bare == []


def test_everything_that_takes_a_location_names_it(of_three: Deployed) -> None:
    made, _ = of_three
    elsewhere = [
        one.name
        for one in made
        if one.type.startswith("aws:") and _takes(one, "region") and one.inputs.get("region") != "us-east-1"
    ]
    assert elsewhere == []


def test_parts_of_other_accounts_are_made_by_their_providers(args_of: Args) -> None:
    args = args_of(3)

    def program() -> Mapping[str, Any]:
        duties = ("network", "cluster", "trust", "kms")
        args["providers"] = {duty: aws.Provider(duty, region="us-east-1") for duty in duties}
        return {"store": AwsRegion("r0", args).store}

    made, _ = deploy(program)
    provider = {one.name: one.provider.rsplit("::", 2)[-2] for one in made if one.type.startswith("aws:")}
    assert provider["r0-network-vpc"] == "network"
    assert provider["r0-gateway-a-vm"] == "network"
    assert provider["r0-cluster-cluster"] == "cluster"
    assert provider["r0-cluster-nodes-nodes"] == "cluster"
    assert provider["r0-store-bucket"] == "trust"
    assert provider["r0-objects-a"] == "trust"
    assert provider["r0-keys-peer"] == "kms"


def test_a_cluster_in_another_account_is_lent_its_subnets(args_of: Args) -> None:
    args = args_of(3)
    args["share"] = "acme-r0-subnets"
    cluster_of(args)["account"] = "333333333333"
    made, _ = deploy_region(args)
    assert of_type(made, "aws:ram/principalAssociation:PrincipalAssociation")["r0-share-account"]["principal"] == (
        "333333333333"
    )
    lent = of_type(made, "aws:ram/resourceAssociation:ResourceAssociation")
    assert {one["resourceArn"] for one in lent.values()} == {
        f"arn:r0-network-{use}-us-east-1{zone}" for use in ("nodes", "pods", "control", "east-west") for zone in "abc"
    }
    last = max(one.place for one in made if one.type.startswith("aws:ram/"))
    assert last < min(one.place for one in made if one.name.startswith("r0-cluster"))


def test_an_existing_network_and_cluster_are_left_as_they_are(args_of: Args) -> None:
    args = args_of(3)
    del args["network"]
    del args["cluster"]
    args["existing_network"] = {
        "vpc_id": "vpc-1",
        "node_subnet_ids": ["subnet-n"],
        "pod_subnet_ids": ["subnet-p"],
        "tunnel_subnet_ids": ["subnet-a", "subnet-b", "subnet-c"],
        "control_subnet_ids": ["subnet-k"],
        "route_table_ids": ["rtb-1", "rtb-2"],
    }
    args["existing_cluster"] = {"name": "old", "arn": "arn:old", "issuer": "https://oidc.example/old"}
    made, outputs = deploy_region(args)
    foreign = ("aws:ec2/vpc", "aws:ec2/subnet", "aws:ec2/route", "aws:eks/", "aws:ec2/natGateway", "aws:ec2/flowLog")
    assert [one.name for one in made if one.type.startswith(foreign)] == []
    propagations = of_type(made, "aws:vpc/routeServerPropagation:RouteServerPropagation")
    assert {name: one["routeTableId"] for name, one in propagations.items()} == {
        "r0-routes-rtb-1": "rtb-1",
        "r0-routes-rtb-2": "rtb-2",
    }
    interfaces = of_type(made, "aws:ec2/networkInterface:NetworkInterface")
    assert [one["subnetId"] for one in interfaces.values()] == ["subnet-a", "subnet-b"]
    assert (outputs["network_id"], outputs["cluster_name"], outputs["cluster_id"], outputs["issuer"]) == (
        "vpc-1",
        "old",
        "arn:old",
        "https://oidc.example/old",
    )


@pytest.mark.parametrize("missing", ["network", "cluster"])
def test_neither_new_nor_existing_is_refused(args_of: Args, missing: str) -> None:
    args = args_of(3)
    args.pop(missing)  # type: ignore[misc] -- the key is one of the optional ones above
    with pytest.raises(ArgsError, match=f"give exactly one of {missing} and existing_{missing}"):
        deploy_region(args)
