"""Tunnels: both ends agree, nothing collides, exactly one side keeps alive."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshfed.errors import PlanError
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from meshfed.topology.tunnels import Pair, Tunnel, tunnel_mtu
from meshfed.values import INTERFACE_NAME_LIMIT, GatewayName, Transport, TunnelKind
from tests.topology.federations import PLACES, federation_of, raw, region


def _from_both_ends(plan: Plan) -> list[tuple[Tunnel, Tunnel]]:
    by_ends = {
        (tunnel.local_region, tunnel.local_gateway, tunnel.remote_region, tunnel.remote_gateway): tunnel
        for key in plan.regions
        for tunnel in plan.tunnels(key)
    }
    return [(one, by_ends[ends[2], ends[3], ends[0], ends[1]]) for ends, one in by_ends.items()]


def test_both_ends_of_every_tunnel_agree() -> None:
    for one, other in _from_both_ends(build(federation_of(range(6)))):
        assert one.pair == other.pair
        assert one.keeps_alive != other.keeps_alive
        for mine, theirs in zip(one.links, other.links, strict=True):
            assert (mine.local_port, mine.remote_port) == (theirs.remote_port, theirs.local_port)
            assert (mine.local_address, mine.remote_address) == (theirs.remote_address, theirs.local_address)
            assert mine.local_address_ipv6 == theirs.remote_address_ipv6
            assert abs(int(mine.local_address) - int(mine.remote_address)) == 1


def test_four_tunnels_stand_between_two_regions() -> None:
    plan = build(federation_of(range(6)))
    for key in plan.regions:
        ends = [(t.local_gateway, t.remote_region, t.remote_gateway) for t in plan.tunnels(key)]
        assert len(ends) == len(set(ends)) == 4 * 5


def test_nothing_collides_on_any_host_of_128_regions() -> None:
    plan = build(federation_of(range(128)))
    for key in ("r0", "r64", "r127"):
        for gateway in GatewayName:
            links = [link for t in plan.tunnels(key) if t.local_gateway is gateway for link in t.links]
            assert len(links) == 127 * 2 * 2
            assert len({link.interface for link in links}) == len(links)
            assert len({link.local_port for link in links}) == len(links)
            assert max(len(link.interface) for link in links) <= INTERFACE_NAME_LIMIT
            assert max(link.local_port for link in links) < 65536


def test_no_link_address_is_used_twice_in_128_regions() -> None:
    plan = build(federation_of(range(128)))
    ends = [t for key in plan.regions for t in plan.tunnels(key)]
    addresses = {int(link.local_address) for t in ends for link in t.links}
    addresses_ipv6 = {int(link.local_address_ipv6) for t in ends for link in t.links}
    assert len(addresses) == len(addresses_ipv6) == 128 * 127 * 4 * 2
    pool = plan.federation.pools.tunnels
    assert min(addresses) >= int(pool.network_address)
    assert max(addresses) <= int(pool.broadcast_address)
    first_of_regions = min(int(region.ranges.gateways_ipv6.network_address) for region in plan.regions.values())
    assert max(addresses_ipv6) < first_of_regions


@given(st.integers(1400, 9216), st.sampled_from(TunnelKind), st.booleans())
def test_a_full_packet_fits_into_the_underlay(path_mtu: int, kind: TunnelKind, outer_ipv6: bool) -> None:
    inner = tunnel_mtu(path_mtu, kind, outer_ipv6=outer_ipv6)
    outer = inner + (40 if outer_ipv6 else 20) + 8
    if kind is TunnelKind.WIREGUARD:
        outer += 16 + 16
    else:
        padding = -(inner + 2) % 4
        outer += 8 + 8 + padding + 2 + 16
    assert path_mtu - 3 <= outer <= path_mtu


def test_a_path_too_small_for_ipv6_is_refused_with_what_is_needed() -> None:
    regions = {key: region(*PLACES[slot], slot) for slot, key in enumerate(("r0", "r1", "r2"))}
    regions["r0"]["gateways"] = {"path_mtu": 1300}
    regions["r2"]["gateways"] = {"network_mtu": 1290}
    pairs: list[dict[str, Any]] = [
        {"between": ["r0", "r2"], "path_mtu": 1280},
        {"between": ["r0", "r1"], "kind": "ipsec"},
    ]
    with pytest.raises(PlanError) as refused:
        build(Federation.model_validate(raw(regions, tunnels={"pairs": pairs})))
    # All at once, each where its size is set; an end with tunnels of both kinds gets what the larger overhead wants.
    assert [str(fault) for fault in refused.value.faults] == [
        "regions.r0.gateways.path_mtu: 1300: leaves 1238 bytes inside a tunnel of ipsec; IPv6 wants 1280. "
        "Give 1344 or more.",
        "tunnels.pairs[0].path_mtu: 1280: leaves 1220 bytes inside a tunnel of wireguard; IPv6 wants 1280. "
        "Give 1340 or more.",
        "regions.r2.gateways.network_mtu: 1290: leaves 1230 bytes inside a tunnel of wireguard; IPv6 wants 1280. "
        "Give 1340 or more.",
    ]
    regions["r0"]["gateways"], regions["r2"]["gateways"] = {"path_mtu": 1344}, {"network_mtu": 1340}
    pairs[0]["path_mtu"] = 1340
    found = build(Federation.model_validate(raw(regions, tunnels={"pairs": pairs})))
    assert min(pair.mtu for pair in found.pairs) == 1280


CARRIED = {"r0": {}, "r1": {"network_mtu": 8896, "path_mtu": 1460}, "r2": {}}


def _pairs(special: dict[str, Any], gateways: Mapping[str, dict[str, Any]] = CARRIED) -> dict[tuple[str, str], Pair]:
    regions = {key: region(*PLACES[slot], slot, gateways=gateways[key]) for slot, key in enumerate(gateways)}
    tunnels = {"kind": "ipsec", "pairs": [{"between": ["r0", "r1"], **special}]}
    plan = build(Federation.model_validate(raw(regions, tunnels=tunnels)))
    return {(pair.low, pair.high): pair for pair in plan.pairs}


def test_a_pair_follows_its_own_setting_and_the_smaller_underlay() -> None:
    found = _pairs({"transport": "interconnect", "path_mtu": 8500})
    special, other = found["r0", "r1"], found["r1", "r2"]
    assert (special.transport, special.path_mtu) == (Transport.INTERCONNECT, 8500)
    assert (other.kind, other.transport, other.path_mtu) == (TunnelKind.IPSEC, Transport.INTERNET, 1460)
    assert special.mtu == tunnel_mtu(8500, TunnelKind.IPSEC)


def test_an_interconnect_is_no_larger_than_the_networks_at_its_ends() -> None:
    with pytest.raises(PlanError) as refused:
        _pairs({"transport": "interconnect", "path_mtu": 8500}, {**CARRIED, "r1": {"path_mtu": 1460}})
    assert [str(fault) for fault in refused.value.faults] == [
        "tunnels.pairs[0].path_mtu: 8500: the gateways' networks carry 9001 at r0 and 1460 at r1. "
        "Give 1460 or less, or a larger gateways.network_mtu where the cloud carries it."
    ]


def test_a_pair_over_the_internet_is_no_larger_than_the_way_to_it() -> None:
    assert _pairs({"path_mtu": 1400})["r0", "r1"].path_mtu == 1400
    with pytest.raises(PlanError) as refused:
        _pairs({"path_mtu": 1500})
    assert "tunnels.pairs[0].path_mtu: 1500: the ways to the internet carry 1500 at r0 and 1460 at r1." in str(
        refused.value
    )


def test_a_network_carries_no_more_than_its_cloud() -> None:
    with pytest.raises(PlanError) as refused:
        _pairs({}, {**CARRIED, "r1": {"network_mtu": 9001}, "r2": {"network_mtu": 4000}})
    assert [str(fault) for fault in refused.value.faults] == [
        "regions.r1.gateways.network_mtu: 9001: a gateway's network in gcp carries 1300 to 8896 bytes. "
        "Give 8896 or less.",
        "regions.r2.gateways.network_mtu: 4000: a gateway's network in azure carries 1280 to 1500 bytes. "
        "Give 1500 or less.",
    ]


def test_a_small_network_makes_the_way_to_the_internet_small() -> None:
    assert _pairs({}, {**CARRIED, "r0": {"network_mtu": 1400}})["r0", "r2"].path_mtu == 1400
