"""Programs of the host, run with fixed argument lists, a time limit and their complaint in the error."""

import os
import subprocess
from collections.abc import Mapping, Sequence

from .errors import HostError

LIMIT_SECONDS = 30
SHOWN = 300


def run(arguments: Sequence[str], *, stdin: str = "", environment: Mapping[str, str] | None = None) -> str:
    """The program's output; HostError with the end of its complaint otherwise. `stdin` is never shown."""
    failed, complaint = _run(arguments, stdin, environment)
    if failed is not None:
        raise HostError(f"{' '.join(arguments)}: {failed}: {_shown(complaint)}")
    return complaint


def _run(arguments: Sequence[str], stdin: str, environment: Mapping[str, str] | None) -> tuple[str | None, str]:
    try:
        done = subprocess.run(
            arguments,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
        )
    except FileNotFoundError:
        return "is not installed", ""
    except subprocess.TimeoutExpired:
        return f"did not end within {LIMIT_SECONDS} s", ""
    if done.returncode != 0:
        return f"ended with {done.returncode}", done.stderr or done.stdout
    return None, done.stdout


def start(arguments: Sequence[str]) -> None:
    """Run a program that puts itself into the background and keeps its output open."""
    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as fault:
        raise HostError(f"{' '.join(arguments)}: did not start: {type(fault).__name__}") from fault
    if done.returncode != 0:
        raise HostError(f"{' '.join(arguments)}: ended with {done.returncode}")


def _shown(complaint: str) -> str:
    return " ".join(complaint.split())[-SHOWN:]
