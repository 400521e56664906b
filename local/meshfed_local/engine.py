"""Runs Pulumi's own engine for one local world: its own state, passphrase, home and programs, nothing of the user's.

The same project deploys to real clouds with an installed Pulumi; only the environment differs.
"""

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from enum import StrEnum
from pathlib import Path
from typing import cast

import yaml

from meshfed.errors import MeshfedError
from meshfed_local import recovery
from meshfed_local.environment import ENGINE_TOOLS, PACKS, STANDINS, engine_environment
from meshfed_local.errors import EngineError
from meshfed_local.events import EventLog, Outcome, worth_telling
from meshfed_local.folder import Stack, WorldFolder, unusable, write_whole
from meshfed_local.toolchain import Say, Toolchain

AT_A_TIME = 2
"""Stacks that are run at the same time; measured: more are slower on two cores."""

_LINE_EVERY_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 0.1
_STALLED_SECONDS = 20.0
"""How long a run may stand still on a full disk before it is ended."""
_FULL = ("no space left on device", "disk quota exceeded")
_FULL_BYTES = 1024 * 1024
_NO_START = re.compile(r"policy pack .* failed to start")
_LINES_OF_A_PACK = 12
_PROGRESS = re.compile(r"\s*([-+~]{1,2}|@)\s")
"""A line of the engine that says how far it is."""


class Operation(StrEnum):
    """What the engine is asked to do with a stack."""

    UP = "up"
    PREVIEW = "preview"
    DESTROY = "destroy"
    REFRESH = "refresh"


class Engine:
    """The engine of one world; `ready` first, then any operation on any list of stacks."""

    def __init__(
        self,
        world: Path,
        project: Path,
        say: Say,
        toolchain: Toolchain | None = None,
        standins: Sequence[Path] = (STANDINS,),
        packs: Sequence[Path] = PACKS,
    ) -> None:
        self.folder = WorldFolder(world)
        self._project = project.absolute()
        self._say = say
        self._toolchain = toolchain or Toolchain()
        self._packs = tuple(packs)
        self._exceptions: Path | None = None
        self._configuration: Path | None = None
        self.project_name = name_of_project(self._project)
        self.environment = engine_environment(self.folder, self._toolchain, standins)

    def ready(self) -> None:
        """Builds the tools that are missing and makes the world's folder.

        Raises ToolchainError, LocalError.
        """
        self._toolchain.ensure(ENGINE_TOOLS, self._say)
        self.folder.prepare(self.project_name)
        if self._exceptions:
            write_whole(self.folder.gate, json.dumps({"meshfed": {"exceptions": str(self._exceptions)}}))

    def waive(self, exceptions: Path) -> None:
        """Has the gate read these exceptions in place of the project's own; before `ready`."""
        self._exceptions = exceptions

    def configure_gate(self, file: Path) -> None:
        """Has the gate read this configuration of levels and parameters."""
        self._configuration = file

    @property
    def gate(self) -> tuple[str, ...]:
        """The engine's options for the gate."""
        file = self._configuration or (self.folder.gate if self._exceptions else None)
        config = ("--policy-pack-config", str(file)) if file else ()
        return tuple(word for pack in self._packs for word in ("--policy-pack", str(pack), *config))

    def up(self, stacks: Sequence[Stack]) -> tuple[Outcome, ...]:
        """Deploys the stacks, two at a time; what a killed engine left is mended first.

        Raises EngineError with what went wrong in each stack that failed; the others are finished.
        """
        return self._for_each(stacks, self._up)

    def preview(self, stacks: Sequence[Stack], *, expect_no_changes: bool = False) -> tuple[Outcome, ...]:
        """Says what `up` would do. Raises EngineError, also where a change is found and none is expected."""

        def one(stack: Stack) -> Outcome:
            self._ensure(stack)
            outcome = self._run(Operation.PREVIEW, stack, self.gate)
            if expect_no_changes and outcome.changed:
                raise EngineError(f"{outcome}; no change was expected. `meshfed local up` would make it so.")
            return outcome

        return self._for_each(stacks, one)

    def refresh(self, stacks: Sequence[Stack]) -> tuple[Outcome, ...]:
        """Takes into the state what has changed outside of it. Raises EngineError."""

        def one(stack: Stack) -> Outcome:
            self._mend(stack)
            return self._run(Operation.REFRESH, stack, ("--yes", "--skip-preview"))

        return self._for_each(stacks, one)

    def destroy(self, stacks: Sequence[Stack]) -> tuple[Outcome, ...]:
        """Removes everything in the stacks; a stack that was never deployed is nothing to do. Raises EngineError."""

        def one(stack: Stack) -> Outcome:
            if not self.exists(stack.name):
                return Outcome(stack.name, 0.0, {}, ())
            self._mend(stack)
            return self._run(Operation.DESTROY, stack, ("--yes", "--skip-preview"))

        return self._for_each(stacks, one)

    def exists(self, stack: str) -> bool:
        """Whether the world has this stack, deployed or empty."""
        return self.folder.checkpoint(self.project_name, stack).exists()

    def export(self, stack: str, *, show_secrets: bool = False) -> Mapping[str, object]:
        """The whole state of a stack as the engine exports it. Raises EngineError."""
        self._restore(stack)
        shown = ("--show-secrets",) if show_secrets else ()
        text = self._ask(("stack", "export", "--stack", stack, *shown), f"{stack}: export")
        return cast(Mapping[str, object], json.loads(text))

    def outputs(self, stack: str) -> Mapping[str, object]:
        """What the stack's program exported; secrets are hidden. Raises EngineError."""
        self._restore(stack)
        text = self._ask(("stack", "output", "--json", "--stack", stack), f"{stack}: outputs")
        return cast(Mapping[str, object], json.loads(text))

    def cancel(self, stack: str) -> bool:
        """Takes away the locks of engines that are gone; true where there were any.

        Raises EngineError where the owner may still run.
        """
        found = list(recovery.locks(self.folder.state, self.project_name, stack))
        if held := [lock for lock in found if not lock.is_stale]:
            raise EngineError(
                f"{stack}: another run (process {held[0].pid} on {held[0].host}) is working on this stack. "
                f"Wait for it or end it; if it is surely gone, remove {held[0].path}."
            )
        for lock in found:
            lock.path.unlink(missing_ok=True)
        return bool(found)

    def _up(self, stack: Stack) -> Outcome:
        self._ensure(stack)
        self._mend(stack)
        return self._run(Operation.UP, stack, ("--yes", "--skip-preview", *self.gate))

    def _ensure(self, stack: Stack) -> None:
        self.folder.write_stack_file(stack)
        self._restore(stack.name)
        if self.exists(stack.name):
            return
        command = ("-C", str(self.folder.config), "stack", "init", "--no-select", stack.name)
        self._ask(command, f"{stack.name}: making the stack")

    def _mend(self, stack: Stack) -> None:
        """Makes good what an engine left that was killed on this stack."""
        self.folder.write_stack_file(stack)
        if self.cancel(stack.name):
            self._say(f"{stack.name}: the last run was cut off; its lock is taken away")
        for path in recovery.litter(self.folder.state, self.project_name, stack.name):
            path.unlink(missing_ok=True)
        self._restore(stack.name)
        mending = self.folder.mending(stack.name)
        if recovery.is_unfinished(self.folder.checkpoint(self.project_name, stack.name)):
            state, taken = recovery.mended(self.export(stack.name), self.folder.path)
            # Kept until the refresh is through: were this run killed too, the next would know that it has to.
            write_whole(mending, json.dumps(state))
            self._ask(("stack", "import", "--stack", stack.name, "--file", str(mending)), f"{stack.name}: mending")
            self._say(f"{stack.name}: the last run was cut off; unnoted things that are taken over: {taken}")
        if mending.exists():
            self._run(Operation.REFRESH, stack, ("--yes", "--skip-preview"))
            mending.unlink()

    def _restore(self, name: str) -> None:
        """Puts the state of before the last run in place of one that it left unreadable (a full disk cuts it short).

        What that run created is found again by its name when it is to be created again.
        """
        checkpoint, kept = self.folder.checkpoint(self.project_name, name), self.folder.kept(name)
        if not kept.exists() or recovery.is_whole(checkpoint):
            return
        # What that run changed or removed is learnt by a refresh; the file says that one is due.
        write_whole(self.folder.mending(name), "{}")
        aside = self.folder.unreadable(name)
        checkpoint.replace(aside)
        kept.replace(checkpoint)
        self._say(
            f"{name}: the last run left a state that cannot be read (now {aside}); the one from before it is back"
        )

    def _run(self, operation: Operation, stack: Stack, options: Sequence[str]) -> Outcome:
        """One operation with a log, a line of progress now and then, and one message where it fails."""
        log_name = f"{stack.name}-{operation}-{time.strftime('%Y%m%dT%H%M%S')}-{time.monotonic_ns() % 1_000_000:06}"
        log_path = self.folder.logs / f"{log_name}.log"
        events = EventLog(self.folder.logs / f"{log_name}.events.json")
        kept = self.folder.kept(stack.name)
        if operation is not Operation.PREVIEW:
            recovery.keep(self.folder.checkpoint(self.project_name, stack.name), kept)
        files = ("--config-file", str(self.folder.stack_file(stack.name)), "--event-log", str(events.path))
        command = self._command((operation, "--stack", stack.name, *files, *options))
        started = time.monotonic()
        try:
            with log_path.open("w") as log:
                process = subprocess.Popen(
                    command, cwd=self._project, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
                with process:
                    self._watch(process, events, f"{stack.name}: {operation}")
        except OSError as error:
            raise EngineError(
                f"{stack.name}: {operation} cannot be started: {error.filename}: {error.strerror}."
            ) from error
        events.read_on()
        if process.returncode != 0:
            raise _failure(f"{stack.name}: {operation}", process.returncode, events, log_path)
        if operation is not Operation.PREVIEW:
            kept.unlink(missing_ok=True)
        seconds, told = time.monotonic() - started, worth_telling(events.warnings)
        noted = (tuple(events.touched), tuple(events.verdicts), tuple(events.packs))
        outcome = Outcome(stack.name, seconds, events.changes, told, *noted)
        self._say("\n".join((f"{operation}: {outcome}", *outcome.details())))
        return outcome

    def _watch(self, process: "subprocess.Popen[bytes]", events: EventLog, what: str) -> None:
        started = said = moved = time.monotonic()
        told = 0
        while True:
            try:
                process.wait(timeout=_LOOK_EVERY_SECONDS)
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                if now - said >= _LINE_EVERY_SECONDS:
                    events.read_on()
                    said = now
                    if events.done != told or not _is_full(self.folder.path):
                        moved = now
                    if events.done != told:
                        told = events.done
                        self._say(f"{what}: {told} resources after {now - started:.0f} s")
                    if now - moved >= _STALLED_SECONDS:
                        # It tries for minutes to write a state for which there is no room; the next run mends it.
                        process.kill()
            else:
                return

    def _ask(self, arguments: Sequence[str], doing: str) -> str:
        try:
            done = subprocess.run(
                self._command(arguments),
                cwd=self._project,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as error:
            hint = "`make toolchain` builds what is missing."
            raise EngineError(f"{doing} cannot be started: {error.filename}: {error.strerror}. {hint}") from error
        if done.returncode != 0:
            raise EngineError(f"{doing} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def _told(self, failure: BaseException) -> str:
        if isinstance(failure, OSError):
            return str(unusable(Path(failure.filename or self.folder.path), failure))
        return str(failure)

    def _command(self, arguments: Sequence[str]) -> list[str]:
        program = str(self._toolchain.program("pulumi"))
        return [program, "--non-interactive", "--color", "never", *arguments]

    def _for_each(self, stacks: Sequence[Stack], one: Callable[[Stack], Outcome]) -> tuple[Outcome, ...]:
        pool = ThreadPoolExecutor(max_workers=AT_A_TIME)
        try:
            running: list[Future[Outcome]] = [pool.submit(one, stack) for stack in stacks]
            wait(running)
        finally:
            # After Ctrl-C the engines under way end by themselves in good order; no further stack is begun.
            pool.shutdown(cancel_futures=True)
        failures = [error for future in running if (error := future.exception()) is not None]
        for failure in failures:
            if not isinstance(failure, MeshfedError | OSError):
                raise failure
        if failures:
            raise EngineError("\n".join(self._told(failure) for failure in failures)) from failures[0]
        return tuple(future.result() for future in running)


def name_of_project(project: Path) -> str:
    """The name in a folder's Pulumi.yaml; raises EngineError."""
    path = project / "Pulumi.yaml"
    try:
        content: object = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise EngineError(f"{path}: cannot be read: {error}") from error
    name = cast(Mapping[str, object], content).get("name") if isinstance(content, Mapping) else None
    if not isinstance(name, str):
        raise EngineError(f"{path}: has no `name:`; the project's name is wanted.")
    return name


def _is_full(path: Path) -> bool:
    return shutil.disk_usage(path).free < _FULL_BYTES


def _failure(what: str, code: int, events: EventLog, log_path: Path) -> EngineError:
    messages = [str(verdict) for verdict in events.verdicts if verdict.ends]
    messages += worth_telling(events.errors, beside=messages)
    if not messages:
        # Refused before any event: a lock, a broken project, a full disk. The log has only that.
        told = log_path.read_text(errors="replace").strip().splitlines()
        first = next((index for index, line in enumerate(told) if line.startswith("error: ")), 0)
        messages = list(worth_telling([line for line in told[first:] if not _PROGRESS.match(line)])[-8:])
    if any(_NO_START.search(message) for message in messages):
        # Why is what the pack said before it ended; the engine only tells that it did.
        messages = [*events.spoken[-_LINES_OF_A_PACK:], *messages]
    # On a full disk even the log that would say so may be cut short.
    if _is_full(log_path) or any(sign in message for sign in _FULL for message in messages):
        messages.append("The disk of the world's folder is full; free some space and run it again: nothing is lost.")
    lines = "\n".join(f"  {line}" for message in messages for line in message.splitlines())
    how = f"code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"
    return EngineError(f"{what} failed ({how}):\n{lines}\n  The whole log: {log_path}")
