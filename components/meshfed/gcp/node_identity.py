"""Who the nodes of a cluster are in Google Cloud: one service account a cluster, with what a node needs and no more."""

import pulumi

from meshfed._component import read
from meshfed.gcp.service_account import GcpServiceAccountArgs, service_account

NODE_ROLES = ("roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader")
"""Logs and figures of a node, and reading images."""


class GcpNodeIdentity(pulumi.ComponentResource):
    """The service account of a cluster's nodes; pods have identities of their own."""

    email: pulumi.Output[str]
    """Its e-mail address."""

    def __init__(self, name: str, args: GcpServiceAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpNodeIdentity", name, {}, opts)
        account = service_account(
            self,
            name,
            read(GcpServiceAccountArgs, args),
            users="Nodes",
            description="Writes a node's logs and reads images; has no key",
            roles=NODE_ROLES,
        )
        self.email = account.email
        self.register_outputs({"email": self.email})
