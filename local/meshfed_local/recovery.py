"""What a killed engine leaves: a lock whose owner is gone, drafts, creations of which nobody wrote down the end.

An engine notes in its state that it is about to create something, and forgets the note when the answer is saved.
A note that is left means: it may or may not exist. The world knows, so each is adopted or struck out before the
next operation, and nothing is created twice.
"""

import json
import os
import socket
from collections.abc import Iterator, Mapping
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
    for path in sorted(folder.glob("*.json*")):
        if path.suffix == ".attrs":
            continue
        try:
            content = cast(Mapping[str, object], json.loads(path.read_text()))
        except FileNotFoundError:
            continue
        except ValueError:
            # Half-written when its owner was killed, and perhaps under the name of a draft, which the backend
            # counts as a lock, too: names nobody who could still hold it.
            yield Lock(path, 0, socket.gethostname())
            continue
        yield Lock(path, int(str(content.get("pid", 0))), str(content.get("hostname", "")))


def litter(state: Path, project_name: str, stack: str) -> Iterator[Path]:
    """Files beside a stack's state that a killed engine may have left half-written; none of them is needed.

    Only to be asked for while no engine works on the stack. Attributes are written by no engine of ours any more,
    but an empty file of them makes the backend refuse the state.
    """
    root = state / ".pulumi"
    beside = (root / "stacks" / project_name).glob(f"{stack}.json.*")
    locked = (root / "locks" / "organization" / project_name / stack).glob("*")
    for path in (*beside, *locked, root / "meta.yaml.attrs"):
        if path.suffix in {".attrs", ".tmp"} and path.exists():
            yield path


def keep(checkpoint: Path, kept: Path) -> None:
    """Holds on to a stack's state as it is before a run; silent where there is none yet.

    The backend puts a new file in place of the old one, on a full disk even one that is cut short. A second name
    for the old file takes no space and cannot be cut.
    """
    if not checkpoint.exists():
        return
    kept.unlink(missing_ok=True)
    kept.hardlink_to(checkpoint)


def is_whole(checkpoint: Path) -> bool:
    """Whether a stack's state can be read at all; one that is not there is whole."""
    try:
        json.loads(checkpoint.read_bytes())
    except FileNotFoundError:
        return True
    except ValueError:
        return False
    return True


def is_unfinished(checkpoint: Path) -> bool:
    """Whether a stack's saved state leaves open how an operation ended."""
    try:
        # A state without open operations is by far the usual one, and may be megabytes to parse.
        return b'"pending_operations"' in checkpoint.read_bytes()
    except FileNotFoundError:
        return False


_Resource = dict[str, object]


def mended(export: Mapping[str, object], world_folder: Path) -> tuple[dict[str, object], int]:
    """The exported state with no operation left open, and how many things it takes over that it had not noted.

    Whatever was being changed or removed has to be refreshed afterwards, and so has what is taken over: only
    its inputs are known here.
    """
    deployment = dict(cast(Mapping[str, object], export["deployment"]))
    pending = cast(list[Mapping[str, object]], deployment.pop("pending_operations", None) or [])
    resources = [dict(resource) for resource in cast(list[_Resource], deployment.get("resources") or [])]
    creations = [cast(_Resource, operation["resource"]) for operation in pending if operation["type"] == "creating"]
    taken = 0
    world = World(world_folder)
    try:
        for creation in creations:
            known = {resource.get("id") for resource in resources}
            # During a replacement the old one has the same URN; the state knows that one by its id.
            made = [record.id for record in world.by_urn(str(creation["urn"])) if record.id not in known]
            for identifier in made:
                _take_over(resources, {**creation, "id": identifier, "outputs": creation.get("inputs", {})})
            taken += len(made)
    finally:
        world.close()
    return {**export, "deployment": {**deployment, "resources": resources}}, taken


def _take_over(resources: list[_Resource], created: _Resource) -> None:
    for resource in resources:
        if resource["urn"] == created["urn"]:
            # The engine was replacing it: what it would have noted next is that the old one is to go.
            resource["delete"] = True
    resources.append(created)
