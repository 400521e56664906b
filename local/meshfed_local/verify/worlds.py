"""Deploys settings to worlds of their own and hands over what was asked of the clouds there.

Regions are deployed open towards peers of made-up facts (`facts`), each once and in any order; those of clouds
without a judge are left out.
"""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from meshfed.cli.pinning import write_facts
from meshfed.errors import MeshfedError
from meshfed.values import Duty
from meshfed_local.deploy import Deployment
from meshfed_local.engine import AT_A_TIME, Engine
from meshfed_local.errors import EngineError
from meshfed_local.events import Outcome
from meshfed_local.existing import make_known
from meshfed_local.folder import Stack
from meshfed_local.toolchain import Say, Toolchain
from meshfed_local.verify.exports import JUDGED, Asked, Step, of_events, of_export, urns_of_events
from meshfed_local.verify.facts import made_up

_LOG: Final = re.compile(r"(?P<stack>.+)-(?:up|preview)-\d{8}T\d{6}-\d{6}\.events\.json")

_VERSION: Final = re.compile(r"^VERSION = .*$", re.MULTILINE)

# A world that is judged and thrown away is not taken up again after a kill: the state is written once, at the end.
_ONE_CHECKPOINT: Final = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of the engine on one region's stack came to."""

    stack: str
    asked: Sequence[Asked]
    """Every AWS and GCP resource that stands after it, secrets in plain text."""
    made: Sequence[Asked]
    """Those of them that did not stand before."""
    steps: Sequence[Step]
    seconds: float
    failure: str = ""
    """What went wrong, or why not everything could be handed over."""


class World:
    """One settings file in a fresh world; `prepare` first."""

    def __init__(self, settings: Path, folder: Path, project: Path, say: Say) -> None:
        self.folder = folder
        self._project = project
        self._say = say
        shutil.rmtree(folder, ignore_errors=True)
        self._stood: dict[str, Mapping[str, Asked]] = {}
        self._seen: set[Path] = set()
        self.change(settings)

    def change(self, settings: Path, *, next_agent: bool = False) -> None:
        """Puts the world under other settings, or under the agent's next release: the same program, a later version."""
        self.deployment = Deployment(settings, self.folder, self._project, self._say)
        more = {"PYTHONPATH": str(self._next_agent())} if next_agent else {}
        self._engine.environment = {**self._engine.environment, **_ONE_CHECKPOINT, **more}

    def prepare(self) -> None:
        """Makes the world's folder, with facts of every region. Raises MeshfedError."""
        self._engine.ready()
        make_known(self.deployment.federation, self.folder)
        self.pin()

    def pin(self, without: Collection[str] = ()) -> None:
        """Pins made-up facts of every region that has peers, but for those `without`."""
        write_facts(self.deployment.facts, made_up(self.deployment.federation, without))

    @property
    def regions(self) -> list[Stack]:
        """The stacks of the regions that stand in a cloud with a judge."""
        return [self.deployment.stack(key) for key in self._judged]

    @property
    def accounts(self) -> list[Stack]:
        """The stacks of the accounts and projects that own a part of these regions."""
        regions = self.deployment.federation.regions
        owners = {regions[key].owners.of(duty).account_id for key in self._judged for duty in Duty}
        return [self.deployment.account_stack(owner) for owner in sorted(owners)]

    @property
    def standing(self) -> list[str]:
        """The names of the stacks of which something was deployed so far."""
        return list(self._stood)

    @property
    def _judged(self) -> list[str]:
        regions = self.deployment.federation.regions.items()
        return [key for key, region in regions if region.cloud.value in JUDGED and region.state.is_deployed]

    def up(self, stacks: Sequence[Stack]) -> list[Ran]:
        """Deploys stacks, two at a time."""
        return self._each(self.up_one, stacks)

    def preview(self, stacks: Sequence[Stack]) -> list[Ran]:
        """Has the engine say what it would do with stacks, two at a time."""
        return self._each(self._preview_one, stacks)

    def up_one(self, stack: Stack) -> Ran:
        """Deploys a stack; what stands of it is handed over even where that fails."""
        started, name = time.monotonic(), stack.name
        before = self._stood.get(name, {})
        failure = _failure_of(lambda: self._engine.up([stack]))
        asked = {one.urn: one for one in self._asked(name)}
        self._stood[name] = asked
        log = self._log(name)
        steps = list(of_events(name, log, before, asked)) if log else []
        if not failure:
            failure = _left_out(asked, urns_of_events(log) if log else frozenset())
        made = [one for urn, one in asked.items() if urn not in before]
        return Ran(name, list(asked.values()), made, steps, time.monotonic() - started, _told(name, failure))

    def _preview_one(self, stack: Stack) -> Ran:
        started, name = time.monotonic(), stack.name
        stands = self._stood.get(name, {})
        outcomes: list[Outcome] = []
        failure = _failure_of(lambda: outcomes.extend(self._engine.preview([stack])))
        log = self._log(name)
        steps = list(of_events(name, log, stands)) if log else []
        hidden = [f"{step.after.name}: {', '.join(step.hidden)}" for step in steps if step.hidden]
        if hidden and not failure:
            failure = f"changes of secrets that a preview does not tell: {'; '.join(hidden)}"
        if made := sum(outcome.changes.get("create", 0) for outcome in outcomes):
            failure = failure or f"{made} things are made anew, and a preview does not tell the inputs of all of them"
        return Ran(name, list(stands.values()), (), steps, time.monotonic() - started, _told(name, failure))

    def _each(self, one: Callable[[Stack], Ran], stacks: Sequence[Stack]) -> list[Ran]:
        with ThreadPoolExecutor(max_workers=AT_A_TIME) as pool:
            return list(pool.map(one, stacks))

    @property
    def _engine(self) -> Engine:
        return self.deployment.engine

    def _asked(self, key: str) -> Sequence[Asked]:
        return list(of_export(key, self._export(key))) if self._engine.exists(key) else []

    def _export(self, stack: str) -> list[dict[str, Any]]:
        # Engine.export leaves secrets encrypted; a judge has to see what a cloud would see.
        command = [str(Toolchain().program("pulumi")), "stack", "export", "--show-secrets", "--stack", stack]
        done = subprocess.run(
            command, cwd=self._project, env=self._engine.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise MeshfedError(f"{stack}: its state cannot be exported: {done.stderr.strip()}")
        content: dict[str, dict[str, Any]] = json.loads(done.stdout)
        return content["deployment"].get("resources") or []

    def _log(self, stack: str) -> Path | None:
        """The event log that a stack's last run wrote; None where the engine wrote none."""
        for path in sorted(self._engine.folder.logs.glob("*.events.json")):
            named = _LOG.fullmatch(path.name)
            if named and named["stack"] == stack and path not in self._seen:
                self._seen.add(path)
                return path
        return None

    def _next_agent(self) -> Path:
        source = self._project / "agent" / "meshfed_agent"
        copy = self.folder / "next-agent" / "meshfed_agent"
        shutil.copytree(source, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        init = copy / "__init__.py"
        text, count = _VERSION.subn('VERSION = "999.0.0"', init.read_text())
        if count != 1:
            raise MeshfedError(f"{source / '__init__.py'}: has {count} lines `VERSION = …`; one is wanted.")
        init.write_text(text)
        return copy.parent.absolute()


def _failure_of(run: Callable[[], object]) -> str:
    try:
        run()
    except EngineError as error:
        return str(error)
    return ""


def _left_out(asked: Collection[str], told: frozenset[str]) -> str:
    """Why what is handed over is not all that the engine says it deployed; empty where it is."""
    if not told:
        return "the engine told of no AWS or GCP resource"
    missing = sorted(told - set(asked))
    return f"deployed, but not in the stack's export: {', '.join(missing)}" if missing else ""


def _told(key: str, failure: str) -> str:
    return failure if not failure or failure.startswith(f"{key}:") else f"{key}: {failure}"
