"""Logs of Azure's clusters, vaults and security groups: whether anyone would know."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from meshfed.rules.azure.kinds import CLUSTER, DIAGNOSTIC_SETTING, MODULE, SECURITY_GROUP, VAULT
from meshfed.rules.expect import word
from meshfed.rules.node import Finding, UndecidedError, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_EVERYTHING: Final = frozenset({"alllogs", "audit"})


@dataclass(frozen=True, slots=True)
class _Owed:
    """What a kind owes to the log."""

    name: str
    """Property that holds its name."""
    path: str
    """Its type in an Azure resource id."""
    categories: frozenset[str]
    """One of these has to be logged; none: any."""


_OWED: Final = {
    CLUSTER: _Owed("resourceName", "managedclusters", frozenset({"kube-audit", "kube-audit-admin"})),
    VAULT: _Owed("vaultName", "vaults", frozenset({"auditevent"})),
    MODULE: _Owed("name", "managedhsms", frozenset({"auditevent"})),
    SECURITY_GROUP: _Owed("networkSecurityGroupName", "networksecuritygroups", frozenset()),
}


def _is_logged(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    settings = stack.of(DIAGNOSTIC_SETTING)

    def one(resource: Resource) -> Iterator[Finding]:
        if not _has_setting(resource, settings):
            yield Finding("", "no diagnostic setting keeps its log", urn=resource.urn)

    # A group inside of a network has no name that a setting of this stack could know.
    owing = [resource for resource in stack.of(*_OWED) if not resource.props.path]
    yield from each(owing, one)


def _has_setting(resource: Resource, settings: tuple[Resource, ...]) -> bool:
    owed, pending = _OWED[resource.kind], None
    for setting in settings:
        try:
            if _names(setting, resource, owed) and _keeps(setting, owed):
                return True
        except UndecidedError as error:
            pending = error
    if pending:
        raise UndecidedError(pending.path, pending.reason, resource.urn)
    return False


def _names(setting: Resource, resource: Resource, owed: _Owed) -> bool:
    uri = word(setting.props["resourceUri"].text())
    # What the program gives no name is named by the engine, before any rule looks; elsewhere by its logical name.
    name = word(resource.props[owed.name].text() or resource.logical_name)
    return uri.endswith(f"/{owed.path}/{name}")


def _keeps(setting: Resource, owed: _Owed) -> bool:
    kept = [log for log in setting.props["logs"].items() if log["enabled"].flag()]
    groups = {word(log["categoryGroup"].text()) for log in kept}
    categories = {word(log["category"].text()) for log in kept}
    return bool(kept) and (not owed.categories or bool(groups & _EVERYTHING) or bool(categories & owed.categories))


RULES: Final = (
    Rule(
        id="MF-Z16",
        title="AKS clusters, vaults and security groups of Azure write a log",
        why="Azure keeps none of these logs by itself: who used a key or changed a role in the cluster stays unknown.",
        mend="Add a monitor.DiagnosticSetting with its id as resourceUri: kube-audit-admin for a cluster, AuditEvent"
        " for a vault, allLogs for a security group.",
        packs=(Pack.CLOUD_BASELINE,),
        stack_checks=(_is_logged,),
        controls=("CIS AKS 2.1.1", "NIST SP 800-53 AU-2", "NIST SP 800-53 AU-12", "NIST SP 800-207 tenet 7"),
        weaker="Settings that an Azure Policy makes outside of the stack are not seen, nor are security groups that are"
        " written inside of a network.",
    ),
)
