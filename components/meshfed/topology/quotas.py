"""What clouds limit, held against a plan of any size, so that the hundredth region does not fail at deploy time."""

from collections.abc import Iterator

from meshfed.errors import Fault
from meshfed.settings.cluster import NewCluster
from meshfed.topology.addresses import slots
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import Cloud

SLOTS_PER_SECURITY_GROUP = 28
"""Slots whose peers share one AWS security group: two rules a peer, four rules left for the group itself."""
AWS_RULES_PER_GROUP = 60
"""Inbound rules of a security group (Amazon VPC quotas, adjustable)."""
AWS_GROUPS_PER_INTERFACE = 5
"""Security groups of a network interface (Amazon VPC quotas, adjustable to 16)."""
AWS_ROUTES_PER_TABLE = 50
"""Routes of a route table that are not propagated (Amazon VPC quotas, adjustable)."""
AZURE_ROUTES_PER_TABLE = 400
"""User-defined routes of a route table (Azure networking limits)."""
AZURE_PREFIXES_PER_GROUP = 4000
"""Address prefixes of all rules of a network security group (Azure networking limits)."""
GCP_RANGES_PER_RULE = 5000
"""Source ranges of a firewall rule (VPC quotas)."""
GCP_ROUTES_PER_NETWORK = 300
"""Custom static routes of a network (VPC quotas)."""
PODS_PER_NODE_ADDRESSES = 256
"""Addresses that GKE and AKS overlay set aside for each node (a /24)."""
OTHER_ROUTES = 10
"""Routes of a table beside those to the tunnel gateways: local ranges, internet, NAT and endpoints."""


def quota_faults(plan: Plan) -> Iterator[Fault]:
    """What of a plan a cloud would refuse for its size."""
    yield from _slots(plan)
    for region in plan.regions.values():
        if region.state.is_deployed:
            yield from _firewall(plan, region)
            yield from _routes(plan, region)
            yield from _pods(region)


def _slots(plan: Plan) -> Iterator[Fault]:
    held = slots(plan.federation.pools)
    for region in plan.regions.values():
        if region.slot >= held:
            problem = f"is beyond the pools, which hold {held} slots."
            yield Fault(f"regions.{region.key}.slot", str(region.slot), problem, "Take a smaller slot or larger pools.")


def _firewall(plan: Plan, region: RegionPlan) -> Iterator[Fault]:
    peers = [peer for peer in plan.regions.values() if peer.key != region.key and peer.state.is_peer]
    path = f"regions.{region.key}"
    match region.cloud:
        case Cloud.AWS:
            groups = len({peer.slot // SLOTS_PER_SECURITY_GROUP for peer in peers} | {0})
            if groups > AWS_GROUPS_PER_INTERFACE:
                problem = f"its gateways need {groups} security groups; an interface has {AWS_GROUPS_PER_INTERFACE}."
                yield Fault(path, f"{len(peers)} peers", problem, "Use smaller slots.")
        case Cloud.AZURE:
            if 2 * len(peers) > AZURE_PREFIXES_PER_GROUP:
                problem = f"a network security group holds {AZURE_PREFIXES_PER_GROUP} prefixes."
                yield Fault(path, f"{2 * len(peers)} peer addresses", problem, "Split the federation.")
        case Cloud.GCP:
            if 2 * len(peers) > GCP_RANGES_PER_RULE:
                problem = f"a firewall rule holds {GCP_RANGES_PER_RULE} ranges."
                yield Fault(path, f"{2 * len(peers)} peer addresses", problem, "Split the federation.")


def _routes(plan: Plan, region: RegionPlan) -> Iterator[Fault]:
    limit = {
        Cloud.AWS: AWS_ROUTES_PER_TABLE,
        Cloud.AZURE: AZURE_ROUTES_PER_TABLE,
        Cloud.GCP: GCP_ROUTES_PER_NETWORK,
    }[region.cloud]
    needed = len(plan.gateway_routes) + OTHER_ROUTES
    if needed > limit:
        problem = f"a route table of {region.cloud.value} holds {limit}."
        hint = "Give gateway ranges from one pool, so that one route covers them."
        yield Fault(f"regions.{region.key}", f"{needed} routes", problem, hint)


def _pods(region: RegionPlan) -> Iterator[Fault]:
    cluster = region.settings.cluster
    if region.cloud is Cloud.AWS or not isinstance(cluster, NewCluster) or cluster.nodes is None:
        return
    nodes = region.ranges.pods.num_addresses // PODS_PER_NODE_ADDRESSES
    if cluster.nodes.maximum > nodes:
        problem = f"the pod range {region.ranges.pods} holds {nodes} nodes of a /24 each."
        where = f"regions.{region.key}.cluster.nodes.maximum"
        yield Fault(where, str(cluster.nodes.maximum), problem, f"Give {nodes} or less, or a larger pod range.")
