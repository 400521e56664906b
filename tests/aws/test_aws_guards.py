"""What must never be open, unencrypted or allowed in a region's resources, read from what it registers."""

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, cast

import pytest

from meshfed.aws.gateway_firewall import AwsGatewayFirewall
from meshfed.aws.node_pool import node_configuration
from meshfed.aws.region_inputs import AwsRegionArgs
from meshfed.topology.tunnels import listen_port
from meshfed.values import GatewayName
from tests.aws.conftest import deploy_region
from tests.aws.recorded import deploy
from tests.recorded import Made, of_type

Args = Callable[..., AwsRegionArgs]
RULES_OF_A_GROUP = 60
GATEWAY_ROLE = "arn:role/r0-identity-role"
PRIVATE_KEY = re.compile(r"PrivateKey\s*=|BEGIN (EC |RSA )?PRIVATE KEY")


@pytest.fixture(scope="module")
def made(args_of: Args) -> list[Made]:
    """Everything that region r0 of six registers."""
    return deploy_region(args_of(6))[0]


def _statements(policy: str) -> dict[str, Mapping[str, Any]]:
    return {one["Sid"]: one for one in json.loads(policy)["Statement"]}


def _policies(made: list[Made]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in made:
        if one.type in {"aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"}:
            yield from ((one.name, statement) for statement in _statements(one.inputs["policy"]).values())


def _rules(made: list[Made], way: str) -> list[Mapping[str, Any]]:
    kind = f"SecurityGroup{way}Rule"
    return list(of_type(made, f"aws:vpc/s{kind[1:]}:{kind}").values())


def test_the_clusters_endpoint_is_private_and_nobody_is_administrator_by_creating_it(made: list[Made]) -> None:
    cluster = of_type(made, "aws:eks/cluster:Cluster")["r0-cluster-cluster"]
    assert cluster["vpcConfig"]["endpointPublicAccess"] is False
    assert cluster["vpcConfig"]["endpointPrivateAccess"] is True
    assert cluster["vpcConfig"]["subnetIds"] == [f"r0-network-control-us-east-1{zone}-id" for zone in "abc"]
    assert cluster["accessConfig"] == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}


def test_the_cluster_logs_everything_and_encrypts_secrets(made: list[Made]) -> None:
    cluster = of_type(made, "aws:eks/cluster:Cluster")["r0-cluster-cluster"]
    assert cluster["enabledClusterLogTypes"] == ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    assert cluster["encryptionConfig"] == {
        "provider": {"keyArn": "arn:r0-cluster-keys-secrets-key"},
        "resources": ["secrets"],
    }
    assert cluster["deletionProtection"] is True
    assert cluster["bootstrapSelfManagedAddons"] is False
    logs = of_type(made, "aws:cloudwatch/logGroup:LogGroup")
    assert logs["r0-cluster-keys-logs"]["name"] == "/aws/eks/acme-r0-cluster/cluster"
    assert {one["kmsKeyId"].rsplit("-", 1)[-1] for one in logs.values()} == {"key"}


def test_pods_have_subnets_of_their_own_and_keep_their_address_towards_gateways(made: list[Made]) -> None:
    addon = of_type(made, "aws:eks/addon:Addon")["r0-cluster-base-vpc-cni"]
    values = json.loads(addon["configurationValues"])
    assert values["eniConfig"] == {
        "create": True,
        "region": "us-east-1",
        "subnets": {f"us-east-1{zone}": {"id": f"r0-network-pods-us-east-1{zone}-id"} for zone in "abc"},
    }
    assert values["env"]["AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"] == "100.64.0.0/17"
    assert values["enableNetworkPolicy"] == "true"


def test_an_addons_role_is_for_one_service_account_of_one_cluster(made: list[Made]) -> None:
    role = of_type(made, "aws:iam/role:Role")["r0-cluster-base-vpc-cni"]
    trust = _statements(role["assumeRolePolicy"])["AssumedByPod"]
    assert trust["Condition"] == {
        "StringEquals": {
            "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:us-east-1:222222222222:cluster/acme-r0-cluster",
            "aws:RequestTag/kubernetes-namespace": "kube-system",
            "aws:RequestTag/kubernetes-service-account": "aws-node",
        }
    }


def test_metadata_is_given_to_hosts_only_and_only_by_token(made: list[Made]) -> None:
    hosts = [
        *of_type(made, "aws:ec2/instance:Instance").values(),
        *of_type(made, "aws:ec2/launchTemplate:LaunchTemplate").values(),
    ]
    assert len(hosts) == 3
    for host in hosts:
        assert host["metadataOptions"]["httpTokens"] == "required"
        assert host["metadataOptions"]["httpPutResponseHopLimit"] == 1
        assert "keyName" not in host


def test_gateways_forward_from_fixed_addresses_and_have_encrypted_disks(made: list[Made]) -> None:
    interfaces = of_type(made, "aws:ec2/networkInterface:NetworkInterface")
    assert {name: (one["privateIps"], one["sourceDestCheck"]) for name, one in interfaces.items()} == {
        "r0-gateway-a-interface": (["100.64.0.10"], False),
        "r0-gateway-b-interface": (["100.64.0.42"], False),
    }
    groups = [f"r0-firewall-{index}-id" for index in range(5)]
    assert [one["securityGroups"] for one in interfaces.values()] == [groups, groups]
    for name, host in of_type(made, "aws:ec2/instance:Instance").items():
        assert host["rootBlockDevice"]["encrypted"] is True
        assert host["primaryNetworkInterface"] == {"networkInterfaceId": f"{name.removesuffix('-vm')}-interface-id"}
        assert host["userDataReplaceOnChange"] is True


def test_each_gateway_announces_routes_to_the_endpoint_in_its_own_subnet(made: list[Made]) -> None:
    endpoints = of_type(made, "aws:vpc/routeServerEndpoint:RouteServerEndpoint")
    assert {name: one["subnetId"] for name, one in endpoints.items()} == {
        "r0-routes-a": "r0-network-tunnel-us-east-1a-id",
        "r0-routes-b": "r0-network-tunnel-us-east-1b-id",
    }
    for gateway in "ab":
        peer = of_type(made, "aws:vpc/routeServerPeer:RouteServerPeer")[f"r0-gateway-{gateway}-session"]
        assert peer["routeServerEndpointId"] == f"r0-routes-{gateway}-endpoint"
        assert peer["bgpOptions"] == {"peerAsn": 64512, "peerLivenessDetection": "bfd"}
    tables = of_type(made, "aws:vpc/routeServerPropagation:RouteServerPropagation")
    assert {one["routeTableId"] for one in tables.values()} == {
        "r0-network-inner-table-id",
        *(f"r0-network-private-us-east-1{zone}-table-id" for zone in "abc"),
    }


def test_no_route_table_leads_everything_to_a_gateway(made: list[Made]) -> None:
    routes = of_type(made, "aws:ec2/route:Route").values()
    assert all("networkInterfaceId" not in route for route in routes)
    assert Counter("natGatewayId" in route for route in routes) == {True: 3, False: 1}


def test_nothing_is_open_to_the_world(made: list[Made]) -> None:
    rules = _rules(made, "Ingress")
    assert [rule for rule in rules if IPv4Network(rule["cidrIpv4"]).prefixlen < 16] == []
    assert {rule["ipProtocol"] for rule in rules + _rules(made, "Egress")} == {"tcp", "udp"}
    default = of_type(made, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")["r0-network-default"]
    assert (default.get("ingress"), default.get("egress")) == ([], [])
    assert {one["mapPublicIpOnLaunch"] for one in of_type(made, "aws:ec2/subnet:Subnet").values()} == {False}


def test_tunnel_ports_are_open_to_gateways_of_pinned_regions_only(made: list[Made]) -> None:
    peers = [rule for rule in _rules(made, "Ingress") if rule["ipProtocol"] == "udp" and rule["fromPort"] != 3784]
    assert {(rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) for rule in peers} == {
        (f"203.0.113.{2 * slot + at}/32", listen_port(slot, gateway, 0), listen_port(slot, gateway, 1))
        for slot in range(1, 6)
        for at, gateway in enumerate(GatewayName)
    }
    outwards = [rule for rule in _rules(made, "Egress") if rule["ipProtocol"] == "udp" and rule["fromPort"] != 3784]
    ports = (listen_port(0, GatewayName.A, 0), listen_port(0, GatewayName.B, 1))
    assert {(rule["fromPort"], rule["toPort"]) for rule in outwards} == {ports}


def test_with_nothing_pinned_no_tunnel_port_is_open(args_of: Args) -> None:
    made, _ = deploy_region(args_of(6, pinned=False))
    assert [rule for rule in _rules(made, "Ingress") if rule["ipProtocol"] == "udp" and rule["fromPort"] != 3784] == []


def test_128_regions_fit_the_rules_of_five_groups(args_of: Args) -> None:
    args = args_of(128)

    def program() -> Mapping[str, Any]:
        return {"ids": AwsGatewayFirewall("fw", {"settings": args["firewall"], "vpc_id": "vpc-1"}).group_ids}

    made, outputs = deploy(program)
    assert len(outputs["ids"]) == 5
    for way in ("Ingress", "Egress"):
        filled = Counter(rule["securityGroupId"] for rule in _rules(made, way))
        assert max(filled.values()) <= RULES_OF_A_GROUP
        assert sum(filled.values()) >= 127 * 2


def test_only_gateways_sign_peer_documents_and_nobody_signs_bundles_yet(made: list[Made]) -> None:
    keys = of_type(made, "aws:kms/key:Key")
    peer, bundle = (_statements(keys[f"r0-keys-{use}"]["policy"]) for use in ("peer", "bundle"))
    signers = [one for one in [*peer.values(), *bundle.values()] if "kms:Sign" in one["Action"]]
    assert signers == [peer["SignPeerDocuments"]]
    assert signers[0]["Principal"] == {"AWS": GATEWAY_ROLE}
    assert signers[0]["Condition"] == {"StringEquals": {"kms:SigningAlgorithm": "ECDSA_SHA_256"}}
    for use in ("peer", "bundle"):
        key = keys[f"r0-keys-{use}"]
        assert (key["customerMasterKeySpec"], key["keyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")


def test_no_key_is_for_everybody_and_data_keys_rotate(made: list[Made]) -> None:
    for name, key in of_type(made, "aws:kms/key:Key").items():
        statements = _statements(key["policy"]).values()
        assert all(one["Principal"] not in ("*", {"AWS": "*"}) for one in statements), name
        assert all("*" not in action for one in statements for action in one["Action"]), name
        assert key["enableKeyRotation"] is (key["keyUsage"] == "ENCRYPT_DECRYPT"), name


def test_only_the_deployer_writes_the_store(made: list[Made]) -> None:
    policy = _statements(of_type(made, "aws:s3/bucketPolicy:BucketPolicy")["r0-store-policy"]["policy"])
    writes = policy["OnlyDeployerWrites"]
    assert writes["Effect"] == "Deny"
    assert writes["Principal"] == {"AWS": "*"}
    assert {"s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"} <= set(writes["Action"])
    assert writes["Condition"] == {"StringNotLike": {"aws:userid": ["AROACALLER", "AROACALLER:*"]}}
    allowed = {one["Action"][0]: one["Principal"] for one in policy.values() if one["Effect"] == "Allow"}
    assert allowed == {"s3:GetObject": {"AWS": GATEWAY_ROLE}, "s3:ListBucket": {"AWS": GATEWAY_ROLE}}


def test_a_deployer_that_settings_name_is_the_one_who_writes(args_of: Args) -> None:
    args = args_of(3)
    args["store"]["writer_role_arn"] = "arn:aws:iam::222222222222:role/deploy"
    made, _ = deploy_region(args)
    policy = _statements(of_type(made, "aws:s3/bucketPolicy:BucketPolicy")["r0-store-policy"]["policy"])
    wanted = {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/deploy"}}
    assert policy["OnlyDeployerWrites"]["Condition"] == wanted


def test_the_store_keeps_versions_and_has_no_public_access(made: list[Made]) -> None:
    closed = of_type(made, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")["r0-store-closed"]
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert [closed[flag] for flag in flags] == [True] * 4
    versions = of_type(made, "aws:s3/bucketVersioning:BucketVersioning")["r0-store-versions"]
    assert versions["versioningConfiguration"] == {"status": "Enabled"}
    assert "forceDestroy" not in of_type(made, "aws:s3/bucket:Bucket")["r0-store-bucket"]
    rule = of_type(made, "aws:cloudwatch/eventRule:EventRule")["r0-store-alarm-writes"]
    assert json.loads(rule["eventPattern"])["detail"] == {"bucket": {"name": ["acme-r0-store-222222222222"]}}


def test_no_right_is_a_wildcard(made: list[Made]) -> None:
    for name, statement in _policies(made):
        assert all("*" not in action for action in statement["Action"]), name
        if "*" in statement["Resource"]:
            # The only actions without a resource of their own; kept to instances by a condition.
            assert all(action.startswith("ssmmessages:") for action in statement["Action"]), name
            assert statement["Condition"]["ArnLike"]["ec2:SourceInstanceARN"].endswith(":instance/*")


def test_gateways_read_their_documents_and_publish_by_their_own_writer(made: list[Made]) -> None:
    rights = _statements(of_type(made, "aws:iam/rolePolicy:RolePolicy")["r0-rights-policy"]["policy"])
    bucket = "arn:aws:s3:::acme-r0-store-222222222222"
    assert rights["ReadOwnStore"]["Resource"] == [
        f"{bucket}/gateways/a/peers.json",
        f"{bucket}/gateways/b/peers.json",
        f"{bucket}/agent/release.json",
        f"{bucket}/agent/meshfed-agent-*.pyz",
    ]
    assert rights["Publish"]["Resource"] == ["arn:aws:iam::111111111111:role/acme-r0-peer-writer"]
    assert rights["SignPeerDocuments"]["Resource"] == ["arn:r0-keys-peer"]
    used = {action for one in rights.values() for action in one["Action"]}
    assert {action for action in used if not action.startswith(("ssm", "logs:"))} == {
        "kms:GetPublicKey",
        "kms:Sign",
        "s3:GetObject",
        "s3:ListBucket",
        "sts:AssumeRole",
    }


def test_the_check_of_a_new_gateway_runs_one_document_that_takes_no_command(made: list[Made]) -> None:
    rights = _statements(of_type(made, "aws:iam/rolePolicy:RolePolicy")["r0-rights-policy"]["policy"])
    assert rights["ReadCheck"]["Resource"] == ["arn:r0-readiness-document"]
    document = json.loads(of_type(made, "aws:ssm/document:Document")["r0-readiness-document"]["content"])
    script = "\n".join(document["mainSteps"][0]["inputs"]["runCommand"])
    assert "{{" not in script
    assert "systemctl is-active --quiet meshfed-agent.service" in script
    assert "/dev/tcp/127.0.0.1/8479" in script


def test_every_break_glass_session_is_recorded(made: list[Made]) -> None:
    session = json.loads(of_type(made, "aws:ssm/document:Document")["r0-glass-session"]["content"])
    assert session["inputs"]["cloudWatchLogGroupName"] == "/meshfed/acme-r0-break-glass"
    assert session["inputs"]["cloudWatchEncryptionEnabled"] is True
    bearer = _statements(of_type(made, "aws:iam/policy:Policy")["r0-glass-policy"]["policy"])
    assert bearer["OnlyRecordedSessions"]["Resource"] == ["arn:r0-glass-session"]
    assert bearer["StartOnGateways"]["Condition"] == {
        "StringEquals": {"aws:ResourceTag/meshfed-region": "r0"},
        "BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"},
    }


def test_no_private_key_is_in_anything_that_is_registered(made: list[Made]) -> None:
    texts = json.dumps([one.inputs for one in made], default=lambda asset: asset.path)
    assert PRIVATE_KEY.search(texts) is None
    hosts = of_type(made, "aws:ec2/instance:Instance").values()
    assert all(len(cast("str", host["userData"]).encode()) <= 16 * 1024 for host in hosts)


def test_nodes_take_as_many_pods_as_their_network_has_room_for() -> None:
    text = base64.b64decode(node_configuration()).decode()
    assert text.startswith("MIME-Version: 1.0\n")
    assert "maxPods: 110" in text
