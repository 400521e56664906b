"""A whole region in Google Cloud against mocks: what is registered, what it tells, and what stays as peers come and go.

Mocks check no input; the local target's stand-ins and the real provider's validation do.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from meshfed.errors import ArgsError
from meshfed.gcp.arguments import region_args
from meshfed.gcp.region import GcpRegion
from meshfed.values import LifeCycle
from tests.gcp.plans import CLUSTER_PATH, EXISTING_CLUSTER, EXISTING_NETWORK, KEY, RELEASE, plan, region_program
from tests.gcp.recorded import PEM, Made, deploy, of_type, one

OF_NETWORK = [
    ("gcp:compute/network:Network", "use4-network-vpc"),
    ("gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy", "use4-network-deny-policy"),
    ("gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation", "use4-network-deny-association"),
    ("gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule", "use4-network-deny-egress"),
    ("gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule", "use4-network-deny-ingress"),
    ("gcp:compute/router:Router", "use4-network-nat-router"),
    ("gcp:compute/routerNat:RouterNat", "use4-network-nat-gateway"),
    ("gcp:compute/subnetwork:Subnetwork", "use4-network-subnets-control"),
    ("gcp:compute/subnetwork:Subnetwork", "use4-network-subnets-east-west"),
    ("gcp:compute/subnetwork:Subnetwork", "use4-network-subnets-endpoints"),
    ("gcp:compute/subnetwork:Subnetwork", "use4-network-subnets-nodes"),
    ("gcp:compute/subnetwork:Subnetwork", "use4-network-subnets-tunnel"),
]
OF_CLUSTER = [
    ("gcp:compute/firewall:Firewall", "use4-nodes-firewall-east-west"),
    ("gcp:compute/firewall:Firewall", "use4-nodes-firewall-federation"),
    ("gcp:compute/firewall:Firewall", "use4-nodes-firewall-inside"),
    ("gcp:compute/firewall:Firewall", "use4-nodes-firewall-services"),
    ("gcp:container/cluster:Cluster", "use4-cluster-gke"),
    ("gcp:container/nodePool:NodePool", "use4-cluster-workers-pool"),
    ("gcp:projects/iAMMember:IAMMember", "use4-node-identity-artifactregistry-reader"),
    ("gcp:projects/iAMMember:IAMMember", "use4-node-identity-container-defaultnodeserviceaccount"),
    ("gcp:serviceaccount/account:Account", "use4-node-identity-account"),
]
OF_EVERY_REGION = [
    ("gcp:compute/address:Address", "use4-gateways-a-private"),
    ("gcp:compute/address:Address", "use4-gateways-a-public"),
    ("gcp:compute/address:Address", "use4-gateways-b-private"),
    ("gcp:compute/address:Address", "use4-gateways-b-public"),
    ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-from-inside"),
    ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-health"),
    ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-services"),
    ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-to-inside"),
    ("gcp:compute/forwardingRule:ForwardingRule", "use4-gateways-balancer-rule"),
    ("gcp:compute/healthCheck:HealthCheck", "use4-gateways-ready-check"),
    ("gcp:compute/instanceGroupManager:InstanceGroupManager", "use4-gateways-a-group"),
    ("gcp:compute/instanceGroupManager:InstanceGroupManager", "use4-gateways-b-group"),
    ("gcp:compute/regionBackendService:RegionBackendService", "use4-gateways-balancer-service"),
    ("gcp:compute/regionHealthCheck:RegionHealthCheck", "use4-gateways-balancer-health"),
    ("gcp:compute/regionInstanceTemplate:RegionInstanceTemplate", "use4-gateways-a-template"),
    ("gcp:compute/regionInstanceTemplate:RegionInstanceTemplate", "use4-gateways-b-template"),
    ("gcp:compute/route:Route", "use4-gateways-balancer-route-100-64-0-0-17"),
    ("gcp:kms/cryptoKey:CryptoKey", "use4-encryption-key"),
    ("gcp:kms/cryptoKey:CryptoKey", "use4-signing-bundle"),
    ("gcp:kms/cryptoKey:CryptoKey", "use4-signing-peer"),
    ("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "use4-encryption-cluster"),
    ("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "use4-encryption-disk"),
    ("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "use4-encryption-store"),
    ("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "use4-signing-peer-publickeyviewer"),
    ("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "use4-signing-peer-signer"),
    ("gcp:kms/keyRing:KeyRing", "use4-encryption-ring"),
    ("gcp:kms/keyRing:KeyRing", "use4-signing-ring"),
    ("gcp:monitoring/alertPolicy:AlertPolicy", "use4-store-watch-alert"),
    ("gcp:projects/iAMMember:IAMMember", "use4-gateway-identity-logging-logwriter"),
    ("gcp:projects/iAMMember:IAMMember", "use4-gateway-identity-monitoring-metricwriter"),
    ("gcp:serviceaccount/account:Account", "use4-gateway-identity-account"),
    ("gcp:storage/bucket:Bucket", "use4-store-bucket"),
    ("gcp:storage/bucketIAMPolicy:BucketIAMPolicy", "use4-store-access"),
    ("gcp:storage/bucketObject:BucketObject", "use4-store-agent"),
    ("gcp:storage/bucketObject:BucketObject", "use4-store-agent-release"),
    ("gcp:storage/bucketObject:BucketObject", "use4-store-gateways-a-peers"),
    ("gcp:storage/bucketObject:BucketObject", "use4-store-gateways-b-peers"),
]
OF_PEERS = [
    ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-from-peers-0"),
    ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-to-peers-0"),
]
LABELLED = {
    "gcp:compute/address:Address": "labels",
    "gcp:compute/forwardingRule:ForwardingRule": "labels",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": "labels",
    "gcp:container/cluster:Cluster": "resourceLabels",
    "gcp:kms/cryptoKey:CryptoKey": "labels",
    "gcp:monitoring/alertPolicy:AlertPolicy": "userLabels",
    "gcp:storage/bucket:Bucket": "labels",
}


def resources(made: list[Made]) -> list[tuple[str, str]]:
    return [(each.type, each.name) for each in made if each.type.startswith("gcp:")]


def deployed(*pinned: str, **settings: Any) -> tuple[list[Made], dict[str, Any]]:
    return deploy(lambda: region_program(plan(*pinned, **settings)))


def inputs_of(made: list[Made]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (each.type, each.name): {key: _plain(value) for key, value in each.inputs.items()}
        for each in made
        if each.type.startswith("gcp:")
    }


def _plain(value: Any) -> Any:
    # Two assets of one file are different objects.
    return value.path if isinstance(value, pulumi.FileAsset) else value


def test_a_region_is_exactly_these_resources() -> None:
    made, _ = deployed(KEY, "p2", "p3")
    assert resources(made) == sorted([*OF_NETWORK, *OF_CLUSTER, *OF_EVERY_REGION, *OF_PEERS])


def test_a_region_tells_what_pin_needs() -> None:
    _, outputs = deployed()
    cluster = "projects/acme-mesh/locations/us-east4/clusters/acme-use4-cluster"
    assert outputs == {
        "network_id": "link/use4-network-vpc",
        "cluster_name": "acme-use4-cluster",
        "cluster_id": cluster,
        "issuer": f"https://container.googleapis.com/v1/{cluster}",
        "gateway_addresses": ["public-use4-gateways-a-public", "public-use4-gateways-b-public"],
        "gateway_identity": "numeric-use4-gateway-identity-account",
        "peer_key": PEM,
        "bundle_key": PEM,
        "store": "use4-store-bucket",
    }


def test_an_unpinned_peer_opens_nothing() -> None:
    made, _ = deployed(KEY)
    assert resources(made) == sorted([*OF_NETWORK, *OF_CLUSTER, *OF_EVERY_REGION])
    assert "p2" not in of_type(made, "gcp:storage/bucketObject:BucketObject")["use4-store-gateways-a-peers"]["content"]


def test_a_quarantined_region_opens_nothing() -> None:
    made, _ = deployed(KEY, "p2", "p3", state=LifeCycle.QUARANTINED)
    assert resources(made) == sorted([*OF_NETWORK, *OF_CLUSTER, *OF_EVERY_REGION])


def test_another_region_changes_rules_and_documents_only() -> None:
    before = inputs_of(deployed(KEY, "p2", peers=1)[0])
    after = inputs_of(deployed(KEY, "p2", "p3", peers=2)[0])
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == {
        ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-from-peers-0"),
        ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-to-peers-0"),
        ("gcp:storage/bucketObject:BucketObject", "use4-store-gateways-a-peers"),
        ("gcp:storage/bucketObject:BucketObject", "use4-store-gateways-b-peers"),
    }


def test_a_later_shard_of_peers_only_adds_rules() -> None:
    before = inputs_of(deployed(KEY, *(f"p{slot}" for slot in range(2, 16)), peers=14)[0])
    after = inputs_of(deployed(KEY, *(f"p{slot}" for slot in range(2, 17)), peers=15)[0])
    assert sorted(after.keys() - before.keys()) == [
        ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-from-peers-1"),
        ("gcp:compute/firewall:Firewall", "use4-gateways-firewall-to-peers-1"),
    ]
    assert {name for name in before if before[name] != after[name]} == {
        ("gcp:storage/bucketObject:BucketObject", "use4-store-gateways-a-peers"),
        ("gcp:storage/bucketObject:BucketObject", "use4-store-gateways-b-peers"),
    }


def test_whatever_can_carry_labels_carries_them() -> None:
    made, _ = deployed()
    wanted = {"owner": "platform_acme_example", "meshfed-federation": "acme", "meshfed-region": "use4"}
    for kind, field in LABELLED.items():
        assert {name: inputs[field] for name, inputs in of_type(made, kind).items()} == dict.fromkeys(
            of_type(made, kind), wanted
        )
    assert one(made, "gcp:container/nodePool:NodePool")["nodeConfig"]["resourceLabels"] == wanted


def test_in_an_existing_network_only_gateways_rules_and_routes_are_made() -> None:
    made, outputs = deployed(network=EXISTING_NETWORK)
    others = [kind for kind in OF_EVERY_REGION if kind[0] != "gcp:compute/route:Route"]
    route = ("gcp:compute/route:Route", "use4-gateways-balancer-route-100-64-0-0-17")
    assert resources(made) == sorted([*others, route, *OF_CLUSTER])
    assert outputs["network_id"] == EXISTING_NETWORK["id"]
    cluster = one(made, "gcp:container/cluster:Cluster")
    assert cluster["subnetwork"] == EXISTING_NETWORK["node_subnets"][0]["id"]
    assert cluster["ipAllocationPolicy"] == {
        "clusterIpv4CidrBlock": "172.21.0.0/16",
        "servicesIpv4CidrBlock": "172.22.0.0/20",
    }


def test_an_existing_cluster_is_left_as_it_is() -> None:
    made, outputs = deployed(network=EXISTING_NETWORK, cluster=EXISTING_CLUSTER)
    assert not set(OF_CLUSTER) & set(resources(made))
    assert (outputs["cluster_name"], outputs["cluster_id"]) == ("legacy", CLUSTER_PATH)
    assert outputs["issuer"] == EXISTING_CLUSTER["issuer"]


def test_each_part_is_deployed_by_its_owner() -> None:
    def program() -> Mapping[str, pulumi.Input[Any]]:
        owners = {duty: gcp.Provider(duty, project=duty) for duty in ("network", "cluster", "trust", "kms")}
        return region_program(plan(), providers=owners)

    made, _ = deploy(program)
    owner = {each.name: each.provider.rpartition("::")[2] for each in made if each.provider}
    parts = {
        "use4-network-vpc": "network",
        "use4-gateways-a-group": "network",
        "use4-gateway-identity-account": "network",
        "use4-nodes-firewall-inside": "network",
        "use4-cluster-gke": "cluster",
        "use4-cluster-workers-pool": "cluster",
        "use4-node-identity-account": "cluster",
        "use4-store-bucket": "trust",
        "use4-signing-peer": "kms",
        "use4-encryption-key": "kms",
    }
    assert {name: owner[name] for name in parts} == {name: f"id/{duty}" for name, duty in parts.items()}


def test_a_cluster_of_another_project_may_use_two_subnets_of_the_network() -> None:
    owners = {"default": {"project": "acme-mesh"}, "cluster": {"project": "acme-run"}}
    made, outputs = deployed(owners=owners)
    grants = of_type(made, "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember").values()
    engine = "serviceAccount:service-424242@container-engine-robot.iam.gserviceaccount.com"
    machines = "serviceAccount:424242@cloudservices.gserviceaccount.com"
    assert {(grant["subnetwork"], grant["role"], grant["member"]) for grant in grants} == {
        (f"link/use4-network-subnets-{subnet}", "roles/compute.networkUser", member)
        for subnet in ("nodes", "control")
        for member in (engine, machines)
    }
    host = of_type(made, "gcp:projects/iAMMember:IAMMember")["use4-shared-network-host"]
    assert (host["project"], host["member"]) == ("acme-mesh", engine)
    assert outputs["cluster_id"].startswith("projects/acme-run/")
    assert one(made, "gcp:container/cluster:Cluster")["workloadIdentityConfig"] == {
        "workloadPool": "acme-run.svc.id.goog"
    }


def test_a_region_that_leaves_may_be_destroyed_and_no_other() -> None:
    for state in (LifeCycle.JOINING, LifeCycle.ACTIVE, LifeCycle.QUARANTINED, LifeCycle.DRAINING):
        made, _ = deployed(state=state)
        may_go = state in {LifeCycle.DRAINING, LifeCycle.QUARANTINED}
        assert one(made, "gcp:container/cluster:Cluster")["deletionProtection"] is not may_go
        assert one(made, "gcp:storage/bucket:Bucket")["forceDestroy"] is may_go


def test_a_region_without_a_network_is_refused() -> None:
    args = region_args(plan(), KEY, RELEASE)
    del args["network"]
    with pytest.raises(ArgsError, match=r"GcpRegionArgs\.network: is missing"):
        deploy(lambda: {"store": GcpRegion(KEY, args).store})
