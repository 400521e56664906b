"""Variables of istiod that take a check away, with what each does: MF-I24 judges them, and istiod is known by them."""

from typing import Final

MUST_BE_OFF: Final = {
    "PILOT_SKIP_VALIDATE_TRUST_DOMAIN": "accepts peers of every trust domain",
    "XDS_AUTH_PLAINTEXT": "believes what a client in plaintext says that it is",
    "JWKS_RESOLVER_INSECURE_SKIP_VERIFY": "takes the keys of tokens from a server that it does not verify",
    "UNSAFE_ENABLE_ADMIN_ENDPOINTS": "offers endpoints that change istiod",
    "ISTIO_MULTIROOT_MESH": "puts the roots of all trust domains into one pool, where each can forge the others",
    "ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS": "lets a caller choose the destination by the name it sends",
}
MUST_BE_ON: Final = {
    "XDS_AUTH": "gives configuration to whoever asks",
    "PILOT_ENABLE_XDS_IDENTITY_CHECK": "gives a proxy the configuration and secrets of another namespace",
    "ENABLE_DEBUG_ENDPOINT_AUTH": "shows the configuration of all namespaces to each of them",
    "ENABLE_XDS_API_GENERATOR_AUTH": "gives the whole configuration to clients without an identity",
    "ISTIO_WORKLOAD_ENTRY_VALIDATE_IDENTITY": "lets a machine register as another one",
}
MUST_BE_AWAY: Final = {
    "TRUSTED_GATEWAY_CIDR": "believes a header from these addresses instead of a certificate",
    "SHARED_MESH_CONFIG": "lays over MeshConfig what stands in another ConfigMap, where no rule reads it",
    "JWT_RULE": "accepts tokens of another issuer than the cluster as identities of proxies",
}
DEBUG: Final = "ENABLE_DEBUG_ON_HTTP"
NODE_ACCOUNTS: Final = "CA_TRUSTED_NODE_ACCOUNTS"
REMOTE_CONFIGS: Final = "PILOT_MULTICLUSTER_KUBECONFIG_PATH"
OWN: Final = frozenset({*MUST_BE_OFF, *MUST_BE_ON, *MUST_BE_AWAY, DEBUG, NODE_ACCOUNTS, REMOTE_CONFIGS}) - {"JWT_RULE"}
"""Names that no other program has."""
