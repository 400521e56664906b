"""Deploys a program against mocks of Azure and tells what was registered, in the order of types and names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks

PARENT = "/subscriptions/s/resourceGroups/g/providers"


@dataclass(frozen=True)
class Made:
    """One registered resource."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    provider: str


class Recorder(Mocks):
    """Answers like Azure where an output is needed, and remembers."""

    def __init__(self) -> None:
        self.made: list[Made] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs: dict[str, Any] = cast("Any", args).inputs
        self.made.append(Made(args.typ, args.name, inputs, args.provider or ""))
        return f"{PARENT}/{args.name}", {**inputs, **_identity(inputs), **_outputs(args.typ, args.name)}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        raise AssertionError(f"nothing is looked up in Azure: {args.token}")


def _identity(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Azure takes identities as a list and answers with an object."""
    given = inputs.get("identity")
    if not given:
        return {}
    return {"identity": {**given, "userAssignedIdentities": {one: {} for one in given["userAssignedIdentities"]}}}


def _outputs(kind: str, name: str) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = {
        "azure-native:network:PublicIPAddress": {"ipAddress": f"public-{name}"},
        "azure-native:managedidentity:UserAssignedIdentity": {
            "principalId": f"principal-{name}",
            "clientId": f"client-{name}",
        },
        "azure-native:keyvault:Key": {"keyUriWithVersion": f"https://vault/keys/{name}/1"},
        "azure-native:compute:VirtualMachine": {"vmId": f"vm-{name}"},
        "azure-native:containerservice:ManagedCluster": {
            "oidcIssuerProfile": {"issuerURL": f"https://issuer.example/{name}/"}
        },
    }
    return {"name": name, **known.get(kind, {})}


def deploy(program: Callable[[], Mapping[str, pulumi.Output[Any]]]) -> tuple[list[Made], dict[str, Any]]:
    """What a program registers, and the outputs that it returns; the engine has drained."""
    recorder, outputs = Recorder(), dict[str, Any]()
    set_mocks(recorder, project="meshfed", stack="test", preview=False)

    def run() -> pulumi.Output[Any]:
        return pulumi.Output.all(**program()).apply(outputs.update)

    cast("Any", pulumi.runtime).test(run)()
    made = [one for one in recorder.made if not one.type.startswith("meshfed:")]
    return sorted(made, key=lambda one: (one.type, one.name)), outputs


def of_type(made: list[Made], kind: str) -> dict[str, Mapping[str, Any]]:
    """Inputs of every resource of one type, by name."""
    return {one.name: one.inputs for one in made if one.type == f"azure-native:{kind}"}
