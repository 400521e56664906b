"""Bad input through the command: one message with where, what is and what is wanted; its exit code; nothing made."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from meshfed_local.folder import WorldFolder
from tests.cli.command import THREE, Command, Desk
from tests.topology.federations import region

ROOT = Path(__file__).parents[2]
EXAMPLES = "See stacks/config/gallery for examples."
FAR = {**THREE, "euc1": region("aws", "eu-central-1", 3)}
TOO_FAST = {"slos": [{"between": ["use1", "euc1"], "p99_ms": 38}]}


def but(key: str, **more: Any) -> dict[str, Any]:
    """Three regions of which one differs."""
    return {**THREE, key: {**THREE[key], **more}}


@pytest.mark.parametrize(
    ("regions", "messages"),
    [
        (but("use4", slot=0), ["regions.use4.slot: 0: is also use1's slot; slots are unique. Free slots: 1, 3, 4, 5."]),
        (
            {**but("eus", state="retired"), "eus2": region("azure", "eastus2", 2)},
            [
                "regions.eus2.slot: 2: belonged to eus, which is retired; a retired slot is never used again. "
                "Free slots: 3, 4, 5, 6."
            ],
        ),
        (but("use1", cloud="ibm"), ["regions.use1.cloud: ibm: must be one of aws, azure, gcp."]),
        (but("use1", cloud="awz"), ["regions.use1.cloud: awz: must be one of aws, azure, gcp. Did you mean aws?"]),
        (
            but("use1", location="us-east-9"),
            ["regions.use1.location: us-east-9: is no location of aws that is known. Did you mean us-east-2?"],
        ),
        (but("use1", slto=3), ["regions.use1.slto: is not a setting. Did you mean slot?"]),
        ({"use1": THREE["use1"]}, ["regions: a federation has at least two regions. Add a region."]),
        (
            {"US_1": THREE["use1"], "use4": THREE["use4"]},
            ["regions.US_1: US_1: 2 to 8 lower-case letters and digits are wanted, the first a letter."],
        ),
    ],
)
def test_regions_that_cannot_be_are_refused(
    meshfed: Command, desk: Desk, regions: Mapping[str, Any], messages: list[str]
) -> None:
    desk.write(regions)
    said = meshfed("validate", *desk.files())
    assert (said.code, said.out) == (1, "")
    count = "1 fault" if len(messages) == 1 else f"{len(messages)} faults"
    assert said.err.splitlines() == [f"{desk.settings}: {count}", *(f"  {message}" for message in messages)]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"pools": {"networks": "8.8.0.0/16"}}, "pools.networks: 8.8.0.0/16: must be private (RFC 1918) or shared"),
        ({"pools": {"networks": "10.1.2.3/8"}}, "pools.networks: 10.1.2.3/8: an IPv4 range is wanted. Did you mean "),
        ({"pools": {"reserved": ["10.0.0.0/16"]}}, "regions.use1.network: 10.0.0.0/17: overlaps pools.reserved[0] ("),
        ({"naming": {"template": "{federation}_{region}_{role}"}}, "naming.template: {federation}_{region}_{role}: "),
        ({"name": "Acme_Mesh!"}, "name: Acme_Mesh!: 2 to 15 lower-case letters and digits are wanted"),
    ],
)
def test_ranges_and_names_that_cannot_be_are_refused(
    meshfed: Command, desk: Desk, more: Mapping[str, Any], message: str
) -> None:
    desk.write(THREE, **more)
    said = meshfed("validate", *desk.files())
    assert (said.code, said.out) == (1, "")
    assert f"\n  {message}" in said.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", f"file: is empty. {EXAMPLES}"),
        (b"# only a comment\n", f"file: is empty. {EXAMPLES}"),
        (b"- a list\n", f"file: is not a mapping. {EXAMPLES}"),
        (b"name: [acme\ntags: x\n", "line 2, column 5: is not YAML: "),
        (b"name:\n\ttags: x\n", "line 2, column 1: is not YAML: "),
        (b"name: a\n---\nname: b\n", "line 2, column 1: is not YAML: "),
        (b"name: a\nname: b\n", 'line 2, column 1: found duplicate key "name"; keys are unique. Keep one.'),
        (b"\x00\x01", "file: is not YAML: unacceptable character #x0000: special characters are not allowed. Mend "),
        (b"name: caf\xe9\n", "file: is not UTF-8 text: byte 9 is 0xe9. Save it as UTF-8."),
        (b"name: 2026-13-45\n", "file: holds a value that YAML cannot make: a day that is none, a number too long"),
        (b"name: " + b"1" * 5000, "file: holds a value that YAML cannot make: a day that is none, a number too long"),
        (b"name: !!bool x\n", "file: holds a value that YAML cannot make: a day that is none, a number too long"),
        (b"name: " + b"[" * 500, f"file: is nested too deeply. {EXAMPLES}"),
    ],
)
@pytest.mark.parametrize("which", ["settings", "facts"])
def test_a_file_that_cannot_be_read_as_yaml_is_one_line(
    meshfed: Command, desk: Desk, which: str, content: bytes, message: str
) -> None:
    path = desk.settings if which == "settings" else desk.facts
    path.write_bytes(content)
    said = meshfed("validate", *desk.files())
    assert (said.code, said.out) == (1, "")
    lines = said.err.splitlines()
    assert (len(lines), lines[0]) == (2, f"{path}: 1 fault")
    wanted = message if which == "settings" else message.replace(EXAMPLES, "`meshfed pin` writes it.")
    assert lines[1].startswith(f"  {wanted}")


@pytest.mark.parametrize("which", ["settings", "facts"])
def test_a_folder_in_place_of_a_file_is_refused_by_the_option_to_mend(meshfed: Command, desk: Desk, which: str) -> None:
    said = meshfed("validate", *desk.files(), f"--{which}", desk.folder)
    assert said.code == 1
    hint = f"Give --{which} FILE (in a stack's file: `meshfed:{which}`)."
    assert said.err == f"{desk.folder}: 1 fault\n  file: cannot be read: Is a directory. {hint}\n"


@pytest.mark.parametrize("verb", [["validate"], ["plan"], ["graph", "topology"], ["graph", "latency"], ["next"]])
def test_a_facts_file_that_was_named_must_be_there(meshfed: Command, desk: Desk, verb: list[str]) -> None:
    desk.facts.unlink()
    said = meshfed(*verb, *desk.files())
    assert (said.code, said.out) == (1, "")
    hint = "`meshfed pin` writes it; leave --facts out where nothing is pinned yet."
    assert said.err == f"{desk.facts}: 1 fault\n  file: is not there. {hint}\n"


def test_the_usual_facts_file_may_be_missing(meshfed: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    said = meshfed("validate", "--settings", desk.settings)
    assert (said.code, said.err) == (0, "")


@pytest.mark.parametrize(("no_colour", "is_red"), [("", True), ("1", False)])
def test_faults_are_red_on_a_terminal_unless_no_colour_is_wanted(
    meshfed: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch, no_colour: str, *, is_red: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    said = meshfed("validate", "--settings", desk.folder / "none.yaml")
    assert ("\x1b" in said.err) is is_red


@pytest.mark.parametrize("verb", [["validate"], ["plan"], ["graph", "topology"], ["next"], ["local", "up"]])
def test_every_verb_refuses_a_plan_that_cannot_be_with_all_that_is_against_it(
    meshfed: Command, desk: Desk, verb: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    world = desk.folder / "world"
    desk.write({**FAR, **but("use1", gateways={"path_mtu": 1300})}, **TOO_FAST)
    options = ["--settings", str(desk.settings), "--world", str(world)] if verb[0] == "local" else desk.files()
    said = meshfed(*verb, *options)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("plan: 2 faults\n")
    assert "regions.use1.gateways.path_mtu: 1300: leaves 1240 bytes inside a tunnel of wireguard; " in said.err
    assert (
        "slos[0].p99_ms: 38 ms: cannot hold between use1 (us-east-1) and euc1 (eu-central-1): light in fibre needs "
        in said.err
    )
    assert not world.exists()


@pytest.mark.parametrize("verb", ["up", "down", "preview", "status"])
def test_a_world_that_is_a_file_is_refused_and_stays(
    meshfed: Command, desk: Desk, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    before = desk.settings.read_bytes()
    said = meshfed("local", verb, "--settings", desk.settings, "--world", desk.settings)
    assert said.code == 1
    assert said.err == f"meshfed local: 1 fault\n  --world: {desk.settings}: is no folder. Name a folder.\n"
    assert desk.settings.read_bytes() == before


def test_a_world_s_state_without_the_built_tools_is_told(
    meshfed: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(desk.folder / "cache"))
    folder = WorldFolder(desk.folder / "world")
    folder.prepare("meshfed")
    folder.stack_file("use1").touch()
    state = folder.checkpoint("meshfed", "use1")
    state.parent.mkdir(parents=True)
    state.write_text("{}", encoding="utf-8")
    said = meshfed("local", "status", "--settings", desk.settings, "--world", folder.path)
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith(f"use1: export cannot be started: {desk.folder}/cache/")
    assert said.err.endswith(": No such file or directory. `make toolchain` builds what is missing.\n")


def test_ctrl_c_says_that_nothing_is_lost(meshfed: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("meshfed.cli.check.read_plan", interrupted)
    said = meshfed("validate", *desk.files())
    assert said.code == 130
    assert said.err.strip() == "Interrupted. Nothing is lost: run the same command again."


def test_a_full_disk_that_no_verb_expected_is_one_message(
    meshfed: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "topology.svg")

    monkeypatch.setattr("meshfed.cli.check.read_plan", full)
    said = meshfed("validate", *desk.files())
    assert said.code == 3
    assert said.err == "topology.svg: No space left on device. Mend it and run the same command again.\n"
