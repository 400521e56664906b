"""The whole exception tree. Every message says where, what is, what is wanted and what to do; none holds a secret."""

from collections.abc import Sequence
from dataclasses import dataclass


class MeshfedError(Exception):
    """Something the user can mend; the command prints it as one message without a traceback."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file."""

    path: str
    """Where: `regions.euw1.slot`."""
    value: str
    """What is there now, shortened; empty where nothing is there or where it may not be shown."""
    wanted: str
    """What is wanted instead."""
    proposal: str
    """What to do: a value to write, a key that was probably meant; empty where there is no honest guess."""

    def __str__(self) -> str:
        is_now = f"{self.value}: " if self.value else ""
        hint = f" {self.proposal}" if self.proposal else ""
        return f"{self.path}: {is_now}{self.wanted}{hint}"


class FaultsError(MeshfedError):
    """All faults of one file or plan, gathered before raising."""

    def __init__(self, where: str, faults: Sequence[Fault]) -> None:
        self.where = where
        self.faults = tuple(faults)
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"{where}: {count}\n{lines}")


class SettingsError(FaultsError):
    """A settings, facts or stack file cannot be used as it is."""


class PlanError(FaultsError):
    """The settings are well formed, but no federation can be built from them."""


class RenderError(MeshfedError):
    """A plan slice cannot be written as text that its consumer would accept."""


class ArgsError(MeshfedError):
    """A component was given arguments of the wrong shape."""
