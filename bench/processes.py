"""Runs a command as a whole process and says what it cost, by the operating system's own accounting."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command cost, with all its children."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    """Largest memory of the process or of one of its children."""


def cost(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Runs a command to its end; raises CalledProcessError where it fails."""
    started = time.monotonic()
    with subprocess.Popen(
        list(command),
        cwd=folder,
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        errors = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), stderr=errors)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(round(time.monotonic() - started, 3), round(cpu, 3), round(usage.ru_maxrss / 1024, 1))
