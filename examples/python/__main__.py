"""A program of your own: only the network of a region, without a federation file.

Each component takes plain arguments; `meshfed.aws.network` documents every one of them.
"""

import pulumi
import pulumi_aws as aws

from meshfed.aws.network import AwsNetwork

ACCOUNT = "222222222222"
LOCATION = "eu-west-1"

owner = aws.Provider("owner", region=LOCATION, allowed_account_ids=[ACCOUNT])
network = AwsNetwork(
    "shop",
    {
        "location": LOCATION,
        "account": ACCOUNT,
        "zones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
        "network": "10.20.0.0/17",
        "pods": "10.21.0.0/16",
        "gateways": "100.64.20.0/24",
        "nodes_ranges": ["10.20.0.0/20", "10.20.16.0/20", "10.20.32.0/20"],
        "pods_ranges": ["10.21.0.0/18", "10.21.64.0/18", "10.21.128.0/18"],
        "tunnel_ranges": ["100.64.20.0/27", "100.64.20.32/27", "100.64.20.64/27"],
        "east_west_ranges": ["100.64.20.128/27", "100.64.20.160/27", "100.64.20.192/27"],
        "endpoints_ranges": ["10.20.64.0/26", "10.20.64.64/26", "10.20.64.128/26"],
        "control_ranges": ["10.20.65.0/26", "10.20.65.64/26", "10.20.65.128/26"],
        "log_group": "/shop/flow",
        "tags": {"owner": "shop-team"},
    },
    pulumi.ResourceOptions(providers=[owner]),
)
pulumi.export("vpc_id", network.vpc_id)
pulumi.export("node_subnet_ids", network.node_subnet_ids)
