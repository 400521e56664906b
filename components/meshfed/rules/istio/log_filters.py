"""Whether a filter of access logs can take any request at all: the language is CEL, read as far as it decides that.

An expression is tried with every code that a response can have; what is not said by it may be anything.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Final

_CODES: Final = range(600)
_CODE: Final = ("response.code", "response['code']")
_WORDS: Final[Mapping[str, object]] = {"true": True, "false": False, "null": None}
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SUMS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_CASTS: Final = frozenset({"int", "uint", "double", "dyn"})


class UnreadableFilterError(Exception):
    """An expression that is not of the part of CEL that is read here."""


class _Any:
    """What the expression does not say."""


_ANYTHING: Final = _Any()


def can_take_anything(expression: str) -> bool:
    """Whether some request can pass a filter. Raises UnreadableFilterError.

    >>> can_take_anything("response.code >= 400 || !has(request.auth)"), can_take_anything("response.code >= 900")
    (True, False)
    """
    text = re.sub(r"!(?!=)", " not ", expression.replace("&&", " and ").replace("||", " or "))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableFilterError from error
    return any(_value(tree, code) not in (False, None) for code in _CODES)


def _value(node: ast.expr, code: int) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return _WORDS.get(name, _ANYTHING)
        case ast.Attribute() | ast.Subscript():
            return code if ast.unparse(node) in _CODE else _ANYTHING
        case ast.UnaryOp(op=op, operand=inner):
            return _turned(op, _value(inner, code))
        case ast.BoolOp(op=op, values=values):
            return _joined([_value(one, code) for one in values], stop=isinstance(op, ast.Or))
        case ast.List(elts=items):
            return [_value(one, code) for one in items]
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(_value(left, code), op, _value(right, code))
        case ast.BinOp(left=left, op=op, right=right):
            return _sum(_value(left, code), op, _value(right, code))
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _CASTS:
            return _value(inner, code)
        case _:
            return _ANYTHING


def _turned(op: ast.unaryop, given: object) -> object:
    if isinstance(op, ast.Not) and given is not _ANYTHING:
        return not given
    return -given if isinstance(op, ast.USub) and isinstance(given, int | float) else _ANYTHING


def _joined(values: list[object], *, stop: bool) -> object:
    if any(value is stop for value in values):
        return stop
    return (not stop) if all(value is not _ANYTHING for value in values) else _ANYTHING


def _compared(left: object, op: ast.cmpop, right: object) -> object:
    if isinstance(op, ast.In) and isinstance(right, list) and _ANYTHING not in (left, *right):
        return left in right
    if isinstance(left, str) and isinstance(right, str) and isinstance(op, ast.Eq | ast.NotEq):
        return (left == right) is isinstance(op, ast.Eq)
    if not (isinstance(left, int | float) and isinstance(right, int | float)) or type(op) not in _COMPARISONS:
        return _ANYTHING
    return _COMPARISONS[type(op)](left, right)


def _sum(left: object, op: ast.operator, right: object) -> object:
    if not (isinstance(left, int | float) and isinstance(right, int | float)) or type(op) not in _SUMS:
        return _ANYTHING
    return _SUMS[type(op)](left, right)
