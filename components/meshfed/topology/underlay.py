"""How large a packet the ways between two regions carry: the gateways' own networks, the internet, an interconnect."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from meshfed.errors import Fault
from meshfed.settings.network import ExistingNetwork
from meshfed.topology.plan import Plan, RegionPlan, RegionSettings
from meshfed.topology.tunnels import IPV6_MINIMUM_MTU, Pair, tunnel_mtu
from meshfed.values import Cloud, Transport

NETWORK_MTU = {Cloud.AWS: 9001, Cloud.AZURE: 1500, Cloud.GCP: 1500}
"""What a gateway's network interface carries where the settings say nothing, in bytes (AWS: jumbo frames in a VPC;
Azure: its documented default; GCP: what a region's stack gives the network it creates)."""
GCP_DEFAULT_MTU = 1460
"""A network of GCP that nobody gave another size (https://cloud.google.com/vpc/docs/mtu)."""
NETWORK_MTU_LIMITS = {Cloud.AWS: (1280, 9001), Cloud.AZURE: (1280, 1500), Cloud.GCP: (1300, 8896)}
"""Smallest and largest that a gateway's interface carries, in bytes; Azure's larger frames need set-up on the host."""


def network_mtu(settings: RegionSettings) -> int:
    """The largest packet that leaves a gateway's network interface, in bytes.

    A network that a GCP region's stack creates is not larger than the path to the internet unless its settings say so:
    a gateway's interface takes its size from the network.
    """
    gateways = settings.gateways
    if gateways.network_mtu is not None:
        return gateways.network_mtu
    if settings.cloud is not Cloud.GCP:
        return NETWORK_MTU[settings.cloud]
    if isinstance(settings.network, ExistingNetwork):
        return GCP_DEFAULT_MTU
    return min(NETWORK_MTU[Cloud.GCP], gateways.path_mtu)


def internet_mtu(settings: RegionSettings) -> int:
    """The largest packet that a gateway sends to the internet, in bytes."""
    return min(network_mtu(settings), settings.gateways.path_mtu)


def underlay_faults(plan: Plan) -> Iterator[Fault]:
    """Sizes that a network, or the way between two of them, does not carry."""
    for region in plan.regions.values():
        yield from _network_faults(region)
    for index, special in enumerate(plan.federation.tunnels.pairs):
        ends = [plan.regions[key] for key in special.between if key in plan.regions]
        if special.path_mtu is not None:
            transport = special.transport or plan.federation.tunnels.transport
            yield from _pair_faults(f"tunnels.pairs[{index}].path_mtu", special.path_mtu, transport, ends)
    yield from _tunnel_faults(plan)


def _network_faults(region: RegionPlan) -> Iterator[Fault]:
    smallest, largest = NETWORK_MTU_LIMITS[region.cloud]
    given = network_mtu(region.settings)
    if not smallest <= given <= largest:
        wanted = f"a gateway's network in {region.cloud.value} carries {smallest} to {largest} bytes."
        yield Fault(f"regions.{region.key}.gateways.network_mtu", str(given), wanted, f"Give {largest} or less.")


def _pair_faults(path: str, path_mtu: int, transport: Transport, ends: Sequence[RegionPlan]) -> Iterator[Fault]:
    of_end = network_mtu if transport is Transport.INTERCONNECT else internet_mtu
    carried = [(region.key, of_end(region.settings)) for region in ends]
    least = min((size for _, size in carried), default=path_mtu)
    if path_mtu <= least:
        return
    what = "the gateways' networks carry" if transport is Transport.INTERCONNECT else "the ways to the internet carry"
    each = " and ".join(f"{size} at {key}" for key, size in carried)
    larger = "network_mtu" if transport is Transport.INTERCONNECT else "path_mtu"
    hint = f"Give {least} or less, or a larger gateways.{larger} where the cloud carries it."
    yield Fault(path, str(path_mtu), f"{what} {each}.", hint)


def _tunnel_faults(plan: Plan) -> Iterator[Fault]:
    """Paths that leave less inside a tunnel than IPv6 wants, each where its size is set."""
    given = {
        frozenset(special.between): (f"tunnels.pairs[{index}].path_mtu", special.path_mtu)
        for index, special in enumerate(plan.federation.tunnels.pairs)
        if special.path_mtu is not None
    }
    found: dict[str, tuple[int, Fault]] = {}
    for pair in plan.pairs:
        if pair.mtu >= IPV6_MINIMUM_MTU:
            continue
        least = next(size for size in count(pair.path_mtu) if tunnel_mtu(size, pair.kind) >= IPV6_MINIMUM_MTU)
        for path, size in _origins(plan, pair, least, given):
            inner = tunnel_mtu(size, pair.kind)
            wanted = f"leaves {inner} bytes inside a tunnel of {pair.kind.value}; IPv6 wants {IPV6_MINIMUM_MTU}."
            # One end may have tunnels of both kinds: what the larger overhead wants suits the other, too.
            if path not in found or found[path][0] < least:
                found[path] = (least, Fault(path, str(size), wanted, f"Give {least} or more."))
    yield from (fault for _, fault in found.values())


def _origins(
    plan: Plan, pair: Pair, least: int, given: Mapping[frozenset[str], tuple[str, int]]
) -> Iterator[tuple[str, int]]:
    """The settings that make a pair's path too small: its own, else those of its ends."""
    if special := given.get(frozenset((pair.low, pair.high))):
        yield special
        return
    for key in (pair.low, pair.high):
        settings = plan.regions[key].settings
        name = "network_mtu" if network_mtu(settings) < settings.gateways.path_mtu else "path_mtu"
        if internet_mtu(settings) < least:
            yield f"regions.{key}.gateways.{name}", internet_mtu(settings)
