"""What settings say is there already: a local world takes their word for it.

The stand-ins refuse an id that refers to nothing. Networks, clusters, images, policies and administrators'
roles stand in the user's own accounts, so their ids are made known to the world; nothing else about
them is known here, and no rule that looks at a network's ranges can look at theirs.
"""

from collections.abc import Iterator
from pathlib import Path

from meshfed.settings.cluster import ExistingCluster, NewCluster
from meshfed.settings.federation import Federation
from meshfed.settings.network import ExistingNetwork
from meshfed.settings.region import AwsRegion, Region
from meshfed_local.standins.world import World


def existing_ids(federation: Federation) -> Iterator[str]:
    """Every id of something that the settings name and no stack makes, region by region."""
    for region in federation.regions.values():
        yield from _of_region(region)


def _of_region(region: Region) -> Iterator[str]:
    if isinstance(region.network, ExistingNetwork):
        yield from _of_network(region.network)
    if isinstance(region.cluster, ExistingCluster):
        yield region.cluster.name
    if region.gateways.image.id is not None:
        yield region.gateways.image.id
    if isinstance(region, AwsRegion):
        yield from _of_aws(region)


def _of_aws(region: AwsRegion) -> Iterator[str]:
    if region.permissions_boundary is not None:
        yield region.permissions_boundary
    if isinstance(region.cluster, NewCluster):
        yield from region.cluster.administrators


def _of_network(network: ExistingNetwork) -> Iterator[str]:
    yield network.id
    groups = (network.node_subnets, network.pod_subnets, network.tunnel_subnets)
    for group in (*groups, network.east_west_subnets, network.endpoint_subnets):
        yield from (subnet.id for subnet in group)
    yield from network.route_tables
    yield from (zone for zone in (network.private_zones.blob, network.private_zones.vault) if zone is not None)


def make_known(federation: Federation, world: Path) -> None:
    """Notes these ids in a world. Raises WorldError where it cannot be written."""
    store = World(world)
    for identifier in dict.fromkeys(existing_ids(federation)):
        # ARM compares its ids without regard to case, and the stand-in for it keeps them in small letters.
        store.issue(identifier.lower() if identifier.startswith("/subscriptions/") else identifier, "settings")
