"""A whole region against mocks: what it makes and tells, and what a new peer changes. Proves nothing about Azure."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_azure_native as azure
import pytest

from meshfed.azure.region import AzureRegion
from meshfed.azure.region_inputs import AzureRegionArgs
from meshfed.errors import ArgsError
from stacks.region import OUTPUTS
from tests.azure.recorded import PARENT, deploy, of_type
from tests.recorded import Made

Args = Callable[..., AzureRegionArgs]
NETWORK = "/subscriptions/s/resourceGroups/legacy/providers/Microsoft.Network"
CLUSTER = "/subscriptions/s/resourceGroups/legacy/providers/Microsoft.ContainerService/managedClusters/old"
BROWNFIELD: dict[str, Any] = {
    "network": {
        "kind": "existing",
        "id": f"{NETWORK}/virtualNetworks/v",
        "network": "10.60.0.0/17",
        "pods": "10.61.0.0/16",
        "services": "10.62.0.0/18",
        "gateways": "10.63.0.0/24",
        "node_subnets": [{"id": f"{NETWORK}/virtualNetworks/v/subnets/nodes", "range": "10.60.0.0/18"}],
        "tunnel_subnets": [{"id": f"{NETWORK}/virtualNetworks/v/subnets/tunnel", "range": "10.63.0.0/25"}],
        "east_west_subnets": [{"id": f"{NETWORK}/virtualNetworks/v/subnets/ew", "range": "10.63.0.128/25"}],
        "endpoint_subnets": [{"id": f"{NETWORK}/virtualNetworks/v/subnets/ends", "range": "10.60.64.0/24"}],
        "route_tables": [f"{NETWORK}/routeTables/Nodes"],
    },
    "cluster": {"kind": "existing", "name": CLUSTER, "issuer": "https://eastus.oic.example/t/c/"},
}


def _region(args: AzureRegionArgs) -> tuple[list[Made], dict[str, Any]]:
    def program() -> dict[str, pulumi.Output[Any]]:
        made = AzureRegion("eus", args)
        return {name: getattr(made, name) for name in OUTPUTS}

    return deploy(program)


def _by_key(made: list[Made]) -> dict[tuple[str, str], str]:
    return {(one.type, one.name): json.dumps(one.inputs, sort_keys=True, default=vars) for one in made}


def test_a_region_makes_exactly_this(args_of: Args) -> None:
    made, _ = _region(args_of(2, pinned=["r1"]))
    found = [(one.type.removeprefix("azure-native:"), one.name) for one in made]
    assert found == EVERYTHING


def test_a_region_tells_what_others_need(args_of: Args) -> None:
    _, told = _region(args_of())
    assert told["gateway_addresses"] == ["public-eus-gateway-a-address", "public-eus-gateway-b-address"]
    assert told["gateway_identity"] == "principal-eus-identity-identity"
    assert told["peer_key"] == "https://vault/keys/eus-keys-peer-key/1"
    assert told["bundle_key"] == "https://vault/keys/eus-keys-bundle-key/1"
    assert told["issuer"] == "https://issuer.example/eus-cluster-cluster/"
    assert told["store"].endswith(".blob.core.windows.net/own")


def test_a_peer_changes_rules_and_documents_alone(args_of: Args) -> None:
    before = _by_key(_region(args_of(2, pinned=["r1"]))[0])
    after = _by_key(_region(args_of(3, pinned=["r1", "r2", "r3"]))[0])
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    assert changed == {
        ("azure-native:storage:Blob", "eus-objects-peers-a"),
        ("azure-native:storage:Blob", "eus-objects-peers-b"),
    }
    assert before.keys() <= after.keys()
    assert {kind for kind, _ in after.keys() - before.keys()} == {"azure-native:network:SecurityRule"}


def test_the_order_of_peers_coming_does_not_matter(args_of: Args) -> None:
    alone = of_type(_region(args_of(3, pinned=["r3"]))[0], "network:SecurityRule")
    all_of_them = of_type(_region(args_of(3, pinned=["r3", "r1", "r2"]))[0], "network:SecurityRule")
    assert {name: all_of_them[name] for name in alone} == dict(alone)


def test_a_quarantined_region_has_no_peer(args_of: Args) -> None:
    args = args_of(2, pinned=["r1", "r2"], more={"state": "quarantined"})
    made, _ = _region(args)
    assert [name for name in of_type(made, "network:SecurityRule") if "-peer-" in name] == []
    for key in ("peers-a", "peers-b"):
        text = of_type(made, "storage:Blob")[f"eus-objects-{key}"]["source"].text
        assert json.loads(text)["peers"] == []


def test_nothing_of_an_existing_network_is_made_but_routes(args_of: Args) -> None:
    made, told = _region(args_of(more=BROWNFIELD))
    kinds = {one.type.removeprefix("azure-native:") for one in made}
    assert not kinds & {
        "network:VirtualNetwork",
        "network:Subnet",
        "network:RouteTable",
        "network:NatGateway",
        "network:FlowLog",
        "containerservice:ManagedCluster",
        "containerservice:AgentPool",
    }
    routes = of_type(made, "network:Route")
    assert {(route["resourceGroupName"], route["routeTableName"]) for route in routes.values()} == {("legacy", "Nodes")}
    assert {route["nextHopIpAddress"] for route in routes.values()} == {"10.63.0.20"}
    assert {route["addressPrefix"] for route in routes.values()} == {"100.64.0.0/17"}
    assert of_type(made, "network:SecurityRule")["eus-gateway-rules-forward"]["sourceAddressPrefixes"] == [
        "10.60.0.0/18",
        "10.63.0.0/24",
        "10.61.0.0/16",
    ]
    assert told["network_id"] == f"{NETWORK}/virtualNetworks/v"
    assert (told["cluster_id"], told["cluster_name"]) == (CLUSTER, "old")
    assert told["issuer"] == "https://eastus.oic.example/t/c/"


def test_a_private_zone_that_the_network_reads_already_is_used_and_not_made(args_of: Args) -> None:
    zone = f"{NETWORK}/privateDnsZones/privatelink.vaultcore.azure.net"
    network = {**BROWNFIELD["network"], "private_zones": {"vault": zone}}
    made, _ = _region(args_of(more={**BROWNFIELD, "network": network}))
    assert set(of_type(made, "privatedns:PrivateZone")) == {"eus-names-blob-zone"}
    assert set(of_type(made, "privatedns:VirtualNetworkLink")) == {"eus-names-blob-link"}
    groups = of_type(made, "network:PrivateDnsZoneGroup").values()
    named = {group["privateDnsZoneConfigs"][0]["privateDnsZoneId"] for group in groups}
    assert named == {zone, f"{PARENT}/eus-names-blob-zone"}


def test_each_duty_goes_to_its_own_subscription(args_of: Args) -> None:
    duties = ("network", "cluster", "dns", "kms", "trust")

    def program() -> dict[str, pulumi.Output[Any]]:
        args = args_of()
        args["providers"] = {duty: azure.Provider(f"of-{duty}") for duty in duties}
        AzureRegion("eus", args)
        return {}

    made, _ = deploy(program)
    kinds = {"azure-native:" + kind: duty for kind, duty in DUTY_OF.items()}
    wrong = [
        (one.type, one.name, one.provider)
        for one in made
        if one.type in kinds and f"::of-{kinds[one.type]}::" not in one.provider
    ]
    assert wrong == []
    groups = {one.name: one.provider for one in made if one.type == "azure-native:resources:ResourceGroup"}
    assert sorted(next(duty for duty in duties if f"::of-{duty}::" in provider) for provider in groups.values()) == [
        *sorted(duties)
    ]


@pytest.mark.parametrize(("missing", "both"), [("network", False), ("cluster", False), ("network", True)])
def test_exactly_one_of_made_and_found_is_wanted(args_of: Args, missing: str, *, both: bool) -> None:
    args = args_of()
    if both:
        found = args_of(more=BROWNFIELD)
        assert "existing_network" in found
        args["existing_network"] = found["existing_network"]
    elif missing == "network":
        del args["network"]
    else:
        del args["cluster"]
    with pytest.raises(ArgsError, match=f"exactly one of {missing} and existing_{missing}"):
        _region(args)


DUTY_OF = {
    "network:VirtualNetwork": "network",
    "network:SecurityRule": "network",
    "compute:VirtualMachine": "network",
    "operationalinsights:Workspace": "network",
    "containerservice:ManagedCluster": "cluster",
    "containerservice:AgentPool": "cluster",
    "privatedns:PrivateZone": "dns",
    "keyvault:Vault": "kms",
    "keyvault:Key": "kms",
    "storage:BlobContainer": "trust",
    "storage:Blob": "trust",
}
EVERYTHING = [
    ("authorization:RoleAssignment", "eus-cluster-identity-gives-nodes"),
    ("authorization:RoleAssignment", "eus-cluster-identity-uses-control"),
    ("authorization:RoleAssignment", "eus-cluster-identity-uses-east-west"),
    ("authorization:RoleAssignment", "eus-cluster-identity-uses-nodes"),
    ("authorization:RoleAssignment", "eus-cluster-keys-may-connect"),
    ("authorization:RoleAssignment", "eus-cluster-keys-may-use"),
    ("authorization:RoleAssignment", "eus-flows-may-write"),
    ("authorization:RoleAssignment", "eus-keys-peer-signer"),
    ("authorization:RoleAssignment", "eus-store-reader"),
    ("compute:VirtualMachine", "eus-gateway-a-machine"),
    ("compute:VirtualMachine", "eus-gateway-b-machine"),
    ("compute:VirtualMachineRunCommandByVirtualMachine", "eus-gateway-a-ready"),
    ("compute:VirtualMachineRunCommandByVirtualMachine", "eus-gateway-b-ready"),
    ("containerservice:AgentPool", "eus-cluster-workers-pool"),
    ("containerservice:MaintenanceConfiguration", "eus-cluster-upkeep-node-images"),
    ("containerservice:MaintenanceConfiguration", "eus-cluster-upkeep-versions"),
    ("containerservice:ManagedCluster", "eus-cluster-cluster"),
    ("keyvault:Key", "eus-cluster-keys-key"),
    ("keyvault:Key", "eus-keys-bundle-key"),
    ("keyvault:Key", "eus-keys-peer-key"),
    ("keyvault:Vault", "eus-cluster-keys-secrets-vault"),
    ("keyvault:Vault", "eus-keys-signing-vault"),
    ("managedidentity:UserAssignedIdentity", "eus-cluster-identity-control-identity"),
    ("managedidentity:UserAssignedIdentity", "eus-cluster-identity-nodes-identity"),
    ("managedidentity:UserAssignedIdentity", "eus-flows-writer"),
    ("managedidentity:UserAssignedIdentity", "eus-identity-identity"),
    ("monitor:ActivityLogAlert", "eus-gateway-entered-alarm"),
    ("monitor:DiagnosticSetting", "eus-cluster-keys-secrets-uses"),
    ("monitor:DiagnosticSetting", "eus-cluster-upkeep-logs"),
    ("monitor:DiagnosticSetting", "eus-gateway-rules-log"),
    ("monitor:DiagnosticSetting", "eus-keys-signing-uses"),
    ("monitor:DiagnosticSetting", "eus-network-control-rules-log"),
    ("monitor:DiagnosticSetting", "eus-network-east-west-rules-log"),
    ("monitor:DiagnosticSetting", "eus-network-endpoints-rules-log"),
    ("monitor:DiagnosticSetting", "eus-network-nodes-rules-log"),
    ("monitor:DiagnosticSetting", "eus-store-alarm-log"),
    ("monitor:ScheduledQueryRule", "eus-store-alarm-writes"),
    ("network:FlowLog", "eus-flows-log"),
    ("network:LoadBalancer", "eus-gateway-front-balancer"),
    ("network:NatGateway", "eus-network-way-out-nat"),
    ("network:NetworkInterface", "eus-gateway-a-interface"),
    ("network:NetworkInterface", "eus-gateway-b-interface"),
    ("network:NetworkSecurityGroup", "eus-gateway-rules-group"),
    ("network:NetworkSecurityGroup", "eus-network-control-rules-group"),
    ("network:NetworkSecurityGroup", "eus-network-east-west-rules-group"),
    ("network:NetworkSecurityGroup", "eus-network-endpoints-rules-group"),
    ("network:NetworkSecurityGroup", "eus-network-nodes-rules-group"),
    ("network:PrivateDnsZoneGroup", "eus-cluster-keys-secrets-private-names"),
    ("network:PrivateDnsZoneGroup", "eus-keys-signing-private-names"),
    ("network:PrivateDnsZoneGroup", "eus-store-private-names"),
    ("network:PrivateEndpoint", "eus-cluster-keys-secrets-private-endpoint"),
    ("network:PrivateEndpoint", "eus-keys-signing-private-endpoint"),
    ("network:PrivateEndpoint", "eus-store-private-endpoint"),
    ("network:PublicIPAddress", "eus-gateway-a-address"),
    ("network:PublicIPAddress", "eus-gateway-b-address"),
    ("network:PublicIPAddress", "eus-network-way-out-address"),
    ("network:Route", "eus-gateway-routes-own-100-64-0-0-17"),
    ("network:RouteTable", "eus-network-routes"),
    ("network:SecurityRule", "eus-gateway-rules-deliver-out"),
    ("network:SecurityRule", "eus-gateway-rules-deny-in"),
    ("network:SecurityRule", "eus-gateway-rules-deny-internet-out"),
    ("network:SecurityRule", "eus-gateway-rules-forward"),
    ("network:SecurityRule", "eus-gateway-rules-peer-r1-a"),
    ("network:SecurityRule", "eus-gateway-rules-peer-r1-a-out"),
    ("network:SecurityRule", "eus-gateway-rules-peer-r1-b"),
    ("network:SecurityRule", "eus-gateway-rules-peer-r1-b-out"),
    ("network:SecurityRule", "eus-gateway-rules-probes"),
    ("network:SecurityRule", "eus-gateway-rules-web-out"),
    ("network:SecurityRule", "eus-network-control-rules-api"),
    ("network:SecurityRule", "eus-network-control-rules-deny-in"),
    ("network:SecurityRule", "eus-network-control-rules-itself"),
    ("network:SecurityRule", "eus-network-control-rules-probes"),
    ("network:SecurityRule", "eus-network-east-west-rules-deny-in"),
    ("network:SecurityRule", "eus-network-east-west-rules-east-west"),
    ("network:SecurityRule", "eus-network-endpoints-rules-deny-in"),
    ("network:SecurityRule", "eus-network-endpoints-rules-https"),
    ("network:SecurityRule", "eus-network-nodes-rules-api-server"),
    ("network:SecurityRule", "eus-network-nodes-rules-cluster"),
    ("network:SecurityRule", "eus-network-nodes-rules-deny-in"),
    ("network:SecurityRule", "eus-network-nodes-rules-east-west"),
    ("network:SecurityRule", "eus-network-nodes-rules-probes"),
    ("network:Subnet", "eus-network-control-subnet"),
    ("network:Subnet", "eus-network-east-west-subnet"),
    ("network:Subnet", "eus-network-endpoints-subnet"),
    ("network:Subnet", "eus-network-nodes-subnet"),
    ("network:Subnet", "eus-network-tunnel-subnet"),
    ("network:VirtualNetwork", "eus-network-vnet"),
    ("operationalinsights:Workspace", "eus-logs-workspace"),
    ("privatedns:PrivateZone", "eus-names-blob-zone"),
    ("privatedns:PrivateZone", "eus-names-vault-zone"),
    ("privatedns:VirtualNetworkLink", "eus-names-blob-link"),
    ("privatedns:VirtualNetworkLink", "eus-names-vault-link"),
    ("resources:ResourceGroup", "eus-cluster-group"),
    ("resources:ResourceGroup", "eus-dns-group"),
    ("resources:ResourceGroup", "eus-keys-group"),
    ("resources:ResourceGroup", "eus-network-group"),
    ("resources:ResourceGroup", "eus-store-group"),
    ("storage:Blob", "eus-objects-agent"),
    ("storage:Blob", "eus-objects-peers-a"),
    ("storage:Blob", "eus-objects-peers-b"),
    ("storage:Blob", "eus-objects-release"),
    ("storage:BlobContainer", "eus-store-container"),
    ("storage:BlobServiceProperties", "eus-store-versions"),
    ("storage:StorageAccount", "eus-flows-account"),
    ("storage:StorageAccount", "eus-store-account"),
]
