"""Istio's MeshConfig, wherever it is written: what one line changes for every proxy of a mesh."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from meshfed.rules.fields import is_absent, is_on, is_one_of
from meshfed.rules.istio.objects import MESH_CONFIG
from meshfed.rules.kubernetes.selectors import selects
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

HARMLESS_METADATA: Final = frozenset(
    {
        "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
        "GOMEMLIMIT",
        "ISTIO_DELTA_XDS",
        "ISTIO_META_DNS_AUTO_ALLOCATE",
        "ISTIO_META_DNS_CAPTURE",
        "ISTIO_META_ENABLE_HBONE",
        "ISTIO_META_IDLE_TIMEOUT",
        "ISTIO_META_REQUESTED_NETWORK_VIEW",
        "MINIMUM_DRAIN_DURATION",
    }
)
"""Environment of proxies that changes neither their trust, nor their identity, nor what they capture."""
_OWN_PARTS: Final = (
    "availabilityZone",
    "binaryPath",
    "caCertificatesPem",
    "configPath",
    "controlPlaneAuthPolicy",
    "customConfigFile",
    "proxyBootstrapTemplatePath",
    "runtimeValues",
    "sds",
)
"""Fields of a proxy's configuration that replace its bootstrap or whom it trusts."""
_FORWARDING: Final = frozenset({"", "SANITIZE", "SANITIZE_SET"})
_NEW_ENOUGH: Final = ("TLS_AUTO", "TLSV1_2", "TLSV1_3")


def _members(path: str, judge: Callable[[Node, GateParameters], Iterator[Finding]]) -> Check:
    """A check of every member of a list."""

    def check(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        yield from each(resource.props.at(*path.split(".")).items(), lambda node: judge(node, parameters))

    return check


def _trust_domain_is_real(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["trustDomain"]
    name = node.text()
    if name in ("", "cluster.local"):
        yield node.wrong("is cluster.local, where nothing is written too: every mesh of the world has that name")
    elif parameters.trust_domains and name not in parameters.trust_domains:
        yield node.wrong("is no trust domain of the federation")


def _roots_are_judged(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["rootNamespace"]
    if node.text(parameters.root_namespace) != parameters.root_namespace:
        yield node.wrong(f"is not {parameters.root_namespace}, where the mesh-wide policies stand")


def _trust_is_named(certificate: Node, parameters: GateParameters) -> Iterator[Finding]:
    domains = certificate["trustDomains"]
    if domains.is_absent:
        yield domains.wrong("roots are trusted for every trust domain where none is named")
    for domain in domains.items():
        name = domain.text()
        if "*" in name or name in ("", "cluster.local"):
            yield domain.wrong("accepts identities of trust domains that nobody named")
        elif parameters.trust_domains and name not in parameters.trust_domains:
            yield domain.wrong("is no trust domain of the federation, and its identities are accepted")
    if certificate["spiffeBundleUrl"].text().lower().startswith("http://"):
        yield certificate["spiffeBundleUrl"].wrong("fetches roots without TLS, so whoever is on the way chooses them")


def _provider_fails_closed(provider: Node, _: GateParameters) -> Iterator[Finding]:
    for name in ("envoyExtAuthzHttp", "envoyExtAuthzGrpc"):
        node = provider[name]["failOpen"]
        if node.flag():
            yield node.wrong("lets requests pass where the authoriser cannot be asked")


def _source_is_the_cluster(source: Node, _: GateParameters) -> Iterator[Finding]:
    if not source["address"].text().lower().startswith("k8s://"):
        yield source["address"].wrong("takes configuration from elsewhere than the mesh's own cluster")


def proxy_metadata(metadata: Node, trusted: Collection[str] = HARMLESS_METADATA) -> Iterator[Finding]:
    """Environment of proxies that nobody knows to be harmless."""
    for name, node in metadata.entries():
        if name not in trusted:
            yield node.wrong("may change a proxy's identity, trust or redirection; nobody listed it as harmless")


def _metadata_is_harmless(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from proxy_metadata(resource.props["defaultConfig"]["proxyMetadata"])


def _control_plane_is_the_meshs_own(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["defaultConfig"]["discoveryAddress"]
    # The chart itself writes this one, by the name of its revision.
    own = rf"istiod(-[a-z0-9-]+)?\.{re.escape(parameters.root_namespace)}\.svc:15012"
    if not node.is_absent and not re.fullmatch(own, node.text()):
        yield node.wrong("gives every proxy another control plane than the cluster's own")


def _proxies_are_the_meshs_own(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    config = resource.props["defaultConfig"]
    for name in _OWN_PARTS:
        if not config[name].is_absent:
            yield config[name].wrong("replaces a part of every proxy's bootstrap or trust")
    if config["interceptionMode"].text("REDIRECT") not in ("REDIRECT", "TPROXY"):
        yield config["interceptionMode"].wrong("redirects no traffic to the proxies")
    if config["image"]["imageType"].text() == "debug":
        yield config["image"]["imageType"].wrong("runs proxies with a shell and tools")
    for node in (
        config["gatewayTopology"]["forwardClientCertDetails"],
        config["proxyHeaders"]["forwardedClientCert"],
    ):
        if node.text() not in _FORWARDING:
            yield node.wrong("passes on the identity that a caller writes into a header")


def _every_namespace_is_seen(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        for mesh in cluster.of(MESH_CONFIG):
            selectors = mesh.props["discoverySelectors"]
            if selectors.is_absent:
                continue
            for namespace in cluster.of("core/Namespace"):
                if _joins(namespace) and not any(selects(one, _labels(namespace)) for one in selectors.items()):
                    yield selectors.wrong(f"leaves out {namespace.name}, whose pods are in the mesh")


def _joins(namespace: Resource) -> bool:
    labels = namespace.labels
    return (
        labels["istio-injection"].text() == "enabled"
        or not labels["istio.io/rev"].is_absent
        or labels["istio.io/dataplane-mode"].text() == "ambient"
    )


def _labels(resource: Resource) -> Mapping[str, str]:
    found = {name: node.text() for name, node in resource.labels.entries()}
    return {**found, "kubernetes.io/metadata.name": resource.name}


RULES: Final = (
    Rule(
        id="MF-I23",
        title="MeshConfig weakens nothing for the whole mesh",
        why="One line of it opens the way out, accepts foreign identities, or switches mTLS and logs off everywhere.",
        mend="Write trustDomain, outboundTrafficPolicy: {mode: REGISTRY_ONLY}, meshMTLS: {minProtocolVersion: TLSV1_3}"
        " and accessLogFile, name the trust domains of each bundle, and take the rest out.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            MESH_CONFIG: (
                _trust_domain_is_real,
                _roots_are_judged,
                is_on("enableAutoMtls", "leaves it to each DestinationRule whether a client uses mTLS"),
                is_on("verifyCertificateAtClient", "lets clients skip the verification of servers"),
                _metadata_is_harmless,
                _proxies_are_the_meshs_own,
                _control_plane_is_the_meshs_own,
                is_one_of(
                    "outboundTrafficPolicy.mode",
                    ("REGISTRY_ONLY",),
                    "lets pods call any address; where nothing is written they may",
                ),
                is_one_of(
                    "inboundTrafficPolicy.mode",
                    ("PASSTHROUGH",),
                    "leads callers to what listens on a pod's loopback alone",
                    "PASSTHROUGH",
                ),
                is_one_of(
                    "meshMTLS.minProtocolVersion",
                    ("TLSV1_3",),
                    "takes TLS 1.2 inside the mesh; where nothing is written it does",
                ),
                is_one_of("tlsDefaults.minProtocolVersion", _NEW_ENOUGH, "takes TLS older than 1.2", "TLS_AUTO"),
                is_one_of(
                    "pathNormalization.normalization",
                    ("DEFAULT", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"),
                    "leaves paths as callers write them, so that a rule about a path can be missed",
                    "DEFAULT",
                ),
                is_one_of(
                    "accessLogFile",
                    ("/dev/stdout", "/dev/stderr"),
                    "writes no access log where anybody collects it; where nothing is written there is none",
                ),
                is_absent("trustDomainAliases", "makes identities of another trust domain equal to the mesh's own"),
                is_absent("ca", "has identities issued by somebody else than SPIRE"),
                _members("caCertificates", _trust_is_named),
                _members("extensionProviders", _provider_fails_closed),
                _members("configSources", _source_is_the_cluster),
            )
        },
        relations=(_every_namespace_is_seen,),
        controls=("NIST SP 800-207 tenet 2", "NIST SP 800-53 SC-8", "NIST SP 800-53 SC-7", "NIST SP 800-53 AU-12"),
        weaker="discoverySelectors are compared with the namespaces of the same stack. Environment of proxies passes"
        " by a list of what is known to be harmless. An access log by Telemetry alone is not counted. Where logs,"
        " figures and traces are sent is not asked.",
    ),
)
