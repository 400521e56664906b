"""Private keys that a program writes into a cluster, and CAs whose key stands there beside SPIRE."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.texts import Leaf, is_an_object, leaves, readings
from meshfed.rules.node import Finding, Node, UndecidedError, each
from meshfed.rules.plain import Unknown, UnreadableError
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Check, Pack, Rule
from meshfed.settings.gate import GateParameters

SECRET: Final = "core/Secret"  # noqa: S105 - the kind
_CONTENT: Final = ("data", "stringData")
_KEYS: Final = frozenset({"ca-key.pem", "ca.key", "root-key.pem", "rootca.key"})
_CA_SECRETS: Final = frozenset({"cacerts", "istio-ca-secret"})
_PEM: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----[\s\\rn\"',+]*[A-Za-z0-9+/]{4}")
_MARKS: Final = re.compile(r"PRIVATE KEY|[A-Za-z0-9+/]{40}")
_BUILT_IN: Final = re.compile(
    r"^(core|apps|batch|policy|autoscaling|yaml|helm[.]sh|kustomize|([a-z0-9.-]+[.])?k8s[.]io)/"
)
"""Groups of kinds that make no Secret."""
_WRITTEN: Final = "the program writes a CA's key, which now stands in the stack's state"
_MADE: Final = "the Secret holds a CA's key, which can make any identity beside SPIRE"


def is_ca_secret(name: str) -> bool:
    """Whether a Secret of this name is taken for a CA's key.

    >>> is_ca_secret("cacerts"), is_ca_secret("cacerts-of-the-shop")
    (True, False)
    """
    return name in _CA_SECRETS or name.endswith("-ca-secret")


def _holds_no_ca_key(secret: Resource, _: GateParameters) -> Iterator[Finding]:
    for field in _CONTENT:
        content = secret.props[field]
        if content.is_missing or (not content.is_unknown and content.is_absent):
            continue
        if is_ca_secret(secret.name):
            yield content.wrong(_WRITTEN)
        else:
            yield from _has_no_key_of_a_ca(content)


def _has_no_key_of_a_ca(content: Node) -> Iterator[Finding]:
    for name, node in content.entries():
        if name.lower() in _KEYS:
            yield node.wrong(_WRITTEN)


def _holds_no_private_key(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not resource.token.startswith("kubernetes:") or not is_an_object(resource):
        return
    if resource.kind == SECRET and next(_known_by_name(resource, parameters), None):
        return
    for leaf in leaves(resource.props.value):
        if isinstance(leaf.value, str) and _MARKS.search(leaf.value):
            yield from _is_no_key(leaf.value, leaf.node(resource.props))


def _known_by_name(secret: Resource, parameters: GateParameters) -> Iterator[Finding]:
    try:
        yield from _holds_no_ca_key(secret, parameters)
    except UndecidedError:
        return


def _is_no_key(text: str, place: Node) -> Iterator[Finding]:
    try:
        if any(_PEM.search(reading) for reading in readings(text)):
            yield place.wrong("a private key stands here, and now in the stack's state")
    except UnreadableError as error:
        yield place.wrong(f"nobody can say that no key is in it: {str(error).rstrip('.')}")


def _what_may_be_one_is_known(secret: Resource, _: GateParameters) -> Iterator[Finding]:
    for field in _CONTENT:
        yield from each([node for _, node in secret.props[field].entries()], _is_known)


def _is_known(node: Node) -> Iterator[Finding]:
    if isinstance(node.value, Unknown):
        raise UndecidedError(node.path, node.value.reason)
    yield from ()


def _is_no_copy(secret: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each([node for _, node in secret.annotations.entries()], _names_no_ca)


def _names_no_ca(annotation: Node) -> Iterator[Finding]:
    if is_ca_secret(annotation.text().rpartition("/")[2]):
        yield annotation.wrong("copies a CA's key to where others read it")


def _makes_no_ca(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """Whether an operator's object asks for a Secret that istiod, or whoever else, takes for a CA's key."""
    if not resource.is_kubernetes or not is_an_object(resource) or _BUILT_IN.match(resource.kind):
        return
    is_secret = "secret" in resource.kind.rpartition("/")[2].lower()
    for leaf in leaves(resource.props.value):
        if isinstance(leaf.value, str) and _asks_for_one(leaf, leaf.value, is_secret=is_secret):
            yield leaf.node(resource.props).wrong(_MADE)
            return


def _asks_for_one(leaf: Leaf, text: str, *, is_secret: bool) -> bool:
    name = leaf.name.lower()
    if name.endswith("secretname") or (is_secret and name == "name"):
        return is_ca_secret(text)
    return is_secret and (name in _KEYS or (name == "secretkey" and text.lower() in _KEYS))


def _gives_no_key(*names: str) -> tuple[Check]:
    """Whether none of some inputs is given, which are private keys."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        for name in names:
            if not resource.props[name].is_missing:
                yield resource.props[name].wrong("a private key stands here, and now in the stack's state")
                return

    return (check,)


def _is_made_elsewhere(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield resource.props.wrong("the engine makes a private key, which now stands in the stack's state")


RULES: Final = (
    Rule(
        id="MF-K11",
        title="No program writes a private key, and no CA's key stands beside SPIRE",
        why="Whoever reads the stack's state, or a backup of it, has the key; with that of a CA, or with a CA that "
        "istiod finds in the cluster, he makes any identity of the region, for years.",
        mend="Let SPIRE's upstream authority hold the CA's key in a KMS, and let keys of servers be made where they "
        "are used: by cert-manager in the cluster, or by the machine itself.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            ANY: (_holds_no_private_key, _makes_no_ca),
            SECRET: (_holds_no_ca_key, _what_may_be_one_is_known, _is_no_copy),
            "tls:index/privateKey:PrivateKey": (_is_made_elsewhere,),
            "tls:index/selfSignedCert:SelfSignedCert": _gives_no_key("privateKeyPem"),
            "tls:index/certRequest:CertRequest": _gives_no_key("privateKeyPem"),
            "tls:index/locallySignedCert:LocallySignedCert": _gives_no_key("caPrivateKeyPem"),
        },
        controls=("NIST SP 800-53 SC-12",),
        weaker="A key is known by its form (PEM, also in base64, gzip, JSON or YAML), or by the names that istiod and "
        "SPIRE read; one in another form under another name is not, nor one in a resource of a cloud. That an operator "
        "is asked for a CA is known by the name of the Secret that it fills. Who mounts, copies or backs up a CA's "
        "Secret or a SPIRE server's disk in their own namespaces is not asked.",
    ),
)
