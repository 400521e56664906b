"""Private keys of tunnels in what a program writes; a message names the place and never the key."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from meshfed.rules.forms.texts import Leaf, is_an_object, leaves, readings
from meshfed.rules.node import Finding, Node, UndecidedError
from meshfed.rules.plain import UNOPENED, Plain, Unknown, UnreadableError
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Pack, Rule
from meshfed.rules.wireguard.key_names import TUNNEL, Called, Found, called, keys, names_a_purpose
from meshfed.settings.gate import GateParameters

_MARKS: Final = re.compile(r"rivate|[A-Za-z0-9+/]{40}", re.IGNORECASE)
_LITTLE: Final = 200
"""Letters beside a key with which a text is little more than the key."""
_RUN_WITH: Final = frozenset(
    {"env", "envs", "environment", "environmentVariables", "variables", "command", "commands", "args"}
)
"""Where a program is given its variables and words."""
_WORD: Final = re.compile(r"-{0,2}[a-z]+(-[a-z]+)*")
_SIBLINGS: Final = ("name", "path", "key", "filename")
_PLACES: Final = ("name", "secretName", "secretId", "secret", "key", "blobName")
"""Properties that name what a carrier keeps."""
_CARRIERS: Final[Mapping[str, tuple[str, ...]]] = {
    "core/Secret": ("data", "stringData"),
    "core/ConfigMap": ("data", "binaryData"),
    "aws:ec2/instance:Instance": ("userData", "userDataBase64"),
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": ("userData", "userDataBase64"),
    "aws:ec2/launchTemplate:LaunchTemplate": ("userData",),
    "aws:s3/bucketObject:BucketObject": ("content",),
    "aws:s3/bucketObjectv2:BucketObjectv2": ("content",),
    "aws:ssm/parameter:Parameter": ("value", "insecureValue"),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretString", "secretBinary"),
    "azure-native:compute:VirtualMachine": ("osProfile", "userData"),
    "azure-native:compute:VirtualMachineScaleSet": ("virtualMachineProfile",),
    "azure-native:storage:Blob": ("source",),
    "azure-native:keyvault:Secret": ("properties",),
    "gcp:compute/instance:Instance": ("metadata", "metadataStartupScript"),
    "gcp:compute/instanceTemplate:InstanceTemplate": ("metadata", "metadataStartupScript"),
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": ("metadata", "metadataStartupScript"),
    "gcp:storage/bucketObject:BucketObject": ("content",),
    "gcp:secretmanager/secretVersion:SecretVersion": ("secretData",),
}
"""Where a key usually is; what is unknown there may be one."""
_AZURE_NAMES: Final = frozenset(
    {"osProfile", "virtualMachineProfile", "customData", "userData", "properties", "source", "value"}
)


def _holds_no_key(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if not is_an_object(resource):
        return
    suspected: list[Node] = []
    for leaf in leaves(resource.props.value):
        if not isinstance(leaf.value, str) or not _MARKS.search(leaf.value):
            continue
        place = leaf.node(resource.props)
        try:
            said = {_said(found, leaf, resource) for found in _keys(leaf, leaf.value, resource)}
        except UnreadableError as error:
            yield place.wrong(f"nobody can say that no key is in it: {str(error).rstrip('.')}")
            continue
        if Called.PRIVATE in said:
            yield place.wrong("a tunnel's private key stands here, and now in the stack's state")
        elif Called.NOTHING in said:
            suspected.append(place)
    if suspected and _is_about_tunnels(resource):
        for place in suspected:
            yield place.wrong(
                "a key stands here that nothing calls a public one, beside a tunnel; a private one is now in the state"
            )


def _keys(leaf: Leaf, text: str, resource: Resource) -> Iterator[Found]:
    for reading in readings(text):
        for found in keys(reading):
            # A value that is a key and nothing else has no other name than its place.
            is_bare = found.others <= _LITTLE and not found.near.strip(" \t\r\n\"'")
            yield replace(found, called=_named(leaf, resource)) if is_bare else found


def _said(found: Found, leaf: Leaf, resource: Resource) -> Called:
    """What a key is, as far as its own resource tells; nothing: it depends on whether there is a tunnel here."""
    if found.called is not Called.NOTHING:
        return found.called
    if found.is_beside_a_key_file:
        return Called.PRIVATE
    is_carried = bool(leaf.steps) and leaf.steps[0] in _CARRIERS.get(resource.kind, ())
    if (is_carried or not _RUN_WITH.isdisjoint(leaf.steps)) and found.others <= _LITTLE:
        names = " ".join((*_names(leaf, resource), found.near))
        if not names_a_purpose(names):
            return Called.PRIVATE
    return Called.NOTHING


def _named(leaf: Leaf, resource: Resource) -> Called:
    """What the place of a value calls it, also as the value of a named pair or the content of a file."""
    pair = Leaf(leaf.steps[:-1], "").node(resource.props) if leaf.steps else resource.props
    siblings = (
        [pair.value.get(name) for name in _SIBLINGS] if isinstance(pair.value, Mapping) else _word_before(leaf, pair)
    )
    for name in (leaf.name, *siblings, *(resource.props[place].value for place in _PLACES)):
        if isinstance(name, str) and called(name) is not Called.NOTHING:
            return called(name)
    return Called.NOTHING


def _word_before(leaf: Leaf, words: Node) -> list[Plain]:
    """Of a command that is given word by word."""
    at = leaf.steps[-1] if leaf.steps else 0
    before = words.items()[at - 1].value if isinstance(at, int) and at else None
    return [before] if isinstance(before, str) and _WORD.fullmatch(before) else []


def _names(leaf: Leaf, resource: Resource) -> Iterator[str]:
    yield resource.logical_name
    yield from (step for step in leaf.steps if isinstance(step, str))
    for node in (resource.props["metadata"]["name"], *(resource.props[name] for name in _PLACES)):
        if isinstance(node.value, str):
            yield node.value


def _is_about_tunnels(resource: Resource) -> bool:
    for leaf in leaves(resource.props.value):
        names = " ".join(_names(leaf, resource))
        texts = readings(leaf.value) if isinstance(leaf.value, str) else ()
        try:
            if TUNNEL.search(names) or any(TUNNEL.search(text) for text in texts):
                return True
        except UnreadableError:
            # Told of by itself; what is in it may be a tunnel's.
            return True
    return False


def _what_may_be_one_is_known(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    carriers = _CARRIERS.get(resource.kind, ())
    if not carriers or not isinstance(resource.props.value, Mapping):
        return
    for name in carriers:
        for leaf in leaves(resource.props.value.get(name), (name,)):
            may_be = leaf.name in _AZURE_NAMES or "azure" not in resource.kind
            # A file of the program, like the agent's release, will never be known better than by its own review.
            if isinstance(leaf.value, Unknown) and leaf.value.reason != UNOPENED and may_be:
                raise UndecidedError(leaf.node(resource.props).path, leaf.value.reason)
    yield from ()


RULES: Final = (
    Rule(
        id="MF-W2",
        title="No tunnel's private key passes through a program",
        why="What a program writes stands in its state, in backups of it and in previews: whoever reads one of them is "
        "the gateway.",
        mend="Let the host make its key at the first start and publish the public one, signed. A public key is written "
        "right behind a word with public or peer, and 32 bytes for something else behind one that says for what.",
        packs=(Pack.ZERO_TRUST,),
        checks={ANY: (_holds_no_key, _what_may_be_one_is_known)},
        controls=("NIST SP 800-53 SC-12", "NIST SP 800-53 IA-5"),
        weaker="Names are believed: a private key that is called public, a digest, or a key for something else passes. "
        "A key in parts or in a cipher of one's own, in a file that is uploaded, or in the stack's configuration is "
        "not seen; nor is one without a name where neither its resource speaks of WireGuard nor 200 letters around it "
        "of a key's file, unless it stands alone in a Secret, a ConfigMap, a cloud's store or a program's variables.",
    ),
)
