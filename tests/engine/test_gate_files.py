"""What the real engine saves is judged alike in every form: preview, events, plan, export, and a plan over an export.

What each form looks like in detail, and what is refused, is in tests/cli/gate.
"""

import json
import subprocess
from pathlib import Path

import pytest

from meshfed.cli.gate.judging import Asked, judged
from meshfed.cli.gate.outcome import Run
from meshfed.cli.gate.rows import Outcome
from meshfed_local.engine import Engine
from meshfed_local.folder import Stack
from meshfed_local.toolchain import Toolchain

pytestmark = pytest.mark.engine
PROGRAM = Path(__file__).parent / "gate"
NONE = Path(__file__).parents[2] / "policy-packs/exceptions.yaml"
STREAM = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}


class Desk:
    """One stack of the program in a world without the packs, and the files that Pulumi saves of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine = Engine(folder / "world", PROGRAM, lambda _: None, packs=())
        self._engine.ready()

    def up(self, injection: str) -> None:
        """Deploys."""
        self._engine.up([_stack(injection)])

    def preview(self, injection: str) -> None:
        """Makes the stack known, and what the next commands see."""
        self._engine.preview([_stack(injection)])

    def save(self, name: str, *arguments: str, **more: str) -> Path:
        """What a command of Pulumi's prints, as a file."""
        path = self._folder / name
        path.write_text(self.run(*arguments, **more), encoding="utf-8")
        return path

    def plan(self, name: str) -> Path:
        """A saved plan."""
        path = self._folder / name
        self.run("preview", "--save-plan", str(path))
        return path

    def export(self, name: str) -> Path:
        """A stack's export."""
        path = self._folder / name
        path.write_text(json.dumps(self._engine.export("one")), encoding="utf-8")
        return path

    def run(self, *arguments: str, **more: str) -> str:
        """Pulumi's own command on the stack."""
        pulumi = [str(Toolchain().program("pulumi")), "--non-interactive", "--color", "never"]
        stack = ["--stack", "one", "--config-file", str(self._engine.folder.stack_file("one"))]
        done = subprocess.run(
            [*pulumi, *arguments, *stack],
            cwd=PROGRAM,
            env={**self._engine.environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def _stack(injection: str) -> Stack:
    return Stack("one", config=(("gate:parts", "hand,firewall"), ("gate:injection", injection)))


def _run(*files: Path) -> Run:
    return judged(Asked(files, exceptions=NONE))


def _said(run: Run, outcome: Outcome = Outcome.VIOLATION) -> set[tuple[str, str, str]]:
    return {(row.rule.id, row.urn, row.path) for row in run.rows if row.outcome is outcome}


def test_every_form_says_the_same_of_a_new_stack_and_of_a_changed_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.preview("disabled")
    new = _said(_run(desk.save("preview.json", "preview", "--json", "--show-sames")))
    assert {rule for rule, *_ in new} >= {"MF-I25", "MF-A15"}
    assert _said(_run(desk.plan("plan.json"))) == new
    assert _said(_run(desk.save("events.jsonl", "preview", "--json", "--show-sames", **STREAM))) == new
    desk.up("disabled")
    standing = desk.export("export.json")
    assert _said(_run(standing)) == new
    desk.preview("enabled")
    mended = _said(_run(desk.save("preview.json", "preview", "--json", "--show-sames")))
    assert {rule for rule, *_ in new - mended} == {"MF-I25"}
    assert _said(_run(desk.plan("plan.json"), standing)) == mended
    assert _said(_run(desk.save("events.jsonl", "preview", "--json", "--show-sames", **STREAM))) == mended


def test_a_finding_in_a_preview_names_the_line_of_the_program(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.preview("disabled")
    run = _run(desk.save("preview.json", "preview", "--json", "--show-sames"))
    (row,) = [row for row in run.rows if row.rule.id == "MF-I25"]
    line = (PROGRAM / "__main__.py").read_text(encoding="utf-8").splitlines()[row.line - 1]
    assert (row.file, "kubernetes.core.v1.Namespace(" in line or "namespace(" in line) == ("__main__.py", True)
