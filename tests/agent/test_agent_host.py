"""Files, keys, alarms and the command line, without a network."""

import json
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from meshfed_agent import files, keys
from meshfed_agent.alarms import Alarms
from meshfed_agent.errors import ConfigError, HostError, RemoteError
from meshfed_agent.gateway import IPSEC, WIREGUARD, PeerGateway, Tunnel
from meshfed_agent.keys import KeyRing


def tunnel(generation: int, kind: str = WIREGUARD) -> Tunnel:
    return Tunnel(generation, kind, f"wg-euc1-a{generation}", 1420, (), ("x",), "", 0)


def peer(kind: str = WIREGUARD) -> PeerGateway:
    return PeerGateway("euc1", "a", 1, (), "https://x.example", (tunnel(0, kind), tunnel(1, kind)))


def test_a_private_key_is_never_readable_by_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        KeyRing(tmp_path / "keys").make(peer(), 0, "", 0)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys" / "wg-euc1-a0.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_public_key_is_what_wg_makes_of_the_private_one() -> None:
    for _ in range(20):
        made = keys.generate(WIREGUARD)
        shown = subprocess.run(["wg", "pubkey"], input=made.text, capture_output=True, text=True, check=True).stdout
        assert made.public(WIREGUARD) == shown.strip()


@pytest.mark.parametrize("kind", [WIREGUARD, IPSEC])
def test_keys_are_found_again_with_all_that_is_known(tmp_path: Path, kind: str) -> None:
    ring = KeyRing(tmp_path)
    ring.make(peer(kind), 0, "far", 1000)
    ring.make(peer(kind), 1, "", 2000)
    ring.pair(peer(kind), 1, "other")
    again = KeyRing(tmp_path).own(peer(kind))
    assert {g: (key.serial, key.created, key.made_for) for g, key in again.items()} == {
        0: (1, 1000, "far"),
        1: (2, 2000, "other"),
    }
    assert ring.secret(tunnel(1, kind)).public(kind) == again[1].public
    ring.drop(tunnel(0, kind))
    assert KeyRing(tmp_path).own(peer(kind)).keys() == {1}


def test_a_key_of_another_kind_counts_as_none(tmp_path: Path) -> None:
    KeyRing(tmp_path).make(peer(WIREGUARD), 0, "", 0)
    assert KeyRing(tmp_path).own(peer(IPSEC)) == {}


def test_no_private_key_is_in_a_representation_or_an_error(tmp_path: Path) -> None:
    secret = keys.generate(WIREGUARD)
    assert secret.text[:8] not in repr(secret) + str(secret)
    path = tmp_path / "wg-euc1-a0.json"
    path.write_text(json.dumps({"kind": WIREGUARD, "private": f"{secret.text}!", "serial": 0}))
    with pytest.raises(HostError) as fault:
        KeyRing(tmp_path).own(peer())
    assert secret.text[:8] not in str(fault.value)
    assert fault.value.__suppress_context__


def test_keys_of_tunnels_that_are_wanted_no_more_are_removed(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    ring.make(peer(), 0, "", 0)
    ring.make(peer(), 1, "", 0)
    ring.keep_only([tunnel(1)])
    assert [path.name for path in tmp_path.iterdir()] == ["wg-euc1-a1.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    files.write(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HostError, match="No space left on device"):
        files.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_draft_left_by_a_kill_or_laid_as_a_trap_is_replaced(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"kept")
    (tmp_path / ".file.new").symlink_to(victim)
    files.write(tmp_path / "file", b"new")
    assert (victim.read_bytes(), (tmp_path / "file").read_bytes()) == (b"kept", b"new")


def test_two_agents_on_one_host_are_refused(tmp_path: Path) -> None:
    with (
        files.locked(tmp_path / "lock"),
        pytest.raises(ConfigError, match="one agent a host"),
        files.locked(tmp_path / "lock"),
    ):
        pass


def test_an_alarm_is_logged_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    alarms = Alarms()
    with caplog.at_level(logging.INFO, "meshfed-agent"):
        for _ in range(3):
            alarms.begin()
            with alarms.guard("peer euc1-a"):
                raise RemoteError("no answer")
            assert alarms.end() == ("peer euc1-a: no answer",)
        alarms.begin()
        assert alarms.end() == ()
    logged = [record.getMessage() for record in caplog.records]
    assert logged == ["peer euc1-a: no answer", "peer euc1-a: is well again"]


def test_a_first_pass_without_a_store_is_an_alarm_and_no_traceback(tmp_path: Path) -> None:
    settings = {
        "format": "meshfed/agent/v1",
        "region": "use1",
        "gateway": "a",
        "cloud": "file",
        "store": {"kind": "directory", "location": str(tmp_path / "store")},
        "signer": {"kind": "file", "key": str(tmp_path / "signer.pem")},
        "distribution": {"publish": {"kind": "directory", "bucket": str(tmp_path / "out")}, "ca_file": None},
        "state_directory": str(tmp_path / "state"),
        "config_directory": str(tmp_path / "etc"),
    }
    (tmp_path / "agent.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "meshfed_agent", "--config", str(tmp_path / "agent.json")]
    once = subprocess.run([*command, "once"], capture_output=True, text=True, check=False, timeout=60)
    assert once.returncode == 1
    assert "Traceback" not in once.stderr
    shown = subprocess.run([*command, "status"], capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 1
    assert "ALARM gateway document" in shown.stdout
    rotated = subprocess.run([*command, "rotate"], capture_output=True, text=True, check=False, timeout=60)
    assert (rotated.returncode, "no gateway document" in rotated.stderr) == (2, True)
    assert not (tmp_path / "etc").exists()
