"""Azure as the tests of components mock it."""

from collections.abc import Mapping
from typing import Any

from pulumi.runtime import MockCallArgs

from tests import recorded
from tests.recorded import Made, Outputs, Program, Recorder, deploy_with

PARENT = "/subscriptions/s/resourceGroups/g/providers"


class AzureRecorder(Recorder):
    """Answers like Azure."""

    def answer(self, kind: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, Outputs]:
        return f"{PARENT}/{name}", {**inputs, **_identity(inputs), **_outputs(kind, name)}

    def call(self, args: MockCallArgs) -> tuple[Outputs, list[tuple[str, str]]]:
        raise AssertionError(f"nothing is looked up in Azure: {args.token}")


def _identity(inputs: Mapping[str, Any]) -> Outputs:
    """Azure takes identities as a list and answers with an object."""
    given = inputs.get("identity")
    if not given:
        return {}
    return {"identity": {**given, "userAssignedIdentities": {one: {} for one in given["userAssignedIdentities"]}}}


def _outputs(kind: str, name: str) -> Outputs:
    known: dict[str, Outputs] = {
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


def deploy(program: Program) -> tuple[list[Made], Outputs]:
    """What a program registers in Azure, by type and name, and the outputs that it returns."""
    made, outputs = deploy_with(AzureRecorder(), program)
    return [one for one in made if not one.type.startswith("meshfed:")], outputs


def of_type(made: list[Made], kind: str) -> dict[str, Mapping[str, Any]]:
    """Inputs of every resource of one type, by name."""
    return recorded.of_type(made, f"azure-native:{kind}")
