"""Minutes that a fresh machine needs, by part: a clone with nothing in any cache, each target of the Makefile in turn.

.venv/bin/python -m bench.fresh [folder to keep]

About an hour of both cores, most of it the providers of `make verify`; what it downloads comes from the package mirrors
that the machine is set up with. The system's own packages, Python, make and git are there already.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.report import ROOT, report
from bench.tree import watched

TOOL = (".venv/bin/python", "-m", "meshfed_local.toolchain")
PARTS: Mapping[str, tuple[str, ...]] = {
    "environment": ("make", "setup"),
    "engine": (*TOOL, "pulumi"),
    "language_host": (*TOOL, "pulumi-language-python"),
    "helm": (*TOOL, "helm"),
    "charts": (*TOOL, "istio-charts"),
    "first_up": ("make", "up"),
    "second_up": ("make", "up"),
    "region_joins": ("make", "up"),
    "region_leaves": ("make", "up"),
    "down": ("make", "down"),
    "test": ("make", "test"),
    "verify": ("make", "verify"),
}
"""In the order that `make up` would take them; each finds what the ones before it made."""
UNTIL_UP = tuple(PARTS)[: tuple(PARTS).index("second_up")]
SEVENTH = """  euw1:
    slot: 6
    cloud: aws
    location: eu-west-1
    state: {state}
    owners:
      default: {{account: "222222222222"}}
"""
STATES = {"region_joins": "joining", "region_leaves": "retired"}
"""Parts before which the settings get a seventh region in this state."""


def empty_caches(folder: Path) -> dict[str, str]:
    """The environment of a user who has never run anything here; which mirrors to use stays as it is set."""
    # Go makes its module cache read-only, which would stand in the way of removing the folder.
    flags = f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip()
    return {
        **{key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
        "XDG_CACHE_HOME": str(folder / "cache"),
        "UV_CACHE_DIR": str(folder / "uv"),
        "PIP_CACHE_DIR": str(folder / "pip"),
        "GOPATH": str(folder / "go"),
        "GOMODCACHE": str(folder / "go" / "pkg" / "mod"),
        "GOCACHE": str(folder / "go-build"),
        "GOFLAGS": flags,
    }


def measure(folder: Path) -> dict[str, Any]:
    """Each part in a fresh clone of what is committed."""
    clone = folder / "clone"
    started = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
    figures: dict[str, Any] = {"clone": {"wall_seconds": round(time.monotonic() - started, 1)}}
    environment = empty_caches(folder)
    settings = clone / "stacks" / "config" / "federation.yaml"
    for name, command in PARTS.items():
        print(f"{name}: {' '.join(command)}", file=sys.stderr)
        if name in STATES:
            text = settings.read_text(encoding="utf-8").partition("  euw1:\n")[0]
            settings.write_text(text + SEVENTH.format(state=STATES[name]), encoding="utf-8")
        elif name == "down":
            subprocess.run(["git", "-C", str(clone), "checkout", "--quiet", str(settings)], check=True)
        figures[name] = asdict(watched(command, clone, folder / f"{name}.txt", environment))
    return figures


def main() -> None:
    """Measures and reports; a part that fails ends it with the part's own words."""
    with tempfile.TemporaryDirectory(prefix="meshfed-fresh-") as name:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else name).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            figures = measure(folder)
        except subprocess.CalledProcessError as error:
            words = bytes(error.stderr or b"").decode(errors="replace")
            sys.exit(f"{' '.join(error.cmd)} ended with {error.returncode}:\n{words[-4000:]}")
    parts = [figures[name]["wall_seconds"] for name in ("clone", *UNTIL_UP)]
    report("fresh", {"minutes_until_up": round(sum(parts) / 60, 1), "parts": figures})


if __name__ == "__main__":
    main()
