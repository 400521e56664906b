"""Runs a command and says what it and everything that it started cost, also what its parents left behind."""

import ctypes
import os
import resource
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of linux/prctl.h."""
_SAMPLE_SECONDS = 0.25
_ORPHAN_SECONDS = 10.0
"""How long a plugin may outlive the engine that it served; its parent check ends it sooner."""


@dataclass(frozen=True, slots=True)
class TreeCost:
    """What one run of a command cost."""

    wall_seconds: float
    cpu_seconds: float
    """Of every process of the tree, by the system's own accounting at each one's end."""
    largest_process_mib: float
    """Resident memory of the largest process."""
    tree_mib: float
    """Most proportional memory of the whole tree in samples (a page that several share is counted once)."""
    processes: int
    """Most processes at one time, in samples."""


class Sampler(threading.Thread):
    """Looks at the tree below this process now and then."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.tree_kib = 0
        self.processes = 0
        self._end = threading.Event()

    def run(self) -> None:
        """Samples until it is stopped."""
        while not self._end.wait(_SAMPLE_SECONDS):
            sizes = [_proportional_kib(pid) for pid in descendants(os.getpid())]
            self.tree_kib = max(self.tree_kib, sum(sizes))
            self.processes = max(self.processes, sum(size > 0 for size in sizes))

    def stop(self) -> None:
        """Ends the sampling."""
        self._end.set()
        self.join()


def watched(command: Sequence[str], folder: Path, output: Path, environment: Mapping[str, str]) -> TreeCost:
    """Runs a command to its end, its words to a file; raises CalledProcessError where it fails."""
    _adopt_orphans()
    sampler = Sampler()
    started = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(
            list(command), cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    sampler.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    usages = [usage, *_orphans()]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), stderr=output.read_bytes())
    return TreeCost(
        wall_seconds=round(wall, 2),
        cpu_seconds=round(sum(one.ru_utime + one.ru_stime for one in usages), 2),
        largest_process_mib=round(max(one.ru_maxrss for one in usages) / 1024, 1),
        tree_mib=round(sampler.tree_kib / 1024, 1),
        processes=sampler.processes,
    )


def descendants(root: int) -> list[int]:
    """Every process below one, children before their own children."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found = list(children.get(root, ()))
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            # The name in brackets may hold blanks and brackets; the parent is the second word after it.
            yield int(entry.name), int(stat.rpartition(")")[2].split()[1])


def _proportional_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _adopt_orphans() -> None:
    """Makes this process the parent of what its descendants leave, so that it is told what they cost."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl PR_SET_CHILD_SUBREAPER")


def _orphans() -> list[resource.struct_rusage]:
    usages: list[resource.struct_rusage] = []
    deadline = time.monotonic() + _ORPHAN_SECONDS
    while time.monotonic() < deadline:
        try:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            break
        if pid:
            usages.append(usage)
        else:
            time.sleep(_SAMPLE_SECONDS)
    return usages
