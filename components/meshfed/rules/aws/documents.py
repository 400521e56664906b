"""IAM documents as rules read them: statements with principals, actions, resources and conditions.

Text or object, one value or a list, any case of names and condition keys: all of it is read alike here.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from meshfed.rules.node import Node, UndecidedError, WrongTypeError

Item = TypeVar("Item")
_EXACT: Final = frozenset({"stringequals", "stringequalsignorecase"})
_PATTERN: Final = frozenset({"stringlike", "arnlike", "arnequals"})
"""Operators whose values may hold wildcards; ArnEquals is one of them (IAM user guide, condition operators)."""
_ANYTHING: Final = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a statement is about."""

    kind: str
    """`aws`, `service`, `federated`, `canonicaluser`; of a bare `*`: `aws`."""
    node: Node

    @property
    def is_everyone(self) -> bool:
        """Whether it is everyone of its kind. Raises UndecidedError."""
        return bool(_ANYTHING.search(self.node.text()))


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of a condition with the values that it is compared with."""

    operator: str
    """In lower case, without `ForAllValues:`, `ForAnyValue:` and `IfExists`."""
    key: str
    """In lower case: keys of IAM have no case."""
    values: Node
    holds_without: bool
    """Whether it also holds for a request that has no such key (`IfExists`, `ForAllValues`)."""

    @property
    def narrows(self) -> bool:
        """Whether only requests pass that have the key, with one of the values or like one of them."""
        return not self.holds_without and self.operator in _EXACT | _PATTERN

    @property
    def pins(self) -> bool:
        """Whether only requests pass whose key is one of some whole values. Raises UndecidedError."""
        if not self.narrows:
            return False
        values = self.values.texts()
        return bool(values) and (self.operator in _EXACT or not any(map(_ANYTHING.search, values)))


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """One statement. Each part is read when it is asked for, so that an unknown one hides no other."""

    node: Node

    @property
    def allows(self) -> bool:
        """Whether it allows; what is neither word is taken for it. Raises UndecidedError."""
        return element(self.node, "Effect").text("Allow").strip().lower() != "deny"

    @property
    def principals(self) -> list[Principal]:
        """Everyone it names. Raises UndecidedError, WrongTypeError."""
        node = element(self.node, "Principal")
        if isinstance(node.value, str):
            return [Principal("aws", node)]
        return [Principal(kind.lower(), item) for kind, names in node.entries() for item in names.items()]

    @property
    def exception(self) -> Node | None:
        """Its NotPrincipal: everyone else is meant."""
        return _given(element(self.node, "NotPrincipal"))

    @property
    def actions(self) -> list[Node]:
        """Its actions. Raises UndecidedError."""
        return element(self.node, "Action").items()

    @property
    def other_actions(self) -> Node | None:
        """Its NotAction: everything else is meant."""
        return _given(element(self.node, "NotAction"))

    @property
    def resources(self) -> list[Node]:
        """Its resources. Raises UndecidedError."""
        return element(self.node, "Resource").items()

    @property
    def other_resources(self) -> Node | None:
        """Its NotResource: everything else is meant."""
        return _given(element(self.node, "NotResource"))

    @property
    def conditions(self) -> list[Condition]:
        """All keys of all its conditions; each must hold. Raises UndecidedError, WrongTypeError."""
        return [
            _condition(operator, key, values)
            for operator, keys in element(self.node, "Condition").entries()
            for key, values in keys.entries()
        ]

    def covers(self, *actions: str) -> bool:
        """Whether one of some actions is among what it is about. Raises UndecidedError."""
        if (others := self.other_actions) is not None:
            spared = others.texts()
            return any(not any(matches(pattern, action) for pattern in spared) for action in actions)
        return any(matches(pattern.text(), action) for pattern in self.actions for action in actions)

    def pins(self, *keys: str) -> bool:
        """Whether one of some condition keys (in lower case; a trailing `/` or `:` for any key that begins so) is held
        to whole values. Raises UndecidedError, unless another one is."""
        named = [condition for condition in self.conditions if any(_is_key(condition.key, key) for key in keys)]
        return some(named, lambda condition: condition.pins)


def some(items: Iterable[Item], test: Callable[[Item], bool]) -> bool:
    """Whether a test holds of some item; what nobody can know yet counts only where it holds of none."""
    pending: UndecidedError | None = None
    for item in items:
        try:
            if test(item):
                return True
        except UndecidedError as error:
            pending = error
    if pending:
        raise pending
    return False


def statements(document: Node) -> Iterator[PolicyStatement]:
    """The statements of a policy, given as JSON text or as an object. Raises UndecidedError, WrongTypeError."""
    for item in element(document.document(), "Statement").items():
        yield PolicyStatement(item)


def element(node: Node, name: str) -> Node:
    """A member of a document, in whatever case its name is written. Raises UndecidedError, WrongTypeError."""
    found = [member for key, member in node.entries() if key.lower() == name.lower()]
    if len(found) > 1:
        # Readers differ in which of two counts, so neither is taken.
        raise WrongTypeError(node.path, f"an object that says {name} once", node.urn)
    return found[0] if found else node[name]


def matches(pattern: str, text: str) -> bool:
    """Whether IAM takes a text for what a pattern with `*` and `?` means, in any case.

    >>> matches("sts:Assume*", "sts:AssumeRole"), matches("s3:Get?bject", "s3:PutObject")
    (True, False)
    """
    return bool(_compiled(pattern).fullmatch(text))


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    begin, *rest = ("".join("." if letter == "?" else re.escape(letter) for letter in part) for part in _parts(pattern))
    if not rest:
        return re.compile(begin, re.IGNORECASE)
    # What stands between two stars is taken where it comes first, for good: to try other places could take for ever.
    between = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return re.compile(f"{begin}{between}.*{rest[-1]}", re.IGNORECASE)


def _parts(pattern: str) -> list[str]:
    return re.split(r"\*+", pattern.strip())


def _condition(operator: str, key: str, values: Node) -> Condition:
    qualifier, _, name = operator.lower().rpartition(":")
    bare = name.removesuffix("ifexists")
    return Condition(bare, key.lower(), values, holds_without=bare != name or qualifier == "forallvalues")


def _is_key(key: str, wanted: str) -> bool:
    return key.startswith(wanted) if wanted.endswith(("/", ":")) else key == wanted


def _given(node: Node) -> Node | None:
    return None if node.is_missing else node
