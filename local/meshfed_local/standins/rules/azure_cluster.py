"""What AKS refuses about clusters and node pools.

Sources: AKS documentation ("Azure CNI Overlay networking", "Azure CNI powered by Cilium", "Create a private AKS
cluster", "API Server VNet Integration", "Use a managed NAT gateway", "Key management service encryption", "Supported
Kubernetes versions") and the AKS API reference. Two rules at the end are the product's own demand and say so.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.addresses import overlaps
from meshfed_local.standins.rules.azure_network import network_of, network_ranges, subnet_inputs
from meshfed_local.standins.rules.kubernetes_versions import MINORS, minor_of
from meshfed_local.standins.rules.reading import (
    absent,
    address,
    at,
    found,
    is_true,
    network,
    number,
    objects,
    text,
    texts,
)
from meshfed_local.standins.rules.shapes import distinct, is_range, matches, not_together, one_of, within
from meshfed_local.standins.world import World

CLUSTER: Final = "azure-native:containerservice:ManagedCluster"
POOL: Final = "azure-native:containerservice:AgentPool"

_ZONES: Final = ("1", "2", "3")
_SMALLEST_CONTROL: Final = 28
_DELEGATION: Final = "microsoft.containerservice/managedclusters"
_NETWORK: Final = "networkProfile"
_ACCESS: Final = "apiServerAccessProfile"
_SECRETS: Final = "securityProfile.azureKeyVaultKms"
_POOLS: Final = "agentPoolProfiles[]"


def _pools(resource: Resource) -> list[tuple[str, Mapping[str, Any]]]:
    """The node pools of a cluster with where they stand, or the pool itself."""
    if resource.token == POOL:
        return [("", resource.inputs)]
    return [(f"{place}.", pool) for place, pool in objects(resource.inputs, _POOLS)]


def version_is_offered(resource: Resource, _world: World) -> Iterator[Fault]:
    """A version is a minor, or a patch of one, that AKS offers."""
    for path in ("kubernetesVersion", "orchestratorVersion", f"{_POOLS}.orchestratorVersion"):
        for place, value in texts(resource.inputs, path):
            if minor_of(value) not in MINORS:
                yield Fault(place, f"{value!r} is not offered", f"one of {', '.join(MINORS)}, or a patch of one")


def plugin_goes_with_its_mode(resource: Resource, _world: World) -> Iterator[Fault]:
    """A pod range is of overlay, kubenet or none; overlay is a mode of the plugin azure."""
    plugin, mode = (
        text(resource.inputs, f"{_NETWORK}.networkPlugin"),
        text(resource.inputs, f"{_NETWORK}.networkPluginMode"),
    )
    if mode == "overlay" and plugin not in ("azure", ""):
        yield Fault(f"{_NETWORK}.networkPluginMode", f"overlay with the plugin {plugin}", "the plugin azure")
    if plugin == "azure" and mode != "overlay" and not absent(resource.inputs, f"{_NETWORK}.podCidr"):
        yield Fault(
            f"{_NETWORK}.podCidr", "pods have a range without overlay", "networkPluginMode overlay, or no podCidr"
        )
    for place, pool in _pools(resource):
        if mode == "overlay" and not absent(pool, "podSubnetID"):
            yield Fault(f"{place}podSubnetID", "pods have a subnet in overlay", "no podSubnetID with overlay")


def data_plane_goes_with_its_policy(resource: Resource, _world: World) -> Iterator[Fault]:
    """Cilium as data plane and as policy come together, with the plugin azure in overlay or with pod subnets."""
    plane, policy = (
        text(resource.inputs, f"{_NETWORK}.networkDataplane"),
        text(resource.inputs, f"{_NETWORK}.networkPolicy"),
    )
    if plane == "cilium" and policy not in ("cilium", "none", ""):
        yield Fault(f"{_NETWORK}.networkPolicy", f"{policy} with the data plane cilium", "cilium")
    if policy == "cilium" and plane != "cilium":
        yield Fault(f"{_NETWORK}.networkDataplane", "it is not cilium, and the policy is", "cilium")
    if is_true(resource.inputs, f"{_NETWORK}.advancedNetworking.enabled") and plane != "cilium":
        yield Fault(
            f"{_NETWORK}.advancedNetworking", "it is on without the data plane cilium", "networkDataplane cilium"
        )


def ranges_are_apart(resource: Resource, world: World) -> Iterator[Fault]:
    """Pods and services overlap neither each other nor the network; DNS has an address among the services."""
    names = ("podCidr", "serviceCidr")
    ranges = [(place, value) for name in names for place, value in texts(resource.inputs, f"{_NETWORK}.{name}")]
    spaces = [
        one for _, subnet in texts(resource.inputs, f"{_POOLS}.vnetSubnetID") for one in network_ranges(world, subnet)
    ]
    seen: list[tuple[str, IPv4Network]] = []
    for place, value in ranges:
        yield from overlaps(place, value, [*spaces, *seen])
        mine = network(value)
        seen += [(place, mine)] if mine else []
    services, dns = (
        network(text(resource.inputs, f"{_NETWORK}.serviceCidr")),
        address(text(resource.inputs, f"{_NETWORK}.dnsServiceIP")),
    )
    if services and dns and (dns not in services or dns in (services[0], services[1])):
        wanted = f"an address of {services} but its first two"
        yield Fault(f"{_NETWORK}.dnsServiceIP", f"{dns} is not usable in {services}", wanted)


def way_out_is_there(resource: Resource, world: World) -> Iterator[Fault]:
    """With userAssignedNATGateway the nodes' subnet has a NAT gateway; with userDefinedRouting a route table."""
    kind = text(resource.inputs, f"{_NETWORK}.outboundType")
    part = {"userAssignedNATGateway": "natGateway", "userDefinedRouting": "routeTable"}.get(kind)
    for place, subnet_id in texts(resource.inputs, f"{_POOLS}.vnetSubnetID"):
        subnet = subnet_inputs(world, subnet_id)
        if part and subnet and absent(subnet, f"{part}.id"):
            yield Fault(place, f"the subnet has no {part}", f"a subnet with a {part}, since outboundType is {kind}")


def pools_scale_in_bounds(resource: Resource, _world: World) -> Iterator[Fault]:
    """With the autoscaler minCount <= count <= maxCount; without it there are no bounds."""
    for place, pool in _pools(resource):
        low, count, high = (number(pool, name) for name in ("minCount", "count", "maxCount"))
        if not is_true(pool, "enableAutoScaling"):
            for name in ("minCount", "maxCount"):
                if not absent(pool, name):
                    yield Fault(
                        f"{place}{name}", "it is given without the autoscaler", "enableAutoScaling, or no bounds"
                    )
            continue
        if low is None or high is None:
            yield Fault(f"{place}minCount", "a bound is missing", "minCount and maxCount with the autoscaler")
        elif low > high:
            yield Fault(f"{place}maxCount", f"{high:g} is below minCount, {low:g}", "minCount <= maxCount")
        elif count is not None and not low <= count <= high:
            yield Fault(f"{place}count", f"{count:g} is outside {low:g} to {high:g}", "minCount <= count <= maxCount")


def pools_are_of_one_network(resource: Resource, world: World) -> Iterator[Fault]:
    """All node pools of a cluster stand in one network."""
    cluster = _cluster_of(resource, world)
    sources = [resource.inputs, cluster] if cluster else [resource.inputs]
    paths = ("vnetSubnetID", f"{_POOLS}.vnetSubnetID")
    found_in = [
        (place, network_of(world, value)) for one in sources for path in paths for place, value in texts(one, path)
    ]
    known = {record.id.lower(): place for place, record in found_in if record is not None}
    if len(known) > 1:
        yield Fault(next(iter(known.values())), f"the pools are in {len(known)} networks", "subnets of one network")


def _cluster_of(resource: Resource, world: World) -> Mapping[str, Any] | None:
    if resource.token != POOL:
        return None
    group, name = (text(resource.inputs, key).lower() for key in ("resourceGroupName", "resourceName"))
    for one in world.records(CLUSTER):
        if (text(one.inputs, "resourceGroupName").lower(), text(one.inputs, "resourceName").lower()) == (group, name):
            return one.inputs
    return None


def pool_has_its_cluster(resource: Resource, world: World) -> Iterator[Fault]:
    """A pool belongs to a cluster that exists."""
    name = text(resource.inputs, "resourceName")
    if name and _cluster_of(resource, world) is None:
        yield Fault("resourceName", f"there is no cluster {name!r}", "the name of a cluster of the resource group")


def refusals(resource: Resource, world: World) -> Iterator[Fault]:
    """What can be told only when a pool is made or changed: that it is no newer than its control plane.

    Not asked in a preview, where the control plane's new version is itself only planned.
    """
    cluster = _cluster_of(resource, world)
    if cluster is None:
        return
    mine, newest = (
        minor_of(text(one, key))
        for one, key in ((resource.inputs, "orchestratorVersion"), (cluster, "kubernetesVersion"))
    )
    if mine and newest and int(mine[2:]) > int(newest[2:]):
        yield Fault("orchestratorVersion", f"{mine} is newer than the control plane, {newest}", f"{newest} or older")


def one_pool_is_of_the_system(resource: Resource, _world: World) -> Iterator[Fault]:
    """A cluster has at least one pool of mode System."""
    modes = [text(pool, "mode") for _, pool in objects(resource.inputs, _POOLS)]
    if modes and "System" not in modes:
        yield Fault(
            "agentPoolProfiles", f"its pools are of mode {', '.join(modes)}", "at least one pool of mode System"
        )


def private_access_is_whole(resource: Resource, world: World) -> Iterator[Fault]:
    """What goes with a private cluster, and what only with a public one."""
    private = is_true(resource.inputs, f"{_ACCESS}.enablePrivateCluster")
    if private and not absent(resource.inputs, f"{_ACCESS}.authorizedIPRanges"):
        yield Fault(f"{_ACCESS}.authorizedIPRanges", "ranges are given for a private cluster", "none")
    for name in ("privateDNSZone", "enablePrivateClusterPublicFQDN"):
        if not private and at(resource.inputs, f"{_ACCESS}.{name}") not in (None, False):
            yield Fault(f"{_ACCESS}.{name}", "it is given for a public cluster", "enablePrivateCluster")
    zone = text(resource.inputs, f"{_ACCESS}.privateDNSZone")
    if zone.startswith("/") and text(resource.inputs, "identity.type") != "UserAssigned":
        yield Fault("identity.type", "it is not UserAssigned, and the private DNS zone is one of ours", "UserAssigned")
    if zone in ("system", "none") and not absent(resource.inputs, "fqdnSubdomain"):
        yield Fault("fqdnSubdomain", f"it is given with the private DNS zone {zone}", "a zone of our own, or dnsPrefix")
    subnet = subnet_inputs(world, at(resource.inputs, f"{_ACCESS}.subnetId"))
    if subnet:
        yield from _control_subnet(subnet)


def _control_subnet(subnet: Mapping[str, Any]) -> Iterator[Fault]:
    services = [text(one, "serviceName").lower() for _, one in objects(subnet, "delegations[]")]
    mine = network(text(subnet, "addressPrefix"))
    if _DELEGATION not in services:
        wanted = "a subnet delegated to Microsoft.ContainerService/managedClusters"
        yield Fault(f"{_ACCESS}.subnetId", "the subnet is not delegated to AKS", wanted)
    if mine and mine.prefixlen > _SMALLEST_CONTROL:
        yield Fault(f"{_ACCESS}.subnetId", f"{mine} is too small", f"/{_SMALLEST_CONTROL} or larger")


def sign_in_is_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """Without local accounts there must be Entra; workload identity needs the OIDC issuer."""
    if is_true(resource.inputs, "disableLocalAccounts") and absent(resource.inputs, "aadProfile"):
        yield Fault("aadProfile", "it is missing while local accounts are off", "aadProfile with managed true")
    identity = is_true(resource.inputs, "securityProfile.workloadIdentity.enabled")
    if identity and not is_true(resource.inputs, "oidcIssuerProfile.enabled"):
        yield Fault("oidcIssuerProfile.enabled", "it is off while workload identity is on", "true")
    azure_rbac = is_true(resource.inputs, "aadProfile.enableAzureRBAC")
    if azure_rbac and at(resource.inputs, "enableRBAC") is False:
        yield Fault("enableRBAC", "it is off while Azure's own is on", "true")


def secrets_key_is_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """A key behind a private endpoint names its vault, and an API server in the network reaches it."""
    if not is_true(resource.inputs, f"{_SECRETS}.enabled"):
        return
    if absent(resource.inputs, f"{_SECRETS}.keyId"):
        yield Fault(f"{_SECRETS}.keyId", "it is missing", "the key's identifier with its version")
    for place, key_id in texts(resource.inputs, f"{_SECRETS}.keyId"):
        parts = key_id.removeprefix("https://").split("/")
        if not key_id.startswith("https://") or len(parts) != 4 or parts[1] != "keys":
            yield Fault(
                place, f"{key_id!r} is no key identifier", "https://<vault>.vault.azure.net/keys/<name>/<version>"
            )
    if text(resource.inputs, f"{_SECRETS}.keyVaultNetworkAccess") == "Private":
        if absent(resource.inputs, f"{_SECRETS}.keyVaultResourceId"):
            yield Fault(f"{_SECRETS}.keyVaultResourceId", "it is missing for a private vault", "the vault's ARM id")
        if not is_true(resource.inputs, f"{_ACCESS}.enableVnetIntegration"):
            wanted = "API server VNet integration, since the vault is reached privately"
            yield Fault(f"{_ACCESS}.enableVnetIntegration", "it is off", wanted)


def identity_can_be_used(resource: Resource, _world: World) -> Iterator[Fault]:
    """A kubelet identity of one's own needs a control plane identity of one's own."""
    if not absent(resource.inputs, "identityProfile") and text(resource.inputs, "identity.type") != "UserAssigned":
        yield Fault("identity.type", "it is not UserAssigned, and the nodes have an identity of ours", "UserAssigned")


def version_does_not_jump(resource: Resource, _world: World) -> Iterator[Fault]:
    """A control plane goes up one minor at a time, and never down."""
    before = minor_of(text(resource.old_inputs or {}, "kubernetesVersion"))
    after = minor_of(text(resource.inputs, "kubernetesVersion"))
    if before and after and int(after[2:]) - int(before[2:]) not in (0, 1):
        yield Fault("kubernetesVersion", f"{before} can't become {after}", f"{before} or the next minor")


def pools_are_in_three_zones(resource: Resource, _world: World) -> Iterator[Fault]:
    """The product's own demand (A1): nodes in three zones."""
    for place, pool in _pools(resource):
        zones = [value for _, value in found(pool, "availabilityZones[]")]
        if at(pool, "availabilityZones") is None or (zones and len(set(zones)) < len(_ZONES)):
            wanted = "zones 1, 2 and 3 (this product's own demand)"
            yield Fault(f"{place}availabilityZones", f"{len(set(zones))} zones are given", wanted)


def endpoint_is_closed(resource: Resource, _world: World) -> Iterator[Fault]:
    """The product's own demand (MF-Z1): no API endpoint that everyone may dial. AKS has it public by default."""
    if at(resource.inputs, f"{_ACCESS}.enablePrivateCluster") is True:
        return
    ranges = [value for _, value in texts(resource.inputs, f"{_ACCESS}.authorizedIPRanges[]")]
    if absent(resource.inputs, f"{_ACCESS}.authorizedIPRanges") or "0.0.0.0/0" in ranges:
        wanted = "enablePrivateCluster, or authorizedIPRanges without 0.0.0.0/0 (this product's own demand)"
        yield Fault(f"{_ACCESS}.enablePrivateCluster", "the Kubernetes API is open to the internet", wanted)


_NODES: Final[tuple[Rule, ...]] = (
    version_is_offered,
    pools_scale_in_bounds,
    pools_are_of_one_network,
    pools_are_in_three_zones,
)

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    CLUSTER: (
        *_NODES,
        version_does_not_jump,
        is_range(f"{_NETWORK}.podCidr"),
        is_range(f"{_NETWORK}.serviceCidr", 13, 30),
        plugin_goes_with_its_mode,
        data_plane_goes_with_its_policy,
        ranges_are_apart,
        way_out_is_there,
        one_pool_is_of_the_system,
        private_access_is_whole,
        sign_in_is_whole,
        secrets_key_is_whole,
        identity_can_be_used,
        not_together("dnsPrefix", "fqdnSubdomain", source="Managed Clusters - Create"),
        matches("dnsPrefix", r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?", "1 to 54 of a-z A-Z 0-9 -"),
        matches("nodeResourceGroup", r"[\w.()-]{0,79}[\w()-]", "1 to 80 of letters, digits and _-.()"),
        matches(f"{_POOLS}.name", r"[a-z][a-z0-9]{0,11}", "1 to 12 of a-z 0-9, beginning with a letter"),
        distinct(f"{_POOLS}.name", "names of pools", "Managed Clusters - Create"),
        one_of(f"{_POOLS}.availabilityZones[]", _ZONES, "Availability zones in AKS"),
        within(f"{_POOLS}.count", 0, 1000, "AKS quotas"),
        within(f"{_POOLS}.maxPods", 10, 250, "AKS quotas"),
        within(f"{_POOLS}.osDiskSizeGB", 0, 2048, "Managed Clusters - Create"),
        endpoint_is_closed,
    ),
    POOL: (
        *_NODES,
        pool_has_its_cluster,
        one_of("availabilityZones[]", _ZONES, "Availability zones in AKS"),
        within("count", 0, 1000, "AKS quotas"),
        within("maxPods", 10, 250, "AKS quotas"),
        within("osDiskSizeGB", 0, 2048, "Agent Pools - Create"),
    ),
}
