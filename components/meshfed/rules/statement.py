"""Statements: conditions over one object that both this gate and an admission controller can decide.

A condition is data. `holds` decides it here, with three answers (yes, no, not known yet); `rules/rego/` writes it as
Rego. Paths are names with dots from the place that a statement looks at; `[]` after a name is each item of a list,
`{}` each value of an object, and a path that begins with `/` starts at the object itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from meshfed.rules.node import Finding, Node, UndecidedError, WrongTypeError
from meshfed.rules.plain import Unknown
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

Scalar: TypeAlias = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Parameter:
    """Values that an owner gives: a name of GateParameters."""

    name: str

    def values(self, parameters: GateParameters) -> tuple[str, ...]:
        """The texts that it stands for."""
        value: object = getattr(parameters, self.name)
        if isinstance(value, str):
            return (value,)
        return tuple(str(item) for item in cast("Sequence[object]", value))


@dataclass(frozen=True, slots=True)
class OneOf:
    """Whether a value is one of some; a missing or null one is taken for `default`."""

    path: str
    values: tuple[Scalar, ...] | Parameter
    default: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """Whether there is nothing: missing, null, or an empty text, list or object."""

    path: str


@dataclass(frozen=True, slots=True)
class Matches:
    """Whether a text has a match of a pattern (RE2); a missing one is taken for `default`."""

    path: str
    pattern: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class Below:
    """Whether a number is below a limit; a missing one is not."""

    path: str
    limit: float


@dataclass(frozen=True, slots=True)
class Named:
    """Whether the name under which a place stands (a key of an object) matches a pattern."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    """Whether all hold."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Whether at least one holds."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """Whether a condition holds at one of the places of a path at least."""

    path: str
    condition: "Condition"


Condition: TypeAlias = OneOf | Absent | Matches | Below | Named | Not | All | AnyOf | Some


@dataclass(frozen=True, slots=True)
class Statement:
    """What must not be at some places of an object."""

    places: tuple[str, ...]
    """Paths of the places looked at; `""` is the object itself. Each place that exists is judged by itself."""
    bad: Condition
    message: str
    """What is wrong there, as a finding says it."""
    at: str = ""
    """Path, from the place, that the finding names."""


def every(path: str, condition: Condition) -> Condition:
    """Whether a condition holds at all of the places of a path; also where there is none."""
    return Not(Some(path, Not(condition)))


def stated(*statements: Statement) -> tuple[Check, ...]:
    """Statements as checks of a rule."""
    return tuple(_check(statement) for statement in statements)


def places(root: Node, path: str) -> Iterator[Node]:
    """The places that a path leads to; an unknown list or object on the way is one unknown place."""
    for _, place in _Decider(root, GateParameters()).places(root, path):
        yield place


def _check(statement: Statement) -> Check:
    def check(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        for path in statement.places:
            yield from _judged(statement, resource, path, parameters)

    check.statement = statement  # type: ignore[attr-defined] - how rego/modules.py finds what a check says
    return check


def _judged(statement: Statement, resource: Resource, path: str, parameters: GateParameters) -> Iterator[Finding]:
    decider = _Decider(resource.props, parameters)
    for name, place in decider.places(resource.props, path):
        reported = place.at(*steps_of(statement.at)) if statement.at else place
        try:
            if decider.holds(statement.bad, place, name):
                yield reported.wrong(statement.message)
        except UndecidedError as error:
            yield Finding(error.path, error.reason, is_decided=False, urn=place.urn)
        except WrongTypeError as error:
            yield Finding(error.path, f"is not of the type that it must have: {error.wanted} is wanted", urn=place.urn)


_STEP: Final = re.compile(r"([^.\[\]{}]+|\[\]|\{\})")


def steps_of(path: str) -> tuple[str, ...]:
    """The steps of a path: names, `[]` and `{}`."""
    return tuple(_STEP.findall(path))


class _Decider:
    """Kleene's three values: an unknown part matters only where the others do not decide."""

    def __init__(self, root: Node, parameters: GateParameters) -> None:
        self._root = root
        self._parameters = parameters

    def places(self, here: Node, path: str, name: str = "") -> Iterator[tuple[str, Node]]:
        """The places that a path leads to, each with the name under which it stands; missing ones are left out."""
        if path.startswith("/"):
            here, path = self._root, path[1:]
        yield from self._walk(here, steps_of(path), name)

    def _walk(self, here: Node, steps: Sequence[str], name: str) -> Iterator[tuple[str, Node]]:
        if not steps:
            if not here.is_missing:
                yield name, here
            return
        step, rest = steps[0], steps[1:]
        if step == "[]":
            # An unknown list is one unknown place: whoever looks into it cannot decide.
            members = [here] if here.is_unknown else here.items()
            for member in members:
                yield from self._walk(member, rest, name)
        elif step == "{}":
            for key, member in [("", here)] if here.is_unknown else here.entries():
                yield from self._walk(member, rest, key)
        else:
            yield from self._walk(here[step], rest, step)

    def holds(self, condition: Condition, here: Node, name: str) -> bool:
        """Whether a condition holds; raises UndecidedError where an unknown value decides."""
        match condition:
            case Not(inner):
                return not self.holds(inner, here, name)
            case All(conditions):
                return self._first(conditions, here, name, stop=False)
            case AnyOf(conditions):
                return self._first(conditions, here, name, stop=True)
            case Some(path, inner):
                return self._some(path, inner, here)
            case Named(pattern):
                if not name and isinstance(here.value, Unknown):
                    # An unknown object stands for all names that it may turn out to have.
                    raise UndecidedError(here.path, here.value.reason, here.urn)
                return re.search(pattern, name) is not None
            case _:
                return self._value(condition, here)

    def _first(self, conditions: Sequence[Condition], here: Node, name: str, *, stop: bool) -> bool:
        pending: UndecidedError | None = None
        for condition in conditions:
            try:
                if self.holds(condition, here, name) is stop:
                    return stop
            except UndecidedError as error:
                pending = pending or error
        if pending:
            raise pending
        return not stop

    def _some(self, path: str, inner: Condition, here: Node) -> bool:
        pending: UndecidedError | None = None
        for name, place in self.places(here, path):
            try:
                if self.holds(inner, place, name):
                    return True
            except UndecidedError as error:
                pending = pending or error
        if pending:
            raise pending
        return False

    def _value(self, condition: OneOf | Absent | Matches | Below, here: Node) -> bool:
        start, path = (self._root, condition.path[1:]) if condition.path.startswith("/") else (here, condition.path)
        node = start.at(*steps_of(path))
        match condition:
            case OneOf(_, values, default):
                wanted = values.values(self._parameters) if isinstance(values, Parameter) else values
                return _is_one_of(node, wanted, default)
            case Absent(_):
                return node.is_absent
            case Matches(_, pattern, default):
                return re.search(pattern, node.text(default)) is not None
            case Below(_, limit):
                number = node.number()
                return number is not None and number < limit


def _is_one_of(node: Node, wanted: Sequence[Scalar], default: Scalar | None) -> bool:
    if default is None and not node.is_unknown and node.value is None:
        return False
    if any(isinstance(value, bool) for value in wanted):
        return node.flag(default=default is True) in wanted
    texts: Mapping[str, Scalar] = {str(value): value for value in wanted}
    return node.text("" if default is None else str(default)) in texts
