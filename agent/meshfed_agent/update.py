"""The agent replaces itself by the release that the region's deployer put into the store.

The new program is checked against its sha256 and must run on this host before it takes the old one's place; then the
agent ends, and systemd starts the new one. Tunnels are interfaces of the kernel: they stay.
"""

import hashlib
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import files
from .alarms import LOG
from .commands import run
from .errors import HostError, MissingError, RefusedError
from .reading import Reader, strict_json
from .store import Store

FORMAT = "meshfed/release/v1"
DOCUMENT = "agent/release.json"
DOCUMENT_LIMIT = 4096
PROGRAM_LIMIT = 16 * 1024 * 1024
PROGRAM_MODE = 0o755
AFTER_SECONDS = {"b": 900.0}
"""As in the host's own fetch of releases (`meshfed.render.host_fetch`)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The release that the deployer wants."""

    version: str
    object: str
    sha256: str


def running() -> Path | None:
    """The archive this program runs from; None when it runs from a folder of sources, which is never replaced."""
    program = Path(sys.argv[0]).resolve()
    inside = Path(__file__).parent.parent
    return program if program == inside.resolve() and program.is_file() else None


def parse(data: bytes) -> Wanted:
    """Read a release document; raises RefusedError."""
    top = Reader(strict_json(data, DOCUMENT), DOCUMENT)
    top.constant("format", FORMAT)
    wanted = Wanted(
        version=top.text("version", r"[0-9A-Za-z.+-]+", wanted="a version"),
        object=top.text("object", r"agent/[0-9A-Za-z.+_-]+", wanted="an object below agent/"),
        sha256=top.text("sha256", r"[0-9a-f]{64}", wanted="64 hexadecimal digits"),
    )
    top.done()
    return wanted


class Patience:
    """Lets a gateway leave a new release to the other of its pair for a while: a restart closes health."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._seen = "", 0.0

    def over(self, sha256: str) -> bool:
        """Whether this release has been wanted for long enough."""
        if self._seen[0] != sha256:
            self._seen = sha256, self._clock()
        return self._clock() - self._seen[1] >= self._seconds


def update(store: Store, program: Path, patience: Patience | None = None) -> bool:
    """Put the wanted release in the program's place; True when it was replaced and must be started anew."""
    try:
        wanted = parse(store.read(DOCUMENT, DOCUMENT_LIMIT))
    except MissingError:
        return False  # the deployer leaves the installed program alone
    if _digest(files.read(program) or b"") == wanted.sha256:
        return False
    if patience is not None and not patience.over(wanted.sha256):
        return False
    _install(wanted, store.read(wanted.object, PROGRAM_LIMIT), program)
    return True


def _install(wanted: Wanted, data: bytes, program: Path) -> None:
    if _digest(data) != wanted.sha256:
        raise RefusedError(f"{wanted.object}: has sha256 {_digest(data)}; {DOCUMENT} says {wanted.sha256}")
    candidate = program.with_name(f"{program.name}.candidate")
    files.write(candidate, data, mode=PROGRAM_MODE)
    try:
        said = run([sys.executable, str(candidate), "version"]).strip()
    except HostError as fault:
        files.remove(candidate)
        raise RefusedError(f"{wanted.object}: does not run on this host: {fault}") from fault
    if not re.fullmatch(re.escape(wanted.version), said):
        files.remove(candidate)
        raise RefusedError(f"{wanted.object}: says it is {said}; {DOCUMENT} says {wanted.version}")
    candidate.replace(program)
    LOG.info("update: %s is now in place", wanted.version)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
