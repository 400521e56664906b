"""Federated credentials of Azure: whose tokens become an Azure identity."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.issuers import is_ours
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_KINDS: Final = (
    "azure-native:managedidentity:FederatedIdentityCredential",
    "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential",
)
_FLEXIBLE: Final = (
    "azuread:index/applicationFlexibleFederatedIdentityCredential:ApplicationFlexibleFederatedIdentityCredential"
)
_AUDIENCES: Final = frozenset(
    f"api://azureadtokenexchange{cloud}" for cloud in ("", "usgov", "usnat", "ussec", "china")
)
_SERVICE_ACCOUNT: Final = re.compile(r"^system:serviceaccount:(?P<namespace>[a-z0-9-]+):(?P<name>[a-z0-9.-]+)$")


def _subject_is_one_workload(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["subject"]
    found = _SERVICE_ACCOUNT.match(node.text())
    if found is None:
        yield node.wrong("is not one service account, so others' tokens match or none does")
    elif "default" in (found["namespace"], found["name"]):
        yield node.wrong("is an account that every pod has which names none, or a namespace that anyone lands in")


def _subject_is_no_pattern(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["claimsMatchingExpression"]
    if node.is_unknown or not node.is_absent:
        yield node.wrong("takes every token whose claims match an expression, and not those of one workload")


def _issuer_is_ours(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["issuer"]
    if not is_ours(node.text(), parameters):
        yield node.wrong("is no cluster of the federation")


def _audience_is_azures(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["audiences"]
    audiences = [text.strip().lower() for text in node.texts()]
    if not audiences or not _AUDIENCES.issuperset(audiences):
        yield node.wrong("a token that was meant for someone else is taken")


_CHECKS: Final = (_subject_is_one_workload, _subject_is_no_pattern, _issuer_is_ours, _audience_is_azures)
RULES: Final = (
    Rule(
        id="MF-Z10",
        title="A federated credential of Azure is for one workload of one of our clusters",
        why="Whoever gets a token that matches it is that Azure identity: every pod that names no service account has"
        " default:default, and a foreign issuer signs whatever it likes.",
        mend="Write subject: system:serviceaccount:NAMESPACE:NAME of one workload, the issuer of one of our clusters,"
        " and audiences: [api://AzureADTokenExchange].",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={**dict.fromkeys(_KINDS, _CHECKS), _FLEXIBLE: (_subject_is_no_pattern, _issuer_is_ours)},
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 IA-9", "NIST SP 800-53 AC-6"),
        weaker="Where the parameters name no issuers, any EKS, AKS or GKE cluster's issuer passes. Credentials of"
        " pipelines are refused as well, and need a waiver.",
    ),
)
