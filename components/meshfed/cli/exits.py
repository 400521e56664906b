"""With what the command ends."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of a run that is not simply done (0); typer ends with 2 on wrong usage."""

    MISTAKE = 1
    """A file or a plan cannot be used as it is; the message says what to mend."""
    FAILED = 3
    """An engine, a tool or a cloud failed; the message says which."""
    VIOLATIONS = 4
    """The gate found what must not be."""
    UNDECIDED = 5
    """The gate found no violation, and values that nobody can know yet."""
    INTERRUPTED = 130
