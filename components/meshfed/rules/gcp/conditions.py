"""Conditions of workload identity providers (CEL): whether they leave out someone whom nobody expects."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_TEXT: Final = re.compile(
    r"//[^\n]*"
    r"|[bB]?[rR][bB]?(?:\"\"\"(?P<r1>.*?)\"\"\"|'''(?P<r2>.*?)'''|\"(?P<r3>[^\"\n]*)\"|'(?P<r4>[^'\n]*)')"
    r"|[bB]?(?:\"\"\"(?P<t1>(?:\\.|[^\\])*?)\"\"\"|'''(?P<t2>(?:\\.|[^\\])*?)'''"
    r"|\"(?P<t3>(?:\\.|[^\"\\\n])*)\"|'(?P<t4>(?:\\.|[^'\\\n])*)')",
    re.DOTALL,
)
"""Comments and texts of CEL: neither is code, whatever stands in it."""
_FIRST, _LAST = "\ue000", "\ue001"
"""Around the number of a text, in its place."""
_ONE: Final = rf"{_FIRST}\d+{_LAST}"
_PLACES: Final = rf"(?P<places>{_ONE}(?:,{_ONE})*)"
_CLAIM: Final = rf"(?:assertion|google|attribute)(?:\.[A-Za-z_]\w*|\[{_ONE}\])+"
_WHOLE: Final = rf"(?>{_CLAIM})"
"""A claim to its very end."""
_MAPPED: Final = re.compile(r"(?<!\.)(?:attribute|google)\.\w+")
_UNREADABLE: Final = re.compile(
    rf"[\"'\\`{{}}]|\)(?:[=!]=(?!{_FIRST})|in\b)|[=!]=\(|\b(?:true|false)[=!]=|[=!]=(?:true|false)\b"
)
"""Rests of texts, maps, and comparisons of comparisons: what they say is not followed."""
_CALL: Final = re.compile(rf"[\w\]){_LAST}]")
_LONGEST: Final = 4096
"""Letters of a condition that Google takes."""
_SLOW: Final = re.compile(r"\)[*+{]|(?:(?:[*+}]|(?<![(*+}])\?).*){5}|(?:\|[^)]*\).*){5}", re.DOTALL)
_REPEATED: Final = re.compile(r"[*+}]|(?<![(*+}])\?")
_MOST_TRIES: Final = 1_000_000

Test = Callable[[str, str], bool]
"""Whether what a stranger has fulfils a comparison with a text."""


def _matches(theirs: str, text: str) -> bool:
    try:
        # A pattern that repeats repetitions can take for ever; RE2, which Google uses, knows no such thing.
        is_slow = _SLOW.search(text) or len(theirs) ** len(_REPEATED.findall(text)) > _MOST_TRIES
        return bool(is_slow) or re.search(text, theirs) is not None
    except re.error:
        return True


_BEGIN: Final = r"(?<![\w.!+\]*/%=<>-])"
_END: Final = r"(?![.+\[(*/%=!<>-]| ?in\b)"
"""What is compared on, or computed with, is no comparison with a text."""
_PINS: Final[tuple[tuple[re.Pattern[str], Test], ...]] = tuple(
    (re.compile(_BEGIN + pattern + _END), test)
    for pattern, test in (
        (rf"{_CLAIM}=={_PLACES}", str.__eq__),
        (rf"{_PLACES}=={_WHOLE}", str.__eq__),
        (rf"{_CLAIM} in\[{_PLACES},?\]", str.__eq__),
        (rf"{_PLACES}in {_WHOLE}", str.__eq__),
        (rf"{_CLAIM}\.startsWith\({_PLACES}\)", str.startswith),
        (rf"{_CLAIM}\.endsWith\({_PLACES}\)", str.endswith),
        (rf"{_CLAIM}\.contains\({_PLACES}\)", str.__contains__),
        (rf"{_CLAIM}\.matches\({_PLACES}\)", _matches),
    )
)
"""Comparisons of a claim with texts: what the language has that can leave some tokens out."""


@dataclass(frozen=True, slots=True)
class Code:
    """An expression of CEL whose texts stand apart: in their places are their numbers."""

    text: str
    texts: tuple[str, ...]

    @property
    def alternatives(self) -> Iterator[tuple[int, int]]:
        """Where each part between `||`, `?` and `:` begins and ends, at any depth."""
        begin = 0
        for found in re.finditer(r"\|\||[?:]", self.text):
            yield begin, found.start()
            begin = found.end()
        yield begin, len(self.text)


def code_of(expression: str) -> Code | None:
    """An expression without its texts, comments, spaces and negated groups; None where it cannot be read safely."""
    texts: list[str] = []
    if len(expression) > _LONGEST or _FIRST in expression or _LAST in expression:
        return None

    def place(found: re.Match[str]) -> str:
        if found[0].startswith("//"):
            return " "
        name = str(found.lastgroup)
        texts.append(found[name] if name.startswith("r") else _unescaped(found[name]))
        # A quote that is left over makes the whole unreadable.
        return "'" if "\0" in texts[-1] else f"{_FIRST}{len(texts) - 1}{_LAST}"

    masked = " ".join(_TEXT.sub(place, expression).split())
    code = Code(_without_negated(re.sub(r" ?([^\w ]) ?", r"\1", masked)), tuple(texts))
    return None if _UNREADABLE.search(code.text) or _compares_groups(code.text) else code


def _unescaped(text: str) -> str:
    """A text with its escapes taken out; with a zero in it where an escape stands for another letter."""
    return re.sub(r"\\(.)", lambda found: "\0" if found[1].isalnum() else found[1], text, flags=re.DOTALL)


def _without_negated(code: str) -> str:
    kept: list[str] = []
    depth = 0
    letters = iter(enumerate(code))
    for index, letter in letters:
        if depth:
            depth += {"(": 1, ")": -1}.get(letter, 0)
        elif code.startswith("!(", index):
            kept.append("true")
            depth = 1
            next(letters)
        else:
            kept.append(letter)
    return "".join(kept)


def _compares_groups(code: str) -> bool:
    """Whether what stands in a group is compared with something, so that it may hold as it fails."""
    groups: list[bool] = []
    for index, letter in enumerate(code):
        if letter == "(":
            groups.append(not _CALL.match(code[max(index - 1, 0) : index]))
        elif letter == ")" and groups and groups.pop() and code[index + 1 : index + 2] in {"=", "!", "<", ">"}:
            return True
    return False


def restricts(condition: str, strangers: Collection[str] = (), mapping: Mapping[str, str] | None = None) -> bool:
    """Whether each alternative of a condition compares a claim with a text that no stranger has there.

    `strangers` are what claims of tokens hold that nobody expects; `mapping` says what attributes are made of.

    >>> restricts("assertion.sub == 'system:serviceaccount:spire-server:spire-server'")
    True
    >>> restricts("true"), restricts("1 == 1"), restricts("assertion.sub == 'x' || true")
    (False, False, False)
    >>> restricts("assertion.sub.startsWith('system:')", ["system:serviceaccount:default:default"])
    False
    """
    code = code_of(condition)
    if code is None:
        return False
    pins = list(_pins(code, {"", *strangers}, mapping or {}))
    return all(any(begin <= pin < end for pin in pins) for begin, end in code.alternatives)


def _pins(code: Code, strangers: Collection[str], mapping: Mapping[str, str]) -> Iterator[int]:
    for pattern, test in _PINS:
        for found in pattern.finditer(code.text):
            texts = [code.texts[int(number)] for number in re.findall(r"\d+", found["places"])]
            is_taken = any(test(theirs, text) for text in texts for theirs in strangers)
            if not is_taken and _is_decisive(code.text[: found.start()]) and _is_of_token(found[0], mapping):
                yield found.start()


def _is_decisive(before: str) -> bool:
    """Whether what follows is within groups alone, and no argument or member of a list."""
    groups: list[bool] = []
    for index, letter in enumerate(before):
        if letter in "([":
            groups.append(letter == "(" and not _CALL.match(before[max(index - 1, 0) : index]))
        elif letter in ")]" and groups:
            groups.pop()
    return all(groups)


def _is_of_token(comparison: str, mapping: Mapping[str, str]) -> bool:
    """Whether the attribute that is compared is made of the token in every case, and is no constant."""
    found = _MAPPED.search(comparison)
    expression = mapping.get(found[0]) if found else None
    if expression is None:
        return True
    code = code_of(expression)
    return code is not None and all("assertion" in code.text[begin:end] for begin, end in code.alternatives)


def texts_of(expression: str) -> tuple[str, ...]:
    """The texts of an expression."""
    code = code_of(expression)
    return code.texts if code else ()
