"""Options that verbs share, how they read the federation, and how they write a file."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from meshfed.errors import Fault, SettingsError
from meshfed.settings.load import load_facts, load_federation
from meshfed.settings.places import FACTS
from meshfed.topology.build import build, draft
from meshfed.topology.plan import Plan

SettingsOption = Annotated[Path, typer.Option("--settings", "-s", help="The settings file.")]
FactsOption = Annotated[Path | None, typer.Option("--facts", "-f", help="The facts file.", show_default=str(FACTS))]

GrantOption = Annotated[
    list[Path] | None,
    typer.Option("--grant", help="FILE of `meshfed grant`, and its signature in FILE.sig: a region's new epoch."),
]


def read_plan(settings: Path, facts: Path | None) -> Plan:
    """The plan of a settings file and its facts; raises SettingsError or PlanError."""
    federation = load_federation(settings)
    return build(federation, load_facts(facts_to_read(facts), federation))


def read_draft(settings: Path, facts: Path | None) -> Plan:
    """The plan, whatever stands against it, for whoever says so by other names; raises SettingsError."""
    federation = load_federation(settings)
    return draft(federation, load_facts(facts_to_read(facts), federation))


def facts_to_read(given: Path | None) -> Path:
    """The facts file that is meant; one that was named must be there, the usual one may still be missing."""
    if given is not None and not given.exists():
        hint = "`meshfed pin` writes it; leave --facts out where nothing is pinned yet."
        raise SettingsError(str(given), [Fault("file", "", "is not there.", hint)])
    return given or FACTS


def counted(number: int, what: str) -> str:
    """A number of things in words.

    >>> counted(1, "region"), counted(2, "region")
    ('1 region', '2 regions')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def write_file(path: Path, text: str) -> None:
    """Writes a file whole: a reader never sees half of it. Raises SettingsError where it cannot be written.

    What a link leads to is written, and a device or pipe is written to, never replaced.
    """
    target = path.resolve() if path.is_symlink() else path
    try:
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
            return
        draft = target.with_name(f".{target.name}.new")
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(target)
        except OSError:
            with suppress(OSError):
                draft.unlink()
            raise
    except OSError as error:
        hint = "Name a file in a folder that is there and may be written to."
        raise SettingsError(str(path), [Fault("file", "", f"cannot be written: {error.strerror}.", hint)]) from error
