"""The whole deployment of the default federation to the local target: first `up`, second `up`, `down`.

.venv/bin/python -m bench.deploy [settings file]
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.report import ROOT, report
from bench.tree import watched
from meshfed_local.deploy import Deployment

SETTINGS = ROOT / "stacks/config/federation.yaml"
OPERATION = re.compile(r"^(?P<operation>up|destroy): (?P<stack>[a-z0-9-]+): (?P<what>.*) in (?P<seconds>[0-9.]+) s$")
"""What `meshfed local` says at the end of each operation on a stack."""


def operations(text: str) -> Iterator[dict[str, Any]]:
    """Each operation on a stack: what it did and how many seconds it took."""
    for line in text.splitlines():
        if found := OPERATION.match(line):
            yield {**found.groupdict(), "seconds": float(found["seconds"])}


def measure(verb: str, settings: Path, world: Path) -> dict[str, Any]:
    """One run of `meshfed local`, as a user runs it."""
    output = world.parent / f"{verb}.txt"
    command = [str(ROOT / ".venv/bin/meshfed"), "local", verb, "--settings", str(settings), "--world", str(world)]
    cost = watched(command, ROOT, output, os.environ)
    text = output.read_text(encoding="utf-8")
    return {**asdict(cost), "operations": list(operations(text)), "last_line": text.strip().splitlines()[-1]}


def resources(settings: Path, world: Path) -> dict[str, int]:
    """Resources that stand, by stack."""
    rows = Deployment(settings, world, ROOT, lambda _: None).rows()
    return {row.region: row.resources for row in rows}


def main() -> None:
    """Measures in a world of its own and reports."""
    settings = Path(sys.argv[1]) if len(sys.argv) > 1 else SETTINGS
    with tempfile.TemporaryDirectory(prefix="meshfed-bench-") as folder:
        world = Path(folder) / "world"
        first = measure("up", settings, world)
        standing = resources(settings, world)
        figures = {
            "settings": str(settings.relative_to(ROOT) if settings.is_relative_to(ROOT) else settings),
            "resources": standing,
            "resources_in_all": sum(standing.values()),
            "first_up": first,
            "second_up": measure("up", settings, world),
            "down": measure("down", settings, world),
        }
    report("deploy", figures)


if __name__ == "__main__":
    main()
