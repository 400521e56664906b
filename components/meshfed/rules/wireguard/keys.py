"""Private keys of tunnels in what a program writes; a message names the place and never the key."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.forms.texts import Leaf, is_an_object, leaves, readings
from meshfed.rules.node import Finding, Node, UndecidedError
from meshfed.rules.plain import UNOPENED, Unknown, UnreadableError
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Pack, Rule
from meshfed.settings.gate import GateParameters

_KEY: Final = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
"""32 bytes in base64: the last letter carries four bits."""
_WRITTEN: Final = re.compile(rf"private[-_ ]?key[\\\"'\s]*[:=][\\\"'\s]*{_KEY}(?![A-Za-z0-9+/=])", re.IGNORECASE)
"""With quotes of a text in a text, as JSON in JSON has them."""
_WHOLE: Final = re.compile(_KEY)
_LABEL: Final = re.compile(r"private[-_ ]?key", re.IGNORECASE)
_MARKS: Final = re.compile(r"rivate|[A-Za-z0-9+/]{40}", re.IGNORECASE)
_SMALLEST: Final = len("privatekey=") + 32
_CARRIERS: Final[Mapping[str, tuple[str, ...]]] = {
    "core/Secret": ("data", "stringData"),
    "core/ConfigMap": ("data", "binaryData"),
    "aws:ec2/instance:Instance": ("userData", "userDataBase64"),
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
    for leaf in leaves(resource.props.value):
        place = leaf.node(resource.props) if isinstance(leaf.value, str) and _MARKS.search(leaf.value) else None
        if place is not None:
            yield from _text_holds_no_key(leaf, place, resource)


def _text_holds_no_key(leaf: Leaf, place: Node, resource: Resource) -> Iterator[Finding]:
    try:
        if _is_key(leaf, str(leaf.value), resource):
            yield place.wrong("a tunnel's private key stands here, and now in the stack's state")
    except UnreadableError as error:
        yield place.wrong(f"nobody can say that no key is in it: {str(error).rstrip('.')}")


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


def _is_key(leaf: Leaf, text: str, resource: Resource) -> bool:
    if len(text) < _SMALLEST:
        return False
    if _is_labelled(leaf, resource) and any(_WHOLE.fullmatch(word.strip()) for word in (text, _decoded(text))):
        return True
    return any(_WRITTEN.search(reading) for reading in readings(text))


def _is_labelled(leaf: Leaf, resource: Resource) -> bool:
    """Whether a value stands under the name of a private key, also as the value of a named pair."""
    if _LABEL.search(leaf.name):
        return True
    if leaf.name != "value":
        return False
    pair = Leaf(leaf.steps[:-1], "").node(resource.props)["name"].value
    return isinstance(pair, str) and bool(_LABEL.search(pair))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


RULES: Final = (
    Rule(
        id="MF-W2",
        title="No tunnel's private key passes through a program",
        why="What a program writes stands in its state, in backups of it and in previews: whoever reads one of them is "
        "the gateway.",
        mend="Let the host make its key at the first start and publish the public one, signed.",
        packs=(Pack.ZERO_TRUST,),
        checks={ANY: (_holds_no_key, _what_may_be_one_is_known)},
        controls=("NIST SP 800-53 SC-12", "NIST SP 800-53 IA-5"),
        weaker="A key is known by the words private key before it, in plain text, base64, gzip, JSON or YAML; one "
        "without these words, in a file that is uploaded, or in the stack's configuration, is not seen.",
    ),
)
