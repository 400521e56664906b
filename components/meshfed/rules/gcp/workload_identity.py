"""Workload identity pools of Google Cloud and their providers: whose tokens become a Google identity."""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.gcp.conditions import restricts, texts_of
from meshfed.rules.issuers import is_ours, publishes_its_keys
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_PROVIDER: Final = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
_POOL: Final = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
_MANAGED: Final = "gcp:iam/workloadIdentityPoolManagedIdentity:WorkloadIdentityPoolManagedIdentity"
_PODS: Final = (
    *(f"system:serviceaccount:{name}" for name in ("default:default", "stranger:stranger")),
    *("default", "stranger", "default/default", "system:serviceaccounts", "system:authenticated"),
)
"""What claims of a token hold that any pod of a cluster gets."""


def _condition_leaves_some_out(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["attributeCondition"]
    if not _is_off(resource) and not restricts(node.text(), _strangers(resource), _mapping(resource)):
        yield node.wrong("every token of the issuer is taken")


def _strangers(resource: Resource) -> tuple[str, ...]:
    """What claims hold of tokens that the issuer gives to anyone. Raises UndecidedError."""
    props, constants = resource.props, [text for one in _mapping(resource).values() for text in texts_of(one)]
    account = props["aws"]["accountId"].text()
    if account:
        names = (f"sts::{account}:assumed-role/stranger/session", f"sts::{account}:federated-user/stranger")
        arns = (f"arn:aws:{name}" for name in (*names, f"iam::{account}:user/stranger", f"iam::{account}:root"))
        return (*arns, account, "AROASTRANGER:session", *constants)
    oidc = props["oidc"]
    return (*_PODS, oidc["issuerUri"].text(), *oidc["allowedAudiences"].texts(), *constants)


def _mapping(resource: Resource) -> Mapping[str, str]:
    return {name: node.text() for name, node in resource.props["attributeMapping"].entries()}


def _audiences_are_named(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    oidc = resource.props["oidc"]
    if not _is_off(resource) and not oidc.is_absent and oidc["allowedAudiences"].is_absent:
        yield oidc["allowedAudiences"].wrong("a token that was meant for someone else can be taken")


def _issuer_is_ours(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    issuer = resource.props["oidc"]["issuerUri"]
    if not _is_off(resource) and not issuer.is_missing and not is_ours(issuer.text(), parameters):
        yield issuer.wrong("is no cluster of the federation")


def _keys_are_the_issuers(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    oidc = resource.props["oidc"]
    if _is_off(resource) or not publishes_its_keys(oidc["issuerUri"].text()):
        return
    if oidc["jwksJson"].is_unknown or not oidc["jwksJson"].is_absent:
        yield oidc["jwksJson"].wrong("takes tokens that others than the cluster have signed")


def _account_is_ours(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    aws = resource.props["aws"]
    if not _is_off(resource) and not aws.is_absent and aws["accountId"].text().strip() not in parameters.accounts:
        yield aws["accountId"].wrong("is no account of the owner, as far as the parameter accounts says")


def _trusts_our_domains_alone(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    def one(bundle: Node) -> Iterator[Finding]:
        if bundle["trustDomain"].text().strip().lower() not in parameters.trust_domains:
            yield bundle["trustDomain"].wrong("is no domain of the federation, as far as trust_domains says")

    if not _is_off(resource):
        yield from each(resource.props["inlineTrustConfig"]["additionalTrustBundles"].items(), one)


def _is_for_one_workload(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(rule: Node) -> Iterator[Finding]:
        node = rule["googleCloudResource"]
        if "*" in node.text():
            yield node.wrong("whatever runs in the project gets the identity")

    if not _is_off(resource):
        yield from each(resource.props["attestationRules"].items(), one)


def _is_off(resource: Resource) -> bool:
    return resource.props["disabled"].flag()


RULES: Final = (
    Rule(
        id="MF-C7",
        title="A workload identity provider of Google takes named workloads of our clusters alone",
        why="Without a condition that leaves some out, whoever gets any token of the issuer is in the pool: for a"
        " public issuer that is everyone. A foreign account, keys or roots make tokens as they like.",
        mend="Write attributeCondition: assertion.sub == 'system:serviceaccount:NAMESPACE:NAME', oidc.allowedAudiences,"
        " and the issuer of one of our clusters; name AWS accounts in the parameter accounts and the domains of"
        " additionalTrustBundles in trust_domains.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={
            _PROVIDER: (
                _condition_leaves_some_out,
                _audiences_are_named,
                _issuer_is_ours,
                _keys_are_the_issuers,
                _account_is_ours,
            ),
            _POOL: (_trusts_our_domains_alone, _is_for_one_workload),
            _MANAGED: (_is_for_one_workload,),
        },
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 IA-9", "NIST SP 800-53 AC-6"),
        weaker="The condition is read by form: each alternative has to compare a claim with a text that the token of"
        " any other pod, role or user would not have; functions of functions and comparisons of comparisons do not"
        " count. Where the parameters name no issuers, any EKS, AKS or GKE cluster's issuer passes. Documents of SAML"
        " and roots of X.509 are not read, nor are pools of people.",
    ),
)
