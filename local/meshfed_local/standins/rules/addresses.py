"""Ranges and addresses as every cloud compares them: disjoint, inside, not reserved, not taken."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.rules.reading import address, network


def overlaps(
    place: str, value: str, taken: Iterable[tuple[str, IPv4Network]], wanted: str = "a range that no other has"
) -> Iterator[Fault]:
    """The range overlaps one that is taken; only the first is named."""
    mine = network(value)
    if mine is None:
        return
    for owner, other in taken:
        if mine.overlaps(other):
            yield Fault(place, f"{value} overlaps {other} of {owner}", wanted)
            return


def outside(place: str, value: str, spaces: Iterable[IPv4Network], owner: str) -> Iterator[Fault]:
    """The range lies in none of the spaces."""
    mine, listed = network(value), list(spaces)
    if mine is not None and listed and not any(mine.subnet_of(space) for space in listed):
        ranges = ", ".join(str(space) for space in listed)
        yield Fault(place, f"{value} is not inside {owner}", f"a range inside {ranges}")


def host_fault(place: str, value: str, subnet: IPv4Network, reserved: tuple[int, int]) -> Iterator[Fault]:
    """The address is not of the subnet, or one of those that the cloud keeps (so many first ones, so many last)."""
    mine = address(value)
    if mine is None:
        yield Fault(place, f"{value!r} is no IPv4 address", f"an address inside {subnet}")
    elif mine not in subnet:
        yield Fault(place, f"{value} is not inside the subnet", f"an address inside {subnet}")
    else:
        offset = int(mine) - int(subnet.network_address)
        first, last = reserved
        if offset < first or offset >= subnet.num_addresses - last:
            wanted = f"{subnet[first]} to {subnet[subnet.num_addresses - last - 1]}"
            yield Fault(place, f"{value} is kept by the cloud in {subnet}", wanted)


def taken_fault(place: str, value: str, taken: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    """The address is somebody else's already."""
    for owner, other in taken:
        if other == value:
            yield Fault(place, f"{value} is in use by {owner}", "an address that nothing else has")
            return


def internal_faults(ranges: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    """Ranges of one list that overlap each other."""
    seen: list[tuple[str, IPv4Network]] = []
    for place, value in ranges:
        yield from overlaps(place, value, seen)
        mine = network(value)
        if mine is not None:
            seen.append((place, mine))
