"""AWS as the tests of components mock it."""

from collections.abc import Mapping
from typing import Any

from pulumi.runtime import MockCallArgs

from tests.recorded import PEM, Made, Outputs, Program, Recorder, deploy_with

ROUTERS = {"a": "100.64.0.7", "b": "100.64.0.39"}
"""Addresses that the mocked AWS gives the route server's endpoints."""


class AwsRecorder(Recorder):
    """Answers like AWS."""

    def answer(self, kind: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, Outputs]:
        defaults = {"arn": f"arn:{name}", "name": name, "keyId": f"{name}-key"}
        return f"{name}-id", {**defaults, **inputs, **_outputs(kind, name)}

    def call(self, args: MockCallArgs) -> tuple[Outputs, list[tuple[str, str]]]:
        answers: dict[str, Outputs] = {
            "aws:kms/getPublicKey:getPublicKey": {"publicKeyPem": PEM},
            "aws:ec2/getAmi:getAmi": {"id": "ami-0debian"},
            "aws:index/getCallerIdentity:getCallerIdentity": {"userId": "AROACALLER:me"},
        }
        return answers[args.token], []


def _outputs(kind: str, name: str) -> Outputs:
    known: dict[str, Outputs] = {
        "aws:eks/cluster:Cluster": {
            "identities": [{"oidcs": [{"issuer": f"https://oidc.example/{name}"}]}],
            "arn": f"arn:cluster/{name}",
        },
        "aws:ec2/eip:Eip": {"publicIp": f"public-{name}"},
        "aws:iam/role:Role": {"arn": f"arn:role/{name}", "uniqueId": f"AROA-{name}"},
        "aws:vpc/routeServer:RouteServer": {"routeServerId": "rs-1"},
        "aws:vpc/routeServerEndpoint:RouteServerEndpoint": {
            "eniAddress": ROUTERS.get(name.rsplit("-", 1)[-1], ""),
            "routeServerEndpointId": f"{name}-endpoint",
        },
        "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 3},
        "aws:ec2/networkInterface:NetworkInterface": {"privateIp": f"private-{name}"},
        "aws:eks/nodeGroup:NodeGroup": {"nodeGroupName": name},
    }
    return known.get(kind, {})


def deploy(program: Program) -> tuple[list[Made], Outputs]:
    """What a program registers, by type and name, and the outputs that it returns."""
    return deploy_with(AwsRecorder(), program)
