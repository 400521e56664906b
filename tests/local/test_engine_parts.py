"""What surrounds the engine: environment, folder, event log, locks and the mending of a state. No engine runs."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from meshfed_local import recovery
from meshfed_local.environment import engine_environment
from meshfed_local.errors import LocalError
from meshfed_local.events import EventLog, Outcome, worth_telling
from meshfed_local.folder import Stack, WorldFolder
from meshfed_local.standins.world import Record, World
from meshfed_local.toolchain import Toolchain

URN = "urn:pulumi:use1::meshfed::t:index:T::a"


@pytest.fixture
def folder(tmp_path: Path) -> WorldFolder:
    folder = WorldFolder(tmp_path / "world")
    folder.prepare("meshfed")
    return folder


def test_nothing_of_the_users_clouds_reaches_the_engine(folder: WorldFolder, tmp_path: Path) -> None:
    user = {
        "HOME": "/home/u",
        "LANG": "C.UTF-8",
        "PATH": "/home/u/bin:/usr/bin",
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": "x",
        "ARM_CLIENT_ID": "x",
        "AZURE_CONFIG_DIR": "/home/u/.azure",
        "GOOGLE_APPLICATION_CREDENTIALS": "/key",
        "CLOUDSDK_CONFIG": "/c",
        "KUBECONFIG": "/k",
        "PULUMI_ACCESS_TOKEN": "x",
        "PULUMI_BACKEND_URL": "s3://production",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_CONFIG": "{}",
        "PULUMI_STACK": "prod",
        "HTTPS_PROXY": "http://proxy",
        "PYTHONPATH": "/elsewhere",
        "VIRTUAL_ENV": "/other",
    }
    env = engine_environment(folder, Toolchain(tmp_path / "cache"), user=user)
    clouds = ("AWS", "ARM", "AZURE", "GOOGLE", "CLOUDSDK", "KUBE", "HTTP", "PYTHONPATH")
    assert [key for key in env if key.startswith(clouds)] == []
    assert not {"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG", "PULUMI_STACK"} & set(env)
    assert env["PULUMI_BACKEND_URL"] == f"{(folder.path / 'state').as_uri()}?metadata=skip"
    assert env["HOME"] == str(folder.home)
    assert env["LANG"] == "C.UTF-8"
    assert "/home/u/bin" not in env["PATH"]
    assert env["MESHFED_LOCAL_WORLD"] == str(folder.path)


def test_stand_ins_come_before_any_program_of_the_system(folder: WorldFolder, tmp_path: Path) -> None:
    path = engine_environment(folder, Toolchain(tmp_path), (Path("/standins"),))["PATH"].split(os.pathsep)
    assert path.index("/standins") < path.index("/usr/local/bin")
    assert Path(path[0], "python3").exists()


def test_state_is_never_left_to_a_killed_engine(folder: WorldFolder, tmp_path: Path) -> None:
    env = engine_environment(folder, Toolchain(tmp_path), user={"HOME": "/h", "PULUMI_SKIP_CHECKPOINTS": "true"})
    assert "PULUMI_SKIP_CHECKPOINTS" not in env


def test_passphrase_is_private_random_and_kept(folder: WorldFolder, tmp_path: Path) -> None:
    first = folder.passphrase.read_text()
    assert folder.passphrase.stat().st_mode & 0o777 == 0o600
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.prepare("meshfed")
    assert folder.passphrase.read_text() == first
    other = WorldFolder(tmp_path / "other")
    other.prepare("meshfed")
    assert other.passphrase.read_text() != first


def test_stack_file_keeps_the_worlds_salt_and_drops_productions_key(folder: WorldFolder, tmp_path: Path) -> None:
    source = tmp_path / "Pulumi.use1.yaml"
    source.write_text("secretsprovider: awskms://x\nconfig:\n  meshfed:settings: a.yaml\n  meshfed:region: use1\n")
    folder.stack_file("use1").write_text("encryptionsalt: v1:mine\n")
    folder.write_stack_file(Stack("use1", source, (("meshfed:settings", "b.yaml"),)))
    text = folder.stack_file("use1").read_text()
    assert "config:\n  meshfed:settings: b.yaml\n  meshfed:region: use1\n" in text
    assert "encryptionsalt: v1:mine" in text
    assert "awskms" not in text


@pytest.mark.parametrize(("text", "wanted"), [("a: [", "is not YAML"), ("- a\n", "a mapping with `config:` is wanted")])
def test_broken_stack_file_is_one_clear_message(folder: WorldFolder, tmp_path: Path, text: str, wanted: str) -> None:
    source = tmp_path / "Pulumi.use1.yaml"
    source.write_text(text)
    with pytest.raises(LocalError, match=wanted):
        folder.write_stack_file(Stack("use1", source))


def test_missing_stack_file_is_named(folder: WorldFolder, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"absent\.yaml: No such file"):
        folder.write_stack_file(Stack("use1", tmp_path / "absent.yaml"))


def test_world_that_cannot_be_made_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match="nothing was lost"):
        WorldFolder(tmp_path / "file" / "world").prepare("meshfed")


def test_event_log_is_read_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    log = EventLog(path)
    log.read_on()
    created = json.dumps({"resOutputsEvent": {"metadata": {"op": "create"}}})
    same = json.dumps({"resOutputsEvent": {"metadata": {"op": "same"}}})
    path.write_text(f"{created}\n{same}\n{created[:10]}")
    log.read_on()
    assert log.done == 1
    error = {"urn": URN, "message": "<{%fg 1%}>error:<{%reset%}> no\n", "severity": "error"}
    with path.open("a") as file:
        file.write(f"{created[10:]}\n{json.dumps({'diagnosticEvent': error})}\n")
        file.write(json.dumps({"summaryEvent": {"resourceChanges": {"create": 2, "same": 1}}}) + "\n")
    log.read_on()
    assert (log.done, log.errors, log.changes) == (2, ["a: error: no"], {"create": 2, "same": 1})


def test_outcome_counts_what_changed() -> None:
    outcome = Outcome("use1", 1.25, {"same": 3, "create": 2, "replace": 1}, ())
    assert (outcome.changed, outcome.resources) == (3, 6)
    assert str(outcome) == "use1: 2 create, 1 replace, 3 same in 1.2 s"


def test_outcome_names_what_changed_where_not_all_is_new() -> None:
    touched = tuple(f"update a:b:C c{number}" for number in range(14))
    outcome = Outcome("use1", 1.25, {"same": 3, "update": 14}, (), touched)
    assert outcome.details()[0] == "  update a:b:C c0"
    assert outcome.details()[-1] == "  and 2 more, see its log"
    assert Outcome("use1", 1.25, {"create": 1}, (), ("create a:b:C c0",)).details() == []


def test_echo_of_a_failure_is_told_only_where_nothing_else_is() -> None:
    path_note = "using pulumi-resource-aws from $PATH at /x"
    assert worth_telling(["update failed", "a: no such subnet", path_note]) == ("a: no such subnet",)
    assert worth_telling(["update failed"]) == ("update failed",)
    assert worth_telling([path_note]) == ()


def _lock(state: Path, pid: int, host: str) -> None:
    folder = state / ".pulumi" / "locks" / "organization" / "meshfed" / "use1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{pid}.json").write_text(json.dumps({"pid": pid, "hostname": host}))


def test_lock_is_stale_only_where_its_engine_is_surely_gone(folder: WorldFolder) -> None:
    # The process exists but is no engine: the number was given to another program.
    _lock(folder.state, os.getpid(), socket.gethostname())
    _lock(folder.state, 2**22 + 1, socket.gethostname())
    _lock(folder.state, 2**22 + 2, "elsewhere")
    found = {lock.pid: lock.is_stale for lock in recovery.locks(folder.state, "meshfed", "use1")}
    assert found == {os.getpid(): True, 2**22 + 1: True, 2**22 + 2: False}


def _record(identifier: str) -> Record:
    return Record(urn=URN, token="t:index:T", id=identifier, name="a", inputs={}, outputs={}, provider={})


def _export(resources: list[dict[str, object]]) -> dict[str, object]:
    pending = [{"type": "creating", "resource": {"urn": URN, "inputs": {"x": 1}}}]
    return {"version": 3, "deployment": {"resources": resources, "pending_operations": pending}}


def _resources(state: Mapping[str, object]) -> list[dict[str, object]]:
    deployment = cast(Mapping[str, list[dict[str, object]]], state["deployment"])
    assert "pending_operations" not in deployment
    return deployment["resources"]


def test_unnoted_creation_that_never_happened_is_struck_out(folder: WorldFolder) -> None:
    state, taken = recovery.mended(_export([]), folder.path)
    assert (taken, _resources(state)) == (0, [])


def test_unnoted_creation_that_happened_is_taken_over(folder: WorldFolder) -> None:
    world = World(folder.path)
    world.put(_record("new"))
    world.close()
    state, taken = recovery.mended(_export([]), folder.path)
    assert taken == 1
    assert _resources(state) == [{"urn": URN, "id": "new", "inputs": {"x": 1}, "outputs": {"x": 1}}]


def test_unnoted_replacement_is_taken_over_and_the_old_one_marked(folder: WorldFolder) -> None:
    world = World(folder.path)
    world.put(_record("old"))
    world.put(_record("new"))
    world.close()
    state, taken = recovery.mended(_export([{"urn": URN, "id": "old"}]), folder.path)
    assert taken == 1
    assert [(item["id"], item.get("delete")) for item in _resources(state)] == [("old", True), ("new", None)]


def _said(path: Path, *events: Mapping[str, object]) -> EventLog:
    path.write_text("".join(f"{json.dumps({'policyEvent': event})}\n" for event in events))
    log = EventLog(path)
    log.read_on()
    return log


def test_what_the_gate_says_is_told_once_with_its_rule_and_resource(tmp_path: Path) -> None:
    event = {
        "resourceUrn": URN,
        "policyName": "MF-A1",
        "message": "Closed\nvpc: is open",
        "enforcementLevel": "mandatory",
    }
    log = _said(tmp_path / "events", event, event)
    assert [(str(verdict), verdict.ends) for verdict in log.verdicts] == [("MF-A1 a: Closed\nvpc: is open", True)]


def test_what_is_not_decided_yet_is_counted_and_listed(tmp_path: Path) -> None:
    event = {"resourceUrn": URN, "policyName": "MF-A1", "enforcementLevel": "advisory"}
    unknown = {**event, "message": "Closed\ncannot be decided yet: vpc: is not known before the deployment"}
    waived = {**event, "message": "Closed\nvpc: is open\nwaived until 2026-12-31 by team: reason"}
    verdicts = tuple(_said(tmp_path / "events", unknown, waived).verdicts)
    outcome = Outcome("use1", 1.0, {"create": 1}, (), (), verdicts)
    assert str(outcome) == "use1: 1 create in 1.0 s; 1 verdict of the gate not decided yet"
    assert outcome.details() == [
        "  MF-A1 a: cannot be decided yet: vpc: is not known before the deployment",
        "  MF-A1 a: vpc: is open",
    ]
