"""A program for tests of the engine: a pair of tunnel gateways in Google Cloud, and what it stands on."""

import pulumi
import pulumi_gcp as gcp

from meshfed.gcp.gateway_pair import GcpGatewayPair

PROJECT, LOCATION = "acme-mesh", "europe-west3"

config = pulumi.Config()
account = pulumi.ResourceOptions(provider=gcp.Provider("account", project=PROJECT, region=LOCATION))
network = gcp.compute.Network("network", auto_create_subnetworks=False, opts=account)
subnet = gcp.compute.Subnetwork(
    "tunnel", network=network.self_link, region=LOCATION, ip_cidr_range="100.64.0.0/25", opts=account
)
identity = gcp.serviceaccount.Account("identity", account_id="acme-gateways", opts=account)


def user_data(gateway: str) -> str:
    """User data, which the test may fill with as many letters as it wants."""
    text = config.get("text") or "first"
    return f"#cloud-config\n# {gateway} {text}\n" + "#" * (config.get_int(f"padding-{gateway}") or 0)


GcpGatewayPair(
    "pair",
    {
        "project": PROJECT,
        "location": LOCATION,
        "labels": {"owner": "platform"},
        "network": network.self_link,
        "subnet": subnet.self_link,
        "service_account": identity.email,
        "store": "acme-store",
        "signing_key": "acme-key",
        "size": config.get("size") or "n2-standard-2",
        "image": "projects/debian-cloud/global/images/family/debian-13",
        "startup_script": "#!/bin/sh\n",
        "gateway_a": {"zone": "europe-west3-a", "address": "100.64.0.10", "user_data": user_data("a")},
        "gateway_b": {"zone": "europe-west3-b", "address": "100.64.0.11", "user_data": user_data("b")},
        "balancer_address": "100.64.0.20",
        "health_port": 8479,
        "ready_port": 8480,
        "routes": ["100.64.0.0/10"],
        "rules": [],
    },
    pulumi.ResourceOptions(providers=[account.provider] if account.provider else None),
)
