"""Deploys a federation to a local world in the order that real clouds want: closed, pinned, then open.

The settings file is the user's; the facts file is the world's own, since a world's addresses and keys are its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from meshfed.cli.granting import read_grants, request
from meshfed.cli.outputs import OutputsSource
from meshfed.cli.pinning import Readings, pin_facts, readings_of, write_facts
from meshfed.cli.texts import refuse_text_faults
from meshfed.settings.facts import EpochGrant, Facts
from meshfed.settings.load import load_federation, read_facts
from meshfed.topology.build import build
from meshfed.topology.order import Action, Step, closing_steps, next_steps
from meshfed.topology.plan import Plan
from meshfed_local.engine import Engine
from meshfed_local.errors import LocalError
from meshfed_local.events import Outcome
from meshfed_local.existing import make_known
from meshfed_local.folder import Stack
from meshfed_local.toolchain import Say

TURNS = 6
"""Turns after the first pass at most: pin, open, close, take down, and what one of these makes possible."""


@dataclass(frozen=True, slots=True)
class Row:
    """What stands of one region."""

    region: str
    cloud: str
    cluster: str
    gateways: str
    tunnels: int
    """Tunnels towards peers that are open."""
    resources: int
    seconds: float
    """Spent on its stack in this run; 0 where nothing was run."""


class Deployment:
    """One settings file in one world."""

    def __init__(self, settings: Path, world: Path, project: Path, say: Say) -> None:
        self.settings = settings.absolute()
        self.facts = world.absolute() / "facts.yaml"
        self.picture = world.absolute() / "topology.svg"
        self.federation = load_federation(self.settings)
        self.engine = Engine(world, project, say)
        self.exceptions = self.settings.parent / "exceptions" / self.settings.name
        """What the gate allows these settings, where that file is there."""
        if self.exceptions.exists():
            self.engine.waive(self.exceptions)
        self._project = project
        self._say = say
        self.outcomes: list[Outcome] = []
        """What each operation of this run did, in order."""
        # Asking the engine costs a process each time, and nothing changes between two operations.
        self._told: dict[str, Mapping[str, Any] | None] = {}
        self._counted: dict[str, int] = {}

    @property
    def changed(self) -> int:
        """Resources that were not left as they were, in this run."""
        return sum(outcome.changed for outcome in self.outcomes)

    @property
    def plan(self) -> Plan:
        """The plan with what is pinned now; facts of regions that the settings no longer have are left out."""
        facts = read_facts(self.facts)
        known = {key: pinned for key, pinned in facts.regions.items() if key in self.federation.regions}
        return build(self.federation, Facts(regions=known))

    def up(self, only: str | None = None, grants: Sequence[Path] = ()) -> None:
        """Deploys every region, pins what the clouds told, and opens the peers with a second pass.

        Where a region must not be reached any more, the others close before anything else is done. `grants` are files
        that offline keys signed; raises SettingsError where a region begins an epoch without one.
        """
        signed = read_grants(grants, self.federation)
        plan = self.plan
        refuse_text_faults(plan)
        self._ready()
        self._run([step.region for step in closing_steps(plan, self._readings().states)])
        deployed = [key for key, region in plan.regions.items() if region.state.is_deployed]
        self._run([only] if only else deployed)
        self._pin(signed)
        for _ in range(TURNS):
            if not self._turn():
                return
        raise LocalError(f"{self.settings}: after {TURNS} turns something is still to do; `meshfed next` says what.")

    def preview(self, *, expect_no_changes: bool) -> tuple[Outcome, ...]:
        """Says what `up` would do now; raises EngineError where a change is found and none is expected."""
        plan = self.plan
        refuse_text_faults(plan)
        self._ready()
        stacks = [self.stack(key) for key, region in plan.regions.items() if region.state.is_deployed]
        return self.engine.preview(stacks, expect_no_changes=expect_no_changes)

    def down(self) -> tuple[Outcome, ...]:
        """Takes down every stack of this world, also those of regions that the settings no longer have."""
        self.engine.ready()
        outcomes = self.engine.destroy([self.stack(key) for key in self._standing()])
        self.facts.unlink(missing_ok=True)
        self.picture.unlink(missing_ok=True)
        return outcomes

    def rows(self) -> list[Row]:
        """What stands, a row a region."""
        plan, standing = self.plan, self._standing()
        return [self._row(plan, key) for key in plan.regions if key in standing]

    def _ready(self) -> None:
        self.engine.ready()
        if not self.facts.exists():
            write_facts(self.facts, Facts())
        make_known(self.federation, self.engine.folder.path)

    def _turn(self) -> bool:
        readings = self._readings()
        steps = next_steps(self.plan, readings.states, readings.unread)
        if steps:
            self._take(steps)
        return bool(steps)

    def _take(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._say(f"now {step.region}: {step.why}")
        keys = [step.region for step in steps]
        match steps[0].action:
            case Action.UP:
                self._run(keys)
            case Action.PIN:
                self._pin()
            case Action.DESTROY:
                self.outcomes += self.engine.destroy([self.stack(key) for key in keys])
                self._forget(keys)

    def _run(self, keys: Sequence[str]) -> None:
        self.outcomes += self.engine.up([self.stack(key) for key in keys])
        self._forget(keys)

    def _forget(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._told.pop(key, None)
            self._counted.pop(key, None)

    def grant_request(self, key: str) -> str:
        """What the offline key of a region has to sign before its epoch counts."""
        self.engine.ready()
        return request(self.federation, key, self._source())

    def _pin(self, grants: Mapping[str, EpochGrant] | None = None) -> None:
        for line in pin_facts(self.federation, read_facts(self.facts), self._source(), self.facts, grants):
            self._say(line)

    def _readings(self) -> Readings:
        return readings_of(self.federation, read_facts(self.facts), self._source())

    def _source(self) -> OutputsSource:
        return OutputsSource(
            self._outputs,
            self._standing,
            self.engine.environment,
            grant_verb="meshfed local grant",
            take_verb="meshfed local up",
            reviewed=False,
        )

    def _outputs(self, key: str) -> Mapping[str, Any] | None:
        if key not in self._told:
            outputs = cast("Mapping[str, Any]", self.engine.outputs(key)) if self.engine.exists(key) else None
            self._told[key] = outputs or None
        return self._told[key]

    def _standing(self) -> list[str]:
        """Stacks of this world that hold anything."""
        names = sorted(path.name.split(".")[1] for path in self.engine.folder.config.glob("Pulumi.*.yaml"))
        return [name for name in names if self.engine.exists(name) and self._resources(name)]

    def _resources(self, key: str) -> int:
        if key not in self._counted:
            deployment = cast("Mapping[str, Any]", self.engine.export(key).get("deployment") or {})
            self._counted[key] = len(cast("list[object]", deployment.get("resources") or []))
        return self._counted[key]

    def stack(self, key: str) -> Stack:
        """A region's stack with the settings and facts of this deployment."""
        return self._stack(key, "region", key)

    def account_stack(self, account: str) -> Stack:
        """The stack of what an account, subscription or project has once; no region needs it."""
        return self._stack(f"account-{account}", "account", account)

    def _stack(self, name: str, layer: str, key: str) -> Stack:
        file = self._project / "stacks" / "config" / f"Pulumi.{name}.yaml"
        config = {"layer": layer, "key": key, "settings": str(self.settings), "facts": str(self.facts)}
        pairs = tuple((f"{self.engine.project_name}:{item}", value) for item, value in config.items())
        return Stack(name, file if file.exists() else None, pairs)

    def _row(self, plan: Plan, key: str) -> Row:
        outputs = self._outputs(key) or {}
        return Row(
            region=key,
            cloud=plan.regions[key].cloud.value,
            cluster=str(outputs.get("cluster_name", "-")),
            gateways=" ".join(cast("list[str]", outputs.get("gateway_addresses") or [])),
            tunnels=4 * len(cast("list[str]", outputs.get("opened") or [])),
            resources=self._resources(key),
            seconds=sum(outcome.seconds for outcome in self.outcomes if outcome.stack == key),
        )
