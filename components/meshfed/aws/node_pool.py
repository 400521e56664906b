"""Worker nodes of a cluster, spread over three zones."""

import base64
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import architecture, managed_policy
from meshfed.aws.policies import service_trust

PODS_PER_NODE = 110
"""Kubernetes' own limit for a node; with prefixes instead of single addresses the network has room for it."""
_AMI_TYPE = {"amd64": "AL2023_x86_64_STANDARD", "arm64": "AL2023_ARM_64_STANDARD"}


class AwsNodePoolArgs(TypedDict):
    """What the worker nodes need."""

    location: str
    """The AWS location."""
    cluster_name: pulumi.Input[str]
    """The cluster, known once its network add-on stands."""
    version: str
    """Kubernetes minor version."""
    subnet_ids: pulumi.Input[list[str]]
    """One subnet a zone."""
    size: str
    """Machine size."""
    minimum: int
    """Nodes at least."""
    maximum: int
    """Nodes at most, once an autoscaler runs in the cluster."""
    disk_gib: int
    """System disk in GiB."""
    permissions_boundary: NotRequired[str]
    """ARN of the permissions boundary of the nodes' role."""
    tags: dict[str, str]
    """Tags."""


class AwsNodePool(pulumi.ComponentResource):
    """A managed node group without SSH, public addresses or metadata for pods."""

    node_group: pulumi.Output[str]
    """Name of the node group."""
    role_arn: pulumi.Output[str]
    """Role of the nodes."""

    def __init__(self, name: str, args: AwsNodePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsNodePool", name, {}, opts)
        args = read(AwsNodePoolArgs, args)
        role_arn = self._role(name, args)
        template = self._template(name, args)
        options = child(self)
        # An autoscaler in the cluster may move it between the two bounds; the region's stack installs none.
        options.ignore_changes = ["scalingConfig.desiredSize"]
        group = aws.eks.NodeGroup(
            f"{name}-nodes",
            cluster_name=args["cluster_name"],
            node_role_arn=role_arn,
            subnet_ids=args["subnet_ids"],
            version=args["version"],
            ami_type=_AMI_TYPE[architecture(args["size"])],
            capacity_type="ON_DEMAND",
            instance_types=[args["size"]],
            launch_template={
                "id": template.id,
                "version": template.latest_version.apply(str),
            },
            scaling_config={
                "desired_size": args["minimum"],
                "min_size": args["minimum"],
                "max_size": args["maximum"],
            },
            update_config={"max_unavailable_percentage": 33},
            node_repair_config={"enabled": True},
            region=args["location"],
            tags=args["tags"],
            opts=options,
        )
        self.node_group = group.node_group_name
        self.role_arn = role_arn
        self.register_outputs({"node_group": self.node_group, "role_arn": self.role_arn})

    def _role(self, name: str, args: AwsNodePoolArgs) -> pulumi.Output[str]:
        """The role's ARN, known once it carries its policies."""
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=service_trust("ec2.amazonaws.com"),
            permissions_boundary=args.get("permissions_boundary"),
            tags=args["tags"],
            opts=child(self),
        )
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}",
                role=role.name,
                policy_arn=managed_policy(args["location"], policy),
                opts=child(self),
            ).policy_arn
            for policy in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
        ]
        return pulumi.Output.all(role.arn, *attached).apply(_first)

    def _template(self, name: str, args: AwsNodePoolArgs) -> aws.ec2.LaunchTemplate:
        tags = {**args["tags"], "Name": name}
        return aws.ec2.LaunchTemplate(
            f"{name}-template",
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
                "instance_metadata_tags": "disabled",
            },
            block_device_mappings=[
                {
                    "device_name": "/dev/xvda",
                    "ebs": {
                        "encrypted": "true",
                        "volume_type": "gp3",
                        "volume_size": args["disk_gib"],
                        "delete_on_termination": "true",
                    },
                }
            ],
            monitoring={"enabled": True},
            user_data=node_configuration(),
            update_default_version=True,
            tag_specifications=[
                {"resource_type": kind, "tags": tags} for kind in ("instance", "volume", "network-interface")
            ],
            region=args["location"],
            tags=args["tags"],
            opts=child(self),
        )


def node_configuration() -> str:
    """The part of a node's set-up that EKS leaves to its owner, in the encoding that a launch template wants.

    Custom networking takes the first interface from pods, which the built-in limit does not know.
    """
    lines = (
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="node"',
        "",
        "--node",
        "Content-Type: application/node.eks.aws",
        "",
        "apiVersion: node.eks.aws/v1alpha1",
        "kind: NodeConfig",
        "spec:",
        "  kubelet:",
        "    config:",
        f"      maxPods: {PODS_PER_NODE}",
        "",
        "--node--",
        "",
    )
    return base64.b64encode("\n".join(lines).encode()).decode()


def _first(values: list[str]) -> str:
    return values[0]
