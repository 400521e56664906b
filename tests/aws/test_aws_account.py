"""The defaults of an account."""

from collections.abc import Mapping
from typing import Any

from meshfed.aws.account import AwsAccount
from tests.aws.recorded import deploy


def test_an_account_gets_safe_defaults_in_each_of_its_locations() -> None:
    def program() -> Mapping[str, Any]:
        return {"locations": AwsAccount("acme", {"locations": ["eu-central-1", "us-east-1"]}).locations}

    made, outputs = deploy(program)
    assert outputs == {"locations": ["eu-central-1", "us-east-1"]}
    assert [(one.type.rsplit(":", 1)[-1], one.name, one.inputs.get("region")) for one in made] == [
        ("EncryptionByDefault", "acme-encryption-eu-central-1", "eu-central-1"),
        ("EncryptionByDefault", "acme-encryption-us-east-1", "us-east-1"),
        ("InstanceMetadataDefaults", "acme-metadata-eu-central-1", "eu-central-1"),
        ("InstanceMetadataDefaults", "acme-metadata-us-east-1", "us-east-1"),
        ("AccountPublicAccessBlock", "acme-closed", None),
        ("AwsAccount", "acme", None),
    ]
