"""The engine of the local target with a program and a plugin made for it; no cloud's stand-in is tested here."""

import os
import re
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, cast

import pytest

from meshfed_local import recovery
from meshfed_local.engine import Engine
from meshfed_local.errors import EngineError
from meshfed_local.folder import Stack
from meshfed_local.standins.world import World

pytestmark = pytest.mark.engine


class Bench(Protocol):
    """What the fixture gives."""

    @property
    def engine(self) -> Engine: ...
    @property
    def lines(self) -> list[str]: ...
    @property
    def folder(self) -> Path: ...
    def existing(self) -> list[tuple[str, str]]: ...


def stack(name: str, count: int, text: str = "first") -> Stack:
    return Stack(name, config=(("probe:count", str(count)), ("probe:text", text)))


def state_ids(engine: Engine, name: str) -> list[str]:
    deployment = cast(Mapping[str, list[Mapping[str, str]]], engine.export(name)["deployment"])
    things = (resource for resource in deployment["resources"] if resource["type"] == "probe:index:Thing")
    return sorted(resource["id"] for resource in things)


def wait_for(happened: Callable[[], object]) -> None:
    for _ in range(1200):
        if happened():
            return
        threading.Event().wait(0.05)
    raise AssertionError("did not happen within a minute")


def kill_engine_while_creating(
    bench: Bench, thing: str, run: Stack, before: Callable[[recovery.Lock], None] | None = None
) -> None:
    """Ends the engine at the moment when the thing exists and the engine has not been told."""
    (bench.folder / "hold").write_text(thing)
    failed: list[EngineError] = []

    def up() -> None:
        try:
            bench.engine.up([run])
        except EngineError as error:
            failed.append(error)

    thread = threading.Thread(target=up)
    thread.start()
    wait_for((bench.folder / "held").exists)
    (lock,) = recovery.locks(bench.engine.folder.state, "probe", run.name)
    try:
        if before is not None:
            before(lock)
    finally:
        os.kill(lock.pid, signal.SIGKILL)
        thread.join()
    assert len(failed) == 1
    (bench.folder / "hold").unlink()
    (bench.folder / "held").unlink()


def test_second_up_changes_nothing_and_down_leaves_nothing(probe: Bench) -> None:
    stacks = [stack("one", 3), stack("two", 2), stack("three", 1)]
    assert [outcome.changed for outcome in probe.engine.up(stacks)] == [5, 4, 3]
    assert [outcome.changed for outcome in probe.engine.up(stacks)] == [0, 0, 0]
    assert [outcome.changed for outcome in probe.engine.preview(stacks, expect_no_changes=True)] == [0, 0, 0]
    assert len(probe.existing()) == 6
    probe.engine.destroy(stacks)
    assert probe.existing() == []
    assert probe.engine.destroy([stack("never-deployed", 1)])[0].resources == 0


def test_killed_engine_loses_nothing_and_creates_nothing_twice(probe: Bench) -> None:
    run = stack("one", 4)
    kill_engine_while_creating(probe, "thing-2", run)
    before = dict(probe.existing())
    assert sorted(before) == ["thing-0", "thing-1", "thing-2"]
    probe.engine.up([run])
    after = probe.existing()
    assert [name for name, _ in after] == ["thing-0", "thing-1", "thing-2", "thing-3"]
    assert before.items() <= dict(after).items()
    assert state_ids(probe.engine, "one") == [id_ for _, id_ in after]
    assert probe.engine.up([run])[0].changed == 0
    probe.engine.destroy([run])
    assert probe.existing() == []


def test_engine_killed_while_replacing_leaves_one_of_each(probe: Bench) -> None:
    probe.engine.up([stack("one", 3)])
    old = dict(probe.existing())
    changed = stack("one", 3, "second")
    kill_engine_while_creating(probe, "thing-1", changed)
    probe.engine.up([changed])
    new = probe.existing()
    assert [name for name, _ in new] == ["thing-0", "thing-1", "thing-2"]
    assert not old.items() & dict(new).items()
    assert state_ids(probe.engine, "one") == [id_ for _, id_ in new]
    assert probe.engine.up([changed])[0].changed == 0


def test_engine_killed_during_up_can_be_taken_down(probe: Bench) -> None:
    run = stack("one", 3)
    kill_engine_while_creating(probe, "thing-1", run)
    probe.engine.destroy([run])
    assert probe.existing() == []


def test_preview_that_expects_no_change_fails_on_one(probe: Bench) -> None:
    probe.engine.up([stack("one", 1)])
    with pytest.raises(EngineError, match=re.escape("one: 1 create, 3 same")):
        probe.engine.preview([stack("one", 2)], expect_no_changes=True)


def test_refresh_sees_what_vanished_outside(probe: Bench) -> None:
    run = stack("one", 2)
    probe.engine.up([run])
    (name, gone), _ = probe.existing()
    world = World(probe.folder)
    (urn,) = (record.urn for record in world.records() if record.name == name)
    world.remove(urn, gone)
    world.close()
    probe.engine.refresh([run])
    assert gone not in state_ids(probe.engine, "one")
    probe.engine.up([run])
    assert len(probe.existing()) == 2


def test_stack_file_of_the_repository_is_read_and_never_written(probe: Bench, tmp_path: Path) -> None:
    source = tmp_path / "Pulumi.one.yaml"
    text = "secretsprovider: awskms://alias/production\nencryptedkey: abc\nconfig:\n  probe:count: 2\n"
    source.write_text(text)
    probe.engine.up([Stack("one", source)])
    assert probe.engine.outputs("one") == {"count": 2, "secret": "[secret]"}
    assert source.read_text() == text
    assert not (probe.engine.folder.stack_file("one").read_text()).count("production")


def test_failure_is_one_message_with_the_programs_reason_and_the_log(probe: Bench) -> None:
    with pytest.raises(EngineError) as failure:
        probe.engine.up([Stack("one"), stack("two", 1)])
    message = str(failure.value)
    assert message.startswith("one: up failed")
    assert "probe:count" in message
    assert "$PATH" not in message
    log = message.rpartition("The whole log: ")[2]
    assert Path(log).read_text()
    # A region that fails keeps no other from being finished.
    assert [name for name, _ in probe.existing()] == ["thing-0"]


def test_lock_of_a_living_engine_is_respected(probe: Bench) -> None:
    run = stack("one", 2)

    def second_up(lock: recovery.Lock) -> None:
        with pytest.raises(EngineError, match=f"process {lock.pid}"):
            probe.engine.up([run])
        assert lock.path.exists()

    kill_engine_while_creating(probe, "thing-1", run, before=second_up)


def test_half_written_files_of_a_killed_engine_stop_nothing(probe: Bench) -> None:
    run = stack("one", 2)
    probe.engine.up([run])
    before = probe.existing()
    state = probe.engine.folder.state / ".pulumi"
    locks = state / "locks" / "organization" / "probe" / "one"
    locks.mkdir(parents=True, exist_ok=True)
    checkpoint = probe.engine.folder.checkpoint("probe", "one")
    left = [
        state / "meta.yaml.attrs",
        checkpoint.with_name("one.json.attrs"),
        checkpoint.with_name("one.json.bak.attrs"),
        checkpoint.with_name("one.json.18bc4f2a.tmp"),
        locks / "5f4c.json.18bc4f2a.tmp",
        locks / "5f4c.json.attrs",
        locks / "5f4d.json",
    ]
    for path in left:
        path.touch()
    assert probe.engine.up([run])[0].changed == 0
    assert probe.existing() == before
    assert [path.name for path in left if path.exists()] == []


def test_the_backend_writes_no_file_that_a_kill_could_leave_empty(probe: Bench) -> None:
    probe.engine.up([stack("one", 2)])
    assert list(probe.engine.folder.state.rglob("*.attrs")) == []
