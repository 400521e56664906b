"""Ranges that are the internet in disguise."""

from ipaddress import ip_network

import pytest

from meshfed.rules.networks import are_tunnel_ports, internet_among, is_internet, names_internet
from meshfed.rules.node import Node, UndecidedError
from meshfed.rules.plain import Unknown


@pytest.mark.parametrize(
    "ranges",
    [
        ["0.0.0.0/0"],
        ["0.0.0.0/1"],
        ["128.0.0.0/1"],
        ["::/0"],
        ["2000::/3"],
        ["::ffff:0:0/96"],
        ["::ffff:0:0/97"],
        ["10.0.0.0/8", "11.0.0.0/8"],
    ],
)
def test_a_large_part_of_all_addresses_is_the_internet(ranges: list[str]) -> None:
    assert is_internet(*map(ip_network, ranges))


@pytest.mark.parametrize("ranges", [["10.0.0.0/8"], ["fc00::/7"], ["203.0.113.7/32", "2001:db8::/32"], []])
def test_a_network_of_somebody_is_not(ranges: list[str]) -> None:
    assert not is_internet(*map(ip_network, ranges))


@pytest.mark.parametrize("text", ["*", "Internet", "INTERNET", "Any", " 0.0.0.0/0 ", "0.0.0.0/00", "::/0"])
def test_words_and_ways_of_writing_it_are_known(text: str) -> None:
    assert names_internet(Node(text))


def test_a_name_or_a_single_address_is_not_the_internet() -> None:
    assert not names_internet(Node("VirtualNetwork"))
    assert not names_internet(Node("198.51.100.7"))


def test_what_is_not_known_yet_is_not_decided() -> None:
    with pytest.raises(UndecidedError):
        names_internet(Node(Unknown()))


def test_of_ranges_that_are_the_internet_together_the_first_is_named() -> None:
    nodes = [Node("10.0.0.0/8", "a"), Node("0.0.0.0/2", "b"), Node("64.0.0.0/2", "c")]
    assert internet_among(nodes[:1]) is None
    assert internet_among([Node("12.0.0.0/8", "a"), Node("13.0.0.0/8", "b")]) == Node("12.0.0.0/8", "a")
    assert internet_among(nodes) == nodes[1]
    quarters = [Node("100.64.0.0/10", "a"), Node("12.0.0.0/8", "b"), Node("13.0.0.0/8", "c")]
    assert internet_among(quarters) == quarters[1]


def test_a_range_that_is_not_known_yet_hides_none_that_is() -> None:
    assert internet_among([Node(Unknown(), "a"), Node("::/0", "b")]) == Node("::/0", "b")
    with pytest.raises(UndecidedError):
        internet_among([Node(Unknown(), "a"), Node("10.0.0.0/8", "b")])


def test_a_range_of_ports_beyond_those_of_tunnels_is_no_tunnels() -> None:
    assert are_tunnel_ports(51820, 52331)
    assert not are_tunnel_ports(51819, 51820)
    assert not are_tunnel_ports(52331, 52332)
