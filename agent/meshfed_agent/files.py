"""Files that are either the old ones or the new ones, never half of each, also after a kill or a full disk."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import ConfigError, HostError

PRIVATE = 0o600
PUBLIC = 0o644


def write(path: Path, data: bytes, *, mode: int = PRIVATE) -> None:
    """Put these bytes under the path at once; on any fault the old file stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.new")
    try:
        # Created with its final mode: a private key is at no moment readable by others.
        with suppress(FileNotFoundError):
            draft.unlink()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)  # the service's umask may have taken bits away that bird needs
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        _sync_directory(path.parent)
    except OSError as fault:
        with suppress(OSError):
            draft.unlink()
        raise HostError(f"{path}: cannot be written: {fault.strerror}; wanted: room and rights for root") from fault


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> bytes | None:
    """The bytes under the path; None when there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise HostError(f"{path}: cannot be read: {fault.strerror}; wanted: a file that root may read") from fault


def remove(path: Path) -> None:
    """Take the file away; a file that is not there is fine."""
    path.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock of the state folder: two agents on one host would undo each other."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = path.open("w")
    except OSError as fault:
        raise ConfigError(f"{path}: cannot be locked: {fault.strerror}; run as root") from fault
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise ConfigError(f"{path}: another meshfed-agent holds it; wanted: one agent a host") from fault
        yield
