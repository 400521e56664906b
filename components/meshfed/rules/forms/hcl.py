"""HCL in its first version, as SPIRE reads its configuration: blocks with labels, settings, lists, comments, heredocs.

Names are read in small letters, since SPIRE's reader makes no difference. A setting that stands twice is refused:
readers differ in which of the two counts.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from meshfed.rules.plain import Plain, UnreadableError

_DEEPEST: Final = 32
_SPACE: Final = re.compile(r"(?:\s|,|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TOKEN: Final = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)"
    r'|(?P<text>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<number>-?\d[\w.+-]*)"
    r"|(?P<heredoc><<-?[A-Za-z0-9_]+\r?\n)"
    r"|(?P<sign>[{}\[\]=:])"
)
_WORDS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    end: int


class HclReader:
    """Reads one text from a place on."""

    def __init__(self, text: str, start: int = 0) -> None:
        self._text = text
        self._at = start

    @property
    def at(self) -> int:
        """Where the last read ended."""
        return self._at

    def block(self) -> dict[str, Plain]:
        """The next setting or block, with its labels as levels; raises UnreadableError."""
        body: dict[str, Plain] = {}
        self._entry(body, 0)
        return body

    def _entry(self, body: dict[str, Plain], depth: int) -> None:
        names = [self._name()]
        while (token := self._peek()).kind in ("name", "text"):
            self._at = token.end
            names.append(_word(token).lower())
        if token.text in ("=", ":"):
            self._at = token.end
        elif token.text != "{":
            raise self._fault("a value or a block is wanted")
        value = self._value(depth)
        for name in reversed(names[1:]):
            value = {name: value}
        body[names[0]] = joined(body[names[0]], value, names[0]) if names[0] in body else value

    def _name(self) -> str:
        token = self._take()
        if token.kind not in ("name", "text"):
            raise self._fault("a name is wanted")
        return _word(token).lower()

    def _value(self, depth: int) -> Plain:
        if depth > _DEEPEST:
            raise self._fault(f"is nested deeper than {_DEEPEST} levels")
        token = self._take()
        if token.text == "{":
            return self._object(depth)
        if token.text == "[":
            return self._list(depth)
        if token.kind == "heredoc":
            return self._heredoc(token)
        if token.kind in ("text", "number"):
            return _word(token)
        if token.kind == "name" and token.text in _WORDS:
            return _WORDS[token.text]
        raise self._fault("a value is wanted")

    def _object(self, depth: int) -> dict[str, Plain]:
        body: dict[str, Plain] = {}
        while self._peek().text != "}":
            self._entry(body, depth + 1)
        self._take()
        return body

    def _list(self, depth: int) -> list[Plain]:
        items: list[Plain] = []
        while self._peek().text != "]":
            items.append(self._value(depth + 1))
        self._take()
        return items

    def _heredoc(self, token: _Token) -> str:
        mark = token.text.strip().lstrip("<").lstrip("-")
        end = re.compile(rf"^[ \t]*{mark}[ \t]*$", re.MULTILINE).search(self._text, self._at)
        if end is None:
            raise self._fault(f"the text that begins with {mark} does not end")
        text = self._text[self._at : end.start()]
        self._at = end.end()
        return text

    def _peek(self) -> _Token:
        space = _SPACE.match(self._text, self._at)
        start = space.end() if space else self._at
        found = _TOKEN.match(self._text, start)
        if found is None:
            raise self._fault("is cut off" if start >= len(self._text) else "holds what is no HCL")
        return _Token(str(found.lastgroup), found.group(), found.end())

    def _take(self) -> _Token:
        token = self._peek()
        self._at = token.end
        return token

    def _fault(self, what: str) -> UnreadableError:
        line = self._text.count("\n", 0, self._at) + 1
        return UnreadableError(f"is not HCL: line {line}: {what}.")


def _word(token: _Token) -> str:
    if token.kind != "text":
        return token.text
    try:
        return str(json.loads(token.text))
    except ValueError:
        return token.text[1:-1]


def joined(one: Plain, other: Plain, name: str) -> Plain:
    """Two blocks of one name as one; raises UnreadableError where a setting stands twice."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        raise UnreadableError(f"is not HCL: {name} stands twice.")
    both: dict[str, Plain] = dict(one)
    for key, value in other.items():
        both[key] = joined(both[key], value, key) if key in both else value
    return both
