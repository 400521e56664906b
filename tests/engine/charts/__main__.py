"""A program for tests of the Kubernetes stand-in: Istio's charts, a policy, and a chart that cannot be had here."""

import json

import pulumi
import pulumi_kubernetes as kubernetes

NAMESPACE = "istio-system"
DIGEST = "sha256:" + "0123456789abcdef" * 4

config = pulumi.Config()
given = config.get("hub")
hub = "registry.example.com/istio" if given is None else given
tag = config.get("tag") or f"1.31.1@{DIGEST}"
cluster = kubernetes.Provider(
    "cluster",
    kubeconfig=json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "one", "cluster": {"server": "https://192.0.2.1"}}],
            "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
            "current-context": "one",
            "users": [
                {
                    "name": "one",
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1",
                            "command": "aws",
                            "args": ["eks", "get-token", "--cluster-name", "one"],
                            "interactiveMode": "Never",
                        }
                    },
                }
            ],
        }
    ),
)
on_cluster = pulumi.ResourceOptions(provider=cluster)
in_cluster = pulumi.ResourceOptions(providers={"kubernetes": cluster})
namespace = kubernetes.core.v1.Namespace(NAMESPACE, metadata={"name": NAMESPACE}, opts=on_cluster)
base = kubernetes.helm.v4.Chart(
    "base",
    chart="base",
    version="1.31.1",
    namespace=namespace.metadata["name"],
    values={"global": {"istioNamespace": NAMESPACE}},
    opts=in_cluster,
)
istiod = kubernetes.helm.v4.Chart(
    "istiod",
    chart="oci://registry.example.com/charts/istiod",
    version="1.31.1",
    namespace=namespace.metadata["name"],
    values={"global": {"hub": hub, "tag": tag, "istioNamespace": NAMESPACE}},
    opts=pulumi.ResourceOptions(providers={"kubernetes": cluster}, depends_on=[base]),
)
after_base = pulumi.ResourceOptions(provider=cluster, depends_on=[base])
kubernetes.apiextensions.CustomResource(
    "strict",
    api_version="security.istio.io/v1",
    kind="PeerAuthentication",
    metadata={"name": "default", "namespace": NAMESPACE},
    spec={"mtls": {"mode": config.get("mode") or "STRICT"}},
    opts=after_base,
)
ztunnel = kubernetes.helm.v3.Release(
    "ztunnel",
    chart="ztunnel",
    version="1.31.1",
    name="ztunnel",
    namespace=namespace.metadata["name"],
    values={"hub": hub, "tag": tag},
    opts=after_base,
)
kubernetes.helm.v3.Release(
    "spire",
    chart="spire",
    version="0.28.4",
    name="spire",
    namespace=namespace.metadata["name"],
    values={"global": {"spire": {"trustDomain": "euc1.example.com"}}},
    repository_opts={"repo": "https://charts.example.com"},
    opts=on_cluster,
)
pulumi.export("status", ztunnel.status)
pulumi.export("objects", istiod.resources.apply(lambda made: len(made or ())))
