"""Role assignments of Azure: how far a role reaches."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import word
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_ASSIGNMENT: Final = "azure-native:authorization:RoleAssignment"
_DEFINITION: Final = "azure-native:authorization:RoleDefinition"
_POWERFUL: Final = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
_NETWORK_CONTRIBUTOR: Final = "4d97b98b-1d4f-4787-a291-c67834d212e7"
"""Ids of built-in roles are the same in every tenant (Azure built-in roles)."""
_INSIDE_SUBSCRIPTION: Final = re.compile(r"^/?subscriptions/[^/]+/(resourcegroups|providers)/[^/]+", re.IGNORECASE)
_ONE_RESOURCE: Final = re.compile(r"^/?subscriptions/[^/]+/(resourcegroups/[^/]+/)?providers/[^/]+/.+", re.IGNORECASE)
_ESCALATING: Final = frozenset(
    {"*", "*/write", "microsoft.authorization/*", "microsoft.authorization/*/write"}
    | {f"microsoft.authorization/roleassignments/{verb}" for verb in ("*", "write")}
)
"""Actions that let their holder give itself every other one."""


def _powerful_roles_stay_small(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    role, scope = _role(resource.props["roleDefinitionId"]), resource.props["scope"]
    if role in _POWERFUL and not _INSIDE_SUBSCRIPTION.match(scope.text().strip()):
        yield scope.wrong(f"gives {_POWERFUL[role]} over a whole subscription or more")


def _network_contributor_has_a_subnet(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    role, scope = _role(resource.props["roleDefinitionId"]), resource.props["scope"]
    if role == _NETWORK_CONTRIBUTOR and not _ONE_RESOURCE.match(scope.text().strip()):
        yield scope.wrong("gives Network Contributor over every network of a resource group or more")


def _own_roles_do_not_escalate(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(permission: Node) -> Iterator[Finding]:
        yield from each(permission["actions"].items(), _does_not_escalate)

    yield from each(resource.props["permissions"].items(), one)


def _does_not_escalate(action: Node) -> Iterator[Finding]:
    if word(action.text()) in _ESCALATING:
        yield action.wrong("makes the role as powerful as Owner")


def _role(node: Node) -> str:
    return word(node.text()).rstrip("/").rpartition("/")[2]


RULES: Final = (
    Rule(
        id="MF-Z11",
        title="Powerful roles of Azure reach no further than they must",
        why="Owner of a subscription owns every region's cluster, keys and tunnels in it; Network Contributor of a"
        " resource group opens every firewall in it.",
        mend="Assign a narrower role, or this one on the resource that needs it: Network Contributor on the subnet.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={
            _ASSIGNMENT: (_powerful_roles_stay_small, _network_contributor_has_a_subnet),
            _DEFINITION: (_own_roles_do_not_escalate,),
        },
        controls=("NIST SP 800-53 AC-6", "NIST SP 800-207 tenet 3"),
        weaker="Of roles that the owner defines only the actions are read; a role from elsewhere is known by its id.",
    ),
)
