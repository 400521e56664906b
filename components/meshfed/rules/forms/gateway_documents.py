"""Documents that tunnel gateways read from their region's store, in the objects that hold them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from meshfed.rules.node import Node
from meshfed.rules.plain import from_json, plain
from meshfed.rules.resource import Resource

GATEWAY_DOCUMENT: Final = "gateway-document"
FORMAT: Final = "meshfed/gateway/v1"
"""What such a document says of itself; `render/gateway_document.py` writes it, and a test compares the two."""
_TEXTS: Final = {
    "aws:s3/bucketObject:BucketObject": ("content", "source"),
    "aws:s3/bucketObjectv2:BucketObjectv2": ("content", "source"),
    "gcp:storage/bucketObject:BucketObject": ("content", "source"),
    "azure-native:storage:Blob": ("source",),
}
_NAMES: Final = ("key", "name", "blobName")
_PLACE: Final = re.compile(r"(^|/)gateways/[ab]/peers\.json$")


def gateway_documents(resource: Resource) -> Iterator[Resource]:
    """The document that an object holds, where it is one by its content or, if that is not known, by its name."""
    for name in _TEXTS.get(resource.kind, ()):
        node = resource.props[name]
        text = node.value
        if isinstance(text, str) and FORMAT in text:
            node = Node(plain(from_json(text)), node.path, urn=resource.urn)
        elif not (node.is_unknown and any(_is_place(resource.props[key]) for key in _NAMES)):
            continue
        yield replace(resource, kind=GATEWAY_DOCUMENT, props=node)


def _is_place(name: Node) -> bool:
    return isinstance(name.value, str) and _PLACE.search(name.value) is not None
