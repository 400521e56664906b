"""What a stand-in refuses, and the mark for a value that is not known yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


class Unknown:
    """A value that only a later step of the deployment can tell; there is one instance, `UNKNOWN`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        """Refuse to be taken for true or false: a rule must say what it does about the unknown."""
        raise TypeError("an unknown value is neither true nor false; compare it with `is UNKNOWN` first")


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a cloud would refuse a resource."""

    path: str
    """Where, in the wire's own words: `vpcConfig.subnetIds[1]`; empty for the resource as a whole."""
    problem: str
    """What is wrong, with the value."""
    wanted: str
    """What the cloud accepts."""

    def __str__(self) -> str:
        return f"{self.path or '(resource)'}: {self.problem}; wanted: {self.wanted}"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is neither object nor list, with its path, in order."""
    if isinstance(value, Mapping):
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType] -- plain wire value
            yield from leaves(item, f"{path}.{key}" if path else str(key))  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for index, item in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def has_unknown(value: Any) -> bool:
    """Whether any part of the value is not known yet."""
    return any(leaf is UNKNOWN for _, leaf in leaves(value))
