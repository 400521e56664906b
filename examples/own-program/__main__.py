"""Resources written by hand, without the library: the policy packs judge them all the same.

`weaken` in the stack's configuration makes two of them wrong.
"""

import json

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

weaken = pulumi.Config().get_bool("weaken") or False

key = aws.kms.Key("orders", description="Orders", enable_key_rotation=True)
aws.sqs.Queue("orders", kms_master_key_id=key.arn)
aws.ec2.SecurityGroup(
    "orders",
    description="What reaches the workers",
    ingress=[
        aws.ec2.SecurityGroupIngressArgs(
            description="From the office" if not weaken else "From everywhere",
            protocol="tcp",
            from_port=22 if weaken else 443,
            to_port=22 if weaken else 443,
            cidr_blocks=["0.0.0.0/0" if weaken else "10.20.0.0/16"],
        )
    ],
)

token = {
    "apiVersion": "client.authentication.k8s.io/v1",
    "command": "aws",
    "args": ["eks", "get-token", "--cluster-name", "shop"],
    "interactiveMode": "Never",
}
cluster = kubernetes.Provider(
    "shop",
    kubeconfig=json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "shop", "cluster": {"server": "https://192.0.2.1"}}],
            "contexts": [{"name": "shop", "context": {"cluster": "shop", "user": "shop"}}],
            "current-context": "shop",
            "users": [{"name": "shop", "user": {"exec": token}}],
        }
    ),
)
kubernetes.core.v1.Namespace(
    "orders",
    metadata=kubernetes.meta.v1.ObjectMetaArgs(
        name="orders",
        labels={
            "istio-injection": "disabled" if weaken else "enabled",
            "pod-security.kubernetes.io/enforce": "restricted",
        },
    ),
    opts=pulumi.ResourceOptions(provider=cluster),
)
