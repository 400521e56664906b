"""Who the tunnel gateways are in Google Cloud: one service account a region, without a key."""

import pulumi

from meshfed._component import read
from meshfed.gcp.service_account import GcpServiceAccountArgs, service_account

HOST_ROLES = ("roles/logging.logWriter", "roles/monitoring.metricWriter")
"""What a host needs of its project: writing its own logs and figures."""


class GcpGatewayIdentity(pulumi.ComponentResource):
    """The service account of a pair of tunnel gateways."""

    email: pulumi.Output[str]
    """Its e-mail address."""
    member: pulumi.Output[str]
    """The same as a member of an IAM policy."""
    unique_id: pulumi.Output[str]
    """Its numeric id, which no later account gets again."""

    def __init__(self, name: str, args: GcpServiceAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpGatewayIdentity", name, {}, opts)
        account = service_account(
            self,
            name,
            read(GcpServiceAccountArgs, args),
            users="Tunnel gateways",
            description="Signs peer documents and reads the region's own store; has no key",
            roles=HOST_ROLES,
        )
        self.email = account.email
        self.member = account.member
        self.unique_id = account.unique_id
        self.register_outputs({"email": self.email, "member": self.member, "unique_id": self.unique_id})
