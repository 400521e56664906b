"""Options of a command as one dataclass, for commands that have more of them than a function should have parameters."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, TypeVar, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Options = TypeVar("Options", bound="DataclassInstance")


def taking(options: type[Options], run: Callable[[Options], None]) -> Callable[..., None]:
    """A function with a parameter for each field, as typer reads one; its help is that of `run`."""
    hints = get_type_hints(options, include_extras=True)
    empty = inspect.Parameter.empty
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(options)
    ]

    def command(**values: object) -> None:
        run(options(**values))

    command.__doc__ = run.__doc__
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] - where typer looks for it
    return command
