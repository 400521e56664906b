"""Values as rules see them: plain dicts, lists, texts, numbers, and `Unknown` where nobody can know yet.

Everything that wraps a value (secrets, assets, floats for whole numbers, sentinels for
unknown outputs) ends here, once, so that no rule meets it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from meshfed.errors import MeshfedError

DEEPEST: Final = 128
"""How deep values may be nested; Kubernetes itself stops at a similar depth."""
MOST: Final = 2_000_000
"""How many values one resource or file may hold; aliases of YAML count each time they are used."""

_UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What the engine writes for a bool, number, text, list, asset, archive and object that is not known yet."""
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - how the engine marks one
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_MASKED: Final = "[secret]"
"""What the engine writes in place of a secret in a preview, and of one that it cannot decrypt."""
UNOPENED: Final = "is a file or archive that the gate does not open; give its text"
_FILES: Final = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
"""Assets and archives."""


class UnreadableError(MeshfedError):
    """A value that the gate will not read: too deep, too large, or of a kind that no engine sends."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that nobody can know yet."""

    reason: str = "is not known before the deployment"


Plain: TypeAlias = "Mapping[str, Plain] | Sequence[Plain] | str | bool | int | float | Unknown | None"


def plain(value: object) -> Plain:
    """A value without its wrappings; raises UnreadableError where it is too deep or too large.

    >>> plain({"a": [1.0, "04da6b54-80e4-46f7-96ec-b56ff0331ba9"]})
    {'a': [1, Unknown(reason='is not known before the deployment')]}
    """
    return _Reader().read(value, 0)


class _Reader:
    """Counts what it reads, so that a few lines of aliases cannot fill the memory."""

    def __init__(self) -> None:
        self._left = MOST

    def read(self, value: object, depth: int) -> Plain:
        self._left -= 1
        if self._left < 0:
            raise UnreadableError(f"holds more than {MOST:,} values; split it. Aliases of YAML count each time.")
        if depth > DEEPEST:
            raise UnreadableError(f"is nested deeper than {DEEPEST} levels; nothing that a cluster takes is.")
        if isinstance(value, Mapping):
            return self._mapping(cast("Mapping[object, object]", value), depth)
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            items = cast("Sequence[object]", value)
            return [self.read(item, depth + 1) for item in items]
        return _scalar(value)

    def _mapping(self, value: "Mapping[object, object]", depth: int) -> Plain:
        kind = value.get(_SIGNATURE)
        if kind in (_SECRET, _OUTPUT):
            return self._wrapped(value, depth)
        if kind in _FILES:
            return str(value["text"]) if "text" in value else Unknown(UNOPENED)
        return {str(key): self.read(item, depth + 1) for key, item in value.items()}

    def _wrapped(self, value: "Mapping[object, object]", depth: int) -> Plain:
        if "plaintext" in value:
            return self.read(from_json(str(value["plaintext"])), depth)
        if "value" in value:
            return self.read(value["value"], depth)
        if "ciphertext" in value:
            return Unknown("is a secret that stays encrypted; export with --show-secrets")
        return Unknown()


def _scalar(value: object) -> Plain:
    if value is None or isinstance(value, bool | int | Unknown):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, str):
        if value == _MASKED:
            return Unknown("is a secret that the engine hides; a stack's export with --show-secrets has it")
        return Unknown() if value in _UNKNOWNS else value
    if (text := getattr(value, "text", None)) is not None and isinstance(text, str):
        return text
    if hasattr(value, "path") or hasattr(value, "uri") or hasattr(value, "assets"):
        return Unknown(UNOPENED)
    return str(value)


def from_json(text: str) -> object:
    """JSON as Python values; a text that is no JSON stays the text."""

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
