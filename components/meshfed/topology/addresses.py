"""A region's ranges and fixed addresses, from its slot or from what a corporate IPAM gave it.

Sizes: the /16 of a slot holds nodes (first quarter), endpoints, control plane and databases (second quarter) and
Kubernetes services (third quarter); the /24 of gateways holds tunnel gateways in its lower half and east-west load
balancers in its upper half.
"""

from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import islice

from meshfed.settings.network import AddressPools, ExistingNetwork, NewNetwork
from meshfed.values import Cloud, GatewayName

REGION_PREFIX = 16
"""Prefix length of a slot's network and of its pods."""
GATEWAY_PREFIX = 24
"""Prefix length of a slot's gateway range."""
FIRST_HOST = 10
"""Offset of the first fixed address in a subnet: AWS keeps the first four, Azure the first four, GCP the first two."""
BALANCER_HOST = 20
"""Offset of the address of the load balancer in front of the gateway pair (Azure, GCP) in its subnet."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Every range of one region. Tuples of subnets hold one a zone on AWS and one in all on Azure and GCP."""

    network: IPv4Network
    nodes: tuple[IPv4Network, ...]
    pods: IPv4Network
    pod_subnets: tuple[IPv4Network, ...]
    services: IPv4Network
    gateways: IPv4Network
    """What other regions may reach through a tunnel, and nothing else."""
    tunnel_subnets: tuple[IPv4Network, ...]
    east_west_subnets: tuple[IPv4Network, ...]
    endpoint_subnets: tuple[IPv4Network, ...]
    """Private endpoints."""
    control_subnets: tuple[IPv4Network, ...]
    """The cluster's control-plane addresses."""
    databases: IPv4Network
    gateways_ipv6: IPv6Network
    """Unique local addresses of the gateways inside tunnels."""

    def disjoint_parts(self) -> tuple[tuple[str, IPv4Network], ...]:
        """The ranges that no other region may touch, by name."""
        return (
            ("network", self.network),
            ("pods", self.pods),
            ("services", self.services),
            ("gateways", self.gateways),
        )

    def gateway_address(self, gateway: GatewayName) -> IPv4Address:
        """Fixed private address of a tunnel gateway; what leaves through its tunnels carries it as source."""
        if len(self.tunnel_subnets) == 1:
            return self.tunnel_subnets[0][FIRST_HOST + list(GatewayName).index(gateway)]
        return self.tunnel_subnets[list(GatewayName).index(gateway)][FIRST_HOST]

    def gateway_address_ipv6(self, gateway: GatewayName) -> IPv6Address:
        """Unique local address of a tunnel gateway."""
        return self.gateways_ipv6[FIRST_HOST + list(GatewayName).index(gateway)]

    @property
    def gateway_balancer(self) -> IPv4Address:
        """Address of the load balancer in front of the gateway pair (Azure and GCP)."""
        return self.tunnel_subnets[0][BALANCER_HOST]

    @property
    def east_west_addresses(self) -> tuple[IPv4Address, ...]:
        """Fixed addresses of the east-west load balancer: one a zone on AWS, one on Azure and GCP."""
        return tuple(subnet[FIRST_HOST] for subnet in self.east_west_subnets)


def slots(pools: AddressPools) -> int:
    """How many slots the pools hold; the smallest pool decides.

    >>> slots(AddressPools())
    128
    """
    by_region = min(
        pools.networks.num_addresses >> (32 - REGION_PREFIX),
        pools.pods.num_addresses >> (32 - REGION_PREFIX),
        pools.gateways.num_addresses >> (32 - GATEWAY_PREFIX),
    )
    by_pair = by_region
    while by_pair > 1 and by_pair * (by_pair - 1) // 2 * LINK_ADDRESSES > pools.tunnels.num_addresses:
        by_pair -= 1
    return by_pair


LINK_ADDRESSES = 16
"""Tunnel addresses of a pair of regions: four tunnels, two key generations, two ends."""


def unique_local_prefix(trust_domain: str) -> IPv6Network:
    """The federation's /48 of unique local addresses, random by its name (RFC 4193 section 3.2.2)."""
    global_id = int.from_bytes(sha256(trust_domain.encode()).digest()[:5])
    return IPv6Network(((0xFD << 120) | (global_id << 80), 48))


def ranges_of_slot(
    slot: int, cloud: Cloud, network: NewNetwork, pools: AddressPools, unique_local: IPv6Network
) -> Ranges:
    """Ranges of a network that the region's stack creates."""
    own = network.ranges
    block = _nth(pools.networks, REGION_PREFIX, slot)
    lower, upper = block.subnets(1)
    base = own.network or lower
    gateways = own.gateways or _nth(pools.gateways, GATEWAY_PREFIX, slot)
    pods = own.pods or _nth(pools.pods, REGION_PREFIX, slot)
    node_half, rest = base.subnets(1)
    infra = tuple(islice(rest.subnets(new_prefix=24), 3))
    zones = 3 if cloud is Cloud.AWS else 1
    return Ranges(
        network=base,
        nodes=_split(node_half, zones),
        pods=pods,
        pod_subnets=_split(pods, zones) if cloud is Cloud.AWS else (),
        services=own.services or next(upper.subnets(1)),
        gateways=gateways,
        tunnel_subnets=_split(next(gateways.subnets(1)), zones),
        east_west_subnets=_split(list(gateways.subnets(1))[1], zones),
        endpoint_subnets=_split(infra[0], zones),
        control_subnets=_split(infra[1], zones),
        databases=infra[2],
        gateways_ipv6=_nth6(unique_local, slot),
    )


def ranges_of_existing(slot: int, network: ExistingNetwork, unique_local: IPv6Network) -> Ranges:
    """Ranges of a network that stands already, as its settings state them."""
    endpoints = tuple(subnet.range for subnet in network.endpoint_subnets)
    return Ranges(
        network=network.network,
        nodes=tuple(subnet.range for subnet in network.node_subnets),
        pods=network.pods,
        pod_subnets=tuple(subnet.range for subnet in network.pod_subnets),
        services=network.services,
        gateways=network.gateways,
        tunnel_subnets=tuple(subnet.range for subnet in network.tunnel_subnets),
        east_west_subnets=tuple(subnet.range for subnet in network.east_west_subnets),
        endpoint_subnets=endpoints,
        control_subnets=endpoints,
        databases=endpoints[0],
        gateways_ipv6=_nth6(unique_local, slot),
    )


def _nth(pool: IPv4Network, prefix: int, index: int) -> IPv4Network:
    return IPv4Network((int(pool.network_address) + index * 2 ** (32 - prefix), prefix))


def _nth6(pool: IPv6Network, index: int) -> IPv6Network:
    return IPv6Network((int(pool.network_address) + ((1 + index) << 64), 64))


def _split(network: IPv4Network, zones: int) -> tuple[IPv4Network, ...]:
    """The first `zones` quarters of a range, or the whole range where it is not split."""
    if zones == 1:
        return (network,)
    return tuple(islice(network.subnets(2), zones))
