"""What a text calls the keys in it: a private key, a public one and a digest are 44 letters alike."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

KEY: Final = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
"""32 bytes in base64: the last letter carries four bits."""
_KEYS: Final = re.compile(
    # Behind a line break of a text in a text, and in the command of an editor, a letter or a slash stands before it.
    rf"(?:(?<![A-Za-z0-9+/])|(?<=\\[nrt])|\bs/[^/\n]{{1,80}}/)({KEY})(?![A-Za-z0-9+=])"
)
_OTHER_FORM: Final = re.compile(
    r"(?i:private[-_ ]?key)[\\\"'\s:=]{1,40}"
    r"(?:[0-9A-Fa-f]{64}|(?=\S{0,42}\d)(?=\S{0,42}[a-z])(?=\S{0,42}[A-Z])[A-Za-z0-9+_-][A-Za-z0-9+/_-]{42})"
    r"=?(?![A-Za-z0-9+/=_.-])"
)
"""In hexadecimal, as the kernel's interface has it, or in base64 that leaves out or replaces a letter."""
_BETWEEN: Final = " \t\r\n\\\"'=:,([{<>|$`-"
_JOINED: Final = re.compile(r"[:=,(\[-]")
_LAST_WORD: Final = re.compile(r"[\w@./-]*$")
_WRITTEN_TO: Final = re.compile(r"[\"'\\)]*\s*(?:>>?|\|\s*(?:sudo\s+)?tee(?:\s+-a)?)\s*[\"']?([^\s\"';&|]+)")
_NAMES_AN_OBJECT: Final = re.compile(r"\\*[\"']\s*:\s*\{")
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_BLOCK: Final = re.compile(r"[A-Za-z0-9+/]{60,76}")
_NEAR: Final = re.compile(r"priv(?:ate)?[-_ ]?key|/\S*\.key\b", re.IGNORECASE)
_NEAR_LETTERS: Final = 200
_FAR_LETTERS: Final = 120
_PURPOSES: Final = (
    *("sha", "md", "crc", "digest", "hash", "checksum", "integrity", "pin", "finger", "thumb", "etag"),
    *("cookie", "session", "csrf", "token", "passw", "hmac", "jw", "oauth", "oidc", "auth", "api", "webhook"),
    *("sign", "encrypt", "crypt", "aes", "fernet", "salt", "pepper", "nonce", "seed", "cert", "licen"),
    *("access", "account", "client", "storage"),
)
"""What else 32 bytes may be for, as beginnings of words."""
TUNNEL: Final = re.compile(r"wire[-_ ]?guard|(?<![A-Za-z0-9])wg\d*(?![A-Za-z])", re.IGNORECASE)
"""What says that a text or a thing is about WireGuard."""


class Called(Enum):
    """What a key is called where it stands."""

    PRIVATE = auto()
    NOTHING = auto()
    """Nothing that says what it is for."""
    OTHER = auto()
    """A public key, one that both ends share, a digest, or a key for something else than a tunnel."""


@dataclass(frozen=True, slots=True)
class Found:
    """A key in a text."""

    called: Called
    is_beside_a_key_file: bool
    near: str
    """The text around it, as far as it can be meant with it."""
    others: int
    """Letters of the whole text beside it."""


def keys(text: str) -> Iterator[Found]:
    """What may be a tunnel's private key in a text.

    >>> key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    >>> [one.called.name for one in keys(f"wg set wg0 private-key <(echo {key}) peer {key} endpoint 203.0.113.7:51820")]
    ['NOTHING', 'OTHER']
    """
    if _OTHER_FORM.search(text):
        yield Found(Called.PRIVATE, is_beside_a_key_file=False, near="", others=len(text))
    before, end = Called.NOTHING, -1
    for match in _KEYS.finditer(text):
        start = match.start(1)
        is_listed = end >= 0 and not text[end:start].strip(_BETWEEN)
        before = before if is_listed else _called(text, start, match.end())
        end = match.end()
        if not _is_of_a_block(text, start, end):
            near = text[max(0, start - _NEAR_LETTERS) : start] + " " + text[end : end + _NEAR_LETTERS]
            yield Found(before, bool(_NEAR.search(near)), near, len(text) - (end - start))


def called(name: str) -> Called:
    """What a name says of the key that it stands for.

    >>> called("WG_PRIVATE_KEY"), called("peerPublicKey"), called("key")
    (<Called.PRIVATE: 1>, <Called.OTHER: 3>, <Called.NOTHING: 2>)
    """
    small = name.lower()
    if "preshared" in small.replace("-", "").replace("_", "") or "psk" in small:
        return Called.OTHER
    if "priv" in small:
        return Called.PRIVATE
    return Called.OTHER if "pub" in small or "peer" in small or names_a_purpose(name) else Called.NOTHING


def names_a_purpose(text: str) -> bool:
    """Whether words say what else than a tunnel a key is for.

    >>> names_a_purpose("oauth2-proxy/cookieSecret"), names_a_purpose("tunnel/key")
    (True, False)
    """
    return any(word.lower().startswith(_PURPOSES) for word in _WORDS.findall(text))


def _called(text: str, start: int, end: int) -> Called:
    to = _WRITTEN_TO.match(text, end)
    if to:
        said = called(to.group(1).rpartition("/")[2])
        return Called.PRIVATE if said is Called.NOTHING and to.group(1).endswith(".key") else said
    if _NAMES_AN_OBJECT.match(text, end):
        return Called.OTHER
    before = text[max(0, start - _FAR_LETTERS) : start]
    bare = before.rstrip(_BETWEEN)
    gap = before[len(bare) :]
    if "\n" in gap and not _JOINED.search(gap):
        return Called.NOTHING
    word = _last_word(bare)
    if word == "in":
        word = _last_word(bare.removesuffix("in").rstrip())
    return called(word)


def _last_word(text: str) -> str:
    found = _LAST_WORD.search(text)
    return found.group() if found else ""


def _is_of_a_block(text: str, start: int, end: int) -> bool:
    """Whether it is the last line of something longer, as a certificate's is."""
    lines = text[max(0, start - _FAR_LETTERS) : start].rstrip(" \t").split("\n")[-2:]
    return len(lines) > 1 and not lines[1] and bool(_BLOCK.fullmatch(lines[0].strip())) and text[end : end + 1] != " "
