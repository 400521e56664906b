"""What a plan is: every region's slice of the federation. `build` makes it from settings and facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Network, collapse_addresses

from meshfed.settings.facts import RegionFacts
from meshfed.settings.federation import Federation
from meshfed.settings.region import AwsRegion, AzureRegion, GcpRegion
from meshfed.topology.addresses import Ranges
from meshfed.topology.tunnels import Pair, Tunnel, tunnels_of
from meshfed.values import Cloud, GatewayName, LifeCycle

RegionSettings = AwsRegion | AzureRegion | GcpRegion


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """One tunnel gateway."""

    name: GatewayName
    zone: str
    address: IPv4Address
    """Fixed private address; source of everything that leaves through its tunnels."""


@dataclass(frozen=True, slots=True)
class RegionPlan:
    """One region's slice of the plan."""

    key: str
    federation: Federation
    settings: RegionSettings
    zones: tuple[str, str, str]
    ranges: Ranges
    asn: int
    trust_domain: str
    gateways: tuple[GatewayPlan, GatewayPlan]
    pinned: RegionFacts | None
    """What was pinned of this region, of whichever epoch."""
    ungranted: str
    """Why what was pinned of this epoch does not count; empty where it does, and where nothing is pinned of it."""

    @property
    def facts(self) -> RegionFacts | None:
        """What others may rely on: the pinned facts of this epoch; None: other regions keep it closed."""
        is_now = self.pinned is not None and self.pinned.epoch == self.settings.epoch
        return self.pinned if is_now and not self.ungranted else None

    @property
    def cloud(self) -> Cloud:
        """The cloud it stands in."""
        return self.settings.cloud

    @property
    def slot(self) -> int:
        """The number that its ranges derive from."""
        return self.settings.slot

    @property
    def state(self) -> LifeCycle:
        """Where it stands in its life."""
        return self.settings.state

    @property
    def tags(self) -> dict[str, str]:
        """Tags (labels on GCP) of everything in it that can carry one."""
        return {
            **self.federation.tags,
            **self.settings.tags,
            "meshfed-federation": self.federation.name,
            "meshfed-region": self.key,
        }

    def physical_name(self, role: str) -> str:
        """The name of a part that another system must know, by the federation's name template."""
        return self.federation.naming.template.format(federation=self.federation.name, region=self.key, role=role)


@dataclass(frozen=True)
class Plan:
    """The federation as it will be built."""

    federation: Federation
    regions: Mapping[str, RegionPlan]
    """By key, in the order of slots; retired regions are not among them."""
    unique_local: IPv6Network
    """The federation's /48 of unique local addresses."""
    pairs: tuple[Pair, ...]
    """Every two regions that have tunnels between them."""

    @cached_property
    def gateway_ranges(self) -> tuple[IPv4Network, ...]:
        """Where every region's gateway addresses are: the pool, and ranges from elsewhere."""
        own = [region.ranges.gateways for region in self.regions.values()]
        return tuple(collapse_addresses([self.federation.pools.gateways, *own]))

    def gateway_routes(self, region: str) -> tuple[IPv4Network, ...]:
        """What a region's cloud routes to its tunnel gateways; a region with a range of the pool changes it nowhere.

        The region's own range is its subnets' already. Outside the pool it is left out, since a cloud prefers a route
        of the same or a longer prefix to that of its network, and the region's own gateways would be out of reach.
        """
        others = [other.ranges.gateways for other in self.regions.values() if other.key != region]
        return tuple(collapse_addresses([self.federation.pools.gateways, *others]))

    @cached_property
    def _pairs_of(self) -> Mapping[str, tuple[Pair, ...]]:
        found: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            found.setdefault(pair.low, []).append(pair)
            found.setdefault(pair.high, []).append(pair)
        return {key: tuple(pairs) for key, pairs in found.items()}

    def tunnels(self, region: str) -> tuple[Tunnel, ...]:
        """All tunnels of one region, to pinned and pending peers alike, by slot of the remote region."""
        return tuple(
            tunnel
            for pair in self._pairs_of.get(region, ())
            for tunnel in tunnels_of(pair, region, self.federation.pools.tunnels, self.unique_local)
        )

    def open_peers(self, region: str) -> tuple[RegionPlan, ...]:
        """The other regions whose facts are pinned: only towards them anything opens."""
        mine = self.regions[region]
        if not mine.state.is_peer:
            return ()
        return tuple(
            peer
            for peer in self.regions.values()
            if peer.key != region and peer.state.is_peer and peer.facts is not None
        )

    def pending_peers(self, region: str) -> tuple[RegionPlan, ...]:
        """The other regions that are closed until their facts are pinned."""
        mine = self.regions[region]
        if not mine.state.is_peer:
            return ()
        return tuple(
            peer for peer in self.regions.values() if peer.key != region and peer.state.is_peer and peer.facts is None
        )
