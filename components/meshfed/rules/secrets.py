"""Whether a text that a program writes onto a machine holds a secret, which then stands in the state as well."""

import base64
import binascii
import re
import zlib
from typing import Final

from meshfed.rules.node import Finding, Node

_LARGEST: Final = 4_000_000
"""Bytes to unpack; no cloud takes user data as large as that, packed or not."""
_GZIP: Final = b"\x1f\x8b"
_SECRETS: Final = (
    re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,}|xox[abprs]-[A-Za-z0-9-]{10,})"),
    re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    re.compile(r"\b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}"),
    re.compile(
        r"(?:password|passwd|secret|token|api[_-]?key|access[_-]?key)[\"']?\s*[:=]\s*[\"']?"
        r"(?!arn:|projects/|[a-z][a-z0-9+.-]*://)[^\s\"'$<{(/]{8,}",
        re.IGNORECASE,
    ),
)
"""Forms of credentials. What names a variable, a file, a command or a store is none."""


def holds_no_secret(node: Node) -> Finding | None:
    """A finding where a text holds a secret, packed or not. Raises UndecidedError, WrongTypeError."""
    text = unpacked(node.text())
    if any(pattern.search(text) for pattern in _SECRETS):
        return node.wrong("holds what looks like a secret, which whoever reads the machine or the state gets to know")
    return None


def unpacked(text: str) -> str:
    """A text as the machine reads it: out of base64 and gzip where it is in them.

    >>> unpacked("I2Nsb3VkLWNvbmZpZw==")
    '#cloud-config'
    """
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return text
    if data.startswith(_GZIP):
        try:
            data = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data, _LARGEST)
        except zlib.error:
            return text
    return data.decode("utf-8", "replace") if data else text
