"""Who the tunnel gateways are in Google Cloud: one service account a region, without a key."""

from typing import TypedDict

import pulumi
import pulumi_gcp as gcp

from meshfed._component import child, read

HOST_ROLES = ("roles/logging.logWriter", "roles/monitoring.metricWriter")
"""What a host needs of its project: writing its own logs and figures."""


class GcpGatewayIdentityArgs(TypedDict):
    """What the service account needs."""

    project: str
    """Project of the tunnel gateways."""
    account: str
    """Name of the service account: at most 30 lower-case letters, digits and hyphens."""
    region: str
    """Key of the federation's region, for the description."""


class GcpGatewayIdentity(pulumi.ComponentResource):
    """The service account of a pair of tunnel gateways."""

    email: pulumi.Output[str]
    """Its e-mail address."""
    member: pulumi.Output[str]
    """The same as a member of an IAM policy."""
    unique_id: pulumi.Output[str]
    """Its numeric id, which no later account gets again."""

    def __init__(self, name: str, args: GcpGatewayIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:GcpGatewayIdentity", name, {}, opts)
        args = read(GcpGatewayIdentityArgs, args)
        account = gcp.serviceaccount.Account(
            f"{name}-account",
            project=args["project"],
            account_id=args["account"],
            display_name=f"Tunnel gateways of {args['region']}",
            description="Signs peer documents and reads the region's own store; has no key",
            opts=child(self),
        )
        for role in HOST_ROLES:
            gcp.projects.IAMMember(
                f"{name}-{role.rsplit('/', 1)[1].replace('.', '-').lower()}",
                project=args["project"],
                role=role,
                member=account.member,
                opts=child(self),
            )
        self.email = account.email
        self.member = account.member
        self.unique_id = account.unique_id
        self.register_outputs({"email": self.email, "member": self.member, "unique_id": self.unique_id})
