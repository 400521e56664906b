"""The rendered texts at work: real WireGuard, nftables and bird on four gateways of three regions.

Needs root and the Debian packages of `make test-packages`. Not proven here: the agent (its own tests), a cloud's routes
to the pair (static routes stand for them, and bird for a router that speaks BGP), the kernel's WireGuard.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.render.host import until
from tests.render.paths import REGIONS, Paths
from tests.render.plans import three_clouds


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paths]:
    """The federation with all direct routes. Each test leaves it like that."""
    made = Paths(tmp_path_factory.mktemp("paths"), three_clouds(REGIONS, REGIONS))
    try:
        made.start()
        yield made
    finally:
        made.close()


def test_a_pod_is_seen_with_the_address_of_its_gateway(paths: Paths) -> None:
    seen = paths.ask("low", paths.pod("low"), paths.balancer("mid"))
    assert seen["from"] == str(paths.gateways["low-a"].address)


def test_gateways_know_one_another_by_their_inner_addresses_too(paths: Paths) -> None:
    low, mid = paths.gateways["low-a"], paths.gateways["mid-a"]
    far = mid.region.ranges.gateway_address_ipv6(mid.gateway)
    until(lambda: low.interface_towards(far) == "wg-mid-a0", "the route over IPv6")
    shown = low.host.sh("ip", "-6", "route", "get", str(far))
    assert f"src {low.region.ranges.gateway_address_ipv6(low.gateway)}" in shown


def test_segments_fit_the_tunnel(paths: Paths) -> None:
    seen = paths.ask("low", paths.pod("low"), paths.balancer("mid"))
    # 1440 bytes inside the tunnel, 40 of headers, 12 of time stamps; without the clamp it would be 1448.
    assert seen["segment"] == 1440 - 40 - 12


def test_a_balancer_keeps_its_address(paths: Paths) -> None:
    seen = paths.ask("low", paths.balancer("low"), paths.balancer("mid"))
    assert seen["from"] == str(paths.balancer("low"))


def test_a_reply_may_leave_through_the_other_gateway(paths: Paths) -> None:
    lan, network = paths.lans["low"], str(paths.plan.regions["mid"].ranges.gateways)
    other = str(paths.gateways["low-b"].address)
    lan.sh("ip", "route", "add", network, "via", other, "dev", "ethb", "onlink")
    try:
        seen = paths.ask("mid", paths.pod("mid"), paths.balancer("low"))
    finally:
        lan.sh("ip", "route", "delete", network)
    assert seen["from"] == str(paths.gateways["mid-a"].address)


def test_a_reply_may_come_back_through_the_other_gateway(paths: Paths) -> None:
    """The far gateway's route to low-a's own address is taken away: its reply takes the range's route through low-b."""
    mid, own = paths.gateways["mid-a"], paths.gateways["low-a"].address
    link = next(iter(paths.gateways["low-b"].tunnels()["mid-a"]["addresses"])).partition("/")[0]
    mid.host.sh("ip", "route", "replace", f"{own}/32", "via", link, "dev", "wg-low-b0", "table", "8479", "metric", "1")
    try:
        seen = paths.ask("low", paths.pod("low"), paths.balancer("mid"))
    finally:
        mid.host.sh(
            "ip", "route", "delete", f"{own}/32", "via", link, "dev", "wg-low-b0", "table", "8479", "metric", "1"
        )
    assert seen["from"] == str(own)


def test_only_balancers_and_gateways_are_reached_from_outside(paths: Paths) -> None:
    assert paths.ask("low", paths.pod("low"), paths.pod("mid")) == {}


def test_a_source_of_another_region_is_dropped(paths: Paths) -> None:
    """`low` is a good transit and may carry `top`, but the best route to `top` does not lead to `low`."""
    low, mid, forged = paths.gateways["low-a"], paths.gateways["mid-a"], paths.balancer("top")
    before = mid.counted("best_low")
    low.host.sh("ip", "address", "add", f"{forged}/32", "dev", "lo")
    try:
        low.host.try_sh("python3", "-c", SEND.format(source=forged, target=paths.balancer("mid")))
        until(lambda: mid.counted("best_low") > before, "the drop is counted")
    finally:
        low.host.sh("ip", "address", "delete", f"{forged}/32", "dev", "lo")


def test_a_transit_hands_on_through_the_tunnel_of_the_destination_alone(paths: Paths) -> None:
    """`top` has lost `low` and would send back to `mid` what `mid` wants carried there: a second hop, refused."""
    low, mid, top = (paths.gateways[name] for name in ("low-a", "mid-a", "top-a"))
    paths.cut("top", "low")
    detour = ("ip", "route", "replace", f"{paths.balancer('low')}/32", "dev", "wg-top-a0", "table", "8479")
    try:
        until(lambda: top.interface_towards(low.address) == "wg-mid-a0", "top goes through mid")
        mid.host.sh(*detour)
        before = top.counted("refused_transit")
        mid.host.sh("python3", "-c", SEND.format(source=mid.address, target=paths.balancer("low")))
        until(lambda: top.counted("refused_transit") > before, "the refusal is counted")
    finally:
        mid.host.sh("ip", "route", "delete", f"{paths.balancer('low')}/32", "dev", "wg-top-a0", "table", "8479")
        paths.heal()
    until(lambda: top.interface_towards(low.address) == "wg-low-a0", "top is direct again")


def test_a_cut_in_one_direction_is_gone_around_and_healed(paths: Paths) -> None:
    low, mid = paths.gateways["low-a"], paths.gateways["mid-a"]
    paths.cut("low", "mid")
    try:
        until(lambda: low.interface_towards(mid.address) == "wg-top-a0", "low goes through top")
        until(lambda: mid.interface_towards(low.address) == "wg-top-a0", "mid answers through top")
        there = paths.ask("low", paths.pod("low"), paths.balancer("mid"))
        back = paths.ask("mid", paths.balancer("mid"), paths.balancer("low"))
    finally:
        paths.heal()
    # The transit changes no source: both ends see the first gateway or the balancer itself.
    assert there["from"] == str(low.address)
    assert back["from"] == str(paths.balancer("mid"))
    until(lambda: low.interface_towards(mid.address) == "wg-mid-a0", "low is direct again")
    until(lambda: mid.interface_towards(low.address) == "wg-low-a0", "mid is direct again")
    assert paths.ask("low", paths.pod("low"), paths.balancer("mid"))["from"] == str(low.address)


def test_the_cloud_is_told_one_route_while_a_tunnel_is_up(paths: Paths) -> None:
    until(lambda: paths.cloud_routes() == ["100.64.0.0/17", "100.64.0.10"], "the route is told")
    try:
        paths.cut("low", "mid")
        until(lambda: paths.gateways["low-a"].interface_towards(paths.balancer("mid")) == "wg-top-a0", "one is left")
        assert paths.cloud_routes() == ["100.64.0.0/17", "100.64.0.10"]
        paths.cut("top", "low")
        until(lambda: paths.cloud_routes() == [], "the route is withdrawn")
    finally:
        paths.heal()
    until(lambda: paths.cloud_routes() == ["100.64.0.0/17", "100.64.0.10"], "the route is told again")
    until(lambda: paths.gateways["mid-a"].interface_towards(paths.balancer("low")) == "wg-low-a0", "direct again")


def test_without_reroute_a_cut_ends_at_the_gateway(tmp_path: Path) -> None:
    made = Paths(tmp_path, three_clouds(REGIONS, REGIONS, reroute="direct"))
    try:
        made.start()
        low, mid = made.gateways["low-a"], made.gateways["mid-a"]
        assert made.ask("low", made.pod("low"), made.balancer("mid"))["from"] == str(low.address)
        made.cut("low", "mid")
        until(lambda: low.interface_towards(mid.address) == "eth0", "no tunnel leads to mid")
        assert "100.64.1" not in low.host.sh("ip", "route", "show", "table", "8479")
        assert made.ask("low", made.pod("low"), made.balancer("mid")) == {}
        assert made.ask("low", made.pod("low"), made.balancer("top"))["from"] == str(low.address)
    finally:
        made.close()


SEND = (
    "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
    "s.bind(('{source}', 0)); s.sendto(b'forged', ('{target}', 7000))"
)
