"""A place in a resource: its value, and the path that a message names. Reading an unknown value ends a check."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, TypeVar

from meshfed.rules.plain import Plain, Unknown, UnreadableError, plain

Network = IPv4Network | IPv6Network
_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off", ""})
_WORD: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_-]*$")
Item = TypeVar("Item")


class UndecidedError(Exception):
    """A check needed a value that is not known yet."""

    def __init__(self, path: str, reason: str, urn: str = "") -> None:
        self.path, self.reason, self.urn = path, reason, urn
        super().__init__(f"{path} {reason}")


class WrongTypeError(Exception):
    """A check met a value of a type that the kind does not have; the runner makes a violation of it."""

    def __init__(self, path: str, wanted: str, urn: str = "") -> None:
        self.path, self.wanted, self.urn = path, wanted, urn
        super().__init__(f"{path}: {wanted} is wanted")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says of one place."""

    path: str
    message: str
    """Why the place is wrong, in one sentence, without any value that could be a secret."""
    is_decided: bool = True
    """False: nobody can know yet whether it is wrong."""
    urn: str = ""
    """Of the resource, where a check looks at several."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its path. What is missing is a node too, so that a chain of names never fails."""

    value: Plain
    path: str = ""
    is_missing: bool = False
    urn: str = ""

    def __getitem__(self, name: str) -> "Node":
        """A member by name; of an unknown value it is unknown, of anything that has no members it is missing."""
        path = self._below(name)
        if isinstance(self.value, Unknown):
            return Node(self.value, path, urn=self.urn)
        if isinstance(self.value, Mapping) and name in self.value:
            return Node(self.value[name], path, urn=self.urn)
        if self.value is None or isinstance(self.value, Mapping):
            return Node(None, path, is_missing=True, urn=self.urn)
        raise WrongTypeError(self.path, "an object", self.urn)

    def at(self, *names: str) -> "Node":
        """A member of a member."""
        node = self
        for name in names:
            node = node[name]
        return node

    @property
    def is_absent(self) -> bool:
        """Whether there is nothing: not given, null, or an empty text, list or object. Raises UndecidedError."""
        return self._known() in (None, "", [], {})

    @property
    def is_unknown(self) -> bool:
        """Whether nobody can know the value yet."""
        return isinstance(self.value, Unknown)

    def text(self, default: str = "") -> str:
        """The text; numbers and bools as text. Raises UndecidedError, WrongTypeError."""
        value = self._known()
        if value is None:
            return default
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value)
        raise WrongTypeError(self.path, "a text", self.urn)

    def flag(self, *, default: bool = False) -> bool:
        """A bool, also where it is written as a text. Raises UndecidedError, WrongTypeError."""
        value = self._known()
        if value is None:
            return default
        word = str(value).strip().lower() if isinstance(value, bool | str | int) else None
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise WrongTypeError(self.path, "true or false", self.urn)

    def number(self, default: float | None = None) -> float | None:
        """A number, also where it is written as a text. Raises UndecidedError, WrongTypeError."""
        value = self._known()
        if value is None:
            return default
        try:
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return float(value)
        except ValueError:
            pass
        raise WrongTypeError(self.path, "a number", self.urn)

    def items(self) -> "list[Node]":
        """The members of a list; of a single value that stands for a list of one, that value. Raises UndecidedError."""
        value = self._known()
        if value is None:
            return []
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [Node(item, f"{self.path}[{index}]", urn=self.urn) for index, item in enumerate(value)]
        return [Node(value, self.path, urn=self.urn)]

    def entries(self) -> "list[tuple[str, Node]]":
        """Names and members of an object. Raises UndecidedError, WrongTypeError."""
        value = self._known()
        if value is None:
            return []
        if isinstance(value, Mapping):
            return [(name, self[name]) for name in value]
        raise WrongTypeError(self.path, "an object", self.urn)

    def texts(self) -> list[str]:
        """A list of texts. Raises UndecidedError where a member is unknown, WrongTypeError."""
        return [item.text() for item in self.items()]

    def network(self) -> Network | None:
        """An address range in any way of writing it; None where the text is none. Raises UndecidedError."""
        try:
            return ip_network(self.text().strip(), strict=False)
        except ValueError:
            return None

    def document(self) -> "Node":
        """An object that may be given as JSON text, as IAM policies are. Raises UndecidedError, WrongTypeError."""
        value = self._known()
        if not isinstance(value, str):
            return self
        try:
            return Node(plain(json.loads(value, object_pairs_hook=_unique)), self.path, urn=self.urn)
        except (ValueError, RecursionError, UnreadableError) as error:
            raise WrongTypeError(self.path, "a document in JSON", self.urn) from error

    def wrong(self, message: str) -> Finding:
        """A finding at this place."""
        return Finding(self.path, message, urn=self.urn)

    def _known(self) -> Plain:
        if isinstance(self.value, Unknown):
            raise UndecidedError(self.path, self.value.reason, self.urn)
        return self.value

    def _below(self, name: str) -> str:
        step = name if _WORD.match(name) else f'["{name}"]'
        return f"{self.path}.{step}" if self.path and not step.startswith("[") else f"{self.path}{step}"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys stand once: readers differ in which of two counts."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


def each(items: Iterable[Item], check: Callable[[Item], Iterator[Finding]]) -> Iterator[Finding]:
    """A check of every member by itself, so that an unknown one does not hide what the others say."""
    for item in items:
        yield from guarded(check(item))


def some(items: Iterable[Item], holds: Callable[[Item], bool]) -> bool:
    """Whether a condition holds for one at least; raises UndecidedError where only an unknown one could be it."""
    pending: UndecidedError | None = None
    for item in items:
        try:
            if holds(item):
                return True
        except UndecidedError as error:
            pending = pending or error
    if pending:
        raise pending
    return False


def guarded(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Findings of a check; where it needs an unknown value, a finding that is not decided, instead of the rest."""
    try:
        yield from findings
    except UndecidedError as error:
        yield Finding(error.path, error.reason, is_decided=False, urn=error.urn)
    except WrongTypeError as error:
        yield Finding(error.path, f"is not of the type that it must have: {error.wanted} is wanted", urn=error.urn)
