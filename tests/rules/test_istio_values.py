"""The list of what Istio's charts may hold: it is that of the pinned version, and names what rules judge.

Not shown: that the lists of SPIRE's charts are whole, since those charts cannot be had here.
"""

import json

import pytest

from tests.rules.istio_values import KNOWN, built, known, text_of


def test_the_list_is_that_of_the_pinned_version() -> None:
    assert KNOWN.read_text(encoding="utf-8") == text_of(known(built()))


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("istiod", "global.proxy.privileged"),
        ("istiod", "global.proxy.excludeInboundPorts"),
        ("istiod", "pilot.cni.enabled"),
        ("istiod", "cni.enabled"),
        ("istiod", "pilot.env"),
        ("istiod", "env"),
        ("istiod", "sidecarInjectorWebhook.neverInjectSelector"),
        ("istiod", "sidecarInjectorWebhook.templates"),
        ("istiod", "global.enableReaderRBAC"),
        ("base", "global.enableReaderRBAC"),
        ("cni", "excludeNamespaces"),
        ("gateway", "networkGateway"),
        ("gateway", "service.ports"),
        ("gateway", "podAnnotations"),
    ],
)
def test_a_value_that_a_rule_judges_is_one_that_the_chart_has(where: str, path: str) -> None:
    assert path in json.loads(KNOWN.read_text(encoding="utf-8"))["charts"][where]


@pytest.mark.parametrize(
    "path",
    [
        "accessLogFile",
        "ca.address",
        "caCertificates.spiffeBundleUrl",
        "caCertificates.trustDomains",
        "configSources.address",
        "defaultConfig.gatewayTopology.forwardClientCertDetails",
        "defaultConfig.image",
        "defaultConfig.proxyHeaders.forwardedClientCert",
        "defaultConfig.proxyMetadata",
        "discoverySelectors.matchLabels",
        "enableAutoMtls",
        "extensionProviders.envoyExtAuthzGrpc.failOpen",
        "inboundTrafficPolicy.mode",
        "meshMTLS.minProtocolVersion",
        "outboundTrafficPolicy.mode",
        "pathNormalization.normalization",
        "rootNamespace",
        "tlsDefaults.minProtocolVersion",
        "trustDomain",
        "trustDomainAliases",
        "verifyCertificateAtClient",
    ],
)
def test_a_field_that_a_rule_judges_is_one_that_mesh_config_has(path: str) -> None:
    assert path in json.loads(KNOWN.read_text(encoding="utf-8"))["meshConfig"]


@pytest.mark.parametrize(
    "name",
    [
        "CA_TRUSTED_NODE_ACCOUNTS",
        "ENABLE_DEBUG_ENDPOINT_AUTH",
        "ENABLE_DEBUG_ON_HTTP",
        "ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS",
        "ENABLE_XDS_API_GENERATOR_AUTH",
        "ISTIO_MULTIROOT_MESH",
        "ISTIO_WORKLOAD_ENTRY_VALIDATE_IDENTITY",
        "JWKS_RESOLVER_INSECURE_SKIP_VERIFY",
        "JWT_RULE",
        "PILOT_ENABLE_XDS_IDENTITY_CHECK",
        "PILOT_MULTICLUSTER_KUBECONFIG_PATH",
        "PILOT_SKIP_VALIDATE_TRUST_DOMAIN",
        "SHARED_MESH_CONFIG",
        "TRUSTED_GATEWAY_CIDR",
        "UNSAFE_ENABLE_ADMIN_ENDPOINTS",
        "XDS_AUTH",
        "XDS_AUTH_PLAINTEXT",
    ],
)
def test_a_variable_that_a_rule_judges_is_one_that_istiod_reads(name: str) -> None:
    assert name in json.loads(KNOWN.read_text(encoding="utf-8"))["environment"]
