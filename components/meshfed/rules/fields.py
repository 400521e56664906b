"""Checks of one field by its path, for objects of which a rule says much about many fields."""

from collections.abc import Collection, Iterator

from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters


def is_absent(path: str, message: str) -> Check:
    """A field that must not be there."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if not node.is_absent:
            yield node.wrong(message)

    return check


def is_off(path: str, message: str) -> Check:
    """A switch that is off where nothing is written, and must be."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if node.flag():
            yield node.wrong(message)

    return check


def is_on(path: str, message: str, *, default: bool = True) -> Check:
    """A switch that must be on; `default` is what it is where nothing is written."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if not node.flag(default=default):
            yield node.wrong(message)

    return check


def is_one_of(path: str, wanted: Collection[str], message: str, default: str = "") -> Check:
    """A field that must have one of some values; what is missing is taken for the default."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        node = resource.props.at(*path.split("."))
        if node.text(default) not in wanted:
            yield node.wrong(message)

    return check
