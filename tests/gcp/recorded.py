"""Deploys a program against mocks and tells what was registered, once the engine has drained."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks

PEM = "-----BEGIN PUBLIC KEY-----\nmocked\n-----END PUBLIC KEY-----\n"


@dataclass(frozen=True)
class Made:
    """One registered resource."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    provider: str


class Recorder(Mocks):
    """Answers like Google Cloud where an output is needed, and remembers."""

    def __init__(self) -> None:
        self.made: list[Made] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs = cast("dict[str, Any]", args.inputs)  # pyright: ignore[reportUnknownMemberType] - the SDK leaves it open
        self.made.append(Made(args.typ, args.name, inputs, args.provider or ""))
        named = {"name": args.name, "selfLink": f"link/{args.name}", **inputs}
        return f"id/{args.name}", {**named, **_outputs(args.typ, args.name, inputs)}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        answers: dict[str, dict[str, Any]] = {
            "gcp:kms/getKMSCryptoKeyVersion:getKMSCryptoKeyVersion": {
                "publicKeys": [{"algorithm": "EC_SIGN_P256_SHA256", "pem": PEM}]
            },
            "gcp:organizations/getProject:getProject": {"number": "424242"},
            "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": {"member": "serviceAccount:storage"},
        }
        return answers[args.token], []


def _outputs(kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "gcp:serviceaccount/account:Account":
        email = f"{inputs['accountId']}@{inputs['project']}.iam.gserviceaccount.com"
        return {"email": email, "member": f"serviceAccount:{email}", "uniqueId": f"numeric-{name}"}
    if kind == "gcp:compute/instanceGroupManager:InstanceGroupManager":
        return {"instanceGroup": f"machines/{name}"}
    if kind == "gcp:compute/address:Address" and inputs["addressType"] == "EXTERNAL":
        return {"address": f"public-{name}"}
    return {}


def deploy(program: Callable[[], Mapping[str, pulumi.Input[Any]]]) -> tuple[list[Made], dict[str, Any]]:
    """What a program registers, by type and name, and the outputs that it returns."""
    recorder, outputs = Recorder(), dict[str, Any]()
    set_mocks(recorder, project="meshfed", stack="test", preview=False)

    def run() -> pulumi.Output[Any]:
        return pulumi.Output.all(**program()).apply(outputs.update)

    # The SDK leaves the type of its decorator open.
    cast("Callable[[], None]", pulumi.runtime.test(run))()  # pyright: ignore[reportUnknownMemberType] - see above
    return sorted(recorder.made, key=lambda made: (made.type, made.name)), outputs


def of_type(made: list[Made], kind: str) -> dict[str, Mapping[str, Any]]:
    """Inputs of every resource of one type, by name."""
    return {one.name: one.inputs for one in made if one.type == kind}


def one(made: list[Made], kind: str) -> Mapping[str, Any]:
    """Inputs of the only resource of one type."""
    (inputs,) = of_type(made, kind).values()
    return inputs
