"""The folder of one local world: where its state, passphrase, logs and stack files are.

Nothing of a world is outside its folder, so removing the folder removes the world. Nothing here runs a program.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

from meshfed_local.errors import LocalError

# Said by the production stack files about production's own backend; a passphrase stands for them here.
_OF_PRODUCTION = ("secretsprovider", "encryptedkey", "encryptionsalt")


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack to run, and the file that says which settings it gets."""

    name: str
    config_file: Path | None = None
    """Read, never written; none means a stack without configuration."""
    config: tuple[tuple[str, str], ...] = ()
    """Pairs of key (`meshfed:settings`) and value that replace those of the file."""


class WorldFolder:
    """Paths of one world, made private to its owner on first use."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.state = self.path / "state"
        self.home = self.path / "home"
        self.logs = self.path / "logs"
        self.config = self.path / "config"
        self.passphrase = self.path / "passphrase"

    def prepare(self, project_name: str) -> None:
        """Makes what is missing; changes nothing that is there.

        Raises LocalError where the folder cannot be written or is full.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.state, self.home, self.logs, self.config):
                folder.mkdir(mode=0o700, exist_ok=True)
            if not self.passphrase.exists():
                write_whole(self.passphrase, secrets.token_hex(32), keep=True)
            # `stack init` has no --config-file: run here, it leaves the repository's stack files alone.
            write_whole(self.config / "Pulumi.yaml", f"name: {project_name}\nruntime: python\n")
        except OSError as error:
            raise unusable(self.path, error) from error

    def stack_file(self, name: str) -> Path:
        """This world's own copy of a stack's configuration."""
        return self.config / f"Pulumi.{name}.yaml"

    def checkpoint(self, project_name: str, name: str) -> Path:
        """Where the engine's file backend keeps a stack's state."""
        return self.state / ".pulumi" / "stacks" / project_name / f"{name}.json"

    @property
    def gate(self) -> Path:
        """Configuration of the policy gate, where the settings have exceptions of their own."""
        return self.path / "gate.json"

    def mending(self, name: str) -> Path:
        """Where the mended state of a stack waits until it is refreshed; there only while that is under way."""
        return self.path / f"mending-{name}.json"

    def kept(self, name: str) -> Path:
        """A stack's state before the run under way, or before the last one if that did not end well."""
        return self.path / f"kept-{name}.json"

    def unreadable(self, name: str) -> Path:
        """Where a state is put that cannot be read, and that another one was put in place of."""
        return self.path / f"unreadable-{name}.json"

    def write_stack_file(self, stack: Stack) -> None:
        """Copies a stack's configuration into the world, with the world's own encryption salt.

        Raises LocalError where the source cannot be read or the folder cannot be written.
        """
        try:
            content = _read_mapping(stack.config_file) if stack.config_file else {}
            old = self.stack_file(stack.name)
            salt = _read_mapping(old).get("encryptionsalt") if old.exists() else None
            for key in _OF_PRODUCTION:
                content.pop(key, None)
            if salt is not None:
                content["encryptionsalt"] = salt
            if stack.config:
                content["config"] = {**_mapping(content.get("config")), **dict(stack.config)}
            text = yaml.safe_dump(content, sort_keys=False) if content else ""
            if not old.exists() or old.read_text() != text:
                write_whole(old, text)
        except OSError as error:
            raise unusable(Path(error.filename or self.path), error) from error


def _read_mapping(path: Path) -> dict[str, object]:
    try:
        content: object = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise LocalError(f"{path}: is not YAML: {error}") from error
    if content is not None and not isinstance(content, Mapping):
        raise LocalError(f"{path}: holds {type(content).__name__}; a mapping with `config:` is wanted.")
    return _mapping(cast(object, content))


def _mapping(content: object) -> dict[str, object]:
    return {str(key): value for key, value in cast(Mapping[object, object], content or {}).items()}


def write_whole(path: Path, text: str, *, keep: bool = False) -> None:
    """Writes a private file so that a killed run or a full disk leaves the old one or the new one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        if not keep:
            draft.replace(path)
        elif not path.exists():
            # A link, not a rename: of two first runs at the same time, the second must not replace.
            os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)


def unusable(path: Path, error: OSError) -> LocalError:
    """What is said of a world whose folder cannot be written."""
    return LocalError(
        f"{path}: {error.strerror or error}. The world's folder has to be writable and have space left; "
        "nothing was lost: mend it and run it again."
    )
