"""Who the nodes of a cluster are in Google Cloud: one service account a cluster, with what a node needs and no more."""

from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read

NODE_ROLES = ("roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader")
"""Logs and figures of a node, and reading images."""


class GcpNodeIdentityArgs(TypedDict):
    """What the service account needs."""

    project: str
    """Project of the cluster."""
    account: str
    """Name of the service account: at most 30 lower-case letters, digits and hyphens."""
    region: str
    """Key of the federation's region, for the description."""


class GcpNodeIdentity(pulumi.ComponentResource):
    """The service account of a cluster's nodes; pods have identities of their own."""

    email: pulumi.Output[str]
    """Its e-mail address."""

    def __init__(self, name: str, args: GcpNodeIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpNodeIdentity", name, {}, opts)
        args = read(GcpNodeIdentityArgs, args)
        account = gcp.serviceaccount.Account(
            f"{name}-account",
            project=args["project"],
            account_id=args["account"],
            display_name=f"Nodes of {args['region']}",
            description="Writes a node's logs and reads images; has no key",
            opts=child(self),
        )
        for role in NODE_ROLES:
            gcp.projects.IAMMember(
                f"{name}-{role.rsplit('/', 1)[1].replace('.', '-').lower()}",
                project=args["project"],
                role=role,
                member=account.member,
                opts=child(self),
            )
        self.email = account.email
        self.register_outputs({"email": self.email})
