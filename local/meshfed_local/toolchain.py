"""Builds the tools of the local target into a cache outside the repository, once for each content of their modules.

`python -m meshfed_local.toolchain pulumi helm` builds these two and says where they are. Two runs at the same
time wait for each other, and a run that was killed leaves nothing that a later one would take for a tool.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from meshfed_local import golang
from meshfed_local.errors import ToolchainError
from meshfed_local.tools import TOOLS, ModuleFile, Tool

Say = Callable[[str], None]
"""Takes one plain line of progress."""

MODULES = Path(__file__).resolve().parents[2] / "tools"
"""Where the tools' Go modules are in the repository."""

_LAYOUT = "1"  # a new number makes every tool be built again


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where everything that can be made again is kept: `$XDG_CACHE_HOME/meshfed`, else `~/.cache/meshfed`."""
    base = env.get("XDG_CACHE_HOME", "")
    # The XDG specification: a path that is not absolute is to be ignored.
    root = Path(base) if base.startswith("/") else Path(env.get("HOME") or Path.home()) / ".cache"
    return root / "meshfed"


def module_version(go_mod: str, module: str) -> str:
    """The version that a go.mod requires of a module.

    Raises ToolchainError where it requires none.
    """
    found = re.search(rf"^(?:require)?\s*{re.escape(module)} (v\S+)", go_mod, re.MULTILINE)
    if found is None:
        raise ToolchainError(f"toolchain: go.mod requires no {module}; add it with `go get {module}`.")
    return found.group(1)


def build_flags(tool: Tool, go_mod: str) -> tuple[str, ...]:
    """What `go build` is given besides the package."""
    linker = "-s -w"
    if tool.version_variable:
        linker += f" -X {tool.version_variable}={module_version(go_mod, tool.version_module)}"
    tags = ("-tags", ",".join(tool.tags)) if tool.tags else ()
    return ("-trimpath", *tags, "-ldflags", linker)


def key(tool: Tool, modules: Path = MODULES) -> str:
    """Twelve hex digits that change with anything that decides what is built."""
    digest = hashlib.sha256(f"{_LAYOUT} {tool!r}".encode())
    for name in sorted({tool.name, *(file.tool for file in tool.files)}):
        for part in ("go.mod", "go.sum"):
            try:
                digest.update((modules / name / part).read_bytes())
            except FileNotFoundError as error:
                raise ToolchainError(f"toolchain: {error.filename} is missing; the checkout is not whole.") from error
    return digest.hexdigest()[:12]


class Toolchain:
    """The tools of one machine: where each is, and how it gets there."""

    def __init__(self, cache: Path | None = None, modules: Path = MODULES) -> None:
        self.cache = cache_folder() if cache is None else cache
        self._modules = modules

    def folder(self, name: str) -> Path:
        """The folder of a tool in the cache, built or not."""
        tool = TOOLS.get(name)
        if tool is None:
            raise ToolchainError(f"toolchain: there is no tool {name!r}. Tools: {', '.join(sorted(TOOLS))}.")
        return self.cache / "tools" / f"{name}-{key(tool, self._modules)}"

    def program(self, name: str) -> Path:
        """The program of a tool, built or not."""
        return self.folder(name) / "bin" / TOOLS[name].program_name

    def ensure(self, names: Sequence[str], say: Say) -> None:
        """Builds those of the tools that are not there yet, with one line a step.

        Raises ToolchainError.
        """
        for name in names:
            kept = self.folder(name)
            if kept.exists():
                continue
            try:
                with self._alone(name, say):
                    if not kept.exists():
                        self._make(TOOLS[name], kept, say)
            except OSError as error:
                raise golang.explain(f"toolchain: {name}", str(error), self.cache) from error

    def _make(self, tool: Tool, kept: Path, say: Say) -> None:
        started = time.monotonic()
        say(f"toolchain: {tool.name}: building, {tool.expect} the first time")
        for leftover in kept.parent.glob(f".{tool.name}-*.partial"):
            shutil.rmtree(leftover)
        go = golang.find_go(self.cache)
        with tempfile.TemporaryDirectory(
            dir=kept.parent, prefix=f".{tool.name}-", suffix=".partial", ignore_cleanup_errors=True
        ) as temporary:
            made = Path(temporary) / tool.name
            made.mkdir()
            if tool.package:
                self._build(go, tool, made / "bin" / tool.program_name)
            for file in tool.files:
                self._take(go, tool, file, made / file.to)
            made.rename(kept)
        say(f"toolchain: {tool.name}: ready in {time.monotonic() - started:.0f} s")

    def _build(self, go: str, tool: Tool, program: Path) -> None:
        folder = self._modules / tool.name
        flags = build_flags(tool, (folder / "go.mod").read_text())
        command = [go, "build", *flags, "-o", str(program), tool.package]
        golang.run(command, folder, f"toolchain: building {tool.name}", self.cache, cgo=tool.cgo)

    def _take(self, go: str, tool: Tool, file: ModuleFile, target: Path) -> None:
        folder = self._modules / file.tool
        doing = f"toolchain: {tool.name}: downloading {file.module}"
        golang.run([go, "mod", "download", file.module], folder, doing, self.cache)
        listing = golang.run([go, "list", "-m", "-f", "{{.Dir}}", file.module], folder, doing, self.cache)
        source = Path(listing.strip()) / file.path
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            # Go's module cache is read-only, its modes are not wanted here.
            shutil.copytree(source, target, copy_function=shutil.copyfile)
            _make_removable(target)
        else:
            shutil.copyfile(source, target)
            target.chmod(0o755)

    @contextmanager
    def _alone(self, name: str, say: Say) -> Generator[None]:
        """Holds the tool's lock, which ends with the process however that ends."""
        tools = self.cache / "tools"
        tools.mkdir(parents=True, exist_ok=True)
        with (tools / f".{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"toolchain: {name}: another run is building it; waiting")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _make_removable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds the tools that are named, prints where they are; 1 and one message where that fails."""
    parser = argparse.ArgumentParser(
        prog="python -m meshfed_local.toolchain", description="Build tools of the local target into the cache."
    )
    parser.add_argument("tools", nargs="+", metavar="TOOL", help=f"one of: {', '.join(sorted(TOOLS))}")
    names: list[str] = parser.parse_args(arguments).tools
    toolchain = Toolchain()
    try:
        toolchain.ensure(names, lambda line: _write(sys.stderr, line))
        for name in names:
            _write(sys.stdout, str(toolchain.folder(name)))
    except ToolchainError as error:
        _write(sys.stderr, str(error))
        return 1
    return 0


def _write(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
