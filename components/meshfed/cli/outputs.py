"""Outputs of region stacks: from the installed `pulumi`, from files, or from whoever calls."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from meshfed.errors import Fault, MeshfedError, SettingsError
from meshfed.settings.facts import TOLD

Outputs = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OutputsSource:
    """Where the outputs of region stacks come from."""

    read: Callable[[str], Outputs | None]
    """Gives the outputs of a region's stack; None where the stack does not stand."""
    standing: Callable[[], Sequence[str]]
    """Names of all stacks that are known, also of those that the settings no longer have."""
    environment: Mapping[str, str]
    """Environment of the programs that are asked for what outputs cannot tell."""
    grant_verb: str = "meshfed grant"
    """The command that says what a region's offline key signs, and the one that takes the signed grant."""
    take_verb: str = "meshfed pin"
    reviewed: bool = True
    """Whether people review what is pinned; a local world's facts are its own."""


class OutputsError(MeshfedError):
    """Outputs of a stack cannot be read."""


def from_files(given: Sequence[str], regions: Collection[str]) -> OutputsSource:
    """Outputs that were saved with `pulumi stack output --json`, one `KEY=FILE` a region.

    Raises SettingsError.
    """
    found: dict[str, Outputs] = {}
    for item in given:
        key, separator, name = item.partition("=")
        if not separator:
            raise SettingsError("--outputs", [Fault(item, "", "must be KEY=FILE.", "For example use1=use1.json.")])
        if key not in regions:
            raise SettingsError("--outputs", [Fault(item, "", f"{key} is no region.", f"Known: {', '.join(regions)}.")])
        found[key] = _of_a_region(name, _parsed(name, _read(Path(name))))
    return OutputsSource(found.get, lambda: list(found), os.environ)


def from_pulumi(folder: Path) -> OutputsSource:
    """Outputs that the installed `pulumi` reads from each stack's own backend."""
    program = shutil.which("pulumi")
    if program is None:
        raise OutputsError(
            "`pulumi` is not on PATH, and stacks of real clouds are asked here: install it, or give --outputs KEY=FILE "
            "for each region. A local world needs neither: `make up` pins and opens it; see `meshfed local`."
        )

    def outputs(key: str) -> Outputs | None:
        command = [program, "stack", "output", "--json", "--stack", key]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return _parsed(f"stack {key}", done.stdout) or None
        if "no stack named" in done.stderr:
            return None
        raise OutputsError(f"stack {key}: its outputs cannot be read: {done.stderr.strip().rstrip('.')}.")

    def standing() -> list[str]:
        command = [program, "stack", "ls", "--json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        # One backend lists its own stacks; those of other backends are asked for by the settings' names alone.
        stacks = cast("list[dict[str, str]]", json.loads(done.stdout)) if done.returncode == 0 else []
        return [stack["name"].rpartition("/")[2] for stack in stacks]

    return OutputsSource(outputs, standing, os.environ)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(str(path), [Fault("file", "", f"cannot be read: {error.strerror}.", "")]) from error
    except UnicodeDecodeError as error:
        raise SettingsError(str(path), [Fault("file", "", "is not UTF-8 text.", "Save it as UTF-8.")]) from error


def _of_a_region(where: str, outputs: Outputs) -> Outputs:
    # A stack without outputs stands in no cloud yet; one with others is another stack, or no stack's outputs at all.
    if outputs and not set(TOLD) & set(outputs):
        problem = f"is not what a region's stack tells: it has none of {', '.join(TOLD)}."
        hint = "Write it with `pulumi stack output --json --stack REGION`."
        raise SettingsError(where, [Fault("file", "", problem, hint)])
    return outputs


def _parsed(where: str, text: str) -> Outputs:
    try:
        content: object = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise SettingsError(where, [Fault(place, "", "is not JSON.", "")]) from error
    except (ValueError, RecursionError) as error:
        problem = "has a number that is too long, or is nested too deeply."
        raise SettingsError(where, [Fault("file", "", problem, "")]) from error
    if not isinstance(content, dict):
        raise SettingsError(where, [Fault("file", "", "is not a JSON object.", "")])
    return cast("dict[str, Any]", content)
