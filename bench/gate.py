"""What the policy gate costs: previews with and without it, its memory, and how long a pack takes to start.

.venv/bin/python -m bench.gate [a world that stands]

Two previews: region stacks that stand unchanged, against the stand-ins; and a thousand new resources with the same
inputs in one stack, whose plugins answer at once, so that nearly all that is left is engine, program and gate.
"""

import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.flatten import plain
from bench.preview import ask
from bench.report import ROOT, report, spread
from meshfed.errors import MeshfedError
from meshfed.rules.catalog import RULES
from meshfed_local.deploy import Deployment
from meshfed_local.engine import Engine
from meshfed_local.environment import PACKS
from meshfed_local.errors import LocalError
from meshfed_local.folder import Stack

SETTINGS = ROOT / "stacks/config/federation.yaml"
REGIONS = ("use1", "use4", "eus")
RUNS = 3
THOUSAND = 1000
FOLDER = ROOT / "policy-packs"
GATES: Mapping[str, Sequence[Path]] = {
    "no_gate": (),
    "one_process": PACKS,
    "three_packs": [FOLDER / name / "__main__.py" for name in ("zero-trust", "cloud-baseline", "federation")],
}
ALONE: Mapping[str, str] = {
    "aws:ec2/vpc:Vpc": "owes a flow log of its own, which a copy with the same id is not",
    "aws:ec2/instance:Instance": "is a tunnel gateway, of which the plan has one at an address",
    "aws:ec2/networkInterface:NetworkInterface": "is a tunnel gateway's",
    "azure-native:network:NetworkInterface": "is a tunnel gateway's",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": "is a tunnel gateway's",
    "gcp:compute/instanceTemplate:InstanceTemplate": "is a tunnel gateway's",
}
"""What a stack has no copy of, and why."""
PROGRAM = ROOT / "tests/engine/ids"
"""Registers what a file lists."""


def say(line: str) -> None:
    """Progress, beside the report."""
    print(line, file=sys.stderr)


class Watch:
    """The largest memory of the packs' processes while something runs."""

    def __init__(self) -> None:
        self.peak_mib = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.peak_mib = max([self.peak_mib, *_packs_mib()])


def _packs_mib() -> Iterator[float]:
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and str(FOLDER) in (process / "cmdline").read_text(encoding="utf-8"):
                lines = (process / "status").read_text(encoding="utf-8").splitlines()
                yield from (int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
        except OSError:
            # It ended while it was looked at.
            continue


def preview(engine: Engine, stack: Stack) -> dict[str, float]:
    """One preview: wall and processor seconds, and the largest pack process; raises MeshfedError where it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Watch() as watch:
        (outcome,) = engine.preview([stack])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": outcome.seconds, "cpu": cpu, "resources": outcome.resources, "mib": watch.peak_mib}


def compare(engines: Mapping[str, Engine], stack: Stack) -> dict[str, Any]:
    """Rounds of one preview under each gate, after one that warms caches up; differences are taken round by round."""
    rounds = [{name: preview(engine, stack) for name, engine in engines.items()} for _ in range(RUNS + 1)][1:]
    figures: dict[str, Any] = {"resources": rounds[0]["no_gate"]["resources"]}
    for name in engines:
        figures[name] = {f"{what}_seconds": spread([one[name][what] for one in rounds]) for what in ("wall", "cpu")}
        if name != "no_gate":
            for what in ("wall", "cpu"):
                added = [one[name][what] - one["no_gate"][what] for one in rounds]
                figures[name][f"added_{what}_seconds"] = spread(added)
            figures[name]["largest_pack_mib"] = round(max(one[name]["mib"] for one in rounds), 1)
    return figures


def start_up(name: str) -> dict[str, float]:
    """Seconds until a pack tells its port, as the engine waits for it."""
    seconds: list[float] = []
    for _ in range(RUNS + 1):
        started = time.monotonic()
        command = [sys.executable, "-u", str(FOLDER / name / "__main__.py")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            told = process.stdout.readline() if process.stdout else ""
            seconds.append(time.monotonic() - started)
            process.terminate()
        if not told.strip().isdigit():
            raise LocalError(f"{name}: told {told!r} where a port is wanted.")
    return spread(seconds[1:])


def thousand(engine: Engine, folder: Path) -> list[dict[str, Any]]:
    """Resources with the inputs of the regions, over and over until there are a thousand."""
    found = [
        one for key in REGIONS for one in _listed(json.loads(ask(engine, "export", "--show-secrets", "--stack", key)))
    ]
    again = [one for one in found if one["type"] not in ALONE]
    repeated = (found + again * (THOUSAND // len(again)))[:THOUSAND]
    # Rules read what stands in a name, such as the region; only copies have another end.
    copies = [0] * len(found) + [number // len(again) + 1 for number in range(THOUSAND - len(found))]
    made = [one | {"name": one["name"] + f"-{copy}" * (copy > 0)} for one, copy in zip(repeated, copies, strict=True)]
    (folder / "thousand.json").write_text(json.dumps(made), encoding="utf-8")
    return made


def _listed(state: Any) -> Iterator[dict[str, Any]]:
    for one in state["deployment"]["resources"]:
        kinds = str(one["urn"]).split("::")[2].split("$")
        # Documents of tunnel gateways are of their stack's region; here all are in one stack.
        is_document = one["type"].endswith(("Object", "Objectv2", "Blob"))
        if one["custom"] and not one["type"].startswith("pulumi:") and not is_document:
            ignored: list[str] = one.get("ignoreChanges", [])
            name = str(one["urn"]).rpartition("::")[2]
            shown = {"type": one["type"], "name": name, "cluster": "", "inputs": plain(one["inputs"])}
            yield shown | {"under": kinds[:-1], "ignore_changes": ignored}


def of_a_thousand(ours: Engine, folder: Path) -> dict[str, Any]:
    """Previews of a thousand new resources."""
    packages = {str(one["type"]).partition(":")[0] for one in thousand(ours, folder)}
    plugins = folder / "plugins"
    plugins.mkdir()
    for package in packages | {"aws"}:
        (plugins / f"pulumi-resource-{package}").symlink_to(PROGRAM / "bin/any")
    engines = {
        name: Engine(folder / "many", PROGRAM, say, standins=(plugins,), packs=packs) for name, packs in GATES.items()
    }
    facts = folder / "world" / "facts.yaml"
    config = (("ids:resources", str(folder / "thousand.json")), ("meshfed:settings", str(SETTINGS)))
    next(iter(engines.values())).ready()
    return compare(engines, Stack("many", config=(*config, ("meshfed:facts", str(facts)))))


def measure(world: Path, folder: Path) -> dict[str, Any]:
    """Everything, in a world that stands."""
    engines = {name: Engine(world, ROOT, say, packs=packs) for name, packs in GATES.items()}
    ours = engines["no_gate"]
    regions = {key: compare(engines, Stack(key, ours.folder.stack_file(key))) for key in REGIONS}
    many = of_a_thousand(ours, folder)
    added = many["one_process"]["added_cpu_seconds"]["median"]
    start = {name: start_up(name) for name in ("all", "zero-trust", "cloud-baseline", "federation")}
    return {
        "rules": len(RULES),
        "start_up_seconds": start,
        "regions_unchanged": regions,
        "thousand_new": many,
        "added_cpu_seconds_per_1000": round(added, 2),
        "added_wall_seconds_of_a_region": round(
            statistics.median(one["one_process"]["added_wall_seconds"]["median"] for one in regions.values()), 2
        ),
    }


def main() -> None:
    """Measures and reports."""
    with tempfile.TemporaryDirectory(prefix="meshfed-bench-") as name:
        world = Path(name) / "world"
        if len(sys.argv) > 1:
            shutil.copytree(sys.argv[1], world)
        else:
            Deployment(SETTINGS, world, ROOT, say).up()
        figures = measure(world, Path(name))
    report("gate", figures)


if __name__ == "__main__":
    try:
        main()
    except MeshfedError as error:
        sys.exit(str(error))
