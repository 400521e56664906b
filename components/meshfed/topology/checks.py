"""What stands against a plan: ranges that touch or that a cloud keeps, sizes, limits and promises."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from meshfed.errors import Fault
from meshfed.settings.network import ExistingNetwork
from meshfed.topology.call_checks import call_faults
from meshfed.topology.latency import latency_faults
from meshfed.topology.lifetimes import lifetime_faults
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.topology.quotas import quota_faults
from meshfed.topology.underlay import underlay_faults
from meshfed.values import Cloud

KEPT_BY_CLOUDS = {
    Cloud.AWS: ("169.254.0.0/16", "172.17.0.0/16"),
    Cloud.AZURE: ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"),
    Cloud.GCP: ("169.254.0.0/16", "172.17.0.0/16"),
}
"""Ranges that a cloud's clusters use themselves (EKS, GKE: bridges of their nodes; AKS: its documented limits)."""


def faults(plan: Plan) -> Iterator[Fault]:
    """Everything that stands against a plan."""
    for region in plan.regions.values():
        yield from _kept_ranges(region)
        yield from _existing_subnets(region)
    yield from _touching_ranges(plan)
    yield from underlay_faults(plan)
    yield from quota_faults(plan)
    yield from latency_faults(plan)
    yield from call_faults(plan)
    yield from lifetime_faults(plan)


def _kept_ranges(region: RegionPlan) -> Iterator[Fault]:
    for name, network in region.ranges.disjoint_parts():
        for kept in KEPT_BY_CLOUDS[region.cloud]:
            if network.overlaps(IPv4Network(kept)):
                problem = f"touches {kept}, which {region.cloud.value} uses itself."
                yield Fault(f"regions.{region.key}.{name}", str(network), problem, "Give another range.")


def _existing_subnets(region: RegionPlan) -> Iterator[Fault]:
    network = region.settings.network
    if not isinstance(network, ExistingNetwork):
        return
    for name, whole in (
        ("node_subnets", network.network),
        ("pod_subnets", network.pods),
        ("tunnel_subnets", network.gateways),
        ("east_west_subnets", network.gateways),
    ):
        for index, subnet in enumerate(getattr(network, name)):
            if not subnet.range.subnet_of(whole):
                path = f"regions.{region.key}.network.{name}[{index}].range"
                yield Fault(
                    path, str(subnet.range), f"lies outside of {whole}.", "Give the range that the cloud shows."
                )


def _touching_ranges(plan: Plan) -> Iterator[Fault]:
    parts = [
        (f"regions.{region.key}.{name}", network)
        for region in plan.regions.values()
        for name, network in region.ranges.disjoint_parts()
    ]
    parts.append(("pools.tunnels", plan.federation.pools.tunnels))
    parts += [(f"pools.reserved[{index}]", network) for index, network in enumerate(plan.federation.pools.reserved)]
    parts.sort(key=lambda part: (part[1].network_address, part[1].prefixlen))
    open_parts: list[tuple[str, IPv4Network]] = []
    for path, network in parts:
        open_parts = [one for one in open_parts if one[1].broadcast_address >= network.network_address]
        for other_path, other in open_parts:
            yield Fault(path, str(network), f"overlaps {other_path} ({other}).", "Give one of them another range.")
        open_parts.append((path, network))
