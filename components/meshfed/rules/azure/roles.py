"""Role assignments of Azure, given, eligible or delegated: how far a role reaches."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from meshfed.rules.expect import word
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Pack, Rule
from meshfed.settings.gate import GateParameters

_DEFINITION: Final = "azure-native:authorization:RoleDefinition"
_AUTHORIZATION: Final = "azure-native:authorization:"
_GIVES_NOTHING: Final = frozenset({_DEFINITION, f"{_AUTHORIZATION}RoleManagementPolicyAssignment"})
"""Kinds that name a role, but nobody who gets it."""
_DELEGATION: Final = "azure-native:managedservices:RegistrationDefinition"
_POWERFUL: Final = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8": "Azure Kubernetes Service Contributor",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
    "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": "Key Vault Crypto Officer",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "8b54135c-b56d-4d72-a534-26097cfdc8d8": "Key Vault Data Access Administrator",
    "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59": "Managed Identity Contributor",
    "f1a07417-d97a-45cb-824c-7a7467783830": "Managed Identity Operator",
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": "Virtual Machine Contributor",
    "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb": "Azure Kubernetes Service RBAC Writer",
    "1c0163c0-47e6-4577-8991-ea5c82e286e4": "Virtual Machine Administrator Login",
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
}
"""Roles that must not reach a whole subscription."""
_OF_ONE: Final = {
    "4d97b98b-1d4f-4787-a291-c67834d212e7": ("Network Contributor", "network"),
    "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": ("Azure Kubernetes Service RBAC Cluster Admin", "cluster"),
    "3498e952-d568-435e-9b2c-8d77e338d7f7": ("Azure Kubernetes Service RBAC Admin", "cluster"),
    "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8": ("Azure Kubernetes Service Cluster Admin Role", "cluster"),
    "18ab4d3d-a1bf-4477-8ad9-8359bc988f69": ("Azure Kubernetes Fleet Manager RBAC Cluster Admin", "fleet"),
    "434fb43a-c01c-447e-9f67-c3ad923cfaba": ("Azure Kubernetes Fleet Manager RBAC Admin", "fleet"),
    "8393591c-06b9-48a2-a542-1bd6b377f6a2": ("Azure Arc Kubernetes Cluster Admin", "cluster"),
    "dffb1e0c-446f-4dde-a09f-99eb5cc68b96": ("Azure Arc Kubernetes Admin", "cluster"),
}
"""Roles that must not reach a resource group, as their holder rules whatever of a kind is in it. Ids of built-in roles
are the same in every tenant (Azure built-in roles)."""
_NAMES: Final = r"^(?!.*/\.{1,2}(?:/|$))/?subscriptions/[^/]+/"
_INSIDE_SUBSCRIPTION: Final = re.compile(_NAMES + r"(resourcegroups|providers)/[^/]+", re.IGNORECASE)
_ONE_RESOURCE: Final = re.compile(_NAMES + r"(resourcegroups/[^/]+/)?providers/[^/]+/[^/]+/[^/]+", re.IGNORECASE)
_ENDS: Final = frozenset({"adminremove", "selfdeactivate"})
_ESCALATIONS: Final = tuple(
    f"microsoft.authorization/{action}"
    for action in (
        "roleassignments/write",
        "roleassignmentschedulerequests/write",
        "roleeligibilityschedulerequests/write",
        "roledefinitions/write",
        "elevateaccess/action",
    )
)
"""Actions that let their holder give itself every other one."""
_RULES_CLUSTERS: Final = (
    "microsoft.containerservice/managedclusters/rbac.authorization.k8s.io/clusterrolebindings/write",
    "microsoft.kubernetes/connectedclusters/rbac.authorization.k8s.io/clusterrolebindings/write",
)
"""The same within clusters."""


def _powerful_roles_stay_small(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if not _gives(resource):
        return
    role, scope = _role(resource.props["roleDefinitionId"]), resource.props["scope"]
    if role in _POWERFUL and not _INSIDE_SUBSCRIPTION.match(scope.text().strip()):
        yield scope.wrong(f"gives {_POWERFUL[role]} over a whole subscription or more")


def _roles_of_one_have_one(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if not _gives(resource):
        return
    role, scope = _role(resource.props["roleDefinitionId"]), resource.props["scope"]
    if role in _OF_ONE and not _ONE_RESOURCE.match(scope.text().strip()):
        name, kind = _OF_ONE[role]
        yield scope.wrong(f"gives {name} over every {kind} of a resource group or more")


def _gives(resource: Resource) -> bool:
    """Whether a resource gives a role to someone: now, when asked for, or for a time; whatever Azure calls the kind."""
    if not resource.kind.startswith(_AUTHORIZATION) or resource.kind in _GIVES_NOTHING:
        return False
    props = resource.props
    return not props["roleDefinitionId"].is_missing and word(props["requestType"].text()) not in _ENDS


def _others_rule_nothing(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(authorization: Node) -> Iterator[Finding]:
        role = _role(authorization["roleDefinitionId"])
        name = _POWERFUL.get(role) or _OF_ONE.get(role, ("", ""))[0]
        if name:
            yield authorization["roleDefinitionId"].wrong(f"gives {name} to people of another tenant")

    for member in ("authorizations", "eligibleAuthorizations"):
        yield from each(resource.props["properties"][member].items(), one)


def _own_roles_do_not_escalate(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(permission: Node) -> Iterator[Finding]:
        yield from each(permission["actions"].items(), _does_not_escalate)
        yield from each(permission["dataActions"].items(), _rules_no_cluster)

    yield from each(resource.props["permissions"].items(), one)


def _does_not_escalate(action: Node) -> Iterator[Finding]:
    if _takes_in(action, _ESCALATIONS):
        yield action.wrong("makes the role as powerful as Owner")


def _rules_no_cluster(action: Node) -> Iterator[Finding]:
    if _takes_in(action, _RULES_CLUSTERS):
        yield action.wrong("makes the role an administrator of every cluster that it is given on")


def _takes_in(action: Node, wanted: Iterable[str]) -> bool:
    """Whether an action with stars takes in one of some. Raises UndecidedError."""
    pattern = re.compile(".*".join(map(re.escape, word(action.text()).split("*"))))
    return any(pattern.fullmatch(one) for one in wanted)


def _role(node: Node) -> str:
    return word(node.text()).rstrip("/").rpartition("/")[2]


RULES: Final = (
    Rule(
        id="MF-Z11",
        title="Powerful roles of Azure reach no further than they must",
        why="Owner of a subscription owns every region's cluster, keys and tunnels in it; Network Contributor of a"
        " resource group opens every firewall in it, a cluster administrator rules every mesh in it; that a role has to"
        " be asked for changes when, not what.",
        mend="Assign a narrower role, or this one on the resource that needs it: Network Contributor on the subnet,"
        " Azure Kubernetes Service RBAC Cluster Admin on the cluster.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={
            ANY: (_powerful_roles_stay_small, _roles_of_one_have_one),
            _DEFINITION: (_own_roles_do_not_escalate,),
            _DELEGATION: (_others_rule_nothing,),
        },
        controls=("CIS AKS 4.1.1", "NIST SP 800-53 AC-6", "NIST SP 800-207 tenet 3"),
        weaker="Of roles that the owner defines only the actions are read; roles of Azure are known by their ids, and"
        " those of single services that no mesh uses pass. Conditions of assignments, policies for activation, what"
        " a delegation from elsewhere gives and roles of Entra ID itself are not read.",
    ),
)
