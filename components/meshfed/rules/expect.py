"""Checks of one property, made from what it must say: each decides by itself, so that none hides another."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

ABSENT: Final = ""
"""In a set of words: nothing is written."""


def on(path: str, message: str, *, default: bool = False) -> Check:
    """A flag that must be true; `default` is what holds where nothing is written."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if not node.flag(default=default):
            yield node.wrong(message)

    return check


def off(path: str, message: str, *, default: bool = False) -> Check:
    """A flag that must be false; `default` is what holds where nothing is written."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if node.flag(default=default):
            yield node.wrong(message)

    return check


def one_of(path: str, wanted: frozenset[str], message: str) -> Check:
    """A word that must be one of some, in any case of letters; ABSENT among them allows to write nothing."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if word(node.text()) not in wanted:
            yield node.wrong(message)

    return check


def none_of(path: str, refused: frozenset[str], message: str) -> Check:
    """A word that must be none of some, in any case of letters; ABSENT among them refuses to write nothing."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if word(node.text()) in refused:
            yield node.wrong(message)

    return check


def present(path: str, message: str) -> Check:
    """Something that must be written."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if not node.is_unknown and node.is_absent:
            yield node.wrong(message)

    return check


def absent(path: str, message: str) -> Check:
    """Something that must not be written, whatever it says."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if node.is_unknown or not node.is_absent:
            yield node.wrong(message)

    return check


def word(text: str) -> str:
    """A word of a closed set as rules compare it: clouds take any case of letters.

    >>> word(" TLS1_2 ")
    'tls1_2'
    """
    return text.strip().lower()
