"""Nothing of a region in Azure is open, unencrypted, keyed by a shared secret or more privileged than it must be."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from meshfed.azure.firewall import gateway_rules
from meshfed.azure.keyless import keyless_ssh_key
from meshfed.azure.names import Role, role_id
from meshfed.azure.region import SIGNER_MARK, AzureRegion
from meshfed.azure.region_inputs import AzureRegionArgs
from meshfed.render.firewall import tunnel_sources
from meshfed.topology.plan import Plan
from tests.azure.recorded import PARENT, deploy, of_type
from tests.recorded import Made

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
EVERYONE = {"*", "Internet", "0.0.0.0/0", "VirtualNetwork"}


@pytest.fixture(scope="module")
def shared() -> dict[str, list[Made]]:
    """What one region makes; deployed once."""
    return {}


@pytest.fixture
def made(args_of: Callable[..., AzureRegionArgs], shared: dict[str, list[Made]]) -> list[Made]:
    """What a region with one open peer makes."""
    if "made" not in shared:
        args = args_of(2, pinned=["r1"])
        shared["made"] = deploy(lambda: (AzureRegion("eus", args), dict[str, Any]())[1])[0]
    return shared["made"]


def _sources(rule: Mapping[str, Any]) -> list[str]:
    return rule.get("sourceAddressPrefixes") or [rule["sourceAddressPrefix"]]


def _destinations(rule: Mapping[str, Any]) -> list[str]:
    return rule.get("destinationAddressPrefixes") or [rule["destinationAddressPrefix"]]


def test_no_rule_lets_everyone_in(made: list[Made]) -> None:
    rules = of_type(made, "network:SecurityRule")
    allowed = {name: rule for name, rule in rules.items() if rule["access"] == "Allow"}
    inbound = {name: rule for name, rule in allowed.items() if rule["direction"] == "Inbound"}
    assert {name for name, rule in inbound.items() if EVERYONE & {*_sources(rule), *_destinations(rule)}} == set()
    to_everyone = {name for name, rule in allowed.items() if EVERYONE & {*_destinations(rule)}}
    assert to_everyone == {"eus-gateway-rules-web-out"}
    assert allowed["eus-gateway-rules-web-out"]["destinationPortRanges"] == ["80", "443"]


def test_every_group_ends_in_a_deny_above_azures_own_rules(made: list[Made]) -> None:
    rules = of_type(made, "network:SecurityRule").values()
    last = {
        rule["networkSecurityGroupName"]
        for rule in rules
        if (rule["access"], rule["direction"], rule["priority"], _sources(rule)) == ("Deny", "Inbound", 4096, ["*"])
    }
    assert last == of_type(made, "network:NetworkSecurityGroup").keys()


def test_a_peer_reaches_two_ports_of_the_gateways_alone(made: list[Made]) -> None:
    rule = of_type(made, "network:SecurityRule")["eus-gateway-rules-peer-r1-a"]
    assert (rule["protocol"], rule["destinationPortRange"]) == ("Udp", "51824-51825")
    assert rule["sourceAddressPrefix"] == "203.0.113.0/32"
    assert rule["destinationAddressPrefixes"] == ["100.64.0.10", "100.64.0.11"]


def test_priorities_are_unique_and_within_azures_limits_at_128_regions(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(127, pinned=[f"r{slot}" for slot in range(1, 128)])
    ranges, routes = plan.regions["eus"].ranges, plan.gateway_routes("eus")
    rules = gateway_rules(ranges, [], routes, tunnel_sources(plan, "eus"), (8479, [443]))
    assert len(rules) == 4 * 127 + 6
    assert len(rules) <= 1000
    places = [(rule["direction"], rule["priority"]) for rule in rules]
    assert len(set(places)) == len(places)
    assert all(100 <= priority <= 4096 for _, priority in places)


def test_every_subnet_has_a_group_and_no_default_way_out(made: list[Made]) -> None:
    subnets = of_type(made, "network:Subnet")
    assert len(subnets) == 5
    for subnet in subnets.values():
        assert subnet["defaultOutboundAccess"] is False
        assert subnet["networkSecurityGroup"]["id"].startswith(PARENT)
    assert "natGateway" not in subnets["eus-network-tunnel-subnet"]
    assert "routeTable" not in subnets["eus-network-tunnel-subnet"]
    assert "routeTable" in subnets["eus-network-nodes-subnet"]
    assert of_type(made, "network:RouteTable")["eus-network-routes"]["disableBgpRoutePropagation"] is True


def test_a_gateway_has_no_way_to_sign_in(made: list[Made]) -> None:
    for name, machine in of_type(made, "compute:VirtualMachine").items():
        linux = machine["osProfile"]["linuxConfiguration"]
        assert linux["disablePasswordAuthentication"] is True
        assert [key["keyData"] for key in linux["ssh"]["publicKeys"]] == [keyless_ssh_key("gateway")]
        assert "adminPassword" not in machine["osProfile"]
        assert machine["securityProfile"]["encryptionAtHost"] is True
        assert machine["securityProfile"]["securityType"] == "TrustedLaunch"
        assert machine["securityProfile"]["uefiSettings"] == {"secureBootEnabled": True, "vTpmEnabled": True}
        assert machine["diagnosticsProfile"]["bootDiagnostics"] == {"enabled": True}
        text = base64.b64decode(machine["osProfile"]["customData"]).decode()
        assert text.startswith("#cloud-config")
        assert SIGNER_MARK not in text
        assert "https://vault/keys/eus-keys-peer-key/1" in text, name
        assert not re.search(r"PRIVATE KEY|PrivateKey", text)


def test_gateways_forward_and_nothing_else_does(made: list[Made]) -> None:
    interfaces = of_type(made, "network:NetworkInterface")
    assert {name for name, one in interfaces.items() if one["enableIPForwarding"]} == {
        "eus-gateway-a-interface",
        "eus-gateway-b-interface",
    }
    machines = of_type(made, "compute:VirtualMachine")
    assert [machine["zones"] for _, machine in sorted(machines.items())] == [["1"], ["2"]]
    rule = of_type(made, "network:LoadBalancer")["eus-gateway-front-balancer"]["loadBalancingRules"][0]
    assert (rule["protocol"], rule["frontendPort"], rule["backendPort"]) == ("All", 0, 0)
    route = of_type(made, "network:Route")["eus-gateway-routes-own-100-64-0-0-17"]
    front = of_type(made, "network:LoadBalancer")["eus-gateway-front-balancer"]["frontendIPConfigurations"][0]
    assert route["nextHopIpAddress"] == front["privateIPAddress"] == "100.64.0.20"
    assert front["zones"] == ["1", "2", "3"]


def test_roles_are_given_where_they_are_used(made: list[Made]) -> None:
    given = {
        (one["principalId"], one["roleDefinitionId"], one["scope"].removeprefix(f"{PARENT}/"))
        for one in of_type(made, "authorization:RoleAssignment").values()
    }
    gateway, control = "principal-eus-identity-identity", "principal-eus-cluster-identity-control-identity"
    wanted = {
        (gateway, Role.KEY_VAULT_CRYPTO_USER, "eus-keys-peer-key"),
        (gateway, Role.BLOB_DATA_READER, "eus-store-container"),
        ("principal-eus-flows-writer", Role.BLOB_DATA_CONTRIBUTOR, "eus-flows-account"),
        (control, Role.KEY_VAULT_CRYPTO_USER, "eus-cluster-keys-key"),
        (control, Role.KEY_VAULT_CONTRIBUTOR, "eus-cluster-keys-secrets-vault"),
        (control, Role.MANAGED_IDENTITY_OPERATOR, "eus-cluster-identity-nodes-identity"),
        (control, Role.NETWORK_CONTRIBUTOR, "eus-network-nodes-subnet"),
        (control, Role.NETWORK_CONTRIBUTOR, "eus-network-east-west-subnet"),
        (control, Role.NETWORK_CONTRIBUTOR, "eus-network-control-subnet"),
    }
    assert given == {(who, role_id(SUBSCRIPTION, role), scope) for who, role, scope in wanted}


def test_vaults_and_storage_take_no_traffic_from_outside(made: list[Made]) -> None:
    for vault in of_type(made, "keyvault:Vault").values():
        properties = vault["properties"]
        assert (properties["publicNetworkAccess"], properties["networkAcls"]["defaultAction"]) == ("Disabled", "Deny")
        assert properties["enableRbacAuthorization"] is True
        assert properties["enablePurgeProtection"] is True
        assert "accessPolicies" not in properties
    for account in of_type(made, "storage:StorageAccount").values():
        assert account["allowBlobPublicAccess"] is False
        assert account["allowSharedKeyAccess"] is False
        assert account["minimumTlsVersion"] == "TLS1_2"
        assert account["networkRuleSet"]["defaultAction"] == "Deny"
    assert of_type(made, "storage:StorageAccount")["eus-store-account"]["publicNetworkAccess"] == "Disabled"
    assert of_type(made, "storage:BlobServiceProperties")["eus-store-versions"]["isVersioningEnabled"] is True


def test_signing_keys_sign_and_do_nothing_else(made: list[Made]) -> None:
    keys = of_type(made, "keyvault:Key")
    for name in ("eus-keys-peer-key", "eus-keys-bundle-key"):
        assert keys[name]["properties"] == {"kty": "EC", "curveName": "P-256", "keyOps": ["sign", "verify"]}


def test_the_cluster_is_private_and_encrypts_its_secrets(made: list[Made]) -> None:
    cluster = of_type(made, "containerservice:ManagedCluster")["eus-cluster-cluster"]
    access = cluster["apiServerAccessProfile"]
    assert access["enablePrivateCluster"] is True
    assert access["enablePrivateClusterPublicFQDN"] is False
    assert access["disableRunCommand"] is True
    assert (cluster["disableLocalAccounts"], cluster["publicNetworkAccess"]) == (True, "Disabled")
    assert (cluster["aadProfile"]["managed"], cluster["aadProfile"]["enableAzureRBAC"]) == (True, True)
    assert cluster["oidcIssuerProfile"] == {"enabled": True}
    assert cluster["serviceMeshProfile"] == {"mode": "Disabled"}
    security = cluster["securityProfile"]
    assert security["workloadIdentity"] == {"enabled": True}
    assert security["azureKeyVaultKms"]["keyId"] == "https://vault/keys/eus-cluster-keys-key/1"
    assert security["azureKeyVaultKms"]["keyVaultNetworkAccess"] == "Private"
    assert security["defender"]["securityMonitoring"] == {"enabled": True}
    network = cluster["networkProfile"]
    assert (network["networkPluginMode"], network["networkDataplane"]) == ("overlay", "cilium")
    assert (network["networkPolicy"], network["outboundType"]) == ("cilium", "userAssignedNATGateway")
    assert cluster["nodeResourceGroupProfile"] == {"restrictionLevel": "ReadOnly"}
    assert cluster["sku"] == {"name": "Base", "tier": "Standard"}
    logs = of_type(made, "monitor:DiagnosticSetting")["eus-cluster-upkeep-logs"]["logs"]
    assert {"kube-audit", "kube-audit-admin", "guard"} <= {log["category"] for log in logs if log["enabled"]}


def test_nodes_stand_in_three_zones_without_addresses_or_ssh(made: list[Made]) -> None:
    cluster = of_type(made, "containerservice:ManagedCluster")["eus-cluster-cluster"]
    pools = [*cluster["agentPoolProfiles"], *of_type(made, "containerservice:AgentPool").values()]
    assert len(pools) == 2
    for pool in pools:
        assert pool["availabilityZones"] == ["1", "2", "3"]
        assert pool["enableNodePublicIP"] is False
        assert pool["enableEncryptionAtHost"] is True
        assert pool["securityProfile"]["sshAccess"] == "Disabled"
        assert pool["osSKU"] == "AzureLinux3"


def test_everything_that_can_carry_tags_carries_them(made: list[Made]) -> None:
    bare = {
        "authorization:RoleAssignment",
        "containerservice:MaintenanceConfiguration",
        "monitor:DiagnosticSetting",
        "network:PrivateDnsZoneGroup",
        "network:Route",
        "network:SecurityRule",
        "network:Subnet",
        "storage:Blob",
        "storage:BlobContainer",
        "storage:BlobServiceProperties",
    }
    tags = {"owner": "platform", "meshfed-federation": "acme", "meshfed-region": "eus"}
    found = {one.type.removeprefix("azure-native:") for one in made if one.inputs.get("tags") != tags}
    assert found == bare


def test_no_secret_is_in_any_input(made: list[Made]) -> None:
    text = json.dumps([one.inputs for one in made], default=vars)
    assert not re.search(r"PRIVATE KEY|PrivateKey\s*=|adminPassword|accountKey|sharedKey\"", text)
