"""What Amazon EKS refuses about clusters, node groups, add-ons and access.

Sources: Amazon EKS user guide ("View Amazon EKS networking requirements", "Understand the Kubernetes version
lifecycle", "Customize managed nodes with launch templates", "Grant IAM users access with EKS access entries") and the
EKS API reference. Two rules at the end are the product's own demand and say so.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.addresses import overlaps
from meshfed_local.standins.rules.aws_identity import KEY, ROLE
from meshfed_local.standins.rules.aws_network import SUBNET, vpc_of_subnet, vpc_ranges
from meshfed_local.standins.rules.aws_policies import allows_service
from meshfed_local.standins.rules.kubernetes_versions import MINORS, is_minor
from meshfed_local.standins.rules.reading import (
    absent,
    at,
    is_true,
    named,
    network,
    number,
    objects,
    others,
    text,
    texts,
)
from meshfed_local.standins.rules.shapes import is_json, is_range, matches, not_together, one_of, ordered, within
from meshfed_local.standins.world import World

CLUSTER: Final = "aws:eks/cluster:Cluster"
NODES: Final = "aws:eks/nodeGroup:NodeGroup"
ENTRY: Final = "aws:eks/accessEntry:AccessEntry"

_ZONES_OF_EKS: Final = 2
_ZONES_OF_OURS: Final = 3
_LOGS: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_PRIVATE: Final = tuple(IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_EVERYONE: Final = "0.0.0.0/0"
_POLICY: Final = r"arn:aws[\w-]*:eks::aws:cluster-access-policy/\w+"


def _zones(resource: Resource, world: World, path: str) -> tuple[set[str], set[str]]:
    """Zones and VPCs of the subnets at a path."""
    found = [named(world, subnet_id, SUBNET) for _, subnet_id in texts(resource.inputs, path)]
    known = [one for one in found if one is not None]
    zones = {text(one.inputs, "availabilityZone") or text(one.outputs, "availabilityZone") for one in known}
    return zones - {""}, {text(one.inputs, "vpcId") for one in known}


def subnets_are_in_two_zones_of_one_vpc(resource: Resource, world: World) -> Iterator[Fault]:
    """A control plane has subnets in at least two zones of one VPC."""
    zones, vpcs = _zones(resource, world, "vpcConfig.subnetIds[]")
    if zones and len(zones) < _ZONES_OF_EKS:
        yield Fault("vpcConfig.subnetIds", f"the subnets are in {len(zones)} zone", "subnets in at least two zones")
    if len(vpcs) > 1:
        yield Fault("vpcConfig.subnetIds", f"the subnets are in {len(vpcs)} VPCs", "subnets of one VPC")


def endpoint_is_somewhere(resource: Resource, _world: World) -> Iterator[Fault]:
    """The API is reached privately, publicly, or both; public sources are public ranges."""
    public, private = (
        at(resource.inputs, "vpcConfig.endpointPublicAccess"),
        at(resource.inputs, "vpcConfig.endpointPrivateAccess"),
    )
    if public is False and private in (None, False):
        yield Fault("vpcConfig.endpointPrivateAccess", "both endpoints are off", "at least one endpoint")
    for place, cidr in texts(resource.inputs, "vpcConfig.publicAccessCidrs[]"):
        mine = network(cidr)
        if mine and any(mine.subnet_of(private_range) for private_range in _PRIVATE):
            yield Fault(place, f"{cidr} is a private range", "public ranges (CreateCluster)")


def services_are_apart(resource: Resource, world: World) -> Iterator[Fault]:
    """Service addresses are private, of /12 to /24, and overlap no range of the VPC (CreateCluster)."""
    path = "kubernetesNetworkConfig.serviceIpv4Cidr"
    for place, cidr in texts(resource.inputs, path):
        mine = network(cidr)
        if mine and not any(mine.subnet_of(private) for private in _PRIVATE):
            yield Fault(place, f"{cidr} is not private", "a range of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
        _, vpcs = _zones(resource, world, "vpcConfig.subnetIds[]")
        for vpc_id in vpcs:
            yield from overlaps(place, cidr, vpc_ranges(world, vpc_id))


def role_is_trusted_to(path: str, service: str) -> Rule:
    """The role can be taken by the service (InvalidParameterException)."""

    def rule(resource: Resource, world: World) -> Iterator[Fault]:
        role = named(world, at(resource.inputs, path), ROLE)
        if role and not allows_service(at(role.inputs, "assumeRolePolicy"), service):
            yield Fault(path, f"{role.name} does not trust {service}", f"a role that {service} may assume")

    return rule


def secrets_key_is_symmetric(resource: Resource, world: World) -> Iterator[Fault]:
    """Secrets are encrypted with a symmetric key, and `secrets` is the one resource that is."""
    key = named(world, at(resource.inputs, "encryptionConfig.provider.keyArn"), KEY)
    if key and text(key.inputs, "customerMasterKeySpec") not in ("", "SYMMETRIC_DEFAULT"):
        yield Fault("encryptionConfig.provider.keyArn", f"{key.name} is not symmetric", "a SYMMETRIC_DEFAULT key")


def version_does_not_jump(resource: Resource, _world: World) -> Iterator[Fault]:
    """A control plane goes up one minor at a time, and never down (UpdateClusterVersion)."""
    before, after = text(resource.old_inputs or {}, "version"), text(resource.inputs, "version")
    if is_minor(before) and is_minor(after) and int(after[2:]) - int(before[2:]) not in (0, 1):
        yield Fault("version", f"{before} can't become {after}", f"{before} or the next minor")


def nodes_are_of_the_cluster_s_vpc(resource: Resource, world: World) -> Iterator[Fault]:
    """Nodes stand in the VPC of their cluster."""
    cluster = named(world, at(resource.inputs, "clusterName"), CLUSTER)
    if cluster is None:
        return
    home = {vpc_of_subnet(world, one) for _, one in texts(cluster.inputs, "vpcConfig.subnetIds[]")} - {""}
    for place, subnet_id in texts(resource.inputs, "subnetIds[]"):
        theirs = vpc_of_subnet(world, subnet_id)
        if home and theirs and theirs not in home:
            yield Fault(place, f"{subnet_id} is in {theirs}", f"a subnet of {', '.join(home)}, the cluster's VPC")


def refusals(resource: Resource, world: World) -> Iterator[Fault]:
    """What can be told only when nodes are made or changed: that they are no newer than their control plane.

    Not asked in a preview, where the control plane's new version is itself only planned.
    """
    cluster = named(world, at(resource.inputs, "clusterName"), CLUSTER) if resource.token == NODES else None
    mine, newest = text(resource.inputs, "version"), text(cluster.inputs, "version") if cluster else ""
    if is_minor(mine) and is_minor(newest) and int(mine[2:]) > int(newest[2:]):
        yield Fault("version", f"{mine} is newer than the control plane, {newest}", f"{newest} or older")


def template_says_what_nodes_do_not(resource: Resource, _world: World) -> Iterator[Fault]:
    """With a launch template, disk and remote access are the template's matter."""
    if absent(resource.inputs, "launchTemplate"):
        return
    for name in ("diskSize", "remoteAccess"):
        if not absent(resource.inputs, name):
            yield Fault(name, "it is given beside a launch template", f"no {name}; the template says it")


def bounds_are_positive(resource: Resource, _world: World) -> Iterator[Fault]:
    """At most at least one node; an update moves at least one."""
    highest = number(resource.inputs, "scalingConfig.maxSize")
    if highest is not None and highest < 1:
        yield Fault("scalingConfig.maxSize", f"{highest:g} is no maximum", "at least 1")


def entry_fits_its_type(resource: Resource, _world: World) -> Iterator[Fault]:
    """Kubernetes groups are of standard entries only, and never those of Kubernetes itself."""
    kind = text(resource.inputs, "type") or "STANDARD"
    for place, group in texts(resource.inputs, "kubernetesGroups[]"):
        if kind != "STANDARD":
            yield Fault(place, f"a group is given for an entry of type {kind}", "groups in STANDARD entries only")
        if group.startswith(("system:", "eks:", "aws:", "amazon:", "iam:")):
            yield Fault(place, f"{group!r} begins with a word that is kept", "a group of your own")


def entry_exists(resource: Resource, world: World) -> Iterator[Fault]:
    """An access policy is associated with an entry that exists, in a scope that is whole."""
    cluster, principal = (text(resource.inputs, name) for name in ("clusterName", "principalArn"))
    pairs = [(text(one.inputs, "clusterName"), text(one.inputs, "principalArn")) for one in world.records(ENTRY)]
    if cluster and principal and (cluster, principal) not in pairs:
        yield Fault("principalArn", f"{principal} has no access entry in {cluster}", "an access entry first")
    kind, has_names = text(resource.inputs, "accessScope.type"), not absent(resource.inputs, "accessScope.namespaces")
    if (kind == "namespace") != has_names and kind:
        wanted = "namespaces with type namespace, and none with type cluster"
        yield Fault("accessScope.namespaces", f"the scope {kind} does not go with them", wanted)


def entries_are_on(resource: Resource, world: World) -> Iterator[Fault]:
    """Access entries need a cluster that authenticates by the API."""
    cluster = named(world, at(resource.inputs, "clusterName"), CLUSTER)
    if cluster and text(cluster.inputs, "accessConfig.authenticationMode") == "CONFIG_MAP":
        yield Fault("clusterName", f"{cluster.id} knows only its config map", "authenticationMode API")


def identity_is_new(resource: Resource, world: World) -> Iterator[Fault]:
    """A service account has one role by Pod Identity (ResourceInUseException)."""
    names = ("clusterName", "namespace", "serviceAccount")
    mine = tuple(text(resource.inputs, name) for name in names)
    for one in others(world, resource):
        if all(mine) and tuple(text(one.inputs, name) for name in names) == mine:
            yield Fault("serviceAccount", f"{'/'.join(mine)} has a role, by {one.name}", "one role a service account")


def taints_are_of_eks(resource: Resource, _world: World) -> Iterator[Fault]:
    """Taints of a node group are written as EKS writes them."""
    for place, taint in objects(resource.inputs, "taints[]"):
        if text(taint, "effect") not in ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE", ""):
            yield Fault(f"{place}.effect", f"{text(taint, 'effect')!r} is no effect", "NO_SCHEDULE and its kin")


def subnets_are_in_three_zones(resource: Resource, world: World) -> Iterator[Fault]:
    """The product's own demand (A1): nodes and control planes in three zones."""
    path = "vpcConfig.subnetIds[]" if resource.token == CLUSTER else "subnetIds[]"
    zones, _ = _zones(resource, world, path)
    if zones and len(zones) < _ZONES_OF_OURS:
        place = path.removesuffix("[]")
        yield Fault(place, f"the subnets are in {len(zones)} zones", "three zones (this product's own demand)")


def endpoint_is_closed(resource: Resource, _world: World) -> Iterator[Fault]:
    """The product's own demand (MF-A1): no API endpoint that everyone may dial. EKS has it public by default."""
    path = "vpcConfig.endpointPublicAccess"
    if absent(resource.inputs, "vpcConfig") or at(resource.inputs, path) is False:
        return
    open_to_all = _EVERYONE in [cidr for _, cidr in texts(resource.inputs, "vpcConfig.publicAccessCidrs[]")]
    public = absent(resource.inputs, path) or is_true(resource.inputs, path)
    if public and (open_to_all or absent(resource.inputs, "vpcConfig.publicAccessCidrs")):
        wanted = "false, or publicAccessCidrs without 0.0.0.0/0 (this product's own demand)"
        yield Fault(path, "the Kubernetes API is open to the internet", wanted)


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    CLUSTER: (
        matches("name", r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", "1 to 100 of a-z A-Z 0-9 _- (CreateCluster)"),
        one_of("version", MINORS, "EKS Kubernetes versions"),
        version_does_not_jump,
        one_of("enabledClusterLogTypes[]", _LOGS, "EKS control plane logs"),
        one_of("encryptionConfig.resources[]", ("secrets",), "CreateCluster"),
        one_of("accessConfig.authenticationMode", ("API", "API_AND_CONFIG_MAP", "CONFIG_MAP"), "CreateCluster"),
        one_of("upgradePolicy.supportType", ("STANDARD", "EXTENDED"), "CreateCluster"),
        is_range("kubernetesNetworkConfig.serviceIpv4Cidr", 12, 24),
        is_range("vpcConfig.publicAccessCidrs[]"),
        subnets_are_in_two_zones_of_one_vpc,
        endpoint_is_somewhere,
        services_are_apart,
        role_is_trusted_to("roleArn", "eks.amazonaws.com"),
        secrets_key_is_symmetric,
        subnets_are_in_three_zones,
        endpoint_is_closed,
    ),
    NODES: (
        matches("nodeGroupName", r"[0-9A-Za-z][A-Za-z0-9_-]{0,62}", "1 to 63 of a-z A-Z 0-9 _- (CreateNodegroup)"),
        one_of("version", MINORS, "EKS Kubernetes versions"),
        one_of("capacityType", ("ON_DEMAND", "SPOT", "CAPACITY_BLOCK"), "CreateNodegroup"),
        ordered("scalingConfig.minSize", "scalingConfig.desiredSize", "scalingConfig.maxSize", "CreateNodegroup"),
        bounds_are_positive,
        not_together("updateConfig.maxUnavailable", "updateConfig.maxUnavailablePercentage", source="CreateNodegroup"),
        within("updateConfig.maxUnavailablePercentage", 1, 100, "CreateNodegroup"),
        nodes_are_of_the_cluster_s_vpc,
        template_says_what_nodes_do_not,
        role_is_trusted_to("nodeRoleArn", "ec2.amazonaws.com"),
        taints_are_of_eks,
        subnets_are_in_three_zones,
    ),
    "aws:eks/addon:Addon": (
        matches("addonName", r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", "1 to 100 of a-z A-Z 0-9 _- (CreateAddon)"),
        is_json("configurationValues", "CreateAddon; the provider takes JSON or YAML"),
        one_of("resolveConflictsOnCreate", ("NONE", "OVERWRITE"), "CreateAddon"),
        one_of("resolveConflictsOnUpdate", ("NONE", "OVERWRITE", "PRESERVE"), "UpdateAddon"),
        role_is_trusted_to("podIdentityAssociations[].roleArn", "pods.eks.amazonaws.com"),
    ),
    ENTRY: (entries_are_on, entry_fits_its_type),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        matches("policyArn", _POLICY, "arn:aws:eks::aws:cluster-access-policy/<name>"),
        one_of("accessScope.type", ("cluster", "namespace"), "AssociateAccessPolicy"),
        entry_exists,
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": (
        identity_is_new,
        role_is_trusted_to("roleArn", "pods.eks.amazonaws.com"),
    ),
}
