"""Which ids of the rules the real engine was seen to tell of, and in which way in: `python -m tests.engine.seen` writes
it to tests/rules/seen.json.

The bad cases of all rules are resources of one program; its plugins take anything, so that only the gate says no.
Cases that change settings, facts or parameters are not run here.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from meshfed.rules.catalog import RULES
from meshfed.settings.gate import GateParameters
from meshfed_local.engine import Engine
from meshfed_local.environment import PACKS
from meshfed_local.errors import EngineError
from meshfed_local.events import EventLog
from meshfed_local.folder import Stack
from meshfed_local.toolchain import Toolchain
from tests.rules.cases import Case, all_cases

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "ids"
SEEN = ROOT / "tests/rules/seen.json"
ADVISORY = {"all": "advisory", "meshfed": "mandatory"}
"""Lets everything be made, so that all that is wrong is told in one run."""
SETTINGS = (
    ("meshfed:settings", str(ROOT / "stacks/config/federation.yaml")),
    ("meshfed:facts", str(ROOT / "stacks/config/facts.yaml")),
)


def bad_cases() -> list[Case]:
    """The bad cases that are resources and nothing else."""
    plain = GateParameters()
    cases = (case for case in all_cases() if case.group == "bad" and case.settings is None and not case.facts)
    return [case for case in cases if case.parameters == plain and case.specs]


class Gated:
    """An engine under all packs, in a world of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        plugins = folder / "plugins"
        plugins.mkdir(parents=True)
        for package in {str(one["type"]).partition(":")[0] for one in resources(bad_cases())} | {"aws"}:
            (plugins / f"pulumi-resource-{package}").symlink_to(PROGRAM / "bin/any")
        self.engine = Engine(folder / "world", PROGRAM, lambda _: None, standins=(plugins,), packs=PACKS)
        self.engine.ready()
        # Nothing here is worth a checkpoint after each of a thousand resources.
        self.engine.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"

    def stack(self, name: str, cases: Sequence[Case]) -> Stack:
        """A stack whose resources are those of the cases."""
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(list(resources(cases))), encoding="utf-8")
        return Stack(name, config=(("ids:resources", str(path)), *SETTINGS))

    def preview(self, stack: Stack) -> set[str]:
        """The ids that a preview is refused for."""
        told = ""
        try:
            self.engine.preview([stack])
        except EngineError as error:
            told = str(error)
        assert "unhandled exception" not in told, f"the program failed, so it was not judged whole: {told}"
        return set(re.findall(r"^  (MF-[A-Z]+\d+) ", told, re.MULTILINE))

    def up(self, name: str) -> set[str]:
        """The ids that are told of while everything is made, each before its resource is."""
        config, events = self._folder / "advisory.json", self._folder / "up.events.json"
        config.write_text(json.dumps(ADVISORY), encoding="utf-8")
        file = str(self.engine.folder.stack_file(name))
        gate = [
            option for pack in PACKS for option in ("--policy-pack", str(pack), "--policy-pack-config", str(config))
        ]
        options = ("--stack", name, "--config-file", file, "--event-log", str(events))
        self._cli("up", "--yes", "--skip-preview", *options, *gate)
        log = EventLog(events)
        log.read_on()
        return {verdict.rule for verdict in log.verdicts if not verdict.is_undecided} - {"meshfed"}

    def analyze(self, name: str) -> set[str]:
        """The ids that are found in an export of what was made."""
        export = self._folder / "export.json"
        export.write_text(json.dumps(self.engine.export(name)), encoding="utf-8")
        gate = [option for pack in PACKS for option in ("--policy-pack", str(pack))]
        told = self._cli("-C", str(ROOT), "policy", "analyze", "--json", "--file", str(export), *gate, fails=True)
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


def resources(cases: Iterable[Case]) -> Iterator[Mapping[str, Any]]:
    """The resources of cases as the program takes them."""
    for number, case in enumerate(cases):
        for index, (spec, resource) in enumerate(zip(case.specs, case.resources, strict=True)):
            if resource.token.startswith("pulumi:"):
                continue
            yield {
                "type": resource.token,
                "name": f"{case.rule.lower()}-{number}-{spec.get('name', index)}",
                "inputs": spec["object"] if "object" in spec else spec.get("inputs", {}),
                "under": list(spec.get("under", ())),
                "ignore_changes": list(resource.options.ignore_changes),
            }


def seen(folder: Path) -> dict[str, list[str]]:
    """By id, in order of the catalog: the ways in which it was seen."""
    gated, cases = Gated(folder), bad_cases()
    ways = {"preview": gated.preview(gated.stack("all", cases)), "up": gated.up("all"), "analyze": gated.analyze("all")}
    found = {rule.id: {way for way, ids in ways.items() if rule.id in ids} for rule in RULES}
    for case in cases:
        # What a stack lacks is not lacking beside everything else.
        alone = case.rule.lower()
        if not found[case.rule] and case.rule in gated.preview(gated.stack(alone, [case])):
            found[case.rule].add("preview")
    return {name: sorted(ways) for name, ways in found.items() if ways}


def text(found: Mapping[str, Sequence[str]]) -> str:
    """The file, a line an id."""
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(ways)}" for name, ways in found.items())
    return f"{{\n{lines}\n}}\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        SEEN.write_text(text(seen(Path(made) / "seen")), encoding="utf-8")
