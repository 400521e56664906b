"""Keys of certificate authorities in Secrets that a program writes."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding, Node
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_KEYS: Final = frozenset({"ca-key.pem", "ca.key", "root-key.pem", "rootca.key"})


def _holds_no_ca_key(secret: Resource, _: GateParameters) -> Iterator[Finding]:
    for field in ("data", "stringData"):
        content = secret.props[field]
        if content.is_missing or (not content.is_unknown and content.is_absent):
            continue
        if _is_named_as_one(secret):
            yield content.wrong("the program writes a CA's key, which now stands in the stack's state")
        else:
            yield from _has_no_key_of_a_ca(content)


def _is_named_as_one(secret: Resource) -> bool:
    return secret.name == "cacerts" or secret.name.endswith("-ca-secret")


def _has_no_key_of_a_ca(content: Node) -> Iterator[Finding]:
    for name, node in content.entries():
        if name.lower() in _KEYS:
            yield node.wrong("the program writes a CA's key, which now stands in the stack's state")


RULES: Final = (
    Rule(
        id="MF-K11",
        title="No program writes a CA's key into a Secret",
        why="Whoever reads the stack's state, or a backup of it, then makes any identity of the region, for years.",
        mend="Let SPIRE's upstream authority hold the key in a KMS, or let cert-manager make it in the cluster.",
        packs=(Pack.ZERO_TRUST,),
        checks={"core/Secret": (_holds_no_ca_key,)},
        controls=("NIST SP 800-53 SC-12",),
        weaker="Known by the Secret's name and by the names of its entries; a key under another name is not.",
    ),
)
