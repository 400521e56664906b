"""What differs between the clouds, as data: which property is the name, how ids look, what outputs are special."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.making import Making
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.spec import Spec, Specs
from meshfed_local.standins.world import World

Maker = Callable[[Making], Mapping[str, Any]]
"""Makes outputs of one resource; the result is laid under what the inputs already say."""

Invoke = Callable[[Mapping[str, Any], World, Mapping[str, Any]], Mapping[str, Any]]
"""A look-up: arguments, world and provider settings in, result out; raises LookupFault for what isn't there."""


class LookupFault(Exception):  # noqa: N818 -- the word of this package for what a cloud refuses
    """A look-up found nothing, or was asked wrongly."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


@dataclass(frozen=True, slots=True)
class Naming:
    """Which input is the physical name, and how one is made when the program leaves it out."""

    property: str
    make: Callable[[str, str], str]
    """Logical name and random hex digits in, physical name out."""


def _everywhere(_making: Making) -> str:
    return ""


def _of_the_sdk(specs: Specs, token: str, _inputs: Mapping[str, Any]) -> Spec:
    return specs.of(token)


def _any_settings(_config: Mapping[str, Any]) -> Iterator[Fault]:
    yield from ()


def _nothing(_resource: Resource, _world: World) -> Iterator[Fault]:
    yield from ()


def _no_notes(_token: str, _inputs: Mapping[str, Any]) -> Iterator[str]:
    yield from ()


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud, as its stand-in needs to know it."""

    plugin: str
    closed_enums: bool
    naming: Callable[[str, Spec], Naming | None]
    identity: Callable[[Making], str]
    """The id of a new resource."""
    computed: Callable[[Making, str], str | None]
    """A string output by its name (`arn`, `selfLink`), or None when the name says nothing."""
    outputs: Mapping[str, Maker]
    """By token: outputs drawn once, when the resource is made."""
    derived: Callable[[Making, Mapping[str, Any]], Mapping[str, Any]]
    """Outputs that follow from the inputs at every change, given all outputs so far."""
    refers: Callable[[str, Resource, World], str | None]
    """The identifier of the existing thing that a string names, or None."""
    looks_issued: Callable[[str], bool]
    """Whether a string has the shape of an id of this cloud."""
    scope: Callable[[Making], str] = _everywhere
    """Where an id of this type is unique: the account and region, say; empty when in the whole cloud."""
    caseless: bool = False
    """Whether ids differ only in case when they are the same: other names of a record are kept in lower case."""
    kept_apart: frozenset[str] = field(default=frozenset())
    """Tokens whose things may go while others still name them: a key waits out its deletion."""
    not_held_by: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By token: the tokens of others that name such a thing and do not keep it from being deleted."""
    spec: Callable[[Specs, str, Mapping[str, Any]], Spec] = _of_the_sdk
    """The type of a token with these inputs, where it is more than the SDK says. Raises SdkError when unknown."""
    settings: Callable[[Mapping[str, Any]], Iterator[Fault]] = _any_settings
    """What is wrong with a provider's own settings, beyond their types."""
    refusals: Rule = _nothing
    """What is refused when a thing is made or changed and can't be told before: what it needs is not there."""
    notes: Callable[[str, Mapping[str, Any]], Iterator[str]] = _no_notes
    """What the user has to be told of a resource (token, inputs) that is taken, but less well checked than others."""


def load(plugin: str) -> Cloud:
    """The description of a plugin's cloud."""
    module = importlib.import_module(f"meshfed_local.standins.specials.{_MODULES[plugin]}")
    found: Cloud = module.CLOUD
    return found


def rules(plugin: str, token: str) -> tuple[Rule, ...]:
    """The rules for a token; those under `*` hold for every token of the cloud."""
    table: Mapping[str, tuple[Rule, ...]] = _table("rules", plugin, "RULES")
    return (*table.get("*", ()), *table.get(token, ()))


def invokes(plugin: str) -> Mapping[str, Invoke]:
    """The look-ups that a plugin answers, by token."""
    table: Mapping[str, Invoke] = _table("invokes", plugin, "INVOKES")
    return table


def _table(package: str, plugin: str, name: str) -> Mapping[str, Any]:
    module = importlib.import_module(f"meshfed_local.standins.{package}.{_MODULES[plugin]}")
    table: Mapping[str, Any] = getattr(module, name)
    return table


_MODULES: Final = {"aws": "aws", "azure-native": "azure", "gcp": "gcp", "kubernetes": "kubernetes"}
