"""The agent as one file: same bytes for the same source, and replaced only by what runs on this host."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from meshfed.render import host_fetch
from meshfed_agent import VERSION, release, update
from meshfed_agent.errors import RefusedError
from meshfed_agent.store import DirectoryStore


def test_the_same_source_gives_the_same_bytes_whatever_the_files_times(tmp_path: Path) -> None:
    copy = tmp_path / "meshfed_agent"
    shutil.copytree(Path(release.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for path in copy.iterdir():
        path.touch()
    made = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r});"
         "from meshfed_agent import release; sys.stdout.buffer.write(release.archive())"],
        capture_output=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    assert made == release.archive()
    release.build(tmp_path / "agent.pyz")
    with zipfile.ZipFile(tmp_path / "agent.pyz") as zipped:
        assert {entry.date_time for entry in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert zipped.namelist() == sorted(zipped.namelist())


def test_the_command_prints_the_release_document(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "meshfed_agent.release", str(tmp_path / "agent.pyz")]
    said = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert said == {
        "format": "meshfed/release/v1",
        "version": VERSION,
        "object": f"agent/meshfed-agent-{VERSION}.pyz",
        "sha256": hashlib.sha256((tmp_path / "agent.pyz").read_bytes()).hexdigest(),
    }


def test_the_program_runs_as_one_file(tmp_path: Path) -> None:
    release.build(tmp_path / "agent.pyz")
    # -I: no site of the user, no current folder; the archive brings all of ours that it needs.
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "agent.pyz"), "--config", str(tmp_path / "none.json"), "once"],
        capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    missing = f"{tmp_path}/none.json: does not exist; wanted: the settings that user data writes"
    assert done.stderr == f"meshfed-agent: {missing}\n"


def test_the_program_loads_nothing_but_the_standard_library_and_cryptography(tmp_path: Path) -> None:
    release.build(tmp_path / "agent.pyz")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'agent.pyz')!r})\n"
        "before = set(sys.modules); import meshfed_agent.__main__\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name for name in done.stdout.split() if not name.startswith("_")}
    foreign = loaded - sys.stdlib_module_names - {"meshfed_agent", "cryptography"}
    assert foreign == set()


def offer(folder: Path, program: bytes, *, version: str = VERSION, sha256: str | None = None) -> DirectoryStore:
    """A store that wants this program."""
    document = {
        "format": "meshfed/release/v1",
        "version": version,
        "object": "agent/next.pyz",
        "sha256": sha256 or hashlib.sha256(program).hexdigest(),
    }
    (folder / "agent").mkdir(exist_ok=True)
    (folder / "agent" / "release.json").write_text(json.dumps(document))
    (folder / "agent" / "next.pyz").write_bytes(program)
    return DirectoryStore(folder)


def test_a_new_release_takes_the_old_ones_place(tmp_path: Path) -> None:
    installed = tmp_path / "agent.pyz"
    installed.write_bytes(b"old")
    store = offer(tmp_path, release.archive())
    assert update.update(store, installed)
    assert installed.read_bytes() == release.archive()
    assert installed.stat().st_mode & 0o777 == 0o755
    assert not update.update(store, installed), "a second time there is nothing to do"


@pytest.mark.parametrize(
    ("program", "version", "sha256", "reason"),
    [
        (release.archive(), VERSION, "0" * 64, "has sha256"),
        (b"import nothing_of_this_name\n", VERSION, None, "does not run on this host"),
        (release.archive(), "9.9.9", None, f"says it is {VERSION}"),
    ],
    ids=["other bytes", "does not run", "other version"],
)
def test_a_bad_release_leaves_the_old_one(
    tmp_path: Path, program: bytes, version: str, sha256: str | None, reason: str
) -> None:
    installed = tmp_path / "agent.pyz"
    installed.write_bytes(b"old")
    with pytest.raises(RefusedError, match=reason):
        update.update(offer(tmp_path, program, version=version, sha256=sha256), installed)
    assert installed.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agent", "agent.pyz"]


def test_a_gateway_that_waits_takes_a_release_when_its_time_is_over(tmp_path: Path) -> None:
    now = [0.0]
    patience = update.Patience(900, lambda: now[0])
    installed = tmp_path / "agent.pyz"
    installed.write_bytes(b"old")
    store = offer(tmp_path, b"another")
    assert not update.update(store, installed, patience)
    now[0] = 600
    offer(tmp_path, release.archive())
    assert not update.update(store, installed, patience), "another release starts the time anew"
    now[0] = 1499
    assert not update.update(store, installed, patience)
    now[0] = 1500
    assert update.update(store, installed, patience)
    assert installed.read_bytes() == release.archive()


def test_agent_and_host_wait_alike() -> None:
    assert update.AFTER_SECONDS == host_fetch.AFTER_SECONDS


def test_without_a_release_document_the_installed_program_stays(tmp_path: Path) -> None:
    (tmp_path / "agent.pyz").write_bytes(b"old")
    assert not update.update(DirectoryStore(tmp_path), tmp_path / "agent.pyz")


def test_a_folder_of_sources_is_never_replaced() -> None:
    assert update.running() is None


def test_the_service_puts_a_new_release_in_place_and_ends_well(tmp_path: Path) -> None:
    """What systemd sees: READY, then an end with code 0 that makes it start the new program."""
    installed, store = tmp_path / "agent.pyz", tmp_path / "store"
    store.mkdir()
    release.build(installed)
    following = tmp_path / "following.pyz"
    following.write_bytes(release.archive())
    with zipfile.ZipFile(following, "a") as zipped:
        zipped.writestr("note.txt", "another build of the same version")
    offer(store, following.read_bytes())
    (tmp_path / "agent.json").write_text(json.dumps(host_settings(tmp_path)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(30)
        done = subprocess.run(
            [sys.executable, str(installed), "--config", str(tmp_path / "agent.json"), "run"],
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}, check=False, timeout=60, capture_output=True,
        )  # fmt: skip
        assert [systemd.recv(64), systemd.recv(64)] == [b"READY=1", b"STOPPING=1"]
    assert done.returncode == 0, done.stderr
    assert installed.read_bytes() == following.read_bytes()


def host_settings(folder: Path) -> dict[str, object]:
    """A host whose services are folders."""
    return {
        "format": "meshfed/agent/v1",
        "region": "use1",
        "gateway": "a",
        "cloud": "file",
        "store": {"kind": "directory", "location": str(folder / "store")},
        "signer": {"kind": "file", "key": str(folder / "signer.pem")},
        "distribution": {"publish": {"kind": "directory", "bucket": str(folder / "out")}, "ca_file": None},
        "state_directory": str(folder / "state"),
        "config_directory": str(folder / "etc"),
        "host": {"health_address": "127.0.0.1", "health_port": 0},
    }
