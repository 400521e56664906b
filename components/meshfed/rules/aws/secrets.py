"""Secrets that a program writes: they stand in the state, in every preview of it and in every copy."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.aws.documents import some
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Check, Pack, Rule
from meshfed.settings.gate import GateParameters

VERSION: Final = "aws:secretsmanager/secretVersion:SecretVersion"
PARAMETER: Final = "aws:ssm/parameter:Parameter"
_SECRET: Final = re.compile(
    r"(?:[pP]asswords?|[pP]rivateKey|[pP]resharedKey|[aA]uthToken|keyMaterialBase64|plaintext)$"
)
"""Ends of names of properties that hold a secret in the clear; the write-only ones end in `Wo`."""


def _is_not_written_here(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for name in ("secretString", "secretBinary"):
        if not resource.props[name].is_absent:
            yield resource.props[name].wrong("the secret stands in the state")


def _parameter_is_not_written_here(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.props["type"].text().strip().lower() != "securestring":
        return
    for name in ("value", "insecureValue"):
        if not resource.props[name].is_absent:
            yield resource.props[name].wrong("the secret stands in the state")


def _no_property_is_a_secret(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if not resource.token.startswith("aws:") or not isinstance(resource.props.value, Mapping):
        return
    yield from each([node for name, node in resource.props.entries() if _SECRET.search(name)], _is_not_given)


def _is_not_given(node: Node) -> Iterator[Finding]:
    # `manageMasterUserPassword` ends like a password, and says that AWS keeps it.
    if not node.is_absent and not isinstance(node.value, bool) and node.text().strip().lower() not in ("true", "false"):
        yield node.wrong("the secret stands in the state")


def _comes_sealed(*ways: str) -> Check:
    """A check that AWS gives a secret of its making to somebody who alone can read it."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        if not some(ways, lambda way: not resource.props[way].is_absent):
            yield resource.props.wrong(f"the secret that AWS makes stands in the state: {' or '.join(ways)} is missing")

    return check


RULES: Final = (
    Rule(
        id="MF-A19",
        title="No program writes a secret",
        why="Whoever reads the state, a backup of it or a pipeline's log has the secret; keys are born on the host.",
        mend="Let the program make the secret without a version and the host write it, or use the write-only"
        " secretStringWo, valueWo and passwordWo; let RDS keep its password (manageMasterUserPassword), and give a key"
        " that AWS makes to a pgpKey.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            ANY: (_no_property_is_a_secret,),
            VERSION: (_is_not_written_here,),
            PARAMETER: (_parameter_is_not_written_here,),
            "aws:iam/accessKey:AccessKey": (_comes_sealed("pgpKey"),),
            "aws:iam/userLoginProfile:UserLoginProfile": (_comes_sealed("pgpKey"),),
            "aws:iot/certificate:Certificate": (_comes_sealed("csr", "certificatePem"),),
            "aws:lightsail/keyPair:KeyPair": (_comes_sealed("pgpKey", "publicKey"),),
        },
        controls=("NIST SP 800-53 IA-5(7)", "NIST SP 800-53 SC-12"),
        weaker="A parameter of type String is public by its type and may be written; MF-W2 finds WireGuard keys in it.",
    ),
)
