"""Deploys a program against mocks and tells what was registered, in the order of names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks

ROUTERS = {"a": "100.64.0.7", "b": "100.64.0.39"}
"""Addresses that the mocked AWS gives the route server's endpoints."""
PEM = "-----BEGIN PUBLIC KEY-----\nmocked\n-----END PUBLIC KEY-----\n"


@dataclass(frozen=True)
class Made:
    """One registered resource."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    provider: str
    place: int
    """The how-manieth it was."""


class Recorder(Mocks):
    """Answers like AWS where an output is needed, and remembers."""

    def __init__(self) -> None:
        self.made: list[Made] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs: dict[str, Any] = cast("Any", args).inputs
        self.made.append(Made(args.typ, args.name, inputs, args.provider or "", len(self.made)))
        defaults = {"arn": f"arn:{args.name}", "name": args.name, "keyId": f"{args.name}-key"}
        return f"{args.name}-id", {**defaults, **inputs, **_outputs(args.typ, args.name)}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        answers: dict[str, dict[str, Any]] = {
            "aws:kms/getPublicKey:getPublicKey": {"publicKeyPem": PEM},
            "aws:ec2/getAmi:getAmi": {"id": "ami-0debian"},
            "aws:index/getCallerIdentity:getCallerIdentity": {"userId": "AROACALLER:me"},
        }
        return answers[args.token], []


def _outputs(kind: str, name: str) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = {
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


def deploy(program: Callable[[], Mapping[str, pulumi.Output[Any]]]) -> tuple[list[Made], dict[str, Any]]:
    """What a program registers, and the outputs that it returns; the engine has drained."""
    recorder, outputs = Recorder(), dict[str, Any]()
    set_mocks(recorder, project="meshfed", stack="test", preview=False)

    def run() -> pulumi.Output[Any]:
        return pulumi.Output.all(**program()).apply(outputs.update)

    cast("Any", pulumi.runtime).test(run)()
    return sorted(recorder.made, key=lambda made: (made.type, made.name)), outputs


def of_type(made: list[Made], kind: str) -> dict[str, Mapping[str, Any]]:
    """Inputs of every resource of one type, by name."""
    return {one.name: one.inputs for one in made if one.type == kind}
