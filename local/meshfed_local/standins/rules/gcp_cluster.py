"""What GKE refuses about clusters and node pools.

Sources: GKE documentation ("VPC-native clusters", "About network isolation", "Release channels", "Application-layer
secrets encryption", "GKE Dataplane V2") and the GKE API reference. Two rules are the product's own demand and say so.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.addresses import overlaps
from meshfed_local.standins.rules.gcp_network import network_ranges, same, subnet_of
from meshfed_local.standins.rules.kubernetes_versions import MINORS, minor_of
from meshfed_local.standins.rules.reading import absent, at, found, is_true, named, number, text, texts
from meshfed_local.standins.rules.shapes import is_range, matches, not_together, one_of, ordered, within
from meshfed_local.standins.specials.gcp_ids import bare
from meshfed_local.standins.world import World

CLUSTER: Final = "gcp:container/cluster:Cluster"
POOL: Final = "gcp:container/nodePool:NodePool"

_ZONES: Final = 3
_POLICY: Final = "ipAllocationPolicy"
_PRIVATE: Final = "privateClusterConfig"
_ENDPOINTS: Final = "controlPlaneEndpointsConfig"
_SMALLEST_DISK_GB: Final = 10


def version_is_offered(resource: Resource, _world: World) -> Iterator[Fault]:
    """A version is a minor, a patch or a build that GKE offers, or an alias as `latest`."""
    for name in ("minMasterVersion", "nodeVersion", "version"):
        for place, value in texts(resource.inputs, name):
            if value not in ("latest", "-") and minor_of(value) not in MINORS:
                yield Fault(place, f"{value!r} is not offered", f"one of {', '.join(MINORS)}, or a patch of one")


def ranges_are_of_the_subnet(resource: Resource, world: World) -> Iterator[Fault]:
    """Ranges of pods and services are named and in the subnet, or given and free, and not both."""
    subnet = subnet_of(world, at(resource.inputs, "subnetwork"))
    names = [name for _, name in texts(subnet.inputs, "secondaryIpRanges[].rangeName")] if subnet else []
    for kind in ("cluster", "services"):
        named_range, given = f"{_POLICY}.{kind}SecondaryRangeName", f"{_POLICY}.{kind}Ipv4CidrBlock"
        for place, name in texts(resource.inputs, named_range):
            if subnet and name not in names:
                yield Fault(place, f"the subnet has no range {name!r}", f"one of {', '.join(names) or 'none'}")
        if not absent(resource.inputs, named_range) and not absent(resource.inputs, given):
            yield Fault(given, f"it is given beside {named_range}", "the name or the range")
        for place, cidr in texts(resource.inputs, given):
            if "/" in cidr.lstrip("/"):
                yield from overlaps(place, cidr, network_ranges(world, text(resource.inputs, "network")))
    ours, theirs = text(resource.inputs, "network"), text(subnet.inputs, "network") if subnet else ""
    if ours and theirs and not same(ours, theirs):
        yield Fault("subnetwork", "the subnet is of another network", "a subnet of the cluster's network")


def control_plane_has_one_place(resource: Resource, world: World) -> Iterator[Fault]:
    """The control plane's address is of a /28 of its own or of a subnet of the cluster's region."""
    block, subnet = f"{_PRIVATE}.masterIpv4CidrBlock", f"{_PRIVATE}.privateEndpointSubnetwork"
    if not absent(resource.inputs, block) and not absent(resource.inputs, subnet):
        yield Fault(block, "it is given beside privateEndpointSubnetwork", "one of them")
    place = subnet_of(world, at(resource.inputs, subnet))
    if place is not None and text(place.inputs, "region") not in (
        "",
        text(resource.inputs, "location")[: len(text(place.inputs, "region"))],
    ):
        yield Fault(subnet, f"the subnet is in {text(place.inputs, 'region')}", "a subnet in the cluster's region")


def data_plane_is_alone(resource: Resource, _world: World) -> Iterator[Fault]:
    """Dataplane V2 enforces network policies itself; Calico's switch is refused beside it."""
    advanced = text(resource.inputs, "datapathProvider") == "ADVANCED_DATAPATH"
    if advanced and is_true(resource.inputs, "networkPolicy.enabled"):
        yield Fault("networkPolicy.enabled", "it is on with ADVANCED_DATAPATH", "off; Dataplane V2 enforces by itself")
    for name in ("enableCiliumClusterwideNetworkPolicy", "inTransitEncryptionConfig"):
        if not advanced and at(resource.inputs, name) not in (None, False, "IN_TRANSIT_ENCRYPTION_DISABLED"):
            yield Fault(name, "it is on without Dataplane V2", "datapathProvider ADVANCED_DATAPATH")


def pool_of_identities_is_the_project_s(resource: Resource, _world: World) -> Iterator[Fault]:
    """Workload identity has one pool, named after the project."""
    project = text(resource.inputs, "project") or text(resource.provider_config, "project")
    for place, pool in texts(resource.inputs, "workloadIdentityConfig.workloadPool"):
        if project and pool != f"{project}.svc.id.goog":
            yield Fault(place, f"{pool!r} is not of the project", f"{project}.svc.id.goog")


def key_is_where_the_cluster_is(resource: Resource, _world: World) -> Iterator[Fault]:
    """The key that encrypts secrets is in the cluster's region."""
    region = text(resource.inputs, "location")
    for place, key in texts(resource.inputs, "databaseEncryption.keyName"):
        parts = bare(key).split("/")
        where = parts[3] if parts[2:3] == ["locations"] else ""
        if region and where and where != region and not region.startswith(f"{where}-"):
            yield Fault(place, f"the key is in {where}", f"a key in {region}")
    state = text(resource.inputs, "databaseEncryption.state")
    if state == "ENCRYPTED" and absent(resource.inputs, "databaseEncryption.keyName"):
        yield Fault("databaseEncryption.keyName", "it is missing with ENCRYPTED", "a key's resource name")


def zones_are_of_the_region(resource: Resource, _world: World) -> Iterator[Fault]:
    """Nodes stand in zones of the cluster's region."""
    region = text(resource.inputs, "location")
    for place, zone in texts(resource.inputs, "nodeLocations[]"):
        if region and not zone.startswith(region[:-2] if region[-2:-1] == "-" else f"{region}-"):
            yield Fault(place, f"{zone} is not in {region}", f"a zone of {region}")


def authenticators_are_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """Groups of Google have one fixed name in their domain."""
    for place, group in texts(resource.inputs, "authenticatorGroupsConfig.securityGroup"):
        if not group.startswith("gke-security-groups@"):
            yield Fault(place, f"{group!r} is no such group", "gke-security-groups@<domain>")


def pool_has_its_cluster(resource: Resource, world: World) -> Iterator[Fault]:
    """A pool belongs to a cluster that exists; in a release channel it upgrades by itself."""
    reference = text(resource.inputs, "cluster")
    cluster = named(world, bare(reference), CLUSTER)
    if cluster is None:
        matching = [one for one in world.records(CLUSTER) if text(one.inputs, "name") == reference]
        cluster = matching[0] if matching else None
    if reference and cluster is None:
        yield Fault("cluster", f"there is no cluster {reference!r}", "the id of a cluster that exists")
        return
    channel = text(cluster.inputs if cluster else {}, "releaseChannel.channel")
    if channel not in ("", "UNSPECIFIED"):
        for name in ("autoUpgrade", "autoRepair"):
            if at(resource.inputs, f"management.{name}") is False:
                yield Fault(f"management.{name}", f"it is off in the channel {channel}", "true (Release channels)")


def pool_scales_in_one_way(resource: Resource, _world: World) -> Iterator[Fault]:
    """Bounds are per zone or in all, with both ends."""
    per_zone = [n for n in ("minNodeCount", "maxNodeCount") if not absent(resource.inputs, f"autoscaling.{n}")]
    in_all = [n for n in ("totalMinNodeCount", "totalMaxNodeCount") if not absent(resource.inputs, f"autoscaling.{n}")]
    if per_zone and in_all:
        yield Fault(f"autoscaling.{in_all[0]}", f"it is given beside {per_zone[0]}", "bounds per zone or in all")
    if (
        at(resource.inputs, "autoscaling") is not None
        and len(per_zone) == 1
        and not in_all
        and per_zone[0] == "minNodeCount"
    ):
        yield Fault("autoscaling.maxNodeCount", "it is missing", "both bounds")


def upgrades_move_something(resource: Resource, _world: World) -> Iterator[Fault]:
    """A surge upgrade adds or takes at least one node at a time."""
    surge, gone = (
        number(resource.inputs, "upgradeSettings.maxSurge"),
        number(resource.inputs, "upgradeSettings.maxUnavailable"),
    )
    if surge is not None and gone is not None and surge + gone < 1:
        yield Fault(
            "upgradeSettings.maxSurge", "neither a node is added nor one taken", "maxSurge + maxUnavailable >= 1"
        )


def nodes_are_in_three_zones(resource: Resource, _world: World) -> Iterator[Fault]:
    """The product's own demand (A1): nodes in three zones. Left out, a regional cluster takes three by itself."""
    zones = {value for _, value in found(resource.inputs, "nodeLocations[]")}
    zonal = text(resource.inputs, "location")[-2:-1] == "-"
    if zonal or (zones and len(zones) < _ZONES):
        place = "location" if zonal else "nodeLocations"
        yield Fault(place, f"{1 if zonal else len(zones)} zones are given", "three zones (this product's own demand)")


def endpoint_is_closed(resource: Resource, _world: World) -> Iterator[Fault]:
    """The product's own demand (MF-C1): no API endpoint that everyone may dial. GKE has it public by default."""
    by_name_only = at(resource.inputs, f"{_ENDPOINTS}.ipEndpointsConfig.enabled") is False
    private = at(resource.inputs, f"{_PRIVATE}.enablePrivateEndpoint")
    blocks = [value for _, value in texts(resource.inputs, "masterAuthorizedNetworksConfig.cidrBlocks[].cidrBlock")]
    open_to_all = at(resource.inputs, "masterAuthorizedNetworksConfig") is None or "0.0.0.0/0" in blocks
    if not by_name_only and private in (None, False) and open_to_all:
        wanted = "true, or authorized networks without 0.0.0.0/0 (this product's own demand)"
        yield Fault(f"{_PRIVATE}.enablePrivateEndpoint", "the Kubernetes API is open to the internet", wanted)


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    CLUSTER: (
        version_is_offered,
        one_of("releaseChannel.channel", ("RAPID", "REGULAR", "STABLE", "EXTENDED", "UNSPECIFIED"), "Release channels"),
        one_of(
            "datapathProvider", ("ADVANCED_DATAPATH", "LEGACY_DATAPATH", "DATAPATH_PROVIDER_UNSPECIFIED"), "clusters"
        ),
        one_of("networkingMode", ("VPC_NATIVE", "ROUTES"), "clusters.create"),
        is_range(f"{_PRIVATE}.masterIpv4CidrBlock", 28, 28),
        is_range("masterAuthorizedNetworksConfig.cidrBlocks[].cidrBlock"),
        matches(f"{_POLICY}.clusterSecondaryRangeName", r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", "1 to 63 of a-z 0-9 -"),
        not_together("clusterIpv4Cidr", _POLICY, source="VPC-native clusters"),
        ranges_are_of_the_subnet,
        control_plane_has_one_place,
        data_plane_is_alone,
        pool_of_identities_is_the_project_s,
        key_is_where_the_cluster_is,
        zones_are_of_the_region,
        authenticators_are_whole,
        nodes_are_in_three_zones,
        endpoint_is_closed,
    ),
    POOL: (
        version_is_offered,
        ordered("autoscaling.minNodeCount", None, "autoscaling.maxNodeCount", "nodePools.create"),
        ordered("autoscaling.totalMinNodeCount", None, "autoscaling.totalMaxNodeCount", "nodePools.create"),
        within("maxPodsPerNode", 8, 256, "nodePools.create"),
        within("nodeConfig.diskSizeGb", _SMALLEST_DISK_GB, 65536, "nodePools.create"),
        within("upgradeSettings.maxSurge", 0, 20, "nodePools.create"),
        within("upgradeSettings.maxUnavailable", 0, 20, "nodePools.create"),
        pool_has_its_cluster,
        pool_scales_in_one_way,
        upgrades_move_something,
        zones_are_of_the_region,
        nodes_are_in_three_zones,
    ),
}
