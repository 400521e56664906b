"""What components cost: the preview of a region stack against a flat program with the same resources, side by side.

.venv/bin/python -m bench.preview [a world that stands]

Both stand unchanged in a world of their own, so each preview checks and compares every resource; that the flat one
finds no change either shows that it makes the same resources.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.flatten import State, flat_state, flat_urn, move_world, program_data
from bench.report import ROOT, report, spread
from meshfed.errors import MeshfedError
from meshfed_local.deploy import Deployment
from meshfed_local.engine import Engine
from meshfed_local.folder import Stack
from meshfed_local.toolchain import Toolchain

SETTINGS = ROOT / "stacks/config/federation.yaml"
REGIONS = ("use1", "use4", "eus")
PAIRS = 5
TARGET = 1.15


def say(line: str) -> None:
    """Progress, beside the report."""
    print(line, file=sys.stderr)


def ask(engine: Engine, *arguments: str) -> str:
    """What the engine says of a stack."""
    command = [str(Toolchain().program("pulumi")), "--non-interactive", "stack", *arguments]
    folder = engine.folder.config
    done = subprocess.run(command, cwd=folder, env=engine.environment, capture_output=True, text=True, check=True)
    return done.stdout


def flatten(engine: Engine, stack: str, folder: Path) -> tuple[Stack, int]:
    """Puts a flat stack in the place of a region's; gives it with the number of components that it lacks."""
    # A secret as it is encrypted in one state is no literal; secrets of a local world protect nothing.
    state: State = json.loads(ask(engine, "export", "--show-secrets", "--stack", stack))
    flat = flat_state(state)
    moved, data = folder / f"{stack}-state.json", folder / f"{stack}-data.json"
    moved.write_text(json.dumps(flat), encoding="utf-8")
    data.write_text(json.dumps(program_data(flat)), encoding="utf-8")
    ask(engine, "import", "--stack", stack, "--file", str(moved))
    old = [one["urn"] for one in state["deployment"]["resources"] if one["custom"]]
    move_world(engine.folder.path / "cloud" / "world.sqlite", {urn: flat_urn(urn) for urn in old})
    fewer = len(state["deployment"]["resources"]) - len(flat["deployment"]["resources"])
    return Stack(stack, None, (("meshfed:data", str(data)),)), fewer


def preview(engine: Engine, stack: Stack) -> dict[str, float]:
    """One preview: wall and processor seconds; raises MeshfedError where it finds a change."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    (outcome,) = engine.preview([stack], expect_no_changes=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": outcome.seconds, "cpu": cpu, "resources": outcome.resources}


def compare(ours: tuple[Engine, Stack], flat: tuple[Engine, Stack]) -> dict[str, Any]:
    """Pairs of previews in turn, after one of each that warms caches up."""
    pairs = [(preview(*ours), preview(*flat)) for _ in range(PAIRS + 1)][1:]
    figures: dict[str, Any] = {
        "resources_and_components": pairs[0][0]["resources"],
        "resources": pairs[0][1]["resources"],
    }
    for what in ("wall", "cpu"):
        figures[f"components_{what}_seconds"] = spread([one[what] for one, _ in pairs])
        figures[f"flat_{what}_seconds"] = spread([two[what] for _, two in pairs])
        ratios = [one[what] / two[what] for one, two in pairs]
        figures[f"{what}_ratio"] = spread(ratios)
    return figures


def measure(world: Path, folder: Path) -> Mapping[str, Any]:
    """Every region in turn, in a world that stands."""
    twin = folder / "twin"
    shutil.copytree(world, twin)
    ours, flat = Engine(world, ROOT, say, packs=()), Engine(twin, ROOT / "bench" / "flat", say, packs=())
    figures: dict[str, Any] = {}
    for key in REGIONS:
        stack, fewer = flatten(flat, key, folder)
        mine = Stack(key, ours.folder.stack_file(key))
        figures[key] = {"components": fewer, **compare((ours, mine), (flat, stack))}
    return figures


def main() -> None:
    """Measures and reports."""
    with tempfile.TemporaryDirectory(prefix="meshfed-bench-") as name:
        world = Path(name) / "world"
        if len(sys.argv) > 1:
            shutil.copytree(sys.argv[1], world)
        else:
            Deployment(SETTINGS, world, ROOT, say).up()
        figures = measure(world, Path(name))
    report("preview", {"target_ratio": TARGET, "regions": figures})


if __name__ == "__main__":
    try:
        main()
    except MeshfedError as error:
        sys.exit(str(error))
