"""AKS clusters: who people and workloads are to them."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.azure.kinds import CLUSTER
from meshfed.rules.expect import off, on, present
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters


def _azure_decides_what_people_may(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    profile = resource.props["aadProfile"]
    if not profile.is_absent and not profile["enableAzureRBAC"].flag():
        yield profile["enableAzureRBAC"].wrong("who may do what is kept in the cluster, where nobody reviews it")


def _issuer_is_ours(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["properties"]["issuer"]["url"]
    if node.text().strip().rstrip("/") not in {issuer.rstrip("/") for issuer in parameters.issuers}:
        yield node.wrong(
            "whoever has a token of this issuer is someone in the cluster, and no sign-in log of Entra knows"
        )


RULES: Final = (
    Rule(
        id="MF-Z2",
        title="People enter AKS with an Entra identity alone",
        why="A local account is a certificate that no one can revoke, with every right, outside of any sign-in log.",
        mend="Write disableLocalAccounts: true and aadProfile: {managed: true, enableAzureRBAC: true}; name the"
        " issuer of a JWTAuthenticator in the parameter issuers.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            CLUSTER: (
                on("disableLocalAccounts", "the cluster hands out administrators' certificates"),
                on("enableRBAC", "everyone who enters may do everything", default=True),
                present("aadProfile", "the cluster does not know Entra ID"),
                _azure_decides_what_people_may,
            ),
            "azure-native:containerservice:JWTAuthenticator": (_issuer_is_ours,),
        },
        controls=("CIS AKS 5.5.1", "CIS AKS 5.5.2", "NIST SP 800-53 AC-2", "NIST SP 800-207 tenet 6"),
    ),
    Rule(
        id="MF-Z3",
        title="Workloads on AKS have an identity of their own",
        why="Without an issuer and workload identity every pod borrows the node's identity, and all share its rights.",
        mend="Write oidcIssuerProfile: {enabled: true}, securityProfile: {workloadIdentity: {enabled: true}}, and no"
        " podIdentityProfile.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            CLUSTER: (
                on("oidcIssuerProfile.enabled", "no cloud can verify the tokens of the cluster's service accounts"),
                on("securityProfile.workloadIdentity.enabled", "pods can only borrow the node's identity"),
                off("podIdentityProfile.enabled", "Pod Identity is retired, and any pod on a node can take its tokens"),
            )
        },
        controls=("CIS AKS 5.2.1", "NIST SP 800-207 tenet 3", "NIST SP 800-53 IA-9"),
    ),
)
