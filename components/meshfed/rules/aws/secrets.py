"""Secrets that a program writes: they stand in the state, in every preview of it and in every copy."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

VERSION: Final = "aws:secretsmanager/secretVersion:SecretVersion"
PARAMETER: Final = "aws:ssm/parameter:Parameter"


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


RULES: Final = (
    Rule(
        id="MF-A19",
        title="No program writes a secret",
        why="Whoever reads the state, a backup of it or a pipeline's log has the secret; keys are born on the host.",
        mend="Let the program make the secret without a version and the host write it, or use the write-only"
        " secretStringWo and valueWo.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={VERSION: (_is_not_written_here,), PARAMETER: (_parameter_is_not_written_here,)},
        controls=("NIST SP 800-53 IA-5(7)", "NIST SP 800-53 SC-12"),
        weaker="A parameter of type String is public by its type and may be written; MF-W2 finds WireGuard keys in it.",
    ),
)
