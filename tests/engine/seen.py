"""Which ids of the rules the real engine was seen to tell of, and in which way in: `python -m tests.engine.seen` writes
it to tests/rules/seen.json.

A few bad cases of each rule are resources of one program; its plugins take anything, so that only the gate says no.
What is not seen there comes in a second program, with settings, facts and waivers of its own: what a stack lacks is not
lacking beside everything else, and what is wrong with a plan stands in its settings. Cases that change parameters are
not run here.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from meshfed.rules.catalog import RULES
from meshfed.settings.gate import GateParameters
from meshfed.settings.places import EXCEPTIONS, FACTS, SETTINGS
from meshfed_local.engine import Engine
from meshfed_local.environment import PACKS
from meshfed_local.errors import EngineError
from meshfed_local.events import EventLog
from meshfed_local.folder import Stack
from meshfed_local.toolchain import Toolchain
from tests.rules.cases import Case, all_cases, laid_over
from tests.rules.plans import settings_with
from tests.topology.federations import facts_for

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "ids"
SEEN = ROOT / "tests/rules/seen.json"
WAYS: Final = ("analyze", "preview", "up")
_EXPIRED: Final = {
    "ids": ["MF-A1"],
    "urns": ["urn:pulumi:apart::ids::aws:eks/cluster:Cluster::*"],
    "reason": "It was for an upgrade that is over.",
    "owner": "mesh@example.com",
    "until": "2026-01-31",
}
_KUBERNETES: Final = "kubernetes:"
_MOST: Final = 8
"""Cases of an id that come to the engine together; without it, all of them were judged already."""


@dataclass(frozen=True, slots=True)
class World:
    """A program's resources, and the folder of the project that its plan and waivers are read from."""

    name: str
    resources: Sequence[Mapping[str, Any]]
    project: Path = ROOT


def bad_cases() -> list[Case]:
    """The bad cases that no parameter is needed for."""
    plain = GateParameters()
    return [case for case in all_cases() if case.group == "bad" and case.parameters == plain]


def together(cases: Iterable[Case]) -> World:
    """The cases that are resources and nothing else, as one stack under the repository's own settings."""
    by_id: dict[str, list[Case]] = {}
    for case in cases:
        if case.settings is None and not case.facts and case.specs:
            by_id.setdefault(case.rule, []).append(case)
    plain = [case for given in by_id.values() for case in spread(given)]
    return World("all", [one for number, case in enumerate(plain) for one in resources(case, number)])


def spread(cases: Sequence[Case]) -> Sequence[Case]:
    """Some of the cases of an id, from the first to the last of its file."""
    return cases if len(cases) <= _MOST else [cases[index * (len(cases) - 1) // (_MOST - 1)] for index in range(_MOST)]


def apart(cases: Iterable[Case], folder: Path) -> World:
    """A case of each id, each with a cluster of its own, under settings that are wrong in every way they ask for."""
    first = {case.rule: case for case in reversed(list(cases))}.values()
    changes: dict[str, Any] = {}
    for case in first:
        changes = laid_over(changes, case.settings or {})
    pinned = facts_for(*dict.fromkeys(key for case in first for key in case.facts))
    # Where a project has them: an analysis of an export knows the project's folder and no configuration of a stack.
    write(folder / SETTINGS, settings_with(changes))
    write(folder / FACTS, pinned.model_dump(mode="json"))
    write(folder / EXCEPTIONS, {"waivers": [_EXPIRED]})
    write(folder / "Pulumi.yaml", {"name": "ids", "runtime": "yaml"})
    made = [one for number, case in enumerate(first) for one in resources(case, number, cluster=case.rule.lower())]
    return World("apart", made, folder)


def write(path: Path, content: Mapping[str, Any]) -> None:
    """A file of YAML, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def resources(case: Case, number: int, *, cluster: str = "") -> Iterator[Mapping[str, Any]]:
    """The resources of a case as the program takes them."""
    for index, (spec, resource) in enumerate(zip(case.specs, case.resources, strict=True)):
        if resource.token.startswith("pulumi:"):
            continue
        yield {
            "type": resource.token,
            "name": f"{case.rule.lower()}-{number}-{spec.get('name', index)}",
            "inputs": spec["object"] if "object" in spec else spec.get("inputs", {}),
            "under": list(spec.get("under", ())),
            "ignore_changes": list(resource.options.ignore_changes),
            "cluster": cluster if resource.token.startswith(_KUBERNETES) else "",
        }


class Gated:
    """An engine under all packs, with one stack in a world of its own."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder = world, folder
        plugins = folder / "plugins"
        plugins.mkdir(parents=True)
        for package in {str(one["type"]).partition(":")[0] for one in world.resources} | {"aws"}:
            (plugins / f"pulumi-resource-{package}").symlink_to(PROGRAM / "bin/any")
        self.engine = Engine(folder / "world", PROGRAM, lambda _: None, standins=(plugins,), packs=PACKS)
        self.engine.waive(world.project / EXCEPTIONS)
        self.engine.ready()
        # Nothing here is worth a checkpoint after each of a thousand resources.
        self.engine.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"
        listed = folder / "resources.json"
        listed.write_text(json.dumps(world.resources), encoding="utf-8")
        files = {"meshfed:settings": SETTINGS, "meshfed:facts": FACTS}
        given = {"ids:resources": str(listed), **{key: str(world.project / file) for key, file in files.items()}}
        self._stack = Stack(world.name, config=tuple(given.items()))

    def seen(self) -> Mapping[str, set[str]]:
        """By way: the ids that are told of."""
        return {"preview": self._preview(), "up": self._up(), "analyze": self._analyze()}

    def _preview(self) -> set[str]:
        """The ids that a preview is refused for."""
        told = ""
        try:
            self.engine.preview([self._stack])
        except EngineError as error:
            told = str(error)
        assert "unhandled exception" not in told, f"the program failed, so it was not judged whole: {told}"
        return set(re.findall(r"^  (MF-[A-Z]+\d+) ", told, re.MULTILINE))

    def _up(self) -> set[str]:
        """The ids that are told of while everything is made, each before its resource is."""
        config, events = self._folder / "advisory.json", self._folder / "up.events.json"
        gate = {"enforcementLevel": "mandatory", "exceptions": str(self._world.project / EXCEPTIONS)}
        # Lets everything be made, so that all that is wrong is told in one run.
        config.write_text(json.dumps({"all": "advisory", "meshfed": gate}), encoding="utf-8")
        file = str(self.engine.folder.stack_file(self._stack.name))
        packs = [word for pack in PACKS for word in ("--policy-pack", str(pack), "--policy-pack-config", str(config))]
        options = ("--stack", self._stack.name, "--config-file", file, "--event-log", str(events))
        self._cli("up", "--yes", "--skip-preview", *options, *packs)
        log = EventLog(events)
        log.read_on()
        return {verdict.rule for verdict in log.verdicts if not verdict.is_undecided} - {"meshfed"}

    def _analyze(self) -> set[str]:
        """The ids that are found in an export of what was made."""
        export = self._folder / "export.json"
        export.write_text(json.dumps(self.engine.export(self._stack.name)), encoding="utf-8")
        packs = [word for pack in PACKS for word in ("--policy-pack", str(pack))]
        project = ("-C", str(self._world.project))
        told = self._cli(*project, "policy", "analyze", "--json", "--file", str(export), *packs, fails=True)
        events: Iterator[Mapping[str, Any]] = (json.loads(line) for line in told.splitlines() if line.startswith("{"))
        said = (event["policyEvent"] for event in events if "policyEvent" in event)
        return {str(one["policyName"]) for one in said if one["enforcementLevel"] == "mandatory"}

    def _cli(self, *arguments: str, fails: bool = False) -> str:
        command = [str(Toolchain().program("pulumi")), "--non-interactive", "--color", "never", *arguments]
        done = subprocess.run(
            command, cwd=PROGRAM, env=self.engine.environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout


def seen(folder: Path) -> dict[str, list[str]]:
    """By id, in order of the catalog: the ways in which it was seen."""
    cases = bad_cases()
    whole = Gated(together(cases), folder / "all").seen()
    missed = {rule.id for rule in RULES if not all(rule.id in ids for ids in whole.values())}
    rest = Gated(apart([case for case in cases if case.rule in missed], folder / "project"), folder / "apart").seen()
    # What else the second program is refused for does not count: its cases stand there for their own reason each.
    found = {rule.id: [way for way in WAYS if rule.id in whole[way] | (rest[way] & missed)] for rule in RULES}
    return {name: ways for name, ways in found.items() if ways}


def text(found: Mapping[str, Sequence[str]]) -> str:
    """The file, a line an id."""
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(ways)}" for name, ways in found.items())
    return f"{{\n{lines}\n}}\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        SEEN.write_text(text(seen(Path(made) / "seen")), encoding="utf-8")
