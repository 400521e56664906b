"""What a killed engine leaves: a lock whose owner is gone, and creations of which nobody wrote down the end.

An engine notes in its state that it is about to create something, and forgets the note when the answer is saved.
A note that is left means: it may or may not exist. The world knows, so each is adopted or struck out before the
next operation, and nothing is created twice.
"""

import json
import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from meshfed_local.standins.world import World


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock of the engine's file backend on one stack."""

    path: Path
    pid: int
    host: str

    @property
    def is_stale(self) -> bool:
        """Whether the engine that took it is surely gone: same machine, and no such engine runs."""
        if self.host != socket.gethostname():
            return False
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except FileNotFoundError:
            return True
        except OSError:
            return False  # cannot be known: then it counts as held
        # The number may by now be another program's; a dead engine not yet reaped has an empty command line.
        return Path(os.fsdecode(command.split(b"\0")[0])).name != "pulumi"


def locks(state: Path, project_name: str, stack: str) -> Iterator[Lock]:
    """Locks on a stack; one that is gone while we look is none."""
    folder = state / ".pulumi" / "locks" / "organization" / project_name / stack
    for path in sorted(folder.glob("*.json")):
        try:
            content = cast(Mapping[str, object], json.loads(path.read_text()))
        except FileNotFoundError:
            continue
        except ValueError:
            # Half-written when its owner was killed: names nobody who could still hold it.
            yield Lock(path, 0, socket.gethostname())
            continue
        yield Lock(path, int(str(content.get("pid", 0))), str(content.get("hostname", "")))


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Operations of which the state does not say how they ended."""

    creations: tuple[str, ...]
    """URNs."""
    others: int
    known_ids: frozenset[str]
    """Ids of everything that the state knows to exist."""

    @property
    def any(self) -> bool:
        """Whether there is anything to mend."""
        return bool(self.creations) or self.others > 0


def unfinished(checkpoint: Path) -> Unfinished:
    """What a stack's saved state leaves open; nothing where there is no state yet."""
    try:
        text = checkpoint.read_text()
    except FileNotFoundError:
        return Unfinished((), 0, frozenset())
    # A state without open operations is by far the usual one, and may be megabytes to parse.
    if '"pending_operations"' not in text:
        return Unfinished((), 0, frozenset())
    saved = cast(Mapping[str, Mapping[str, Mapping[str, list[dict[str, object]] | None]]], json.loads(text))
    latest = saved["checkpoint"]["latest"]
    pending = latest.get("pending_operations") or []
    creations = [_urn(operation) for operation in pending if operation.get("type") == "creating"]
    known = frozenset(str(resource["id"]) for resource in latest.get("resources") or [] if "id" in resource)
    return Unfinished(tuple(creations), len(pending) - len(creations), known)


def _urn(operation: Mapping[str, object]) -> str:
    return str(cast(Mapping[str, object], operation["resource"])["urn"])


def created_ids(world_folder: Path, urns: Iterable[str], known_ids: frozenset[str]) -> Sequence[tuple[str, str]]:
    """Pairs of URN and id for those that do exist although the state does not say so."""
    world = World(world_folder)
    try:
        return [
            (record.urn, record.id)
            for urn in urns
            for record in world.by_urn(urn)
            # During a replacement the old one has the same URN; the state knows that one.
            if record.id not in known_ids
        ]
    finally:
        world.close()
