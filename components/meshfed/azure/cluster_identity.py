"""The two identities of a cluster: its control plane's and its nodes'."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import authorization, managedidentity

from meshfed._component import child, read
from meshfed.azure.names import Role, role_id
from meshfed.azure.place import AzurePlace


class AzureClusterIdentityArgs(TypedDict):
    """What the identities need."""

    place: AzurePlace
    """Where they go."""
    network_subscription: str
    """Subscription of the network."""
    subnets: dict[str, pulumi.Input[str]]
    """Subnets that the control plane puts nodes, load balancers and itself into, by a stable name."""


class AzureClusterIdentity(pulumi.ComponentResource):
    """Managed identities of control plane and nodes; the first may use the cluster's subnets and nothing else."""

    control_id: pulumi.Output[str]
    """ARM id of the control plane's identity, when it has its rights."""
    control_principal: pulumi.Output[str]
    """Its principal id."""
    node_id: pulumi.Output[str]
    """ARM id of the nodes' identity."""
    node_client: pulumi.Output[str]
    """Client id of the nodes' identity."""
    node_principal: pulumi.Output[str]
    """Principal id of the nodes' identity."""

    def __init__(self, name: str, args: AzureClusterIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureClusterIdentity", name, {}, opts)
        args = read(AzureClusterIdentityArgs, args)
        control = self._identity(f"{name}-control", args["place"])
        nodes = self._identity(f"{name}-nodes", args["place"])
        rights = [
            authorization.RoleAssignment(
                f"{name}-uses-{key}",
                principal_id=control.principal_id,
                principal_type="ServicePrincipal",
                role_definition_id=role_id(args["network_subscription"], Role.NETWORK_CONTRIBUTOR),
                scope=subnet,
                opts=child(self),
            )
            for key, subnet in args["subnets"].items()
        ]
        rights.append(
            authorization.RoleAssignment(
                f"{name}-gives-nodes",
                principal_id=control.principal_id,
                principal_type="ServicePrincipal",
                role_definition_id=role_id(args["place"]["subscription"], Role.MANAGED_IDENTITY_OPERATOR),
                scope=nodes.id,
                opts=child(self),
            )
        )
        given = pulumi.Output.all(*[right.id for right in rights])
        self.control_id = pulumi.Output.all(control.id, given).apply(lambda both: str(both[0]))
        self.control_principal = control.principal_id
        self.node_id = nodes.id
        self.node_client = nodes.client_id
        self.node_principal = nodes.principal_id
        self.register_outputs({"control_id": self.control_id, "node_id": self.node_id})

    def _identity(self, name: str, place: AzurePlace) -> managedidentity.UserAssignedIdentity:
        return managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name=place["resource_group"],
            location=place["location"],
            tags=place["tags"],
            opts=child(self),
        )
