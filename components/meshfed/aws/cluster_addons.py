"""What EKS runs in a cluster for it: network, names, identity of pods, volumes, metrics."""

import json
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.aws.arns import arn, managed_policy
from meshfed.aws.policies import pod_trust

BEFORE_NODES = ("kube-proxy", "eks-pod-identity-agent")
"""Add-ons that must be there when the first node asks to join, beside the network's."""
AFTER_NODES = ("coredns", "metrics-server")
"""Add-ons whose pods need a node to become healthy, beside that of volumes."""


class AwsNetworkAddonArgs(TypedDict):
    """How pods get addresses."""

    zones: list[str]
    """Availability zones, in the order of the subnets."""
    pod_subnet_ids: pulumi.Input[list[str]]
    """Subnets of the pods, one a zone."""
    keep_source: list[str]
    """Ranges towards which a pod keeps its own address; towards all others it takes its node's."""


class AwsClusterAddonsArgs(TypedDict):
    """What one phase of add-ons needs."""

    location: str
    """The AWS location."""
    account: str
    """Account of the cluster."""
    cluster_name: str
    """Name of the cluster, as the plan gives it."""
    cluster: pulumi.Input[str]
    """The same name, known once the cluster (or its node group) stands."""
    network: NotRequired[AwsNetworkAddonArgs]
    """Given in the phase before nodes; left out in the phase after them."""
    permissions_boundary: NotRequired[str]
    """ARN of the permissions boundary of the add-ons' roles."""
    tags: dict[str, str]
    """Tags."""


class AwsClusterAddons(pulumi.ComponentResource):
    """The add-ons of one phase: those that nodes need, or those that need nodes."""

    cluster: pulumi.Output[str]
    """Name of the cluster, known once these add-ons stand."""

    def __init__(self, name: str, args: AwsClusterAddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsClusterAddons", name, {}, opts)
        args = read(AwsClusterAddonsArgs, args)
        self._args = args
        plain = BEFORE_NODES if "network" in args else AFTER_NODES
        addons = [self._addon(name, addon) for addon in plain]
        if "network" in args:
            network = args["network"]
            identity = self._identity(f"{name}-vpc-cni", "aws-node", "AmazonEKS_CNI_Policy")
            values = pulumi.Output.all(network["pod_subnet_ids"]).apply(
                lambda found: cni_values(args["location"], network["zones"], found[0], network["keep_source"])
            )
            addons.append(self._addon(name, "vpc-cni", identity, values))
        else:
            identity = self._identity(
                f"{name}-ebs-csi", "ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"
            )
            addons.append(self._addon(name, "aws-ebs-csi-driver", identity))
        self.cluster = pulumi.Output.all(*[addon.cluster_name for addon in addons]).apply(_first)
        self.register_outputs({"cluster": self.cluster})

    def _addon(
        self,
        name: str,
        addon: str,
        identity: aws.eks.AddonPodIdentityAssociationArgs | None = None,
        values: pulumi.Output[str] | None = None,
    ) -> aws.eks.Addon:
        return aws.eks.Addon(
            f"{name}-{addon}",
            cluster_name=self._args["cluster"],
            addon_name=addon,
            pod_identity_associations=[identity] if identity else None,
            configuration_values=values,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            region=self._args["location"],
            tags=self._args["tags"],
            opts=child(self),
        )

    def _identity(self, name: str, service_account: str, policy: str) -> aws.eks.AddonPodIdentityAssociationArgs:
        """The role that one service account of this cluster takes, once it carries its policy."""
        location = self._args["location"]
        cluster_arn = arn("eks", location, self._args["account"], f"cluster/{self._args['cluster_name']}")
        role = aws.iam.Role(
            name,
            assume_role_policy=pod_trust(cluster_arn, "kube-system", service_account),
            permissions_boundary=self._args.get("permissions_boundary"),
            tags=self._args["tags"],
            opts=child(self),
        )
        attachment = aws.iam.RolePolicyAttachment(
            name, role=role.name, policy_arn=managed_policy(location, policy), opts=child(self)
        )
        role_arn = pulumi.Output.all(role.arn, attachment.policy_arn).apply(_first)
        return aws.eks.AddonPodIdentityAssociationArgs(role_arn=role_arn, service_account=service_account)


def cni_values(location: str, zones: list[str], subnet_ids: list[str], keep_source: list[str]) -> str:
    """The network add-on's configuration: pods live in subnets of their own and keep their address towards gateways."""
    subnets = {zone: {"id": subnet} for zone, subnet in zip(zones, subnet_ids, strict=True)}
    return json.dumps(
        {
            "enableNetworkPolicy": "true",
            "env": {
                "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
                "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS": ",".join(keep_source),
                "ENABLE_PREFIX_DELEGATION": "true",
                "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
                # Ambient needs it together with security groups for pods, and it costs nothing without.
                "POD_SECURITY_GROUP_ENFORCING_MODE": "standard",
            },
            "eniConfig": {"create": True, "region": location, "subnets": subnets},
        },
        sort_keys=True,
    )


def _first(names: list[str]) -> str:
    return names[0]
