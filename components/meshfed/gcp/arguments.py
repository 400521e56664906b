"""From a plan to the arguments of a region and of a project. Pure: the same plan gives the same arguments."""

from collections.abc import Sequence

from meshfed.errors import Fault, PlanError
from meshfed.gcp.account import GcpAccountArgs
from meshfed.gcp.api_tunnel import IAP_RANGE
from meshfed.gcp.cluster import GcpClusterSettingsArgs
from meshfed.gcp.cluster_settings import GcpPodRanges
from meshfed.gcp.first_boot import startup_script
from meshfed.gcp.gateway import KEY_MARK, STORE_MARK
from meshfed.gcp.gateway_pair import GcpGatewayPlaceArgs
from meshfed.gcp.gateway_rules import gateway_rules, node_rules
from meshfed.gcp.labels import labels
from meshfed.gcp.machines import GATEWAY_SIZE, NODE_SIZE, debian_image
from meshfed.gcp.network import POD_RANGE, SERVICE_RANGE, GcpNetworkLinks
from meshfed.gcp.region_args import (
    GcpExistingClusterArgs,
    GcpRegionArgs,
    GcpRegionClusterArgs,
    GcpRegionGatewaysArgs,
    GcpRegionNetworkArgs,
    GcpRegionStoreArgs,
)
from meshfed.render.agent_settings import GatewayHost
from meshfed.render.cloud_init import HEALTH_PORT, user_data
from meshfed.render.firewall import tunnel_sources
from meshfed.render.gateway_document import gateway_document, gateway_object
from meshfed.render.nftables import READY_PORT
from meshfed.render.release import RELEASE_OBJECT, AgentRelease
from meshfed.settings.cluster import ExistingCluster, NewCluster, NodePool
from meshfed.settings.gateway import PreparedImage, StockImage
from meshfed.settings.network import ExistingNetwork, NewNetwork
from meshfed.settings.region import GcpOwner, GcpRegion
from meshfed.settings.versions import GATEWAY_DEBIAN
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.topology.underlay import network_mtu
from meshfed.values import Access, Duty, GatewayName, physical_name

ACCOUNT_LIMIT = 30
"""Characters of a service account's name (https://cloud.google.com/iam/docs/service-accounts-create)."""
CLUSTER_LIMIT = 40
"""Characters of a cluster's name (Kubernetes Engine API)."""


def region_args(plan: Plan, key: str, release: AgentRelease) -> GcpRegionArgs:
    """The arguments of one region in Google Cloud; raises PlanError where it stands elsewhere."""
    region = plan.regions[key]
    settings = _settings(region)
    routes = [str(route) for route in plan.gateway_routes(key)]
    args: GcpRegionArgs = {
        "region": key,
        "location": settings.location,
        "zones": list(region.zones),
        "labels": labels(f"regions.{key}", region.tags),
        "network_project": settings.owners.of(Duty.NETWORK).project,
        "cluster_project": settings.owners.of(Duty.CLUSTER).project,
        "store_project": settings.owners.of(Duty.TRUST).project,
        "kms_project": settings.owners.of(Duty.KMS).project,
        "is_protected": region.state.is_protected,
        "gateways": _gateways(plan, region, settings, routes),
        "store": _store(plan, region, settings, release),
    }
    match settings.network:
        case NewNetwork():
            args["network"] = _network(region, settings)
        case ExistingNetwork() as network:
            args["existing_network"] = _links(network)
    match settings.cluster:
        case NewCluster() as cluster:
            args["cluster"] = _cluster(region, settings, cluster, routes)
        case ExistingCluster() as cluster:
            args["existing_cluster"] = _there(cluster)
    return args


def account_args(plan: Plan, project: str) -> GcpAccountArgs:
    """The arguments of one project that owns a part of a region; raises PlanError where no region names it."""
    owners = (
        region.settings.owners.of(duty)
        for region in plan.regions.values()
        if isinstance(region.settings, GcpRegion)
        for duty in Duty
    )
    if project not in {owner.project for owner in owners}:
        fault = Fault("account", project, "is no project that a region of the federation names.", "Name one of them.")
        raise PlanError("plan", [fault])
    return {"project": project}


def _settings(region: RegionPlan) -> GcpRegion:
    if not isinstance(region.settings, GcpRegion):
        fault = Fault(f"regions.{region.key}.cloud", region.cloud.value, "gcp is wanted here.", "")
        raise PlanError("plan", [fault])
    return region.settings


def _network(region: RegionPlan, settings: GcpRegion) -> GcpRegionNetworkArgs:
    ranges = region.ranges
    return {
        "mtu": network_mtu(settings),
        "ranges": {
            "nodes": str(ranges.nodes[0]),
            "pods": str(ranges.pods),
            "services": str(ranges.services),
            "tunnel": str(ranges.tunnel_subnets[0]),
            "east_west": str(ranges.east_west_subnets[0]),
            "endpoints": str(ranges.endpoint_subnets[0]),
            "control": str(ranges.control_subnets[0]),
        },
    }


def _links(network: ExistingNetwork) -> GcpNetworkLinks:
    return {
        "network": network.id,
        "nodes": network.node_subnets[0].id,
        "tunnel": network.tunnel_subnets[0].id,
        "east_west": network.east_west_subnets[0].id,
        "endpoints": network.endpoint_subnets[0].id,
        "control": network.endpoint_subnets[0].id,
    }


def _gateways(plan: Plan, region: RegionPlan, settings: GcpRegion, routes: Sequence[str]) -> GcpRegionGatewaysArgs:
    return {
        "account": physical_name(ACCOUNT_LIMIT, region.physical_name("gateways")),
        "size": settings.gateways.size or GATEWAY_SIZE,
        "image": _image(settings),
        "startup_script": startup_script(settings),
        "gateway_a": _place(plan, region, GatewayName.A),
        "gateway_b": _place(plan, region, GatewayName.B),
        "balancer_address": str(region.ranges.gateway_balancer),
        "health_port": HEALTH_PORT,
        "ready_port": READY_PORT,
        "routes": list(routes),
        "rules": gateway_rules(settings, region.ranges, routes, tunnel_sources(plan, region.key)),
    }


def _place(plan: Plan, region: RegionPlan, gateway: GatewayName) -> GcpGatewayPlaceArgs:
    planned = region.gateways[list(GatewayName).index(gateway)]
    host = GatewayHost(
        store_kind="gcs",
        store_location=STORE_MARK,
        store_region="",
        signer_kind="gcp_kms",
        signer_key=KEY_MARK,
        signer_region="",
    )
    return {
        "zone": planned.zone,
        "address": str(planned.address),
        "user_data": user_data(plan, region.key, gateway, host),
    }


def _image(settings: GcpRegion) -> str:
    match settings.gateways.image:
        case PreparedImage(id=image):
            return image
        case StockImage(id=image):
            return image or debian_image(GATEWAY_DEBIAN, settings.gateways.size or GATEWAY_SIZE)


def _store(plan: Plan, region: RegionPlan, settings: GcpRegion, release: AgentRelease) -> GcpRegionStoreArgs:
    return {
        "writer": _writer(settings.owners.of(Duty.TRUST)),
        "documents": {
            RELEASE_OBJECT: release.document(),
            **{gateway_object(gateway): gateway_document(plan, region.key, gateway) for gateway in GatewayName},
        },
        "agent_object": release.object,
        "agent_file": release.path,
    }


def _writer(owner: GcpOwner) -> str:
    """The deployer; where settings do not name it, whoever owns the project."""
    return f"serviceAccount:{owner.impersonate}" if owner.impersonate else f"projectOwner:{owner.project}"


def _cluster(
    region: RegionPlan, settings: GcpRegion, cluster: NewCluster, routes: Sequence[str]
) -> GcpRegionClusterArgs:
    ranges = region.ranges
    return {
        "account": physical_name(ACCOUNT_LIMIT, region.physical_name("nodes")),
        "settings": _cluster_settings(region, settings, cluster),
        "rules": node_rules(ranges, routes),
        "tunnel_ranges": [str(ranges.control_subnets[0])] if settings.access is Access.TUNNEL else [],
    }


def _there(cluster: ExistingCluster) -> GcpExistingClusterArgs:
    return {"cluster": cluster.name, "issuer": cluster.issuer}


def _cluster_settings(region: RegionPlan, settings: GcpRegion, cluster: NewCluster) -> GcpClusterSettingsArgs:
    ranges = region.ranges
    is_new = isinstance(settings.network, NewNetwork)
    nodes = cluster.nodes or NodePool(size=NODE_SIZE)
    return {
        "cluster": physical_name(CLUSTER_LIMIT, region.physical_name("cluster")),
        "version": cluster.version,
        "range_kind": GcpPodRanges.NAMED if is_new else GcpPodRanges.CIDR,
        "pods": POD_RANGE if is_new else str(ranges.pods),
        "services": SERVICE_RANGE if is_new else str(ranges.services),
        "access": settings.access,
        "authorized_ranges": [str(ranges.network), *([IAP_RANGE] if settings.access is Access.TUNNEL else [])],
        "administrators": list(cluster.administrators),
        "nodes": {
            "size": nodes.size,
            "minimum": nodes.minimum,
            "maximum": nodes.maximum,
            "disk_gib": nodes.disk_gib,
        },
    }
