"""Google Cloud as the tests of components mock it."""

from collections.abc import Mapping
from typing import Any

from pulumi.runtime import MockCallArgs

from tests.recorded import PEM, Made, Outputs, Program, Recorder, deploy_with, of_type


class GcpRecorder(Recorder):
    """Answers like Google Cloud."""

    def answer(self, kind: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, Outputs]:
        named = {"name": name, "selfLink": f"link/{name}", **inputs}
        return f"id/{name}", {**named, **_outputs(kind, name, inputs)}

    def call(self, args: MockCallArgs) -> tuple[Outputs, list[tuple[str, str]]]:
        answers: dict[str, Outputs] = {
            "gcp:kms/getKMSCryptoKeyVersion:getKMSCryptoKeyVersion": {
                "publicKeys": [{"algorithm": "EC_SIGN_P256_SHA256", "pem": PEM}]
            },
            "gcp:organizations/getProject:getProject": {"number": "424242"},
            "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": {"member": "serviceAccount:storage"},
        }
        return answers[args.token], []


def _outputs(kind: str, name: str, inputs: Mapping[str, Any]) -> Outputs:
    if kind == "gcp:serviceaccount/account:Account":
        email = f"{inputs['accountId']}@{inputs['project']}.iam.gserviceaccount.com"
        return {"email": email, "member": f"serviceAccount:{email}", "uniqueId": f"numeric-{name}"}
    if kind == "gcp:compute/instanceGroupManager:InstanceGroupManager":
        return {"instanceGroup": f"machines/{name}"}
    if kind == "gcp:compute/address:Address" and inputs["addressType"] == "EXTERNAL":
        return {"address": f"public-{name}"}
    return {}


def deploy(program: Program) -> tuple[list[Made], Outputs]:
    """What a program registers, by type and name, and the outputs that it returns."""
    return deploy_with(GcpRecorder(), program)


def one(made: list[Made], kind: str) -> Mapping[str, Any]:
    """Inputs of the only resource of one type."""
    (inputs,) = of_type(made, kind).values()
    return inputs
