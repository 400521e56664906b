"""Verbs that read the federation: what they say, and that a user's mistake ends in one message and its exit code."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from meshfed import __version__
from meshfed.cli.schema import SCHEMAS, Of
from tests.cli.command import THREE, Command, Desk

ROOT = Path(__file__).parents[2]
INFEASIBLE = ROOT / "stacks/config/gallery/infeasible.yaml"
PROGRAM = Path(sys.executable).with_name("meshfed")


def test_help_lists_every_verb(meshfed: Command) -> None:
    said = meshfed("--help")
    words = said.out.split()
    assert said.code == 0
    assert {"validate", "plan", "graph", "schema", "pin", "next", "local"} <= set(words)
    assert "Exit codes:" in said.out


def test_the_installed_program_ends_with_the_same_codes_and_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "validate", "-s", tmp_path / "none.yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    hint = "Give --settings FILE (in a stack's file: `meshfed:settings`)."
    assert done.stderr == f"{tmp_path / 'none.yaml'}: 1 fault\n  file: is not there. {hint}\n"


def test_version_is_the_package_s(meshfed: Command) -> None:
    assert meshfed("--version").out == f"{__version__}\n"


def test_validate_counts_what_the_plan_has(meshfed: Command, desk: Desk) -> None:
    said = meshfed("validate", *desk.files())
    assert said.code == 0
    assert said.out == f"{desk.settings}: 3 regions, 12 tunnels, 3 regions not pinned yet. No faults.\n"


def test_validate_tells_all_faults_at_once(meshfed: Command, desk: Desk) -> None:
    desk.write({**THREE, "use4": {**THREE["use4"], "slot": 0, "colour": "red"}, "eus": {**THREE["eus"], "slot": -1}})
    said = meshfed("validate", *desk.files())
    assert said.code == 1
    assert said.out == ""
    assert "regions.use4.colour" in said.err
    assert "regions.eus.slot" in said.err


def test_a_promise_that_light_cannot_keep_is_refused(meshfed: Command) -> None:
    said = meshfed("validate", "-s", INFEASIBLE)
    assert said.code == 1
    assert "p99_ms" in said.err


@pytest.mark.parametrize("text", ["", "regions: [", "- a list\n", "name: acme\n"])
def test_a_file_that_is_no_settings_file_is_refused(meshfed: Command, desk: Desk, text: str) -> None:
    desk.settings.write_text(text, encoding="utf-8")
    said = meshfed("validate", *desk.files())
    assert said.code == 1
    assert said.err.startswith(f"{desk.settings}: ")


def test_facts_that_do_not_fit_the_settings_are_refused(meshfed: Command, desk: Desk) -> None:
    desk.facts.write_text("regions: {use1: {epoch: 1}}\n", encoding="utf-8")
    said = meshfed("validate", *desk.files())
    assert said.code == 1
    assert said.err.startswith(f"{desk.facts}: ")
    assert "regions.use1.issuer" in said.err


def test_an_unknown_option_is_wrong_usage(meshfed: Command) -> None:
    said = meshfed("validate", "--bogus")
    assert said.code == 2
    assert "--bogus" in said.err


def test_an_unknown_verb_is_wrong_usage(meshfed: Command) -> None:
    assert meshfed("deploy").code == 2


def test_the_plan_s_table_has_a_plain_line_for_each_region_and_pair(meshfed: Command, desk: Desk) -> None:
    said = meshfed("plan", *desk.files())
    lines = [line.split() for line in said.out.splitlines() if line]
    firsts = [words[0] for words in lines]
    assert said.code == 0
    assert "\x1b" not in said.out
    assert [word for word in firsts if word in THREE] == ["use1", "use4", "eus", "use1", "use1", "use4"]
    use4 = next(words for words in lines if words[0] == "use4")
    assert use4[1:5] == ["1", "gcp", "us-east4", "active"]
    assert use4[-4:] == ["0", "open,", "2", "pending"]


@pytest.mark.parametrize(("width", "is_whole"), [(60, False), (119, False), (140, True)])
def test_the_plan_s_table_folds_no_word_on_a_narrow_terminal(
    meshfed: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch, width: int, *, is_whole: bool
) -> None:
    monkeypatch.setattr("meshfed.cli.tables._console", Console(force_terminal=True, width=width, color_system=None))
    said = meshfed("plan", *desk.files())
    lines = said.out.splitlines()
    assert max(map(len, lines)) <= width
    assert ("10.128.0.0/16" in said.out) is is_whole
    for word in (*THREE, "us-east-1", "us-east4", "eastus", "active", "use1 - use4", "wireguard", "measured ms"):
        assert word in said.out, said.out


def test_the_plan_as_json_is_whole(meshfed: Command, desk: Desk) -> None:
    said = meshfed("plan", *desk.files(), "--json")
    document = json.loads(said.out)
    assert list(document["regions"]) == ["use1", "use4", "eus"]
    assert len(document["tunnels"]) == 12
    assert len({tunnel["local"] + tunnel["remote"] for tunnel in document["tunnels"]}) == 12
    assert document["regions"]["eus"]["trust_domain"] == "eus.mesh.acme.example"
    assert document["regions"]["eus"]["pending_peers"] == ["use1", "use4"]


@pytest.mark.parametrize("picture", ["topology", "latency"])
def test_a_graph_is_an_svg_that_names_every_region(meshfed: Command, desk: Desk, picture: str) -> None:
    out = desk.folder / "drawn.svg"
    said = meshfed("graph", picture, *desk.files(), "--out", out)
    assert said.code == 0
    tree = ElementTree.fromstring(out.read_text(encoding="utf-8"))  # noqa: S314 - our own picture
    words = " ".join(tree.itertext())
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    assert all(key in words for key in THREE)


@pytest.mark.parametrize("verb", [["graph", "topology"], ["schema"]])
@pytest.mark.parametrize("place", ["nowhere/file", "federation.yaml/file", "."])
def test_a_file_that_cannot_be_written_is_one_message(
    meshfed: Command, desk: Desk, verb: list[str], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    out = desk.folder / place
    options = desk.files() if verb[0] == "graph" else []
    said = meshfed(*verb, *options, "--out", out)
    assert said.code == 1
    assert said.err.startswith(f"{out}: 1 fault\n  file: cannot be written: ")


@pytest.mark.parametrize("of", Of)
def test_the_committed_schema_is_current(meshfed: Command, monkeypatch: pytest.MonkeyPatch, of: Of) -> None:
    monkeypatch.chdir(ROOT)
    said = meshfed("schema", "--check", "--of", of)
    assert (said.code, said.err) == (0, "")


def test_a_schema_that_is_not_current_is_told_and_left_alone(meshfed: Command, tmp_path: Path) -> None:
    out = tmp_path / "schema.json"
    assert meshfed("schema", "--check", "--out", out).code == 1
    assert not out.exists()
    assert meshfed("schema", "--out", out).code == 0
    assert out.read_text(encoding="utf-8") == (ROOT / SCHEMAS[Of.SETTINGS][1]).read_text(encoding="utf-8")
    out.write_text("{}\n", encoding="utf-8")
    said = meshfed("schema", "--check", "--out", out)
    assert said.code == 1
    assert "is not current" in said.err
    assert out.read_text(encoding="utf-8") == "{}\n"


def test_local_runs_in_a_project_s_folder(meshfed: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    said = meshfed("local", "status", "--settings", desk.settings)
    assert said.code == 1
    assert "has no Pulumi.yaml" in said.err


def test_local_up_of_an_unknown_region_makes_nothing(
    meshfed: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    world = desk.folder / "world"
    said = meshfed("local", "up", "--settings", desk.settings, "--world", world, "--stack", "use9")
    assert said.code == 1
    assert "--stack: use9: is no region. Choose one of use1, use4, eus." in said.err
    assert not world.exists()
