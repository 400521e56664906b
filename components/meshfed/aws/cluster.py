"""A region's EKS cluster: private endpoint, audit logs, encrypted secrets, access by entries only."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import managed_policy
from meshfed.aws.cluster_access import AwsClusterAccess
from meshfed.aws.cluster_addons import AwsClusterAddons, AwsClusterAddonsArgs, AwsNetworkAddonArgs
from meshfed.aws.cluster_keys import AwsClusterKeys
from meshfed.aws.node_pool import AwsNodePool, AwsNodePoolArgs
from meshfed.aws.policies import service_trust

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""Every kind of log that the control plane writes."""


class AwsNodesArgs(TypedDict):
    """How many worker nodes of what size."""

    size: str
    """Machine size."""
    minimum: int
    """Nodes at least."""
    maximum: int
    """Nodes at most."""
    disk_gib: int
    """System disk in GiB."""


class AwsClusterSettingsArgs(TypedDict):
    """What the plan says of an EKS cluster."""

    location: str
    """The AWS location."""
    account: str
    """Account that owns the cluster."""
    name: str
    """Name of the cluster; a platform stack finds it by this."""
    version: str
    """Kubernetes minor version."""
    zones: list[str]
    """Three availability zones."""
    services: str
    """Range of Kubernetes services."""
    keep_source: list[str]
    """Ranges towards which a pod keeps its own address: those that lead to the tunnel gateways."""
    endpoint_sources: list[str]
    """Ranges from which the private endpoint is reached."""
    administrators: list[str]
    """ARNs of IAM roles that administer the cluster."""
    nodes: AwsNodesArgs
    """Worker nodes."""
    protected: bool
    """Whether AWS refuses to delete the cluster; a region that drains or is quarantined is not protected."""
    permissions_boundary: NotRequired[str]
    """ARN of the permissions boundary of every role."""
    tags: dict[str, str]
    """Tags."""


class AwsClusterArgs(TypedDict):
    """What an EKS cluster needs."""

    settings: AwsClusterSettingsArgs
    """What the plan says of it."""
    control_subnet_ids: pulumi.Input[list[str]]
    """Subnets of the control plane, one a zone."""
    node_subnet_ids: pulumi.Input[list[str]]
    """Subnets of the nodes, one a zone."""
    pod_subnet_ids: pulumi.Input[list[str]]
    """Subnets of the pods, one a zone."""


class AwsCluster(pulumi.ComponentResource):
    """An EKS cluster over three zones that cannot be reached from the internet."""

    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    cluster_arn: pulumi.Output[str]
    """ARN of the cluster."""
    issuer: pulumi.Output[str]
    """OIDC issuer of its service accounts."""
    security_group_id: pulumi.Output[str]
    """Security group that control plane, nodes and pods share."""

    def __init__(self, name: str, args: AwsClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsCluster", name, {}, opts)
        args = read(AwsClusterArgs, args)
        self._args = settings = args["settings"]
        cluster = self._cluster(name, args["control_subnet_ids"])
        group = cluster.vpc_config.cluster_security_group_id.apply(_known)
        AwsClusterAccess(
            f"{name}-access",
            {
                "location": settings["location"],
                "cluster_name": cluster.name,
                "security_group_id": group,
                "endpoint_sources": settings["endpoint_sources"],
                "administrators": settings["administrators"],
                "tags": settings["tags"],
            },
            opts=child(self),
        )
        network: AwsNetworkAddonArgs = {
            "zones": settings["zones"],
            "pod_subnet_ids": args["pod_subnet_ids"],
            "keep_source": settings["keep_source"],
        }
        base = AwsClusterAddons(f"{name}-base", {**self._addons(cluster.name), "network": network}, opts=child(self))
        nodes = AwsNodePool(f"{name}-nodes", self._nodes(base.cluster, args["node_subnet_ids"]), opts=child(self))
        with_nodes = pulumi.Output.all(cluster.name, nodes.node_group).apply(_first)
        AwsClusterAddons(f"{name}-more", self._addons(with_nodes), opts=child(self))
        self.cluster_name, self.cluster_arn, self.security_group_id = cluster.name, cluster.arn, group
        self.issuer = cluster.identities[0].oidcs[0].issuer.apply(_known)
        self.register_outputs(
            {
                "cluster_name": self.cluster_name,
                "cluster_arn": self.cluster_arn,
                "issuer": self.issuer,
                "security_group_id": self.security_group_id,
            }
        )

    def _cluster(self, name: str, subnet_ids: pulumi.Input[list[str]]) -> aws.eks.Cluster:
        args = self._args
        role = self._role(name)
        keys = self._keys(name, role)
        attachment = aws.iam.RolePolicyAttachment(
            f"{name}-role",
            role=role.name,
            policy_arn=managed_policy(args["location"], "AmazonEKSClusterPolicy"),
            opts=child(self),
        )
        return aws.eks.Cluster(
            f"{name}-cluster",
            name=args["name"],
            version=args["version"],
            role_arn=role.arn,
            vpc_config={
                "subnet_ids": subnet_ids,
                "endpoint_private_access": True,
                "endpoint_public_access": False,
            },
            access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
            encryption_config={"provider": {"key_arn": keys.secrets_key_arn}, "resources": ["secrets"]},
            enabled_cluster_log_types=keys.log_group.apply(_log_types),
            kubernetes_network_config={"service_ipv4_cidr": args["services"], "ip_family": "ipv4"},
            upgrade_policy={"support_type": "STANDARD"},
            zonal_shift_config={"enabled": True},
            bootstrap_self_managed_addons=False,
            deletion_protection=args["protected"],
            region=args["location"],
            tags=args["tags"],
            opts=child(self, after=attachment),
        )

    def _role(self, name: str) -> aws.iam.Role:
        return aws.iam.Role(
            f"{name}-role",
            assume_role_policy=service_trust("eks.amazonaws.com"),
            permissions_boundary=self._args.get("permissions_boundary"),
            tags=self._args["tags"],
            opts=child(self),
        )

    def _keys(self, name: str, role: aws.iam.Role) -> AwsClusterKeys:
        return AwsClusterKeys(
            f"{name}-keys",
            {
                "location": self._args["location"],
                "account": self._args["account"],
                "cluster_name": self._args["name"],
                "cluster_role_arn": role.arn,
                "tags": self._args["tags"],
            },
            opts=child(self),
        )

    def _addons(self, cluster: pulumi.Input[str]) -> AwsClusterAddonsArgs:
        args: AwsClusterAddonsArgs = {
            "location": self._args["location"],
            "account": self._args["account"],
            "cluster_name": self._args["name"],
            "cluster": cluster,
            "tags": self._args["tags"],
        }
        if "permissions_boundary" in self._args:
            args["permissions_boundary"] = self._args["permissions_boundary"]
        return args

    def _nodes(self, cluster: pulumi.Input[str], subnet_ids: pulumi.Input[list[str]]) -> AwsNodePoolArgs:
        args: AwsNodePoolArgs = {
            "location": self._args["location"],
            "cluster_name": cluster,
            "version": self._args["version"],
            "subnet_ids": subnet_ids,
            **self._args["nodes"],
            "tags": self._args["tags"],
        }
        if "permissions_boundary" in self._args:
            args["permissions_boundary"] = self._args["permissions_boundary"]
        return args


def _known(value: str | None) -> str:
    # The SDK types it as optional; of a cluster that stands it is always there.
    return value or ""


def _first(values: list[str]) -> str:
    return values[0]


def _log_types(_log_group: str) -> list[str]:
    # Through the log group, so that EKS finds it there and does not make one of its own without a key.
    return list(LOG_TYPES)
