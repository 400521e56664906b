"""What stands in place of a part that cannot be seen, so that nothing is passed over in silence; MF-G6 judges it."""

from dataclasses import replace
from typing import Final

from meshfed.rules.node import Node, UndecidedError, WrongTypeError
from meshfed.rules.plain import Unknown, UnreadableError
from meshfed.rules.resource import Resource

OPAQUE: Final = "opaque"
"""Its properties are one value: `Unknown`, or a sentence that says why the part cannot be read."""
UNSEEN: Final = (UndecidedError, WrongTypeError, UnreadableError)
"""What taking a resource apart may end with."""


def opaque(whole: Resource, error: Exception, path: str = "") -> Resource:
    """In place of parts of a resource."""
    why: str | Unknown = str(error).removesuffix(".")
    if isinstance(error, UndecidedError):
        path, why = error.path, Unknown(error.reason)
    elif isinstance(error, WrongTypeError):
        path, why = error.path, f"cannot be taken apart: {error.wanted} is wanted"
    return replace(whole, kind=OPAQUE, props=Node(why, path or whole.props.path, urn=whole.urn))
