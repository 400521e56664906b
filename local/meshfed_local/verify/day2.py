"""Changes of a running federation before their judge: what the engine updates, the provider must not replace.

The engine runs each change against the stand-ins; the provider is then asked about every resource that the
engine changed, with the inputs from before and after.
"""

import copy
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from meshfed.errors import MeshfedError
from meshfed.settings.versions import KUBERNETES
from meshfed_local.toolchain import Say
from meshfed_local.verify.exports import JUDGED
from meshfed_local.verify.judge import Court, Finding
from meshfed_local.verify.worlds import Ran, World

Settings = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is done to a running federation."""

    name: str
    apply: Callable[[Settings], None]
    """Changes the settings in place."""
    lasting: bool = False
    """Deployed, and the next change comes on top of it; else only previewed."""
    next_agent: bool = False
    """Comes with the agent's next release."""
    touches: frozenset[str] = frozenset(JUDGED)
    """The packages of which it changes something; else it was not judged whole."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A resource that the provider replaces, and why."""

    stack: str
    resource: str
    token: str
    because: tuple[str, ...]
    """Pulumi's paths of the properties whose change replaces."""


@dataclass(slots=True)
class Changed:
    """What a change came to."""

    name: str
    changed: int = 0
    """Resources that the engine changed and a provider judged."""
    made: Counter[str] = field(default_factory=Counter[str])
    """Resources that the engine made and a provider judged, by type token."""
    replaced: list[Replacement] = field(default_factory=list[Replacement])
    stricter: list[str] = field(default_factory=list[str])
    """Resources that the engine replaces and the provider would update."""
    failure: str = ""
    """Why the change could not be judged whole; then the run fails."""
    findings: list[Finding] = field(default_factory=list[Finding])
    seconds: float = 0.0
    """Spent on making and judging it."""


def _regions(settings: Settings) -> list[Settings]:
    return list(settings["regions"].values())


def _add_region(settings: Settings) -> None:
    settings["regions"]["use1"] = {
        "slot": 9,
        "cloud": "aws",
        "location": "us-east-1",
        "owners": {"default": {"account": "222222222222"}},
        "state": "joining",
    }


def _drain(settings: Settings) -> None:
    settings["regions"]["use1"]["state"] = "draining"


def _remove(settings: Settings) -> None:
    settings["regions"]["use1"]["state"] = "retired"


_SIZES: Final = {"aws": "m7i.4xlarge", "gcp": "n4-standard-16", "azure": "Standard_D16ds_v6"}
_GATEWAY_SIZES: Final = {"aws": "c7i.2xlarge", "gcp": "n4-standard-8", "azure": "Standard_D8ds_v6"}


def _node_size(settings: Settings) -> None:
    for region in _regions(settings):
        region.setdefault("cluster", {"kind": "new"})["nodes"] = {"size": _SIZES[region["cloud"]]}


def _gateway_size(settings: Settings) -> None:
    for region in _regions(settings):
        region.setdefault("gateways", {})["size"] = _GATEWAY_SIZES[region["cloud"]]


def _older(settings: Settings) -> None:
    """Begins one Kubernetes minor below the pinned one, since none above it is known to be offered."""
    major, _, minor = KUBERNETES.partition(".")
    for region in _regions(settings):
        region.setdefault("cluster", {"kind": "new"})["version"] = f"{major}.{int(minor) - 1}"


def _minor(settings: Settings) -> None:
    for region in _regions(settings):
        region.setdefault("cluster", {"kind": "new"})["version"] = KUBERNETES


def _tags(settings: Settings) -> None:
    settings["tags"]["cost-center"] = "another"
    settings["tags"]["stage"] = "production"


def _nothing(_settings: Settings) -> None:
    pass


CHANGES: Final[Sequence[Change]] = (
    Change("node size", _node_size),
    Change("gateway size", _gateway_size),
    Change("Kubernetes minor", _minor),
    Change("tags", _tags),
    Change("region added", _add_region, lasting=True),
    # Only the region itself: its peers keep their tunnels until it is gone.
    Change("region drained", _drain, lasting=True, touches=frozenset({"aws"})),
    Change("region removed", _remove, lasting=True),
    # Deployed, since it changes secrets, which a preview does not tell; last, since the next release stays.
    Change("agent release", _nothing, lasting=True, next_agent=True),
)


def judge_change(court: Court, change: Change, ran: Sequence[Ran]) -> Changed:
    """Asks the providers about every resource that the engine changed, and about those that it made."""
    steps = [step for one in ran for step in one.steps]
    made = [asked for one in ran for asked in one.made]
    result = Changed(change.name, len(steps), Counter(asked.token for asked in made))
    for asked in made:
        result.findings += court.inputs(asked)
    for step in steps:
        ruling = court.change(step)
        result.findings += ruling.findings
        if ruling.because:
            result.replaced.append(Replacement(step.after.stack, step.after.name, step.after.token, ruling.because))
        elif step.replaces:
            result.stricter.append(f"{step.after.stack}: {step.after.name} ({step.after.token})")
    untouched = sorted(change.touches - {step.after.package for step in steps})
    failures = [*(one.failure for one in ran), *(f"it changed nothing of {package}" for package in untouched)]
    result.failure = "; ".join(text for text in failures if text)
    return result


def judge_changes(court: Court, base: Path, worlds: Path, say: Say) -> list[Changed]:
    """Deploys a setting to a fresh world and makes every change of `CHANGES` to it.

    Raises MeshfedError where the setting itself cannot be deployed.
    """
    settings: Settings = yaml.safe_load(base.read_text())
    _older(settings)
    world = World(_written(settings, worlds / "day-2.yaml"), worlds / "day-2", Path.cwd(), say)
    world.prepare()
    if failures := [ran.failure for ran in world.up(world.regions) if ran.failure]:
        raise MeshfedError("\n".join(failures))
    results: list[Changed] = []
    for number, change in enumerate(CHANGES):
        say(f"day 2: {change.name}")
        started = time.monotonic()
        changed = copy.deepcopy(settings)
        change.apply(changed)
        world.change(_written(changed, world.folder / f"change-{number}.yaml"), next_agent=change.next_agent)
        if change.lasting:
            settings = changed
        result = judge_change(court, change, _make(world, change))
        result.seconds = time.monotonic() - started
        results.append(result)
    return results


def _make(world: World, change: Change) -> list[Ran]:
    """Has the engine make a change, or say what it would do."""
    if not change.lasting:
        return world.preview(world.regions)
    # As in a real federation: a new region first, while nothing of it is pinned, then all, open towards it.
    new = [stack for stack in world.regions if stack.name not in world.standing]
    world.pin(without=[stack.name for stack in new])
    ran = world.up(new)
    world.pin()
    return [*ran, *world.up(world.regions)]


def _written(settings: Settings, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    return path
