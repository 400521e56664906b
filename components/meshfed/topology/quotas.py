"""What clouds limit, held against a plan of any size, so that the hundredth region does not fail at deploy time."""

from collections.abc import Iterator, Sequence

from meshfed.errors import Fault
from meshfed.settings.cluster import DEFAULT_MAXIMUM, NewCluster
from meshfed.settings.faults import shown
from meshfed.settings.federation import Federation
from meshfed.topology.addresses import slots
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import Cloud, LifeCycle, TunnelKind

SLOTS_PER_SECURITY_GROUP = 26
"""Slots whose peers share one AWS security group: two WireGuard rules a peer, eight left for the group itself."""
AWS_OWN_RULES = 8
"""Rules of a security group that are not for a peer, at most."""
RULES_PER_PEER = {TunnelKind.WIREGUARD: 2, TunnelKind.IPSEC: 4}
"""Rules one way for both gateways of a peer: one range of ports, or IKE and ESP in UDP."""
AWS_RULES_PER_GROUP = 60
"""Inbound rules of a security group (Amazon VPC quotas, adjustable)."""
AWS_GROUPS_PER_INTERFACE = 5
"""Security groups of a network interface (Amazon VPC quotas, adjustable to 16)."""
AWS_ROUTES_PER_TABLE = 50
"""Routes of a route table that are not propagated (Amazon VPC quotas, adjustable)."""
AZURE_ROUTES_PER_TABLE = 400
"""User-defined routes of a route table (Azure networking limits)."""
AZURE_RULES_PER_GROUP = 1000
"""Rules of a network security group, both ways together (Azure networking limits)."""
AZURE_RULES_PER_PEER = 4
"""One rule each way for each gateway of a peer, whatever the kind of tunnel."""
AZURE_OWN_RULES = 6
"""Rules of the gateways' security group that are not for a peer."""
GCP_RULES_PER_PROJECT = 100
"""Firewall rules of a project (VPC quotas, adjustable); held against one region, since others may have more."""
GCP_SLOTS_PER_RULE = 16
"""Slots whose peers share a firewall rule, each way."""
GCP_OWN_RULES = 8
"""Firewall rules of gateways and nodes that are not for a peer."""
GCP_ROUTES_PER_NETWORK = 300
"""Custom static routes of a network (VPC quotas)."""
PODS_PER_NODE_ADDRESSES = 256
"""Addresses that GKE and AKS overlay set aside for each node (a /24)."""
AWS_PODS_PER_NODE = 110
"""Kubernetes' limit for a node; the AWS component sets it, since prefixes leave room for it."""
AWS_PREFIX = 16
"""Addresses of a prefix that the VPC CNI takes for a node, which also keeps one unused (its WARM_PREFIX_TARGET)."""
AWS_ADDRESSES_PER_NODE = (-(-AWS_PODS_PER_NODE // AWS_PREFIX) + 1) * AWS_PREFIX
"""Pod addresses that a full node holds: whole prefixes and the spare one."""
AWS_KEPT_PER_SUBNET = 5
"""Addresses of a subnet that AWS keeps (VPC user guide, subnet sizing)."""
AWS_ZONES_LEFT = 2
"""Zones that the nodes share when one of three is lost."""
OTHER_ROUTES = 10
"""Routes of a table beside those to the tunnel gateways: local ranges, internet, NAT and endpoints."""


def slot_faults(federation: Federation) -> Iterator[Fault]:
    """Slots that the pools do not hold; such a region has no ranges, and nothing more can be said of the plan."""
    held = slots(federation.pools)
    for key, region in federation.regions.items():
        if region.slot >= held and region.state is not LifeCycle.RETIRED:
            problem = f"is beyond the pools, which hold {held} slots."
            yield Fault(f"regions.{key}.slot", shown(region.slot), problem, "Take a smaller slot or larger pools.")


def quota_faults(plan: Plan) -> Iterator[Fault]:
    """What of a plan a cloud would refuse for its size."""
    for region in plan.regions.values():
        if region.state.is_deployed:
            yield from _firewall(plan, region)
            yield from _routes(plan, region)
            yield from _pods(region)


def _firewall(plan: Plan, region: RegionPlan) -> Iterator[Fault]:
    peers = [peer for peer in plan.regions.values() if peer.key != region.key and peer.state.is_peer]
    path = f"regions.{region.key}"
    match region.cloud:
        case Cloud.AWS:
            yield from _security_groups(plan, region, peers)
        case Cloud.AZURE:
            rules = AZURE_OWN_RULES + AZURE_RULES_PER_PEER * len(peers)
            if rules > AZURE_RULES_PER_GROUP:
                problem = f"a network security group holds {AZURE_RULES_PER_GROUP}."
                yield Fault(path, f"{rules} rules", problem, "Split the federation.")
        case Cloud.GCP:
            rules = GCP_OWN_RULES + 2 * len({peer.slot // GCP_SLOTS_PER_RULE for peer in peers})
            if rules > GCP_RULES_PER_PROJECT:
                problem = f"a project holds {GCP_RULES_PER_PROJECT} firewall rules."
                yield Fault(path, f"{rules} rules", problem, "Give regions slots that lie closer together.")


def _security_groups(plan: Plan, region: RegionPlan, peers: Sequence[RegionPlan]) -> Iterator[Fault]:
    path = f"regions.{region.key}"
    last = AWS_GROUPS_PER_INTERFACE * SLOTS_PER_SECURITY_GROUP - 1
    for peer in peers:
        if peer.slot > last:
            problem = f"must be at most {last} beside {region.key} in aws, for its gateways' security groups."
            yield Fault(f"regions.{peer.key}.slot", str(peer.slot), problem, "Take a smaller slot.")
    kinds = {frozenset((pair.low, pair.high)): pair.kind for pair in plan.pairs}
    rules: dict[int, int] = {}
    for peer in peers:
        kind = kinds.get(frozenset((region.key, peer.key)), TunnelKind.WIREGUARD)
        group = peer.slot // SLOTS_PER_SECURITY_GROUP
        rules[group] = rules.get(group, AWS_OWN_RULES) + RULES_PER_PEER[kind]
    for group, count in rules.items():
        if count > AWS_RULES_PER_GROUP:
            first = group * SLOTS_PER_SECURITY_GROUP
            problem = (
                f"slots {first} to {first + SLOTS_PER_SECURITY_GROUP - 1} share a group of {AWS_RULES_PER_GROUP} rules."
            )
            yield Fault(path, f"{count} rules", problem, "Spread the regions with IPsec over other slots.")


def _routes(plan: Plan, region: RegionPlan) -> Iterator[Fault]:
    limit = {
        Cloud.AWS: AWS_ROUTES_PER_TABLE,
        Cloud.AZURE: AZURE_ROUTES_PER_TABLE,
        Cloud.GCP: GCP_ROUTES_PER_NETWORK,
    }[region.cloud]
    needed = len(plan.gateway_routes(region.key)) + OTHER_ROUTES
    if needed > limit:
        problem = f"a route table of {region.cloud.value} holds {limit}."
        hint = "Give gateway ranges from one pool, so that one route covers them."
        yield Fault(f"regions.{region.key}", f"{needed} routes", problem, hint)


def _pods(region: RegionPlan) -> Iterator[Fault]:
    cluster = region.settings.cluster
    if not isinstance(cluster, NewCluster):
        return
    maximum = cluster.nodes.maximum if cluster.nodes else DEFAULT_MAXIMUM
    if region.cloud is Cloud.AWS:
        yield from _aws_pods(region, maximum)
        return
    nodes = region.ranges.pods.num_addresses // PODS_PER_NODE_ADDRESSES
    if maximum > nodes:
        problem = f"the pod range {region.ranges.pods} holds {nodes} nodes of a /24 each."
        where = f"regions.{region.key}.cluster.nodes.maximum"
        yield Fault(where, str(maximum), problem, f"Give {nodes} or less, or a larger pod range.")


def _aws_pods(region: RegionPlan, maximum: int) -> Iterator[Fault]:
    smallest = min(region.ranges.pod_subnets, key=lambda subnet: subnet.num_addresses, default=None)
    if smallest is None:
        return
    held = (smallest.num_addresses - AWS_KEPT_PER_SUBNET) // AWS_ADDRESSES_PER_NODE * AWS_ZONES_LEFT
    if maximum > held:
        problem = (
            f"with one zone lost, a pod subnet of {smallest} must hold {-(-maximum // AWS_ZONES_LEFT)} nodes of "
            f"{AWS_ADDRESSES_PER_NODE} addresses."
        )
        where = f"regions.{region.key}.cluster.nodes.maximum"
        yield Fault(where, str(maximum), problem, f"Give {held} or less, or a larger pod range.")
