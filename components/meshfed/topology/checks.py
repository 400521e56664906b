"""What stands against a plan: ranges that touch, and everything else that would fail in a cloud or on the wire."""

from collections.abc import Iterator
from itertools import combinations

from meshfed.errors import Fault
from meshfed.topology.plan import Plan


def faults(plan: Plan) -> Iterator[Fault]:
    """Everything that stands against a plan, in the order of the settings file."""
    yield from _touching_ranges(plan)


def _touching_ranges(plan: Plan) -> Iterator[Fault]:
    parts = [
        (f"regions.{region.key}.{name}", network)
        for region in plan.regions.values()
        for name, network in region.ranges.disjoint_parts()
    ]
    parts.append(("pools.tunnels", plan.federation.pools.tunnels))
    parts += [(f"pools.reserved[{index}]", network) for index, network in enumerate(plan.federation.pools.reserved)]
    parts.sort(key=lambda part: (part[1].network_address, part[1].prefixlen))
    for (path, network), (other_path, other) in combinations(parts, 2):
        if other.network_address > network.broadcast_address:
            break
        yield Fault(other_path, str(other), f"overlaps {path} ({network});", "Give one of them another range.")
