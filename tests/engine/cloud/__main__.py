"""A program for tests of the engine with a cloud's stand-in: a network, and roles whose names the cloud makes up."""

import json

import pulumi
import pulumi_aws as aws

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)

config = pulumi.Config()
account = pulumi.ResourceOptions(provider=aws.Provider("account", region="eu-central-1"))
network = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16", opts=account)
for number in range(config.require_int("count")):
    aws.ec2.Subnet(
        f"subnet-{number}",
        vpc_id=network.id,
        cidr_block=f"10.0.{number}.0/24",
        availability_zone=f"eu-central-1{'abc'[number % 3]}",
        tags={"text": config.get("text") or "first"},
        opts=account,
    )
    aws.iam.Role(f"role-{number}", assume_role_policy=TRUST, opts=account)
pulumi.export("network", network.id)
