"""From the plan to what the components of Azure are told. Pure: the same plan gives the same arguments."""

from ipaddress import IPv4Network

from meshfed.azure.account import AzureAccountArgs
from meshfed.azure.cluster import AzureClusterPlan
from meshfed.azure.firewall import control_rules, east_west_rules, endpoint_rules, gateway_rules, node_rules
from meshfed.azure.gateway_routes import AzureRouteTableArgs
from meshfed.azure.names import AzureImage, account_name, debian_image, id_part, image_parts
from meshfed.azure.region import SIGNER_MARK, store_location
from meshfed.azure.region_inputs import (
    AzureDutyArgs,
    AzureExistingClusterArgs,
    AzureExistingNetworkArgs,
    AzureGatewaysArgs,
    AzureNewNetworkArgs,
    AzureOwnStoreArgs,
    AzurePrivateZonesArgs,
    AzureRegionArgs,
)
from meshfed.azure.store_objects import AzureStoreTextArgs
from meshfed.azure.watcher import WATCHER_GROUP, watcher_name
from meshfed.errors import Fault, PlanError
from meshfed.render.cloud_init import HEALTH_PORT, GatewayHost, user_data
from meshfed.render.firewall import tunnel_sources, web_ports
from meshfed.render.gateway_document import gateway_document, gateway_object
from meshfed.render.release import RELEASE_OBJECT, AgentRelease
from meshfed.settings.cluster import ExistingCluster, NewCluster, NodePool
from meshfed.settings.network import ExistingNetwork
from meshfed.settings.region import AzureRegion
from meshfed.settings.versions import GATEWAY_DEBIAN
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import Duty, GatewayName, physical_name

GATEWAY_SIZE = "Standard_D2s_v5"
"""Two processors with a steady network."""
NODE_SIZE = "Standard_D4ds_v5"
"""Four processors."""
STORE_CONTAINER = "own"
DNS_SERVICE_HOST = 10
"""Offset of the cluster's DNS in the range of services."""
CLUSTER_NAME_LIMIT, GROUP_NAME_LIMIT, NODE_GROUP_LIMIT, BALANCER_LIMIT, HOST_LIMIT = 54, 90, 80, 80, 63


def region_args(plan: Plan, key: str, release: AgentRelease) -> AzureRegionArgs:
    """What the region of one key is told; raises PlanError where an existing network lacks what the region needs."""
    region = plan.regions[key]
    settings = _settings(region)
    args: AzureRegionArgs = {
        "location": settings.location,
        "tenant": settings.owners.of(Duty.KMS).tenant,
        "tags": region.tags,
        "zones": list(region.zones),
        "network_duty": _duty(region, Duty.NETWORK, "network"),
        "cluster_duty": _duty(region, Duty.CLUSTER, "cluster"),
        "dns_duty": _duty(region, Duty.DNS, "names"),
        "kms_duty": _duty(region, Duty.KMS, "keys"),
        "trust_duty": _duty(region, Duty.TRUST, "store"),
        "gateways": _gateways(plan, region),
        "store": _store(plan, region, release),
        "signing_vault": _account(region, Duty.KMS, "sign"),
    }
    match settings.network:
        case ExistingNetwork() as network:
            args["existing_network"] = _existing_network(region, network)
            args["private_zones"] = _private_zones(network)
        case _:
            args["network"] = _new_network(plan, region)
    match settings.cluster:
        case ExistingCluster() as cluster:
            args["existing_cluster"] = _existing_cluster(cluster)
        case NewCluster() as cluster:
            args["cluster"] = _cluster(region, cluster)
    return args


def account_args(plan: Plan, subscription: str) -> AzureAccountArgs:
    """What a subscription has once, for all regions of the federation in it."""
    places: set[str] = set()
    for region in plan.regions.values():
        settings = region.settings
        if isinstance(settings, AzureRegion) and settings.owners.of(Duty.NETWORK).subscription == subscription:
            places.add(settings.location)
    return {
        "subscription": subscription,
        "locations": sorted(places),
        "tags": {**plan.federation.tags, "meshfed-federation": plan.federation.name},
    }


def _settings(region: RegionPlan) -> AzureRegion:
    match region.settings:
        case AzureRegion() as settings:
            return settings
        case other:
            raise ValueError(f"{region.key} is a region in {other.cloud.value}, not in Azure")


def _duty(region: RegionPlan, duty: Duty, role: str) -> AzureDutyArgs:
    return {
        "subscription": _settings(region).owners.of(duty).subscription,
        "group": physical_name(GROUP_NAME_LIMIT, region.physical_name(role)),
    }


def _account(region: RegionPlan, duty: Duty, role: str) -> str:
    """A name that is unique in the world; it holds the epoch, since a deleted vault's name stays taken for 90 days."""
    epoch = f"e{region.settings.epoch}"
    return account_name(
        _settings(region).owners.of(duty).subscription, [region.federation.name, region.key, role, epoch]
    )


def _new_network(plan: Plan, region: RegionPlan) -> AzureNewNetworkArgs:
    ranges, routes = region.ranges, plan.gateway_routes(region.key)
    location = region.settings.location
    return {
        "address_space": [str(ranges.network), str(ranges.gateways)],
        "subnets": {
            "nodes": str(ranges.nodes[0]),
            "tunnel": str(ranges.tunnel_subnets[0]),
            "east-west": str(ranges.east_west_subnets[0]),
            "endpoints": str(ranges.endpoint_subnets[0]),
            "control": str(ranges.control_subnets[0]),
        },
        "rules": {
            "nodes": node_rules(ranges, routes),
            "east-west": east_west_rules(ranges, routes),
            "endpoints": endpoint_rules(ranges),
            "control": control_rules(ranges),
        },
        "zone": region.zones[0],
        "log_account": _account(region, Duty.NETWORK, "flow"),
        "watcher": watcher_name(location),
        "watcher_group": WATCHER_GROUP,
    }


def _existing_network(region: RegionPlan, network: ExistingNetwork) -> AzureExistingNetworkArgs:
    is_new = isinstance(region.settings.cluster, NewCluster)
    if is_new and len(network.endpoint_subnets) < 2:
        fault = Fault(
            f"regions.{region.key}.network.endpoint_subnets",
            "1 subnet",
            "a new cluster needs a second one, empty and delegated to Microsoft.ContainerService/managedClusters, "
            "for its API server.",
            "Add it as the second entry, or name an existing cluster.",
        )
        raise PlanError("plan", [fault])
    return {
        "network_id": network.id,
        "node_subnet_id": network.node_subnets[0].id,
        "tunnel_subnet_id": network.tunnel_subnets[0].id,
        "east_west_subnet_id": network.east_west_subnets[0].id,
        "endpoint_subnet_id": network.endpoint_subnets[0].id,
        "control_subnet_id": network.endpoint_subnets[1].id if is_new else "",
        "tables": [_table(table) for table in network.route_tables],
    }


def _private_zones(network: ExistingNetwork) -> AzurePrivateZonesArgs:
    zones: AzurePrivateZonesArgs = {}
    if network.private_zones.blob is not None:
        zones["blob_zone_id"] = network.private_zones.blob
    if network.private_zones.vault is not None:
        zones["vault_zone_id"] = network.private_zones.vault
    return zones


def _existing_cluster(cluster: ExistingCluster) -> AzureExistingClusterArgs:
    return {
        "cluster_id": cluster.name,
        "name": id_part(cluster.name, "managedClusters"),
        "issuer": cluster.issuer,
    }


def _table(arm_id: str) -> AzureRouteTableArgs:
    group, name = id_part(arm_id, "resourceGroups"), id_part(arm_id, "routeTables")
    return {"key": f"{group}-{name}".lower(), "resource_group": group, "table": name}


def _gateways(plan: Plan, region: RegionPlan) -> AzureGatewaysArgs:
    settings = _settings(region)
    host = GatewayHost(
        store_kind="azure_blob",
        store_location=store_location(_account(region, Duty.TRUST, "own"), STORE_CONTAINER),
        store_region="",
        signer_kind="azure_key_vault",
        signer_key=SIGNER_MARK,
        signer_region="",
    )
    sources, routes = tunnel_sources(plan, region.key), plan.gateway_routes(region.key)
    return {
        "rules": gateway_rules(
            region.ranges, _routed_pods(region), routes, sources, (HEALTH_PORT, web_ports(settings))
        ),
        "hosts": [
            {
                "key": gateway.name.value,
                "host": physical_name(HOST_LIMIT, region.physical_name("gateway"), gateway.name.value),
                "zone": gateway.zone,
                "address": str(gateway.address),
                "user_data": user_data(plan, region.key, gateway.name, host),
            }
            for gateway in region.gateways
        ],
        "size": settings.gateways.size or GATEWAY_SIZE,
        "image": _image(settings),
        "balancer": physical_name(BALANCER_LIMIT, region.physical_name("gateways")),
        "balancer_address": str(region.ranges.gateway_balancer),
        "health_port": HEALTH_PORT,
        "prefixes": [str(route) for route in routes],
    }


def _routed_pods(region: RegionPlan) -> list[IPv4Network]:
    """A cluster that stands already may give its pods addresses of the network (Pod Subnet); ours never does."""
    return [region.ranges.pods] if isinstance(region.settings.cluster, ExistingCluster) else []


def _image(settings: AzureRegion) -> AzureImage:
    image = settings.gateways.image
    return image_parts(image.id or debian_image(GATEWAY_DEBIAN, settings.gateways.size or GATEWAY_SIZE))


def _store(plan: Plan, region: RegionPlan, release: AgentRelease) -> AzureOwnStoreArgs:
    settings = _settings(region)
    documents: list[AzureStoreTextArgs] = [
        {
            "name": f"peers-{gateway.value}",
            "key": gateway_object(gateway),
            "text": gateway_document(plan, region.key, gateway),
        }
        for gateway in GatewayName
    ]
    return {
        "account": _account(region, Duty.TRUST, "own"),
        "container": STORE_CONTAINER,
        "account_keys": settings.store.account_keys,
        "deployer_ranges": [_store_range(str(source)) for source in settings.store.deployer_ranges],
        "agent_key": release.object,
        "agent_path": release.path,
        "texts": [{"name": "release", "key": RELEASE_OBJECT, "text": release.document()}, *documents],
    }


def _store_range(source: str) -> str:
    """A range as a storage account's firewall takes it: a single address stands without its prefix length.

    >>> _store_range("203.0.113.7/32"), _store_range("203.0.113.0/24")
    ('203.0.113.7', '203.0.113.0/24')
    """
    return source.removesuffix("/32")


def _cluster(region: RegionPlan, cluster: NewCluster) -> AzureClusterPlan:
    settings, nodes = _settings(region), cluster.nodes or NodePool(size=NODE_SIZE)
    made: AzureClusterPlan = {
        "cluster": physical_name(CLUSTER_NAME_LIMIT, region.physical_name("cluster")),
        "node_group": physical_name(NODE_GROUP_LIMIT, region.physical_name("nodes")),
        "version": cluster.version,
        "pods": str(region.ranges.pods),
        "services": str(region.ranges.services),
        "dns_service": str(region.ranges.services[DNS_SERVICE_HOST]),
        "size": nodes.size,
        "minimum": nodes.minimum,
        "maximum": nodes.maximum,
        "disk_gib": nodes.disk_gib,
        "zones": list(region.zones),
        "administrators": list(cluster.administrators),
        "vault": _account(region, Duty.KMS, "etcd"),
        "tenant": settings.owners.of(Duty.CLUSTER).tenant,
    }
    if settings.proxy is not None:
        made["proxy"] = {"url": settings.proxy.url, "except_for": list(settings.proxy.except_for)}
    if settings.extra_ca is not None:
        made["extra_ca"] = settings.extra_ca
    return made
