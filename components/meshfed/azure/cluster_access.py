"""Who administers a cluster: Entra groups, by roles at the cluster and nowhere above it."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import authorization

from meshfed._component import child, read
from meshfed.azure.names import Role, role_id

ROLES = (("admin", Role.AKS_RBAC_CLUSTER_ADMIN), ("user", Role.AKS_CLUSTER_USER))
"""The right inside the cluster, and the right to read where its endpoint is."""


class AzureClusterAccessArgs(TypedDict):
    """What access needs."""

    subscription: str
    """The cluster's subscription."""
    cluster_id: pulumi.Input[str]
    """ARM id of the cluster."""
    administrators: list[str]
    """Object ids of Entra groups."""


class AzureClusterAccess(pulumi.ComponentResource):
    """Role assignments of the groups that administer a cluster; without a group nobody does."""

    def __init__(self, name: str, args: AzureClusterAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureClusterAccess", name, {}, opts)
        args = read(AzureClusterAccessArgs, args)
        for group in args["administrators"]:
            for key, role in ROLES:
                authorization.RoleAssignment(
                    f"{name}-{key}-{group}",
                    principal_id=group,
                    principal_type="Group",
                    role_definition_id=role_id(args["subscription"], role),
                    scope=args["cluster_id"],
                    opts=child(self),
                )
        self.register_outputs({})
