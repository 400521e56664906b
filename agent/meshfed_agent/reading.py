"""Strict reading of JSON: every fault names the path, what is there and what is wanted."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar, cast

from .errors import RefusedError

SHOWN = 60
T = TypeVar("T")


def strict_json(data: bytes, where: str) -> object:
    """The value of a JSON text that two parsers cannot read differently: no key twice, no NaN, no fraction."""
    try:
        return json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_no_number)
    except (ValueError, RecursionError) as fault:
        raise RefusedError(f"{where}: is not the JSON that is wanted: {fault}") from fault


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is not a whole number")


class Reader:
    """One JSON object and the path that leads to it. Call `done` to refuse keys nobody read."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise RefusedError(f"{where}: is not an object; wanted: one")
        self._values = cast("dict[str, object]", value)
        self._seen: set[str] = set()
        self.where = where

    @property
    def raw(self) -> Mapping[str, object]:
        """The object as it was read."""
        return self._values

    def _take(self, key: str) -> object:
        self._seen.add(key)
        return self._values.get(key)

    def has(self, key: str) -> bool:
        """Whether the key is there with a value other than null."""
        self._seen.add(key)
        return self._values.get(key) is not None

    def _fault(self, key: str, wanted: str) -> RefusedError:
        state = _short(self._values[key]) if key in self._values else "missing"
        return RefusedError(f"{self.where}.{key}: is {state}; wanted: {wanted}")

    def text(self, key: str, pattern: str = r"(?s).*", *, wanted: str = "a text", default: str | None = None) -> str:
        """The text under the key; it must match the whole pattern."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise self._fault(key, wanted)
        return value

    def constant(self, key: str, wanted: str) -> None:
        """Refuse anything but this very text."""
        if self._take(key) != wanted:
            raise self._fault(key, f'"{wanted}"')

    def number(self, key: str, low: int, high: int, *, default: int | None = None) -> int:
        """The whole number under the key, within both bounds."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._fault(key, f"a whole number from {low} to {high}")
        return value

    def part(self, key: str) -> "Reader":
        """The object under the key."""
        return Reader(self._take(key), f"{self.where}.{key}")

    def parts(self, key: str) -> Iterator["Reader"]:
        """The objects of the list under the key."""
        for index, value in enumerate(self._list(key)):
            yield Reader(value, f"{self.where}.{key}[{index}]")

    def texts(self, key: str, *, optional: bool = False) -> tuple[str, ...]:
        """The texts of the list under the key."""
        values = self._list(key, optional=optional)
        if not all(isinstance(value, str) for value in values):
            raise self._fault(key, "a list of texts")
        return cast("tuple[str, ...]", tuple(values))

    def _list(self, key: str, *, optional: bool = False) -> Iterable[object]:
        value = self._take(key)
        if value is None and optional:
            return []
        if not isinstance(value, list):
            raise self._fault(key, "a list")
        return cast("list[object]", value)

    def items(self) -> Iterator[tuple[str, "Reader"]]:
        """Every key with the object under it."""
        for key in self._values:
            yield key, self.part(key)

    def done(self) -> None:
        """Refuse keys that nobody asked for: a misspelt key must not become a default."""
        unknown = sorted(self._values.keys() - self._seen)
        if unknown:
            raise RefusedError(f"{self.where}.{unknown[0]}: is not known; known: {', '.join(sorted(self._seen))}")


def one_of(reader: Reader, key: str, choices: Iterable[str]) -> str:
    """The text under the key when it is one of the choices."""
    known = list(choices)
    return reader.text(key, "|".join(re.escape(choice) for choice in known), wanted=f"one of {', '.join(known)}")


def unique(values: Iterable[T], key: Callable[[T], str], where: str) -> tuple[T, ...]:
    """The values, refused when two have the same key."""
    found: dict[str, T] = {}
    for value in values:
        if key(value) in found:
            raise RefusedError(f"{where}: {key(value)} appears twice; wanted: once")
        found[key(value)] = value
    return tuple(found.values())


def _short(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    shown = json.dumps(value, ensure_ascii=True)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
