"""One region in Azure: wires the other components and adds nothing but their resource groups."""

from dataclasses import dataclass
from functools import partial

import pulumi
from pulumi_azure_native import resources

from meshfed._component import child, read
from meshfed.azure.aliases import without_api_versions
from meshfed.azure.cluster import AzureCluster, AzureClusterArgs
from meshfed.azure.flow_log import AzureFlowLog
from meshfed.azure.gateway_identity import AzureGatewayIdentity
from meshfed.azure.gateway_pair import AzureGatewayPair
from meshfed.azure.gateway_routes import AzureRouteTableArgs
from meshfed.azure.logs import AzureLogs
from meshfed.azure.network import AzureNetwork
from meshfed.azure.place import AzurePlace
from meshfed.azure.private_names import AzurePrivateNames
from meshfed.azure.region_inputs import AzureDutyArgs, AzureNewNetworkArgs, AzureRegionArgs
from meshfed.azure.security_group import AzureSecurityGroup
from meshfed.azure.signing_keys import AzureSigningKeys
from meshfed.azure.store import AzureStore
from meshfed.azure.store_objects import AzureStoreObjects
from meshfed.azure.vault import AzureVaultArgs
from meshfed.errors import ArgsError
from meshfed.values import Duty

SIGNER_MARK = "@signer_key@"
"""Stands in user data for the versioned id of the signing key, which only Azure knows."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the region stands on, made or found."""

    network_id: pulumi.Input[str]
    node_subnet_id: pulumi.Input[str]
    tunnel_subnet_id: pulumi.Input[str]
    east_west_subnet_id: pulumi.Input[str]
    endpoint_subnet_id: pulumi.Input[str]
    control_subnet_id: pulumi.Input[str]
    tables: list[AzureRouteTableArgs]


@dataclass(frozen=True, slots=True)
class _Common:
    """What several parts of the region use."""

    network_place: AzurePlace
    workspace_id: pulumi.Output[str]
    ground: _Ground
    names: AzurePrivateNames
    kms_place: AzurePlace


class AzureRegion(pulumi.ComponentResource):
    """A region of the federation in Azure: network, tunnel gateways, cluster, own store and signing keys."""

    network_id: pulumi.Output[str]
    """ARM id of the virtual network."""
    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    cluster_id: pulumi.Output[str]
    """ARM id of the cluster."""
    issuer: pulumi.Output[str]
    """OIDC issuer of the cluster; ends with a slash."""
    gateway_addresses: pulumi.Output[list[str]]
    """Public addresses of the tunnel gateways a and b."""
    gateway_identity: pulumi.Output[str]
    """Principal id of the gateways' machine identity."""
    peer_key: pulumi.Output[str]
    """Versioned id of the key of peer documents; its public half is read with `az keyvault key show`."""
    bundle_key: pulumi.Output[str]
    """Versioned id of the key of trust bundles."""
    store: pulumi.Output[str]
    """Address of the region's own store: `https://account.blob.core.windows.net/container`."""

    def __init__(self, name: str, args: AzureRegionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureRegion", name, {}, opts)
        self._args = args = read(AzureRegionArgs, args)
        common = self._common(name)
        identity = AzureGatewayIdentity(f"{name}-identity", {"place": common.network_place}, self._by(Duty.NETWORK))
        keys = AzureSigningKeys(
            f"{name}-keys",
            {
                "vault": self._vault(common, args["signing_vault"]),
                "peer_signer": identity.principal_id,
            },
            self._by(Duty.KMS),
        )
        objects = self._store(name, common, identity)
        pair = self._gateways(f"{name}-gateway", common, identity, (keys, objects))
        self.network_id = pulumi.Output.from_input(common.ground.network_id)
        self.cluster_id, self.cluster_name, self.issuer = self._cluster(f"{name}-cluster", common)
        self.gateway_addresses = pair.public_addresses
        self.gateway_identity = identity.principal_id
        self.peer_key, self.bundle_key = keys.peer_key, keys.bundle_key
        store = args["store"]
        self.store = pulumi.Output.from_input(store_location(store["account"], store["container"]))
        self.register_outputs(
            {
                "network_id": self.network_id,
                "cluster_name": self.cluster_name,
                "cluster_id": self.cluster_id,
                "issuer": self.issuer,
                "gateway_addresses": self.gateway_addresses,
                "gateway_identity": self.gateway_identity,
                "peer_key": self.peer_key,
                "bundle_key": self.bundle_key,
                "store": self.store,
            }
        )

    def _by(self, duty: Duty) -> pulumi.ResourceOptions:
        """Options of a child that another subscription may own."""
        options = child(self)
        options.provider = self._args.get("providers", {}).get(duty)
        options.transformations = [without_api_versions]
        return options

    def _place(self, name: str, wanted: AzureDutyArgs, duty: Duty) -> AzurePlace:
        group = resources.ResourceGroup(
            name,
            resource_group_name=wanted["group"],
            location=self._args["location"],
            tags=self._args["tags"],
            opts=self._by(duty),
        )
        return {
            "subscription": wanted["subscription"],
            "resource_group": group.name,
            "location": self._args["location"],
            "tags": self._args["tags"],
        }

    def _common(self, name: str) -> _Common:
        args = self._args
        place = self._place(f"{name}-network-group", args["network_duty"], Duty.NETWORK)
        logs = AzureLogs(f"{name}-logs", {"place": place}, self._by(Duty.NETWORK))
        ground = self._ground(name, place, logs.workspace_id)
        names = AzurePrivateNames(
            f"{name}-names",
            {
                "place": self._place(f"{name}-dns-group", args["dns_duty"], Duty.DNS),
                "network_id": ground.network_id,
                **args.get("private_zones", {}),
            },
            self._by(Duty.DNS),
        )
        keys = self._place(f"{name}-keys-group", args["kms_duty"], Duty.KMS)
        return _Common(place, logs.workspace_id, ground, names, keys)

    def _vault(self, common: _Common, vault: str) -> AzureVaultArgs:
        return {
            "place": common.kms_place,
            "vault": vault,
            "tenant": self._args["tenant"],
            "subnet_id": common.ground.endpoint_subnet_id,
            "zone_id": common.names.vault_zone_id,
            "workspace_id": common.workspace_id,
        }

    def _ground(self, name: str, place: AzurePlace, workspace_id: pulumi.Output[str]) -> _Ground:
        wanted, found = self._args.get("network"), self._args.get("existing_network")
        self._gateway_group = AzureSecurityGroup(
            f"{name}-gateway-rules",
            {"place": place, "rules": self._args["gateways"]["rules"], "workspace_id": workspace_id},
            self._by(Duty.NETWORK),
        )
        if wanted is not None and found is None:
            return self._made(name, place, wanted, workspace_id)
        if found is not None and wanted is None:
            return _Ground(**found)
        raise ArgsError("AzureRegionArgs: give exactly one of network and existing_network.")

    def _made(
        self, name: str, place: AzurePlace, wanted: AzureNewNetworkArgs, workspace_id: pulumi.Output[str]
    ) -> _Ground:
        by = partial(self._by, Duty.NETWORK)
        made = AzureNetwork(
            f"{name}-network",
            {
                "place": place,
                "address_space": wanted["address_space"],
                "subnets": wanted["subnets"],
                "rules": wanted["rules"],
                "gateway_group_id": self._gateway_group.group_id,
                "zone": wanted["zone"],
                "workspace_id": workspace_id,
            },
            by(),
        )
        AzureFlowLog(
            f"{name}-flows",
            {
                "place": place,
                "network_id": made.network_id,
                "account": wanted["log_account"],
                "watcher": wanted["watcher"],
                "watcher_group": wanted["watcher_group"],
            },
            by(),
        )
        return _Ground(
            network_id=made.network_id,
            node_subnet_id=made.node_subnet_id,
            tunnel_subnet_id=made.tunnel_subnet_id,
            east_west_subnet_id=made.east_west_subnet_id,
            endpoint_subnet_id=made.endpoint_subnet_id,
            control_subnet_id=made.control_subnet_id,
            tables=[{"key": "own", "resource_group": place["resource_group"], "table": made.route_table}],
        )

    def _store(self, name: str, common: _Common, identity: AzureGatewayIdentity) -> AzureStoreObjects:
        plan = self._args["store"]
        place = self._place(f"{name}-store-group", self._args["trust_duty"], Duty.TRUST)
        store = AzureStore(
            f"{name}-store",
            {
                "place": place,
                "account": plan["account"],
                "container": plan["container"],
                "account_keys": plan["account_keys"],
                "deployer_ranges": plan["deployer_ranges"],
                "subnet_id": common.ground.endpoint_subnet_id,
                "zone_id": common.names.blob_zone_id,
                "workspace_id": common.workspace_id,
                "reader": identity.principal_id,
            },
            self._by(Duty.TRUST),
        )
        return AzureStoreObjects(
            f"{name}-objects",
            {
                "resource_group": place["resource_group"],
                "account": store.account,
                "container": store.container,
                "agent_key": plan["agent_key"],
                "agent_path": plan["agent_path"],
                "texts": plan["texts"],
            },
            self._by(Duty.TRUST),
        )

    def _gateways(
        self,
        name: str,
        common: _Common,
        identity: AzureGatewayIdentity,
        before: tuple[AzureSigningKeys, AzureStoreObjects],
    ) -> AzureGatewayPair:
        plan = self._args["gateways"]
        keys, objects = before
        options = self._by(Duty.NETWORK)
        # They stand before a machine starts; as its inputs they would replace it, a new document being a new blob.
        options.depends_on = [objects]
        return AzureGatewayPair(
            name,
            {
                "place": common.network_place,
                "hosts": [
                    {
                        "key": host["key"],
                        "host": host["host"],
                        "zone": host["zone"],
                        "address": host["address"],
                        "user_data": keys.peer_key.apply(partial(_filled, host["user_data"])),
                    }
                    for host in plan["hosts"]
                ],
                "size": plan["size"],
                "image": plan["image"],
                "balancer": plan["balancer"],
                "balancer_address": plan["balancer_address"],
                "zones": self._args["zones"],
                "health_port": plan["health_port"],
                "subnet_id": common.ground.tunnel_subnet_id,
                "group_id": self._gateway_group.group_id,
                "identity_id": identity.identity_id,
                "tables": common.ground.tables,
                "prefixes": plan["prefixes"],
            },
            options,
        )

    def _cluster(self, name: str, common: _Common) -> tuple[pulumi.Output[str], pulumi.Output[str], pulumi.Output[str]]:
        args = self._args
        wanted, found = args.get("cluster"), args.get("existing_cluster")
        if found is not None and wanted is None:
            return (
                pulumi.Output.from_input(found["cluster_id"]),
                pulumi.Output.from_input(found["name"]),
                pulumi.Output.from_input(found["issuer"]),
            )
        if wanted is None or found is not None:
            raise ArgsError("AzureRegionArgs: give exactly one of cluster and existing_cluster.")
        settings: AzureClusterArgs = {
            "place": self._place(f"{name}-group", args["cluster_duty"], Duty.CLUSTER),
            "keys_vault": self._vault(common, wanted["vault"]),
            "network_subscription": args["network_duty"]["subscription"],
            "plan": wanted,
            "node_subnet_id": common.ground.node_subnet_id,
            "east_west_subnet_id": common.ground.east_west_subnet_id,
            "control_subnet_id": common.ground.control_subnet_id,
            "workspace_id": common.workspace_id,
        }
        if "providers" in args and Duty.KMS in args["providers"]:
            settings["keys_provider"] = args["providers"][Duty.KMS]
        made = AzureCluster(name, settings, self._by(Duty.CLUSTER))
        return made.cluster_id, made.cluster_name, made.issuer


def store_location(account: str, container: str) -> str:
    """The address of a region's own store.

    >>> store_location("acmeeusstore", "own")
    'https://acmeeusstore.blob.core.windows.net/own'
    """
    return f"https://{account}.blob.core.windows.net/{container}"


def _filled(text: str, key: str) -> str:
    return text.replace(SIGNER_MARK, key)
