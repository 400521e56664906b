"""Canonical kinds of Istio's objects, and what says that a stack installs Istio."""

from typing import Final

from meshfed.rules.resource import Stack

PEER_AUTHENTICATION: Final = "security.istio.io/PeerAuthentication"
AUTHORIZATION_POLICY: Final = "security.istio.io/AuthorizationPolicy"
REQUEST_AUTHENTICATION: Final = "security.istio.io/RequestAuthentication"
DESTINATION_RULE: Final = "networking.istio.io/DestinationRule"
ENVOY_FILTER: Final = "networking.istio.io/EnvoyFilter"
GATEWAY: Final = "networking.istio.io/Gateway"
PROXY_CONFIG: Final = "networking.istio.io/ProxyConfig"
SERVICE_ENTRY: Final = "networking.istio.io/ServiceEntry"
SIDECAR: Final = "networking.istio.io/Sidecar"
VIRTUAL_SERVICE: Final = "networking.istio.io/VirtualService"
WORKLOAD_ENTRY: Final = "networking.istio.io/WorkloadEntry"
WORKLOAD_GROUP: Final = "networking.istio.io/WorkloadGroup"
TELEMETRY: Final = "telemetry.istio.io/Telemetry"
WASM_PLUGIN: Final = "extensions.istio.io/WasmPlugin"
API_GATEWAY: Final = "gateway.networking.k8s.io/Gateway"
"""Of the Gateway API: also what a waypoint is."""
TRAFFIC_EXTENSION: Final = "extensions.istio.io/TrafficExtension"
MESH_CONFIG: Final = "meshconfig"
"""Part: Istio's MeshConfig, wherever it is written."""
INJECTOR: Final = "injector"
"""Part: whom istiod injects, and by which templates."""
INJECTOR_VALUES: Final = "injector-values"
"""Part: the values of its chart that istiod gives to templates of injection."""
EVERYTHING: Final = r"(?i)^([^/]*/)?([*]([.][a-z0-9-]+)?|[*][.](svc[.]|svc[.]cluster[.]|cluster[.])local)[.]?$"
"""Hosts, also with a namespace before them: the whole world, a top-level domain, or every service of the cluster."""
ISTIOD_ENVIRONMENT: Final = "istiod-environment"
"""Part: istiod's environment as an object of texts, wherever it is written."""
ISTIOD_CONTAINER: Final = "istiod-container"
"""Part: a container in which istiod runs."""


def installs_istio(cluster: Stack) -> bool:
    """Whether a stack brings Istio's control plane into a cluster, and with it owes the mesh-wide policies."""
    return bool(cluster.of(MESH_CONFIG, ISTIOD_ENVIRONMENT, "helm:istiod")) or any(
        str(one.props["metadata"]["name"].value).startswith("istiod") for one in cluster.of("apps/Deployment")
    )
