"""Tunnels: both ends agree, nothing collides, exactly one side keeps alive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshfed.errors import PlanError
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from meshfed.topology.tunnels import Tunnel, tunnel_mtu
from meshfed.values import INTERFACE_NAME_LIMIT, GatewayName, Transport, TunnelKind
from tests.topology.federations import federation_of


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
    with pytest.raises(PlanError, match="path MTU 1300: leaves 1240 bytes inside a wireguard tunnel; Give 1340"):
        tunnel_mtu(1300, TunnelKind.WIREGUARD)


def test_a_pair_follows_its_own_setting_and_the_smaller_underlay() -> None:
    pairs = [{"between": ["r0", "r1"], "transport": "interconnect", "path_mtu": 8500}]
    federation = federation_of(range(3), tunnels={"kind": "ipsec", "pairs": pairs})
    regions = {key: region.model_copy() for key, region in federation.regions.items()}
    small = regions["r1"].gateways.model_copy(update={"path_mtu": 1460})
    regions["r1"] = regions["r1"].model_copy(update={"gateways": small})
    plan = build(federation.model_copy(update={"regions": regions}))
    found = {(pair.low, pair.high): pair for pair in plan.pairs}
    special, other = found["r0", "r1"], found["r1", "r2"]
    assert (special.transport, special.path_mtu) == (Transport.INTERCONNECT, 8500)
    assert (other.kind, other.transport, other.path_mtu) == (TunnelKind.IPSEC, Transport.INTERNET, 1460)
    assert special.mtu == tunnel_mtu(8500, TunnelKind.IPSEC)
