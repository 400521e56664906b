"""A program for tests of the gate, by hand and without the library: the parts that the stack's configuration names."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

EXEC = {
    "apiVersion": "client.authentication.k8s.io/v1",
    "command": "aws",
    "args": ["eks", "get-token", "--cluster-name", "one"],
    "interactiveMode": "Never",
}

config = pulumi.Config()
cluster = kubernetes.Provider(
    "cluster",
    kubeconfig=json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "one", "cluster": {"server": "https://192.0.2.1"}}],
            "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
            "current-context": "one",
            "users": [{"name": "one", "user": {"exec": EXEC}}],
        }
    ),
)
on_cluster = pulumi.ResourceOptions(provider=cluster)
in_cluster = pulumi.ResourceOptions(providers={"kubernetes": cluster})
ALLOW_ANY = {
    "global": {"hub": "registry.example.com/istio", "tag": "1.31.1@sha256:" + "0123456789abcdef" * 4},
    "meshConfig": {"outboundTrafficPolicy": {"mode": "ALLOW_ANY"}},
}
ENFORCED = {"pod-security.kubernetes.io/enforce": "restricted"}


def namespace(name: str, injection: pulumi.Input[str]) -> kubernetes.core.v1.Namespace:
    """A namespace that is right but for what its label says."""
    metadata = kubernetes.meta.v1.ObjectMetaArgs(name=name, labels={**ENFORCED, "istio-injection": injection})
    return kubernetes.core.v1.Namespace(name, metadata=metadata, opts=on_cluster)


def hand() -> None:
    """A namespace outside of the mesh."""
    namespace("shop", config.get("injection") or "disabled")


def firewall() -> None:
    """A door that is open to the world."""
    vpc = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16")
    everyone = aws.ec2.SecurityGroupIngressArgs(protocol="tcp", from_port=22, to_port=22, cidr_blocks=["0.0.0.0/0"])
    aws.ec2.SecurityGroup("open", vpc_id=vpc.id, description="open", ingress=[everyone])


def stranger() -> None:
    """Text that names a trust domain of nobody."""
    data = {"peer": "spiffe://elsewhere.example.com/ns/shop/sa/till"}
    metadata = kubernetes.meta.v1.ObjectMetaArgs(name="peer", namespace="default")
    kubernetes.core.v1.ConfigMap("stranger", metadata=metadata, data=data, opts=on_cluster)


def group() -> None:
    """The namespace again, in a text of YAML."""
    metadata = {"name": "shop", "labels": {**ENFORCED, "istio-injection": "disabled"}}
    text = json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    kubernetes.yaml.v2.ConfigGroup("group", yaml=text, opts=in_cluster)


def chart() -> None:
    """Istio with a way out, by a chart that is rendered."""
    kubernetes.helm.v4.Chart("istiod", chart="istiod", namespace="istio-system", values=ALLOW_ANY, opts=in_cluster)


def release() -> None:
    """Istio with a way out, by a release that is opaque to the engine."""
    kubernetes.helm.v3.Release("istiod", chart="istiod", namespace="istio-system", values=ALLOW_ANY, opts=on_cluster)


def late() -> None:
    """A namespace whose label is known when another one stands."""
    first = namespace("first", "enabled")
    namespace("late", first.id.apply(lambda _: config.require("injection")))


PARTS = {part.__name__: part for part in (hand, firewall, stranger, group, chart, release, late)}
for name in config.require("parts").split(","):
    PARTS[name]()
