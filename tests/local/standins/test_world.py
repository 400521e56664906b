"""The world survives concurrent writers, kills and a full disk. It does not prove survival of a power failure."""

import ipaddress
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from meshfed_local.standins.making import Making
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.world import Record, World, WorldError


def record(number: int, **changes: object) -> Record:
    fields: dict[str, object] = {
        "urn": f"urn:pulumi:s::p::aws:ec2/vpc:Vpc::n{number}",
        "token": "aws:ec2/vpc:Vpc",
        "id": f"vpc-{number}",
        "name": f"n{number}",
        "inputs": {"cidrBlock": "10.0.0.0/16"},
        "outputs": {"arn": f"arn:{number}"},
        "provider": {"region": "us-east-1"},
    }
    return Record(**{**fields, **changes})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] -- test data


WRITER = """
import sys
from pathlib import Path
from meshfed_local.standins.world import Record, World
world, start = World(Path(sys.argv[1])), int(sys.argv[2])
for number in range(start, start + 60):
    world.put(Record(f"urn{number}", "aws:x", f"id{number}", "n", {"big": "x" * 2000}, {}, {}))
    print(world.lease("pool", map(str, range(1000)), ("u", "i")), flush=True)
"""


def writer(folder: Path, start: int) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(start)], stdout=subprocess.PIPE, text=True)


def test_what_is_put_is_found_by_token_id_and_other_names(world: World) -> None:
    world.put(record(1, identifiers=("arn:1",)))
    world.put(record(2))
    assert [one.id for one in world.records("aws:ec2/vpc:Vpc")] == ["vpc-1", "vpc-2"]
    found = world.by_id("arn:1")
    assert found is not None
    assert found.id == "vpc-1"
    assert world.by_id("arn:1", "aws:ec2/subnet:Subnet") is None


def test_two_processes_lose_no_record_and_share_no_lease(tmp_path: Path) -> None:
    writers = [writer(tmp_path, 0), writer(tmp_path, 100)]
    leases = [line for one in writers for line in one.communicate(timeout=60)[0].split()]
    assert [one.returncode for one in writers] == [0, 0]
    assert len(World(tmp_path).records("aws:x")) == 120
    assert len(set(leases)) == 120


def test_a_killed_writer_leaves_whole_records_and_no_lock(tmp_path: Path) -> None:
    killed = writer(tmp_path, 0)
    assert killed.stdout is not None
    for _ in range(20):
        killed.stdout.readline()
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=10)
    world = World(tmp_path)
    assert len(world.records()) >= 20
    assert all(len(one.inputs["big"]) == 2000 for one in world.records())
    world.put(record(1))
    assert world.by_id("vpc-1") is not None


FILLER = """
import resource, sys
from pathlib import Path
from meshfed_local.standins.world import Record, World, WorldError
world = World(Path(sys.argv[1]))
world.put(Record("first", "t", "first", "n", {"a": 1}, {}, {}))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    for number in range(1000):
        world.put(Record(f"urn{number}", "t", f"id{number}", "n", {"big": "x" * 5000}, {}, {}))
except WorldError as error:
    print(error)
    sys.exit(7)
"""


def test_a_full_disk_is_one_message_and_loses_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    done = subprocess.run(
        [sys.executable, "-c", FILLER, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 7, done.stderr
    assert "nothing was written" in done.stdout
    world = World(tmp_path)
    first = world.by_id("first")
    assert first is not None
    assert first.inputs == {"a": 1}
    assert all(len(one.inputs["big"]) == 5000 for one in world.records() if one.urn != "first")


def test_an_exception_undoes_the_whole_step(world: World) -> None:
    world.put(record(1))

    def fail() -> None:
        with world.transaction():
            world.put(record(1, inputs={"cidrBlock": "10.9.0.0/16"}))
            world.put(record(2))
            raise WorldError("stop")

    with pytest.raises(WorldError, match="stop"):
        fail()
    assert world.by_id("vpc-2") is None
    assert world.records()[0].inputs == {"cidrBlock": "10.0.0.0/16"}


def test_worlds_differ_and_one_world_is_stable(tmp_path: Path) -> None:
    one, again, other = World(tmp_path / "a"), World(tmp_path / "a"), World(tmp_path / "b")
    assert one.stable("x", "y") == again.stable("x", "y")
    assert one.stable("x", "y") != other.stable("x", "y")
    assert one.stable("xy") != one.stable("x", "y")


def test_the_world_is_readable_by_its_owner_only(world: World) -> None:
    assert {path.name: path.stat().st_mode & 0o77 for path in (world.folder, *world.folder.iterdir())} == {
        path.name: 0 for path in (world.folder, *world.folder.iterdir())
    }


def test_removing_gives_back_what_was_leased(world: World) -> None:
    one = record(1)
    world.put(one)
    assert world.lease("p", ["a"], (one.urn, one.id)) == "a"
    assert world.lease("p", ["a"], ("urn", "other")) is None
    world.remove(one.urn, one.id)
    assert world.lease("p", ["a"], ("urn", "other")) == "a"


def test_public_addresses_are_of_documentation_ranges_and_distinct(world: World) -> None:
    resource = Resource("aws:ec2/eip:Eip", "u", "n", {}, None, {})
    addresses = [Making(resource, world, f"id{number}").public_address() for number in range(200)]
    ranges = [
        ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15")
    ]
    assert len(set(addresses)) == 200
    assert all(any(ipaddress.ip_address(one) in network for network in ranges) for one in addresses)


def test_no_world_named_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MESHFED_LOCAL_WORLD", raising=False)
    with pytest.raises(WorldError, match="MESHFED_LOCAL_WORLD is not set"):
        World.open()
