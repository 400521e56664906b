"""The inputs that carry meaning: what is closed, who may do what, and what a gateway boots with."""

import json
import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import pytest

from meshfed.errors import ArgsError
from meshfed.gcp.signing_keys import public_part
from meshfed.topology.tunnels import listen_port
from meshfed.values import Access, GatewayName
from tests.gcp.plans import KEY, plan, region_program
from tests.gcp.recorded import Made, deploy, of_type, one

MACHINE = "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate"
GROUP = "gcp:compute/instanceGroupManager:InstanceGroupManager"
FIREWALL = "gcp:compute/firewall:Firewall"
CLUSTER = "gcp:container/cluster:Cluster"
BUCKET_OBJECT = "gcp:storage/bucketObject:BucketObject"
GATEWAYS = "acme-use4-gateways@acme-mesh.iam.gserviceaccount.com"
NODES = "acme-use4-nodes@acme-mesh.iam.gserviceaccount.com"


def deployed(*pinned: str, **settings: Any) -> list[Made]:
    return deploy(lambda: region_program(plan(*pinned, **settings)))[0]


@pytest.fixture(scope="module")
def made() -> list[Made]:
    return deployed(KEY, "p2", "p3")


def test_a_network_refuses_and_logs_the_rest_both_ways(made: list[Made]) -> None:
    rules = of_type(made, "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule").values()
    told = [(rule["direction"], rule["action"], rule["enableLogging"], rule["match"]) for rule in rules]
    whole = {"layer4Configs": [{"ipProtocol": "all"}]}
    assert told == [
        ("EGRESS", "deny", True, {**whole, "destIpRanges": ["0.0.0.0/0"]}),
        ("INGRESS", "deny", True, {**whole, "srcIpRanges": ["0.0.0.0/0"]}),
    ]
    assert len({rule["priority"] for rule in rules}) == len(rules)
    network = one(made, "gcp:compute/network:Network")
    assert network["networkFirewallPolicyEnforcementOrder"] == "AFTER_CLASSIC_FIREWALL"
    assert (network["mtu"], network["autoCreateSubnetworks"]) == (1500, False)


def test_no_rule_lets_the_internet_in_or_opens_every_protocol(made: list[Made]) -> None:
    for rule in of_type(made, FIREWALL).values():
        assert rule["logConfig"] == {"metadata": "INCLUDE_ALL_METADATA"}
        assert rule["targetServiceAccounts"] in ([GATEWAYS], [NODES])
        assert all(allow["protocol"] in {"tcp", "udp", "icmp"} for allow in rule["allows"])
        if rule["direction"] == "INGRESS":
            assert all(ip_network(source).prefixlen >= 16 for source in rule["sourceRanges"])


def test_tunnels_are_open_to_pinned_addresses_and_their_own_ports_only(made: list[Made]) -> None:
    rules = of_type(made, FIREWALL)
    waits = rules["use4-gateways-firewall-from-peers-0"]
    assert waits["sourceRanges"] == [f"203.0.113.{last}/32" for last in (2, 3, 4, 5)]
    ports = [f"{listen_port(slot, peer, 0)}-{listen_port(slot, peer, 1)}" for slot in (2, 3) for peer in GatewayName]
    assert waits["allows"] == [{"protocol": "udp", "ports": ports}]
    dials = rules["use4-gateways-firewall-to-peers-0"]
    assert dials["destinationRanges"] == waits["sourceRanges"]
    ours = f"{listen_port(1, GatewayName.A, 0)}-{listen_port(1, GatewayName.B, 1)}"
    assert dials["allows"] == [{"protocol": "udp", "ports": [ours]}]


def test_ipsec_opens_the_ports_of_ike() -> None:
    rules = of_type(deployed(KEY, "p2", "p3", whole={"tunnels": {"kind": "ipsec"}}), FIREWALL)
    for rule in ("from", "to"):
        allows = rules[f"use4-gateways-firewall-{rule}-peers-0"]["allows"]
        assert allows == [{"protocol": "udp", "ports": ["500", "4500"]}]


def test_routes_lead_to_the_balancer_and_both_gateways_stand_behind_it(made: list[Made]) -> None:
    route = one(made, "gcp:compute/route:Route")
    assert (route["destRange"], route["nextHopIlb"]) == ("100.64.0.0/17", "link/use4-gateways-balancer-rule")
    rule = one(made, "gcp:compute/forwardingRule:ForwardingRule")
    assert (rule["ipAddress"], rule["ipProtocol"], rule["allPorts"]) == ("100.64.1.20", "L3_DEFAULT", True)
    service = one(made, "gcp:compute/regionBackendService:RegionBackendService")
    assert service["protocol"] == "UNSPECIFIED"
    assert service["connectionTrackingPolicy"]["connectionPersistenceOnUnhealthyBackends"] == "NEVER_PERSIST"
    assert [backend["group"] for backend in service["backends"]] == [
        "machines/use4-gateways-a-group",
        "machines/use4-gateways-b-group",
    ]
    assert one(made, "gcp:compute/regionHealthCheck:RegionHealthCheck")["tcpHealthCheck"] == {"port": 8479}


def test_gateways_are_hardened_machines_with_fixed_addresses(made: list[Made]) -> None:
    machines = of_type(made, MACHINE)
    interfaces = [machine["networkInterfaces"][0] for machine in machines.values()]
    assert [(interface["networkIp"], interface["accessConfigs"]) for interface in interfaces] == [
        ("100.64.1.10", [{"natIp": "public-use4-gateways-a-public", "networkTier": "PREMIUM"}]),
        ("100.64.1.11", [{"natIp": "public-use4-gateways-b-public", "networkTier": "PREMIUM"}]),
    ]
    for machine in machines.values():
        assert machine["canIpForward"] is True
        assert set(machine["shieldedInstanceConfig"].values()) == {True}
        assert machine["serviceAccount"]["email"] == GATEWAYS
        assert {key: machine["metadata"][key] for key in ("enable-oslogin", "block-project-ssh-keys")} == {
            "enable-oslogin": "TRUE",
            "block-project-ssh-keys": "TRUE",
        }
        assert machine["metadata"]["serial-port-enable"] == "FALSE"


def test_a_gateway_counts_as_replaced_when_its_new_machine_was_seen_to_work(made: list[Made]) -> None:
    groups = of_type(made, GROUP)
    assert [(group["zone"], group["versions"]) for group in groups.values()] == [
        ("us-east4-a", [{"instanceTemplate": "link/use4-gateways-a-template"}]),
        ("us-east4-b", [{"instanceTemplate": "link/use4-gateways-b-template"}]),
    ]
    for group in groups.values():
        assert (group["waitForInstances"], group["waitForInstancesStatus"], group["targetSize"]) == (True, "UPDATED", 1)
        # The engine gives up after 15 minutes: while the delay lasts, an unhealthy machine is never called stable.
        assert group["autoHealingPolicies"] == {"healthCheck": "id/use4-gateways-ready-check", "initialDelaySec": 3600}
        # The addresses are on one machine at a time.
        policy = group["updatePolicy"]
        assert (policy["type"], policy["minimalAction"], policy["replacementMethod"]) == (
            "PROACTIVE",
            "REPLACE",
            "RECREATE",
        )
        assert (policy["maxSurgeFixed"], policy["maxUnavailableFixed"]) == (0, 1)


def test_a_fault_of_agents_or_peers_recreates_no_machine(made: list[Made]) -> None:
    """Each group would do it by itself, both at once, while tunnels outlive an agent that fails."""
    assert one(made, "gcp:compute/healthCheck:HealthCheck")["tcpHealthCheck"] == {"port": 8480}
    for group in of_type(made, GROUP).values():
        assert group["instanceLifecyclePolicy"]["onFailedHealthCheck"] == "DO_NOTHING"
    allowed = of_type(made, FIREWALL)["use4-gateways-firewall-health"]["allows"]
    assert allowed == [{"protocol": "tcp", "ports": ["8479", "8480"]}]


def test_user_data_names_store_and_key_and_holds_no_secret(made: list[Made]) -> None:
    for machine in of_type(made, MACHINE).values():
        text = machine["metadata"]["user-data"]
        assert '"location": "use4-store-bucket"' in text
        assert '"key": "id/use4-signing-peer/cryptoKeyVersions/1"' in text
        assert '"ready_port": 8480' in text
        assert "@store_location@" not in text
        assert "@signer_key@" not in text
        for whole in machine["metadata"].values():
            assert not re.search(r"PRIVATE KEY|PrivateKey\s*=", whole)


def test_user_data_is_the_same_whoever_the_peers_are(made: list[Made]) -> None:
    many = deployed(KEY, *(f"p{slot}" for slot in range(2, 40)), peers=38)
    assert [machine["metadata"] for machine in of_type(many, MACHINE).values()] == [
        machine["metadata"] for machine in of_type(made, MACHINE).values()
    ]


def test_only_the_gateways_sign_peer_documents_and_nobody_signs_bundles(made: list[Made]) -> None:
    grants = of_type(made, "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")
    rights = {(grant["cryptoKeyId"], grant["role"], grant["member"]) for grant in grants.values()}
    user = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    assert rights == {
        ("id/use4-signing-peer", "roles/cloudkms.signer", f"serviceAccount:{GATEWAYS}"),
        ("id/use4-signing-peer", "roles/cloudkms.publicKeyViewer", f"serviceAccount:{GATEWAYS}"),
        (
            "id/use4-encryption-key",
            user,
            "serviceAccount:service-424242@container-engine-robot.iam.gserviceaccount.com",
        ),
        ("id/use4-encryption-key", user, "serviceAccount:service-424242@compute-system.iam.gserviceaccount.com"),
        ("id/use4-encryption-key", user, "serviceAccount:storage"),
    }
    keys = of_type(made, "gcp:kms/cryptoKey:CryptoKey")
    assert {keys[f"use4-signing-{role}"]["versionTemplate"]["algorithm"] for role in ("peer", "bundle")} == {
        "EC_SIGN_P256_SHA256"
    }
    assert keys["use4-encryption-key"]["rotationPeriod"] == "7776000s"


def test_machines_have_no_role_that_writes_more_than_logs_and_figures(made: list[Made]) -> None:
    grants = of_type(made, "gcp:projects/iAMMember:IAMMember").values()
    assert {(grant["role"], grant["member"]) for grant in grants} == {
        ("roles/logging.logWriter", f"serviceAccount:{GATEWAYS}"),
        ("roles/monitoring.metricWriter", f"serviceAccount:{GATEWAYS}"),
        ("roles/container.defaultNodeServiceAccount", f"serviceAccount:{NODES}"),
        ("roles/artifactregistry.reader", f"serviceAccount:{NODES}"),
    }


def test_the_store_is_the_deployers_to_write_and_the_gateways_to_read(made: list[Made]) -> None:
    bucket = one(made, "gcp:storage/bucket:Bucket")
    assert (bucket["uniformBucketLevelAccess"], bucket["publicAccessPrevention"]) == (True, "enforced")
    assert (bucket["versioning"], bucket["location"]) == ({"enabled": True}, "US-EAST4")
    assert bucket["encryption"] == {"defaultKmsKeyName": "id/use4-encryption-key"}
    policy = json.loads(one(made, "gcp:storage/bucketIAMPolicy:BucketIAMPolicy")["policyData"])
    deployer = "serviceAccount:deployer@acme-mesh.iam.gserviceaccount.com"
    assert policy["bindings"] == [
        {"role": "roles/storage.admin", "members": [deployer]},
        {"role": "roles/storage.objectViewer", "members": [f"serviceAccount:{GATEWAYS}"]},
    ]
    names = {each["name"] for each in of_type(made, BUCKET_OBJECT).values()}
    assert names == {
        "agent/meshfed-agent-0.1.0.pyz",
        "agent/release.json",
        "gateways/a/peers.json",
        "gateways/b/peers.json",
    }
    alert = one(made, "gcp:monitoring/alertPolicy:AlertPolicy")["conditions"][0]["conditionMatchedLog"]["filter"]
    assert 'bucket_name="use4-store-bucket"' in alert
    assert 'NOT protoPayload.authenticationInfo.principalEmail="deployer@acme-mesh' in alert


def test_a_cluster_is_closed_where_it_has_a_choice(made: list[Made]) -> None:
    cluster = one(made, CLUSTER)
    wanted: Mapping[str, Any] = {
        "datapathProvider": "ADVANCED_DATAPATH",
        "inTransitEncryptionConfig": "IN_TRANSIT_ENCRYPTION_INTER_NODE_TRANSPARENT",
        "enableCiliumClusterwideNetworkPolicy": True,
        "workloadIdentityConfig": {"workloadPool": "acme-mesh.svc.id.goog"},
        "databaseEncryption": {"state": "ENCRYPTED", "keyName": "id/use4-encryption-key"},
        "binaryAuthorization": {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"},
        "anonymousAuthenticationConfig": {"mode": "LIMITED"},
        "rbacBindingConfig": {
            "enableInsecureBindingSystemAuthenticated": False,
            "enableInsecureBindingSystemUnauthenticated": False,
        },
        "masterAuth": {"clientCertificateConfig": {"issueClientCertificate": False}},
        "enableShieldedNodes": True,
        "enableLegacyAbac": False,
        "releaseChannel": {"channel": "REGULAR"},
        "minMasterVersion": "1.36",
        "deletionProtection": True,
        "serviceExternalIpsConfig": {"enabled": False},
        "enableL4IlbSubsetting": True,
        "defaultSnatStatus": {"disabled": True},
        "removeDefaultNodePool": True,
        "nodeLocations": ["us-east4-a", "us-east4-b", "us-east4-c"],
        "ipAllocationPolicy": {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
    }
    assert {key: cluster[key] for key in wanted} == wanted
    assert "APISERVER" in cluster["loggingConfig"]["enableComponents"]
    assert cluster["nodeConfig"]["serviceAccount"] == NODES
    assert "allowNetAdmin" not in cluster


def test_nodes_are_private_shielded_and_nobodys_default_account(made: list[Made]) -> None:
    pool = one(made, "gcp:container/nodePool:NodePool")
    node = pool["nodeConfig"]
    assert pool["networkConfig"] == {"enablePrivateNodes": True}
    assert pool["management"] == {"autoRepair": True, "autoUpgrade": True}
    assert pool["autoscaling"] == {"totalMinNodeCount": 3, "totalMaxNodeCount": 9, "locationPolicy": "BALANCED"}
    assert (node["serviceAccount"], node["workloadMetadataConfig"]) == (NODES, {"mode": "GKE_METADATA"})
    assert node["shieldedInstanceConfig"] == {"enableSecureBoot": True, "enableIntegrityMonitoring": True}
    assert node["kubeletConfig"] == {"insecureKubeletReadonlyPortEnabled": "FALSE"}
    assert node["bootDiskKmsKey"] == "id/use4-encryption-key"


def test_subnets_log_their_flows_and_hold_the_plans_ranges(made: list[Made]) -> None:
    subnets = of_type(made, "gcp:compute/subnetwork:Subnetwork")
    assert {name.removeprefix("use4-network-subnets-"): each["ipCidrRange"] for name, each in subnets.items()} == {
        "nodes": "10.1.0.0/18",
        "endpoints": "10.1.64.0/24",
        "control": "10.1.65.0/24",
        "tunnel": "100.64.1.0/25",
        "east-west": "100.64.1.128/25",
    }
    assert subnets["use4-network-subnets-nodes"]["secondaryIpRanges"] == [
        {"rangeName": "pods", "ipCidrRange": "10.129.0.0/16"},
        {"rangeName": "services", "ipCidrRange": "10.1.128.0/18"},
    ]
    for subnet in subnets.values():
        assert subnet["privateIpGoogleAccess"] is True
        assert subnet["logConfig"]["metadata"] == "INCLUDE_ALL_METADATA"


@pytest.mark.parametrize("access", list(Access))
def test_the_kubernetes_api_is_reached_as_settings_say(access: Access) -> None:
    made = deployed(access=access)
    cluster = one(made, CLUSTER)
    by_name = access is Access.GKE_DNS
    assert cluster["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {
            "allowExternalTraffic": by_name,
            "enableK8sTokensViaDns": False,
            "enableK8sCertsViaDns": False,
        },
        "ipEndpointsConfig": {"enabled": not by_name},
    }
    assert cluster["privateClusterConfig"]["enablePrivateEndpoint"] is True
    allowed = {
        Access.RUNNER: ["10.1.0.0/17"],
        Access.TUNNEL: ["10.1.0.0/17", "35.235.240.0/20"],
        Access.GKE_DNS: None,
    }[access]
    networks = cluster.get("masterAuthorizedNetworksConfig")
    assert (networks and [block["cidrBlock"] for block in networks["cidrBlocks"]]) == allowed
    groups = of_type(made, "gcp:iap/tunnelDestGroup:TunnelDestGroup")
    assert [group["cidrs"] for group in groups.values()] == ([["10.1.65.0/24"]] if access is Access.TUNNEL else [])


def test_a_group_administers_this_cluster_alone() -> None:
    made = deployed(cluster={"kind": "new", "administrators": ["mesh-admins@acme.example"]})
    grant = of_type(made, "gcp:projects/iAMMember:IAMMember")["use4-cluster-administrator-mesh-admins"]
    assert (grant["role"], grant["member"]) == ("roles/container.admin", "group:mesh-admins@acme.example")
    path = "projects/acme-mesh/locations/us-east4/clusters/acme-use4-cluster"
    assert grant["condition"]["expression"] == f'resource.name == "{path}"'
    assert one(made, CLUSTER)["authenticatorGroupsConfig"] == {"securityGroup": "gke-security-groups@acme.example"}


def test_a_key_without_a_public_part_ends_in_advice() -> None:
    with pytest.raises(ArgsError, match="run the same command again"):
        public_part([])
