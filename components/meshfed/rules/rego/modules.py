"""Statements of rules as Rego, for whoever admits objects to a cluster (Gatekeeper) or judges manifests with OPA.

Admission sees one object at a time, as the cluster will store it: nothing is unknown there, and Lists, Patches and text
with manifests have become plain objects. Rules that are code, or about what a stack lacks, have no Rego; `written` says
which.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.node import Node
from meshfed.rules.rego.library import PACKAGE
from meshfed.rules.rule import Rule
from meshfed.rules.statement import (
    Absent,
    All,
    AnyOf,
    Below,
    Condition,
    Matches,
    Named,
    Not,
    OneOf,
    Parameter,
    Some,
    Statement,
    steps_of,
)
from meshfed.settings.gate import GateParameters

RULES_PACKAGE: Final = "meshfed.rules"
_ARGUMENTS: Final = ("root", "here", "name")


@dataclass(frozen=True, slots=True)
class Module:
    """The Rego of one rule."""

    rule: Rule
    package: str
    text: str
    kinds: tuple[str, ...]
    """Canonical kinds that it judges."""
    parameters: tuple[str, ...]
    """Names of GateParameters that it reads from its input."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the variables of a body are called."""

    here: str = "here"
    name: str = "name"


def statements(rule: Rule, kind: str) -> tuple[Statement, ...]:
    """What a rule says of a kind as statements; its checks that are code are left out."""
    found = (getattr(check, "statement", None) for check in rule.checks.get(kind, ()))
    return tuple(one for one in found if isinstance(one, Statement))


def admitted(rule: Rule) -> tuple[str, ...]:
    """The kinds of a rule that are objects of a cluster and have statements."""
    return tuple(kind for kind in rule.checks if is_admitted(kind) and statements(rule, kind))


def is_admitted(kind: str) -> bool:
    """Whether a canonical kind is an object that a cluster's admission is asked about, or a pod."""
    group, slash, _ = kind.partition("/")
    return kind == POD or (bool(slash) and ":" not in kind and group not in {"helm.sh", "yaml", "kustomize"})


def written(rule: Rule, parameters: GateParameters) -> Module | None:
    """A rule as a Rego module, with an owner's parameters for what an input leaves out; None where nothing can be."""
    kinds = admitted(rule)
    if not kinds:
        return None
    writer = _Writer(parameters)
    findings = [writer.finding(kind, one) for kind in kinds for one in statements(rule, kind)]
    shapes = [writer.shapes(kind, statements(rule, kind)) for kind in kinds]
    package = f"{RULES_PACKAGE}.{rule.id.lower().replace('-', '_')}"
    head = [
        f"# {rule.id}: {rule.title}.",
        f"package {package}",
        "",
        f"import data.{PACKAGE} as lib",
        "",
        f"rule := {_data({'id': rule.id, 'mend': rule.mend})}",
    ]
    blocks = ["\n".join(head), *findings, *writer.functions, *shapes]
    return Module(rule, package, "\n\n".join(blocks) + "\n", kinds, tuple(sorted(writer.parameters)))


@dataclass(slots=True)
class _Writer:
    """Writes one module; a condition that needs a function of its own gets it once."""

    usual: GateParameters
    functions: list[str] = field(default_factory=list[str])
    parameters: set[str] = field(default_factory=set[str])
    _names: dict[Condition, str] = field(default_factory=dict["Condition", str])

    def finding(self, kind: str, statement: Statement) -> str:
        """The rules that look at each place of a statement."""
        return "\n\n".join(self._finding(kind, statement, path) for path in statement.places)

    def _finding(self, kind: str, statement: Statement, path: str) -> str:
        walk = _walk(path.removeprefix("/"), "root", '""')
        terms = self.terms(statement.bad, Scope(walk.here, walk.name))
        shown = [*walk.place, *_place(steps_of(statement.at))]
        body = [f"some part in lib.parts(input.review.object, {_data(kind)})"]
        if _uses("root", "\n".join([*walk.lines, *terms])):
            body.append("root := part.object")
        body += [*walk.lines, *terms]
        end = f"lib.finding(rule, [{', '.join(['part.path', *shown])}], {_data(statement.message)})"
        return _rule(f"violation contains {end}", body)

    def terms(self, condition: Condition, scope: Scope) -> list[str]:
        """The lines of a body that hold where a condition holds."""
        match condition:
            case All(conditions):
                return [line for inner in conditions for line in self.terms(inner, scope)]
            case Not(inner):
                lines = self.terms(inner, scope)
                is_one = len(lines) == 1 and not lines[0].startswith("not ")
                return [f"not {lines[0] if is_one else self._call(inner, scope)}"]
            case AnyOf() | Some():
                return [self._call(condition, scope)]
            case Named(pattern):
                return [f"regex.match({_data(pattern)}, {scope.name})"]
            case _:
                return [self._value(condition, scope)]

    def _call(self, condition: Condition, scope: Scope) -> str:
        if condition not in self._names:
            self._names[condition] = f"holds_{len(self._names) + 1}"
            self.functions.append(self._function(self._names[condition], condition))
        return f"{self._names[condition]}(root, {scope.here}, {scope.name})"

    def _function(self, name: str, condition: Condition) -> str:
        return "\n\n".join(_defined(name, body) for body in self._bodies(condition))

    def _bodies(self, condition: Condition) -> Iterator[list[str]]:
        match condition:
            case AnyOf(conditions):
                for inner in conditions:
                    yield self.terms(inner, Scope())
            case Some(path, inner):
                walk = _walk(path.removeprefix("/"), "root" if path.startswith("/") else "here", '""')
                yield [*walk.lines, *self.terms(inner, Scope(walk.here, walk.name))]
            case _:
                yield self.terms(condition, Scope())

    def _value(self, condition: OneOf | Absent | Matches | Below, scope: Scope) -> str:
        value = _at(condition.path, scope.here)
        match condition:
            case OneOf(_, values, default):
                function = "one_of_flags" if _has_flag(values) else "one_of"
                return f"lib.{function}({value}, {self._wanted(values)}, {_data(default)})"
            case Absent():
                return f"lib.absent({value})"
            case Matches(_, pattern, default):
                return f"lib.matches({value}, {_data(pattern)}, {_data(default)})"
            case Below(_, limit):
                return f"lib.below({value}, {_data(limit)})"

    def _wanted(self, values: Sequence[object] | Parameter) -> str:
        if not isinstance(values, Parameter):
            return _data(list(values))
        self.parameters.add(values.name)
        return f"lib.parameter(input, {_data(values.name)}, {_data(list(values.values(self.usual)))})"

    def shapes(self, kind: str, found: Sequence[Statement]) -> str:
        """The rule that refuses values of a type that no statement can read, so that none passes unread."""
        read = sorted({shape for one in found for path in one.places for shape in _read(one.bad, path)})
        table = "".join(f"\t[{_data(list(steps))}, {_data(kind_)}],\n" for steps, kind_ in read)
        body = [
            f"some part in lib.parts(input.review.object, {_data(kind)})",
            f"some [steps, type] in [\n{table}]",
            "some place in lib.mistyped(part.object, steps, type)",
            'message := sprintf("is not of the type that it must have: %s is wanted", [type])',
        ]
        return _rule("violation contains lib.finding(rule, [part.path, place], message)", body)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Lines that lead to each place of a path, and what is known there."""

    here: str
    name: str
    lines: tuple[str, ...]
    place: tuple[str, ...]
    """Terms that make the path which a finding names."""


def _walk(path: str, start: str, name: str) -> _Walk:
    lines: list[str] = []
    place: list[str] = []
    here, pending, count = start, list[str](), 0

    def reached() -> str:
        return here + "".join(f".{step}" if step.isidentifier() else f"[{_data(step)}]" for step in pending)

    for step in steps_of(path):
        if step not in ("[]", "{}"):
            pending.append(step)
            name = _data(step)
            continue
        count += 1
        place += _place(pending)
        if step == "[]":
            lines.append(f"some item_{count} in lib.items({reached()})")
            here = f"item_{count}.value"
            place.append(f"item_{count}.place")
        else:
            lines.append(f"some key_{count}, value_{count} in lib.entries({reached()})")
            here, name = f"value_{count}", f"key_{count}"
            place.append(f"lib.step(key_{count})")
        pending = []
    if pending:
        lines.append(f"place := {reached()}")
        place += _place(pending)
        here = "place"
    return _Walk(here, name, tuple(lines), tuple(place))


def _place(steps: Sequence[str]) -> list[str]:
    text = Node(None).at(*steps).path
    return [_data(text if text.startswith("[") else f".{text}")] if text else []


def _at(path: str, here: str) -> str:
    start, path = ("root", path[1:]) if path.startswith("/") else (here, path)
    return f"lib.at({start}, {_data(list(steps_of(path)))})" if path else start


def _read(condition: Condition, below: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The paths that a condition reads, from the object, and the types that it takes there."""
    match condition:
        case Not(inner):
            yield from _read(inner, below)
        case All(conditions) | AnyOf(conditions):
            for inner in conditions:
                yield from _read(inner, below)
        case Some(path, inner):
            yield from _read(inner, _joined(below, path))
        case Named():
            yield steps_of(below), "any"
        case OneOf(path, values, _):
            yield steps_of(_joined(below, path)), "true or false" if _has_flag(values) else "a text"
        case Absent(path):
            yield steps_of(_joined(below, path)), "any"
        case Matches(path, _, _):
            yield steps_of(_joined(below, path)), "a text"
        case Below(path, _):
            yield steps_of(_joined(below, path)), "a number"


def _joined(below: str, path: str) -> str:
    return path[1:] if path.startswith("/") else f"{below}.{path}".strip(".")


def _has_flag(values: Sequence[object] | Parameter) -> bool:
    return not isinstance(values, Parameter) and any(isinstance(value, bool) for value in values)


def _defined(name: str, body: Sequence[str]) -> str:
    used = "\n".join(body)
    arguments = ", ".join(argument if _uses(argument, used) else "_" for argument in _ARGUMENTS)
    return _rule(f"{name}({arguments})", body)


def _uses(variable: str, text: str) -> bool:
    return re.search(rf'(?<![\w."]){variable}(?![\w"])', text) is not None


def _rule(head: str, body: Sequence[str]) -> str:
    lines = "\n".join(body or ["true"]).replace("\n", "\n\t")
    return f"{head} if {{\n\t{lines}\n}}"


def _data(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
