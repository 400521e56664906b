"""Kills and a full disk, with the stand-in of a cloud: nothing is lost, nothing is there twice."""

import os
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from meshfed_local import recovery
from meshfed_local.engine import Engine
from meshfed_local.errors import EngineError
from meshfed_local.folder import Stack
from meshfed_local.standins.world import World

pytestmark = pytest.mark.engine
PROJECT = Path(__file__).parent / "cloud"
COUNT = 12
WHOLE = 2 * COUNT + 1
DISK_BYTES = 24 * 1024 * 1024


def stack(count: int = COUNT, text: str = "first") -> Stack:
    return Stack("one", config=(("cloud:count", str(count)), ("cloud:text", text)))


class Bench(Protocol):
    """What the fixture gives."""

    @property
    def engine(self) -> Engine: ...
    @property
    def folder(self) -> Path: ...


@pytest.fixture
def bench(local_engine: Callable[[Path], Bench]) -> Bench:
    return local_engine(PROJECT)


def in_world(folder: Path) -> list[tuple[str, str]]:
    """URN and id of everything that exists."""
    world = World(folder)
    try:
        return sorted((record.urn, record.id) for record in world.records())
    finally:
        world.close()


def in_state(engine: Engine) -> list[tuple[str, str]]:
    """URN and id of everything that the engine knows of, its providers aside."""
    state = cast("dict[str, Any]", engine.export("one"))
    found = cast("list[Mapping[str, Any]]", state["deployment"].get("resources") or [])
    return sorted((one["urn"], one["id"]) for one in found if one.get("id") and "pulumi:providers" not in one["type"])


def assert_whole(engine: Engine, folder: Path, run: Stack) -> None:
    """All of a program stands once, in the state as in the world, and another run finds nothing to do."""
    there = in_world(folder)
    assert len(there) == WHOLE
    assert [urn for urn, count in Counter(urn for urn, _ in there).items() if count > 1] == []
    assert in_state(engine) == there
    assert engine.preview([run], expect_no_changes=True)[0].changed == 0


def kill_at(engine: Engine, folder: Path, run: Stack, happened: Callable[[], bool]) -> None:
    """Runs `up` and ends the engine, with no chance to tidy up, as soon as something has happened in the world."""
    failed: list[EngineError] = []

    def up() -> None:
        try:
            engine.up([run])
        except EngineError as error:
            failed.append(error)

    thread = threading.Thread(target=up)
    thread.start()
    for _ in range(24_000):
        if happened() or not thread.is_alive():
            break
        threading.Event().wait(0.005)
    for lock in recovery.locks(engine.folder.state, "cloud", run.name):
        os.kill(lock.pid, signal.SIGKILL)
    thread.join()
    assert len(failed) == 1
    assert folder.exists()


@pytest.mark.parametrize("made", [1, 7, 14])
def test_an_up_that_was_killed_is_finished_by_the_next(bench: Bench, made: int) -> None:
    kill_at(bench.engine, bench.folder, stack(), lambda: len(in_world(bench.folder)) >= made)
    before = in_world(bench.folder)
    # All may exist already: that the engine was killed before it had noted them is what counts, and kill_at holds that.
    assert made <= len(before) <= WHOLE
    bench.engine.up([stack()])
    # What stood before is taken over as it is: a new id would mean that it was made anew.
    assert set(before) <= set(in_world(bench.folder))
    assert_whole(bench.engine, bench.folder, stack())
    bench.engine.destroy([stack()])
    assert in_world(bench.folder) == []


def changed_subnets(folder: Path) -> int:
    world = World(folder)
    try:
        tags = [cast("dict[str, str]", one.inputs.get("tags") or {}) for one in world.records("aws:ec2/subnet:Subnet")]
        return sum(one.get("text") == "second" for one in tags)
    finally:
        world.close()


def test_an_update_that_was_killed_is_finished_by_the_next(bench: Bench) -> None:
    bench.engine.up([stack()])
    before = in_world(bench.folder)
    second = stack(text="second")
    kill_at(bench.engine, bench.folder, second, lambda: changed_subnets(bench.folder) >= 3)
    assert changed_subnets(bench.folder) < COUNT
    bench.engine.up([second])
    assert changed_subnets(bench.folder) == COUNT
    assert in_world(bench.folder) == before
    assert_whole(bench.engine, bench.folder, second)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, which a test may fill."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def almost_full(disk: Path) -> Path:
    """Fills a disk but for some KiB; the file that does it."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - 64 * 1024)))
    return ballast


def test_a_state_that_cannot_be_read_is_put_back_and_nothing_is_blamed_for_it(small_disk: Path) -> None:
    """The engine is ended as soon as the full disk has cut its state short."""
    folder = small_disk / "world"
    lines: list[str] = []
    engine = Engine(folder, PROJECT, lines.append, packs=())
    engine.ready()
    engine.up([stack(2)])
    before = in_world(folder)
    checkpoint = engine.folder.checkpoint("cloud", "one")
    ballast = almost_full(small_disk)
    kill_at(engine, folder, stack(), lambda: not recovery.is_whole(checkpoint))
    broken = checkpoint.read_bytes()
    ballast.unlink()
    assert set(before) <= set(in_world(folder))
    engine.up([stack()])
    # What made it unreadable is not known any more: no cause is named, and nothing is thrown away.
    aside = engine.folder.unreadable("one")
    wanted = f"one: the last run left a state that cannot be read (now {aside}); the one from before it is back"
    assert [line for line in lines if "cannot be read" in line] == [wanted]
    assert aside.read_bytes() == broken
    assert_whole(engine, folder, stack())


def test_a_run_that_stands_still_on_a_full_disk_is_ended_and_the_next_finishes_it(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend's own tries would take minutes."""
    monkeypatch.setattr("meshfed_local.engine._STALLED_SECONDS", 1.0)
    folder = small_disk / "world"
    engine = Engine(folder, PROJECT, lambda _: None, packs=())
    engine.ready()
    ballast = almost_full(small_disk)
    with pytest.raises(EngineError) as full:
        engine.up([stack()])
    assert "one: up failed (" in str(full.value)
    assert "\n  The disk of the world's folder is full; free some space and run it again: " in str(full.value)
    assert "creating" not in str(full.value)
    ballast.unlink()
    before = in_world(folder)
    engine.up([stack()])
    assert set(before) <= set(in_world(folder))
    assert_whole(engine, folder, stack())
