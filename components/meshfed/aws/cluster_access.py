"""Who reaches a cluster's private endpoint, and who administers the cluster."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import partition
from meshfed.values import physical_name


class AwsClusterAccessArgs(TypedDict):
    """What access to a cluster is made of."""

    location: str
    """The AWS location."""
    cluster_name: pulumi.Input[str]
    """The cluster."""
    security_group_id: pulumi.Input[str]
    """Security group of its private endpoint."""
    endpoint_sources: list[str]
    """Ranges from which the endpoint is reached."""
    administrators: list[str]
    """ARNs of IAM roles that administer the cluster."""
    tags: dict[str, str]
    """Tags."""


class AwsClusterAccess(pulumi.ComponentResource):
    """Rules towards the private endpoint and access entries of administrators; nobody else has any access."""

    administrators: pulumi.Output[list[str]]
    """Roles that administer the cluster, known once they do."""

    def __init__(self, name: str, args: AwsClusterAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsClusterAccess", name, {}, opts)
        args = read(AwsClusterAccessArgs, args)
        for source in args["endpoint_sources"]:
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-from-{source.replace('/', '-')}",
                security_group_id=args["security_group_id"],
                description="To the private endpoint of the cluster",
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                cidr_ipv4=source,
                region=args["location"],
                tags=args["tags"],
                opts=child(self),
            )
        entries = [self._administrator(name, args, role) for role in args["administrators"]]
        self.administrators = pulumi.Output.all(*entries).apply(_as_list)
        self.register_outputs({"administrators": self.administrators})

    def _administrator(self, name: str, args: AwsClusterAccessArgs, role: str) -> pulumi.Output[str]:
        # Two roles may share a name in different accounts or paths, so the key is a hash of the whole ARN.
        key = physical_name(len(name) + 9, name, role)
        entry = aws.eks.AccessEntry(
            key,
            cluster_name=args["cluster_name"],
            principal_arn=role,
            type="STANDARD",
            region=args["location"],
            tags=args["tags"],
            opts=child(self),
        )
        association = aws.eks.AccessPolicyAssociation(
            key,
            cluster_name=args["cluster_name"],
            principal_arn=entry.principal_arn,
            policy_arn=f"arn:{partition(args['location'])}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            access_scope={"type": "cluster"},
            region=args["location"],
            opts=child(self),
        )
        return association.principal_arn


def _as_list(roles: list[str]) -> list[str]:
    return roles
