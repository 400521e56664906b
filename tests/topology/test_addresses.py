"""Ranges and fixed addresses follow from slots alone and never touch one another."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from meshfed.settings.federation import Federation
from meshfed.settings.network import AddressPools
from meshfed.topology.addresses import slots
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from meshfed.values import Cloud
from tests.topology.federations import PLACES, federation_of, raw
from tests.topology.federations import region as region_settings

SLOTS = st.sets(st.integers(0, 127), min_size=2, max_size=16)


def _networks(plan: Plan) -> list[tuple[int, int]]:
    parts = [net for region in plan.regions.values() for _, net in region.ranges.disjoint_parts()]
    parts.append(plan.federation.pools.tunnels)
    return sorted((int(net.network_address), int(net.broadcast_address)) for net in parts)


def test_the_default_pools_hold_128_regions() -> None:
    assert slots(AddressPools()) == 128


def test_no_two_ranges_of_128_regions_touch() -> None:
    networks = _networks(build(federation_of(range(128))))
    assert len(networks) == 128 * 4 + 1
    assert all(one[1] < other[0] for one, other in pairwise(networks))


@given(SLOTS, st.integers(0, 127))
@settings(deadline=None, max_examples=50)
def test_adding_a_region_moves_no_address(taken: set[int], added: int) -> None:
    before = build(federation_of(taken))
    after = build(federation_of(taken | {added}))
    for key, region in before.regions.items():
        assert after.regions[key].ranges == region.ranges
        assert after.regions[key].gateways == region.gateways
        kept = [tunnel for tunnel in after.tunnels(key) if tunnel.remote_region in before.regions]
        assert kept == list(before.tunnels(key))
        assert after.gateway_routes(key) == before.gateway_routes(key)


def test_a_gateway_range_from_elsewhere_is_routed_everywhere_but_at_home() -> None:
    """Two that lie side by side come as one route to a third region, and never with a region's own range in it."""
    given = ("10.63.0.0/24", "10.63.1.0/24", None)
    regions = {
        f"r{slot}": region_settings(*PLACES[slot], slot, network={"kind": "new", "ranges": {"gateways": gateways}})
        for slot, gateways in enumerate(given)
    }
    plan = build(Federation.model_validate(raw(regions)))
    routes = {key: [str(route) for route in plan.gateway_routes(key)] for key in plan.regions}
    assert routes == {
        "r0": ["10.63.1.0/24", "100.64.0.0/17"],
        "r1": ["10.63.0.0/24", "100.64.0.0/17"],
        "r2": ["10.63.0.0/23", "100.64.0.0/17"],
    }


def test_every_part_of_a_region_lies_where_its_cloud_routes_it() -> None:
    plan = build(federation_of(range(3)))
    for region in plan.regions.values():
        ranges = region.ranges
        for subnet in (*ranges.nodes, *ranges.endpoint_subnets, *ranges.control_subnets, ranges.databases):
            assert subnet.subnet_of(ranges.network)
        for subnet in (*ranges.tunnel_subnets, *ranges.east_west_subnets):
            assert subnet.subnet_of(ranges.gateways)
        for subnet in ranges.pod_subnets:
            assert subnet.subnet_of(ranges.pods)
        parts = (*ranges.nodes, *ranges.endpoint_subnets, *ranges.control_subnets, ranges.databases)
        assert not any(one.overlaps(other) for one, other in combinations(parts, 2))
        zones = 3 if region.cloud is Cloud.AWS else 1
        assert {len(ranges.nodes), len(ranges.east_west_addresses)} == {zones}


def test_fixed_addresses_are_usable_and_differ() -> None:
    plan = build(federation_of(range(3)))
    for region in plan.regions.values():
        ranges = region.ranges
        gateways = [gateway.address for gateway in region.gateways]
        fixed = [*gateways, *ranges.east_west_addresses]
        if region.cloud is not Cloud.AWS:
            fixed.append(ranges.gateway_balancer)
        assert len(set(fixed)) == len(fixed)
        for address in fixed:
            (subnet,) = [net for net in (*ranges.tunnel_subnets, *ranges.east_west_subnets) if address in net]
            # AWS and Azure keep the first four addresses of a subnet and its last one.
            assert 4 <= int(address) - int(subnet.network_address) < subnet.num_addresses - 1
        assert gateways[0] != gateways[1]
        assert region.gateways[0].zone != region.gateways[1].zone
