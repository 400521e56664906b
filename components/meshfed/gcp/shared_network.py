"""What a cluster in one project needs of a network in another (Shared VPC)."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read


class GcpSharedNetworkArgs(TypedDict):
    """Which subnets are shared with whom."""

    project: str
    """Project of the network."""
    location: str
    """Google Cloud region."""
    cluster_project: str
    """Project of the cluster, attached to the network's project already."""
    subnets: Mapping[str, pulumi.Input[str]]
    """Self links of the shared subnets, by role."""


class GcpSharedNetwork(pulumi.ComponentResource):
    """Lets Kubernetes Engine of another project use the nodes' and the control plane's subnet, and no others."""

    agent: pulumi.Output[str]
    """Kubernetes Engine's own agent of the cluster's project, as a member of an IAM policy."""

    def __init__(self, name: str, args: GcpSharedNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpSharedNetwork", name, {}, opts)
        args = read(GcpSharedNetworkArgs, args)
        number = gcp.organizations.get_project_output(
            project_id=args["cluster_project"], opts=pulumi.InvokeOutputOptions(parent=self)
        ).number
        agent = pulumi.Output.format(
            "serviceAccount:service-{0}@container-engine-robot.iam.gserviceaccount.com", number
        )
        machines = pulumi.Output.format("serviceAccount:{0}@cloudservices.gserviceaccount.com", number)
        for role, subnet in args["subnets"].items():
            for user, member in (("engine", agent), ("machines", machines)):
                gcp.compute.SubnetworkIAMMember(
                    f"{name}-{role}-{user}",
                    project=args["project"],
                    region=args["location"],
                    subnetwork=subnet,
                    role="roles/compute.networkUser",
                    member=member,
                    opts=child(self),
                )
        gcp.projects.IAMMember(
            f"{name}-host",
            project=args["project"],
            role="roles/container.hostServiceAgentUser",
            member=agent,
            opts=child(self),
        )
        self.agent = agent
        self.register_outputs({"agent": self.agent})
