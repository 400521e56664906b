"""GKE clusters: who reaches the API server, and whom it takes for someone."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import off, on, one_of
from meshfed.rules.gcp.kinds import CLUSTER
from meshfed.rules.networks import internet_among
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_DNS: Final = "controlPlaneEndpointsConfig.dnsEndpointConfig"


def _endpoint_is_private(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["privateClusterConfig"]["enablePrivateEndpoint"]
    by_address = resource.props["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]["enabled"]
    if not node.flag() and by_address.flag(default=True):
        yield node.wrong("the API server answers at a public address; where nothing is written it does")


def _callers_are_few(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    blocks = resource.props["masterAuthorizedNetworksConfig"]["cidrBlocks"].items()
    if node := internet_among(block["cidrBlock"] for block in blocks):
        yield node.wrong("lets the whole internet call the API server")


RULES: Final = (
    Rule(
        id="MF-C1",
        title="The API server and the nodes of GKE are reached from inside alone",
        why="A control plane on the internet is one leaked credential away from everyone. The DNS endpoint with"
        " external traffic is on the internet too, and tokens or certificates through it go past IAM.",
        mend="Write privateClusterConfig: {enablePrivateNodes: true, enablePrivateEndpoint: true}, and for the DNS"
        " endpoint allowExternalTraffic: false, or a waiver beside VPC Service Controls.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            CLUSTER: (
                _endpoint_is_private,
                on("privateClusterConfig.enablePrivateNodes", "nodes have public addresses"),
                _callers_are_few,
                off(
                    "masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled",
                    "any customer of Google Cloud calls the API server from a machine there",
                ),
                off(f"{_DNS}.allowExternalTraffic", "the API server answers on the internet under its DNS name"),
                off(f"{_DNS}.enableK8sTokensViaDns", "tokens of Kubernetes enter from the internet, past IAM"),
                off(f"{_DNS}.enableK8sCertsViaDns", "certificates of Kubernetes enter from the internet, past IAM"),
            )
        },
        controls=("CIS GKE 5.6.4", "CIS GKE 5.6.5", "NIST SP 800-53 SC-7", "NIST SP 800-53 AC-17"),
        weaker="Where the endpoints by address are off, enablePrivateEndpoint is not asked.",
    ),
    Rule(
        id="MF-C3",
        title="GKE takes no one for someone",
        why="Anonymous requests reach the API server, and a single careless binding makes everyone on the network, or"
        " everyone with a Google account, what it says.",
        mend="Write anonymousAuthenticationConfig: {mode: LIMITED} and rbacBindingConfig:"
        " {enableInsecureBindingSystemAuthenticated: false, enableInsecureBindingSystemUnauthenticated: false}.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={
            CLUSTER: (
                one_of(
                    "anonymousAuthenticationConfig.mode",
                    frozenset({"limited"}),
                    "takes requests without any identity; where nothing is written it does",
                ),
                off(
                    "rbacBindingConfig.enableInsecureBindingSystemAuthenticated",
                    "a binding may name everyone with a Google account; where nothing is written it may",
                    default=True,
                ),
                off(
                    "rbacBindingConfig.enableInsecureBindingSystemUnauthenticated",
                    "a binding may name everyone without any identity; where nothing is written it may",
                    default=True,
                ),
            )
        },
        controls=(
            "CIS GKE 4.1.8",
            "CIS GKE 4.1.9",
            "CIS GKE 4.1.10",
            "NIST SP 800-53 AC-14",
            "NIST SP 800-207 tenet 6",
        ),
    ),
)
