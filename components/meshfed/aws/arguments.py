"""From the plan to the arguments of an AWS region and of an AWS account. Pure: one plan, one result."""

from meshfed.aws.account import AwsAccountArgs
from meshfed.aws.arns import arn, iam_arn
from meshfed.aws.break_glass import AwsBreakGlassArgs
from meshfed.aws.cluster import AwsClusterSettingsArgs, AwsNodesArgs
from meshfed.aws.gateway_firewall import AwsGatewayFirewallSettingsArgs, AwsTunnelSourceArgs
from meshfed.aws.gateway_pair import AwsGatewaySettingsArgs
from meshfed.aws.network import AwsNetworkArgs
from meshfed.aws.readiness import AwsReadinessArgs
from meshfed.aws.region_inputs import (
    AwsDocumentsArgs,
    AwsExistingNetworkArgs,
    AwsRegionArgs,
    AwsStoreSettingsArgs,
)
from meshfed.aws.route_server import ROUTE_SERVER_ASN
from meshfed.aws.store_objects import AwsAgentReleaseArgs
from meshfed.errors import Fault, PlanError
from meshfed.render.agent_settings import GatewayHost, peer_writer_name
from meshfed.render.cloud_init import HEALTH_PORT, user_data
from meshfed.render.firewall import TunnelSource, tunnel_ports, tunnel_sources, web_ports
from meshfed.render.gateway_document import BgpNeighbor, gateway_document
from meshfed.render.release import RELEASE_OBJECT, AgentRelease
from meshfed.settings.cluster import ExistingCluster, NewCluster, NodePool
from meshfed.settings.network import ExistingNetwork
from meshfed.settings.region import AwsRegion
from meshfed.settings.versions import GATEWAY_DEBIAN
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import Access, Duty, GatewayName, TunnelKind, physical_name

GATEWAY_SIZE = "c6in.large"
"""Two processors and 3 Gbit/s that do not depend on credits (EC2 instance types, network-optimised)."""
NODE_SIZE = "m7i.xlarge"
"""Four processors."""
BUCKET_NAME_LIMIT = 63
ROLE_NAME_LIMIT = 64
CLUSTER_NAME_LIMIT = 100


def region_args(plan: Plan, key: str, release: AgentRelease) -> AwsRegionArgs:
    """The arguments of one region; raises PlanError where it is not in AWS."""
    region, settings = _aws(plan, key)
    tags, account = region.tags, settings.owners.of(Duty.NETWORK).account
    args: AwsRegionArgs = {
        "location": settings.location,
        "account": account,
        "zones": list(region.zones),
        "identity": {"role_name": physical_name(ROLE_NAME_LIMIT, region.physical_name("gateway")), "tags": tags},
        "publisher_role_arn": iam_arn(
            plan.federation.distribution.location,
            plan.federation.distribution.account,
            f"role/{peer_writer_name(region)}",
        ),
        "gateways": _gateways(plan, region, settings),
        "firewall": _firewall(plan, region, settings),
        "break_glass": _break_glass(region, settings),
        "readiness": _readiness(region, settings),
        "keys": {
            "account": settings.owners.of(Duty.KMS).account,
            "peer_alias": region.physical_name("peer"),
            "bundle_alias": region.physical_name("bundle"),
        },
        "store": _store(region, settings),
        "release": _release(release),
        "documents": _documents(plan, region),
        "tags": tags,
    }
    if settings.permissions_boundary:
        args["identity"]["permissions_boundary"] = settings.permissions_boundary
    _add_network(args, region, settings)
    _add_cluster(args, plan, region, settings)
    return args


def account_args(plan: Plan, account: str) -> AwsAccountArgs:
    """The arguments of one account: every location in which it owns a part of a deployed region."""
    locations = {
        region.settings.location
        for region in plan.regions.values()
        if isinstance(region.settings, AwsRegion) and region.state.is_deployed
        for duty in Duty
        if region.settings.owners.of(duty).account == account
    }
    return {"locations": sorted(locations)}


def _aws(plan: Plan, key: str) -> tuple[RegionPlan, AwsRegion]:
    region = plan.regions[key]
    if not isinstance(region.settings, AwsRegion):
        raise PlanError("plan", [Fault(f"regions.{key}.cloud", region.cloud.value, "must be aws here.", "")])
    return region, region.settings


def _add_network(args: AwsRegionArgs, region: RegionPlan, settings: AwsRegion) -> None:
    match settings.network:
        case ExistingNetwork() as found:
            args["existing_network"] = _existing_network(found)
        case _:
            args["network"] = _network(region, settings)
            if settings.owners.of(Duty.NETWORK).account != settings.owners.of(Duty.CLUSTER).account:
                args["share"] = region.physical_name("subnets")


def _network(region: RegionPlan, settings: AwsRegion) -> AwsNetworkArgs:
    ranges = region.ranges
    args: AwsNetworkArgs = {
        "location": settings.location,
        "account": settings.owners.of(Duty.NETWORK).account,
        "zones": list(region.zones),
        "network": str(ranges.network),
        "pods": str(ranges.pods),
        "gateways": str(ranges.gateways),
        "nodes_ranges": [str(subnet) for subnet in ranges.nodes],
        "pods_ranges": [str(subnet) for subnet in ranges.pod_subnets],
        "tunnel_ranges": [str(subnet) for subnet in ranges.tunnel_subnets],
        "east_west_ranges": [str(subnet) for subnet in ranges.east_west_subnets],
        "endpoints_ranges": [str(subnet) for subnet in ranges.endpoint_subnets],
        "control_ranges": [str(subnet) for subnet in ranges.control_subnets],
        "log_group": f"/meshfed/{region.physical_name('flow')}",
        "tags": region.tags,
    }
    if settings.permissions_boundary:
        args["permissions_boundary"] = settings.permissions_boundary
    return args


def _existing_network(found: ExistingNetwork) -> AwsExistingNetworkArgs:
    return {
        "vpc_id": found.id,
        "node_subnet_ids": [subnet.id for subnet in found.node_subnets],
        "pod_subnet_ids": [subnet.id for subnet in found.pod_subnets],
        "tunnel_subnet_ids": [subnet.id for subnet in found.tunnel_subnets],
        "control_subnet_ids": [subnet.id for subnet in found.endpoint_subnets],
        "route_table_ids": list(found.route_tables),
    }


def _add_cluster(args: AwsRegionArgs, plan: Plan, region: RegionPlan, settings: AwsRegion) -> None:
    account = settings.owners.of(Duty.CLUSTER).account
    match settings.cluster:
        case ExistingCluster() as found:
            args["existing_cluster"] = {
                "name": found.name,
                "arn": arn("eks", settings.location, account, f"cluster/{found.name}"),
                "issuer": found.issuer,
            }
        case NewCluster() as wanted:
            args["cluster"] = _cluster(plan, region, settings, wanted)


def _cluster(plan: Plan, region: RegionPlan, settings: AwsRegion, wanted: NewCluster) -> AwsClusterSettingsArgs:
    args: AwsClusterSettingsArgs = {
        "location": settings.location,
        "account": settings.owners.of(Duty.CLUSTER).account,
        "name": physical_name(CLUSTER_NAME_LIMIT, region.physical_name("cluster")),
        "version": wanted.version,
        "zones": list(region.zones),
        "services": str(region.ranges.services),
        "keep_source": [str(network) for network in plan.gateway_routes(region.key)],
        "endpoint_sources": _endpoint_sources(region, settings.access),
        "administrators": list(wanted.administrators),
        "nodes": _nodes(wanted.nodes or NodePool(size=NODE_SIZE)),
        "protected": region.state.is_protected,
        "tags": region.tags,
    }
    if settings.permissions_boundary:
        args["permissions_boundary"] = settings.permissions_boundary
    return args


def _nodes(pool: NodePool) -> AwsNodesArgs:
    return {"size": pool.size, "minimum": pool.minimum, "maximum": pool.maximum, "disk_gib": pool.disk_gib}


def _endpoint_sources(region: RegionPlan, access: Access) -> list[str]:
    """From where the private endpoint is reached: a runner among the nodes, or a session on a tunnel gateway."""
    if access is Access.TUNNEL:
        return [f"{gateway.address}/32" for gateway in region.gateways]
    return [str(region.ranges.network)] if access is Access.RUNNER else []


def _gateways(plan: Plan, region: RegionPlan, settings: AwsRegion) -> AwsGatewaySettingsArgs:
    key_account = settings.owners.of(Duty.KMS).account
    host = GatewayHost(
        store_kind="s3",
        store_location=_bucket(region, settings),
        store_region=settings.location,
        signer_kind="aws_kms",
        # By alias, which is known before the key is made; user data stays the same when the key is replaced.
        signer_key=arn("kms", settings.location, key_account, f"alias/{region.physical_name('peer')}"),
        signer_region=settings.location,
    )
    args: AwsGatewaySettingsArgs = {
        "location": settings.location,
        "size": settings.gateways.size or GATEWAY_SIZE,
        "debian": GATEWAY_DEBIAN,
        "asn": region.asn,
        "private_addresses": [str(gateway.address) for gateway in region.gateways],
        "user_data": [user_data(plan, region.key, gateway.name, host) for gateway in region.gateways],
        "tags": region.tags,
    }
    if settings.gateways.image.id:
        args["image_id"] = settings.gateways.image.id
    return args


def _firewall(plan: Plan, region: RegionPlan, settings: AwsRegion) -> AwsGatewayFirewallSettingsArgs:
    ranges = region.ranges
    return {
        "location": settings.location,
        "sources": [item for source in tunnel_sources(plan, region.key) for item in _tunnel_source(region, source)],
        "inside": [str(ranges.network), str(ranges.pods)],
        "gateways": str(ranges.gateways),
        "web_ports": list(web_ports(settings)),
        "tags": region.tags,
    }


def _tunnel_source(region: RegionPlan, source: TunnelSource) -> list[AwsTunnelSourceArgs]:
    """One for each range of ports that a peer's gateway sends to, with the range there that is sent to."""
    is_ipsec = source.ports == tunnel_ports(TunnelKind.IPSEC, source.slot, source.gateway)
    # Both gateways here share the groups, so the ports there are those of a and of b, which follow one another.
    first = tunnel_ports(TunnelKind.WIREGUARD, region.slot, GatewayName.A)[0][0]
    last = tunnel_ports(TunnelKind.WIREGUARD, region.slot, GatewayName.B)[0][1]
    return [
        {
            "peer": f"{source.region}-{source.gateway.value}",
            "slot": source.slot,
            "address": str(source.address),
            "first_in": ports[0],
            "last_in": ports[1],
            "first_out": ports[0] if is_ipsec else first,
            "last_out": ports[1] if is_ipsec else last,
        }
        for ports in source.ports
    ]


def _break_glass(region: RegionPlan, settings: AwsRegion) -> AwsBreakGlassArgs:
    return {
        "location": settings.location,
        "account": settings.owners.of(Duty.NETWORK).account,
        "document": region.physical_name("break-glass"),
        "log_group": f"/meshfed/{region.physical_name('break-glass')}",
        "region_tag": region.key,
        "tags": region.tags,
    }


def _readiness(region: RegionPlan, settings: AwsRegion) -> AwsReadinessArgs:
    return {
        "location": settings.location,
        "document": region.physical_name("ready"),
        "health_port": HEALTH_PORT,
        "tags": region.tags,
    }


def _bucket(region: RegionPlan, settings: AwsRegion) -> str:
    # Bucket names are shared by all accounts of the world, so the own account's number is part of it.
    account = settings.owners.of(Duty.TRUST).account
    return physical_name(BUCKET_NAME_LIMIT, region.physical_name("store").lower(), account)


def _store(region: RegionPlan, settings: AwsRegion) -> AwsStoreSettingsArgs:
    owner = settings.owners.of(Duty.TRUST)
    args: AwsStoreSettingsArgs = {"account": owner.account, "bucket": _bucket(region, settings)}
    if owner.role:
        args["writer_role_arn"] = owner.role
    return args


def _release(release: AgentRelease) -> AwsAgentReleaseArgs:
    return {
        "object": release.object,
        "sha256": release.sha256,
        "path": release.path,
        "document": release.document(),
        "document_object": RELEASE_OBJECT,
    }


def _documents(plan: Plan, region: RegionPlan) -> AwsDocumentsArgs:
    texts: list[str] = []
    placeholders: list[str] = []
    for at, gateway in enumerate(region.gateways):
        # The endpoint is in the gateway's own subnet, at an address that only AWS knows; the last one stands for it.
        placeholder = str(region.ranges.tunnel_subnets[at][-2])
        placeholders.append(placeholder)
        texts.append(gateway_document(plan, region.key, gateway.name, [BgpNeighbor(placeholder, ROUTE_SERVER_ASN)]))
    return {"texts": texts, "router_placeholders": placeholders}
