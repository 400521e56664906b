"""Makes the plan of a federation and refuses what cannot be built."""

from ipaddress import IPv6Network
from itertools import combinations

from meshfed.errors import PlanError
from meshfed.settings.facts import Facts
from meshfed.settings.federation import Federation
from meshfed.settings.gateway import PairSettings
from meshfed.settings.locations import zones_of
from meshfed.settings.network import NewNetwork
from meshfed.topology.addresses import ranges_of_existing, ranges_of_slot, unique_local_prefix
from meshfed.topology.checks import faults
from meshfed.topology.grants import grant_fault
from meshfed.topology.plan import GatewayPlan, Plan, RegionPlan, RegionSettings
from meshfed.topology.quotas import slot_faults
from meshfed.topology.tunnels import Pair, asn, tunnel_mtu
from meshfed.topology.underlay import internet_mtu
from meshfed.values import GatewayName, LifeCycle


def build(federation: Federation, facts: Facts | None = None) -> Plan:
    """The plan of a federation; raises PlanError with everything that stands against it."""
    plan = draft(federation, facts)
    found = list(faults(plan))
    if found:
        raise PlanError("plan", found)
    return plan


def draft(federation: Federation, facts: Facts | None = None) -> Plan:
    """The plan, whatever stands against it, for whoever says so by other names; raises PlanError beyond the slots."""
    beyond = list(slot_faults(federation))
    if beyond:
        raise PlanError("plan", beyond)
    unique_local = unique_local_prefix(federation.trust_domain)
    in_order = sorted(federation.regions.items(), key=lambda item: item[1].slot)
    regions = {
        key: _region(federation, key, settings, unique_local, facts or Facts())
        for key, settings in in_order
        if settings.state is not LifeCycle.RETIRED
    }
    special = {frozenset(pair.between): pair for pair in federation.tunnels.pairs}
    peers = [region for region in regions.values() if region.state.is_peer]
    pairs = tuple(
        _pair(federation, low, high, special.get(frozenset((low.key, high.key))))
        for low, high in combinations(peers, 2)
    )
    return Plan(federation=federation, regions=regions, unique_local=unique_local, pairs=pairs)


def _region(
    federation: Federation, key: str, settings: RegionSettings, unique_local: IPv6Network, facts: Facts
) -> RegionPlan:
    match settings.network:
        case NewNetwork() as new:
            ranges = ranges_of_slot(settings.slot, settings.cloud, new, federation.pools, unique_local)
        case existing:
            ranges = ranges_of_existing(settings.slot, existing, unique_local)
    zones = settings.zones or zones_of(settings.cloud, settings.location)
    pinned = facts.regions.get(key)
    is_now = pinned is not None and pinned.epoch == settings.epoch
    return RegionPlan(
        key=key,
        federation=federation,
        settings=settings,
        zones=zones,
        ranges=ranges,
        asn=asn(settings.slot),
        trust_domain=f"{key}.{federation.trust_domain}",
        gateways=(
            GatewayPlan(GatewayName.A, zones[0], ranges.gateway_address(GatewayName.A)),
            GatewayPlan(GatewayName.B, zones[1], ranges.gateway_address(GatewayName.B)),
        ),
        pinned=pinned,
        ungranted=grant_fault(key, settings.epoch, settings.offline_key, pinned.grant) if pinned and is_now else "",
    )


def _pair(federation: Federation, low: RegionPlan, high: RegionPlan, special: PairSettings | None) -> Pair:
    kind = (special and special.kind) or federation.tunnels.kind
    transport = (special and special.transport) or federation.tunnels.transport
    # What an interconnect carries nobody but its owner knows; the smaller size is safe until a pair's settings tell it.
    path_mtu = (special and special.path_mtu) or min(internet_mtu(low.settings), internet_mtu(high.settings))
    return Pair(
        low=low.key,
        low_slot=low.slot,
        high=high.key,
        high_slot=high.slot,
        kind=kind,
        transport=transport,
        path_mtu=path_mtu,
        mtu=tunnel_mtu(path_mtu, kind),
    )
