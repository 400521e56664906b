"""Providers of workload identity pools of Google Cloud: whose tokens become a Google identity."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.issuers import is_ours
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_PROVIDER: Final = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
_TEXT: Final = r"(?:'[^']*'|\"[^\"]*\")"
_CLAIM: Final = r"(?:assertion|google|attribute)(?:\.[A-Za-z_][\w.]*|\[[^\]]+\])+"
_EMPTY: Final = re.compile(r"^(?:['\"])[.*+^$?\s]*(?:['\"])$")
_PINS: Final = (
    re.compile(rf"(?<![\w!]){_CLAIM}\s*==\s*(?P<text>{_TEXT})"),
    re.compile(rf"(?P<text>{_TEXT})\s*==\s*{_CLAIM}"),
    re.compile(rf"(?<![\w!]){_CLAIM}\s+in\s+\[(?P<text>\s*{_TEXT})"),
    re.compile(rf"(?<![\w!]){_CLAIM}\.(?:startsWith|endsWith|contains|matches)\(\s*(?P<text>{_TEXT})\s*\)"),
    re.compile(rf"(?P<text>{_TEXT})\s+in\s+{_CLAIM}"),
)
"""Comparisons of a claim with a text: what the language has that leaves some tokens out."""


def _condition_leaves_some_out(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["attributeCondition"]
    if not _is_off(resource) and not restricts(node.text()):
        yield node.wrong("every token of the issuer is taken")


def restricts(condition: str) -> bool:
    """Whether each alternative of a condition compares a claim of the token with a text.

    >>> restricts("assertion.sub == 'system:serviceaccount:spire-server:spire-server'")
    True
    >>> restricts("true"), restricts("1 == 1"), restricts("assertion.sub == 'x' || true")
    (False, False, False)
    """
    return all(map(_pins, _alternatives(condition)))


def _alternatives(condition: str) -> list[str]:
    """What stands between the `||` of a condition, at any depth: each has to restrict by itself."""
    masked = re.sub(_TEXT, lambda found: found[0].replace("|", "\0"), condition)
    return [part.replace("\0", "|") for part in masked.split("||")]


def _pins(alternative: str) -> bool:
    return any(not _EMPTY.match(found["text"].strip()) for pattern in _PINS for found in pattern.finditer(alternative))


def _audiences_are_named(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    oidc = resource.props["oidc"]
    if not _is_off(resource) and not oidc.is_absent and oidc["allowedAudiences"].is_absent:
        yield oidc["allowedAudiences"].wrong("a token that was meant for someone else can be taken")


def _issuer_is_ours(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    issuer = resource.props["oidc"]["issuerUri"]
    if not _is_off(resource) and not issuer.is_missing and not is_ours(issuer.text(), parameters):
        yield issuer.wrong("is no cluster of the federation")


def _is_off(resource: Resource) -> bool:
    return resource.props["disabled"].flag()


RULES: Final = (
    Rule(
        id="MF-C7",
        title="A workload identity provider of Google takes named workloads of our clusters alone",
        why="Without a condition that leaves some out, whoever gets any token of the issuer is in the pool: for a"
        " public issuer that is everyone.",
        mend="Write attributeCondition: assertion.sub == 'system:serviceaccount:NAMESPACE:NAME', oidc.allowedAudiences,"
        " and the issuer of one of our clusters.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={_PROVIDER: (_condition_leaves_some_out, _audiences_are_named, _issuer_is_ours)},
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 IA-9", "NIST SP 800-53 AC-6"),
        weaker="The condition is read by form, not computed: each alternative has to compare a claim with a text that"
        " is not empty, and a negated comparison counts. Where the parameters name no issuers, any EKS, AKS or GKE"
        " cluster's issuer passes.",
    ),
)
