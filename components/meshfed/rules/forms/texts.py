"""Every text of a resource, also where it is packed: base64, gzip, texts inside of JSON or YAML."""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from meshfed.rules.kinds import kind_of
from meshfed.rules.node import Node
from meshfed.rules.plain import Plain, Unknown, UnreadableError
from meshfed.rules.resource import Resource

_DEEPEST: Final = 6
"""JSON in gzip in base64 in a file of cloud-init in base64 is four; nobody packs deeper by accident."""
_MOST: Final = 4 * 1024 * 1024
"""Characters that one text may be unpacked to; a machine's user data has at most 256 KiB."""
_PACKED: Final = re.compile(r"(?:[A-Za-z0-9+/]{40,}={0,2}\s*)+(?:[A-Za-z0-9+/]{1,39}={0,2})?")
_ESCAPED: Final = re.compile(r"\\+r?\\*n")
_WRAPPINGS: Final = ("yaml/ConfigFile", "yaml/ConfigGroup")
_GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text of a resource, or a value that is not known yet, with the names and indices that lead to it."""

    steps: tuple[str | int, ...]
    value: str | Unknown

    @property
    def name(self) -> str:
        """The last name on the way."""
        return next((step for step in reversed(self.steps) if isinstance(step, str)), "")

    def node(self, root: Node) -> Node:
        """Its place below a root."""
        node = root
        for step in self.steps:
            node = node[step] if isinstance(step, str) else node.items()[step]
        return node


def is_an_object(resource: Resource) -> bool:
    """Whether it is a thing of its own: neither a part of one seen in another way, nor a wrapping of several."""
    kind = kind_of(resource.token)
    return resource.outer is None and kind.name == resource.kind and not kind.is_list and kind.name not in _WRAPPINGS


def leaves(value: Plain, steps: tuple[str | int, ...] = ()) -> Iterator[Leaf]:
    """All texts and unknown values below a value."""
    if isinstance(value, str | Unknown):
        yield Leaf(steps, value)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from leaves(item, (*steps, name))
    elif isinstance(value, Sequence):
        for index, item in enumerate(cast("Sequence[Plain]", value)):
            yield from leaves(item, (*steps, index))


def readings(text: str) -> Iterator[str]:
    """A text, and every text that is packed in it. Raises UnreadableError where that is too much or too deep.

    >>> list(readings(base64.b64encode(b"PersistentKeepalive = 25 # seconds").decode()))[1:]
    ['PersistentKeepalive = 25 # seconds']
    """
    left = [_MOST]
    yield from _readings(text, 0, left)


def _readings(text: str, depth: int, left: list[int]) -> Iterator[str]:
    yield text
    inner = [_ESCAPED.sub("\n", text)] if "\\" in text and _ESCAPED.search(text) else []
    for packed in _PACKED.finditer(text):
        unpacked = _unpacked(packed.group(), left[0])
        inner += [] if unpacked is None else [unpacked]
    for one in inner:
        left[0] -= len(one)
        if depth >= _DEEPEST or left[0] < 0:
            raise UnreadableError("holds texts that are packed too deep, or unpack to too much; give them as they are.")
        yield from _readings(one, depth + 1, left)


def _unpacked(packed: str, most: int) -> str | None:
    words = packed.split()
    # The word behind the last line may be the text's next word.
    for given in ("".join(words), "".join(words[:-1])):
        try:
            content = base64.b64decode(given + "=" * (-len(given) % 4), validate=True)
            if content.startswith(_GZIP):
                unzip = zlib.decompressobj(_GZIP_WINDOW)
                content = unzip.decompress(content, most)
                if unzip.unconsumed_tail:
                    raise UnreadableError("holds a text that unpacks to too much; give it as it is.")
            text = content.decode()
        except (binascii.Error, zlib.error, UnicodeDecodeError):
            continue
        if text.isprintable() or "\n" in text:
            return text
    return None
