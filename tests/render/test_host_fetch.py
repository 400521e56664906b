"""The program that user data carries: it fetches, checks and replaces the agent's archive.

S3 is moto's, asked through boto3; Azure and Google are a local server that records the requests. Not proven here: the
clouds' own answers.
"""

import hashlib
import http.server
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from moto import mock_aws

from meshfed.render import host_fetch
from meshfed.render.release import AgentRelease

PROGRAM = b"#!/usr/bin/python3\nprint('0.1.0')\n"
RELEASE = AgentRelease(version="0.1.0", sha256=hashlib.sha256(PROGRAM).hexdigest(), path="agent.pyz")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder as the region's own store."""
    folder = tmp_path / "store"
    (folder / "agent").mkdir(parents=True)
    (folder / "agent" / "release.json").write_text(RELEASE.document())
    (folder / RELEASE.object).write_bytes(PROGRAM)
    return folder


def settings(folder: Path, store: Mapping[str, str], gateway: str = "a") -> Path:
    path = folder / "agent.json"
    path.write_text(json.dumps({"gateway": gateway, "store": dict(store)}))
    return path


def fetch(tmp_path: Path, store: Path, gateway: str = "a") -> bool:
    where = {"kind": "directory", "location": str(store)}
    return host_fetch.fetch(settings(tmp_path, where, gateway), tmp_path / "program" / "agent.pyz")


def offer(store: Path, program: bytes) -> None:
    """The store wants this program from now on."""
    release = AgentRelease(version="0.2.0", sha256=hashlib.sha256(program).hexdigest(), path="agent.pyz")
    (store / "agent" / "release.json").write_text(release.document())
    (store / release.object).write_bytes(program)


def test_the_named_release_is_put_in_place_once(tmp_path: Path, store: Path) -> None:
    assert fetch(tmp_path, store)
    assert not fetch(tmp_path, store)
    program = tmp_path / "program" / "agent.pyz"
    assert program.read_bytes() == PROGRAM
    assert os.access(program, os.X_OK)


def test_another_program_than_the_named_one_is_refused_and_the_old_one_stays(tmp_path: Path, store: Path) -> None:
    fetch(tmp_path, store)
    changed = RELEASE.document().replace(RELEASE.sha256, "0" * 64)
    (store / "agent" / "release.json").write_text(changed)
    with pytest.raises(SystemExit, match=r"has sha256 .* says 0000"):
        fetch(tmp_path, store)
    assert [path.name for path in (tmp_path / "program").iterdir()] == ["agent.pyz"]


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (b"raise SystemExit('broken release')", "ended with 1: broken release"),
        (b"print('0.1.9')", "ended with 0: 0.1.9; wanted: it runs and says 0.2.0"),
        (b"import time; time.sleep(60)", "not ended within 1 s"),
    ],
    ids=["does not run", "other version", "never ends"],
)
def test_a_release_that_does_not_run_leaves_the_one_that_stands(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch, program: bytes, reason: str
) -> None:
    fetch(tmp_path, store)
    monkeypatch.setattr(host_fetch, "SECONDS", 1)
    offer(store, program)
    for _ in range(2):
        with pytest.raises(SystemExit, match=reason):
            fetch(tmp_path, store)
        assert (tmp_path / "program" / "agent.pyz").read_bytes() == PROGRAM


def test_the_second_gateway_takes_a_release_after_the_first(tmp_path: Path, store: Path) -> None:
    assert fetch(tmp_path, store, "b"), "a host without a program waits for nobody"
    following = b"print('0.2.0')"
    offer(store, following)
    assert not fetch(tmp_path, store, "b")
    program, draft = tmp_path / "program" / "agent.pyz", tmp_path / "program" / "fetched"
    assert program.read_bytes() == PROGRAM
    long_ago = draft.stat().st_mtime - host_fetch.AFTER_SECONDS["b"]
    os.utime(draft, (long_ago, long_ago))
    assert fetch(tmp_path, store, "b")
    assert program.read_bytes() == following


def test_the_command_starts_the_agent_that_it_put_in_place(tmp_path: Path, store: Path) -> None:
    binary = tmp_path / "bin" / "systemctl"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/said\n')
    binary.chmod(0o755)
    path = settings(tmp_path, {"kind": "directory", "location": str(store)})
    command = [sys.executable, str(host_fetch.__file__), str(path), str(tmp_path / "program" / "agent.pyz")]
    for _ in range(2):
        subprocess.run(command, check=True, env={"PATH": f"{binary.parent}:/usr/bin:/bin"}, timeout=30)
    assert (tmp_path / "said").read_text() == "restart meshfed-agent.service\n"


class Cloud(http.server.BaseHTTPRequestHandler):
    """Metadata and object store in one."""

    asked: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        """A token without one, an object with one."""
        names = ("Metadata", "Metadata-Flavor", "Authorization", "x-ms-version")
        self.asked.append((self.path, {name: self.headers[name] for name in names if self.headers[name]}))
        answer = b"object" if "Authorization" in self.headers else b'{"access_token": "t0ken"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object, **__: object) -> None:
        """Silent."""


@pytest.fixture
def cloud() -> Iterator[str]:
    """The server's address."""
    Cloud.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_azure_is_asked_with_the_machines_token(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_fetch, "AZURE_METADATA", f"{cloud}/token?resource=")
    store = {"kind": "azure_blob", "location": f"{cloud}/container"}
    assert host_fetch.read(store, "agent/release.json") == b"object"
    assert Cloud.asked == [
        ("/token?resource=https%3A%2F%2Fstorage.azure.com%2F", {"Metadata": "true"}),
        ("/container/agent/release.json", {"Authorization": "Bearer t0ken", "x-ms-version": "2023-11-03"}),
    ]


def test_google_is_asked_with_the_machines_token(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_fetch, "GOOGLE_METADATA", f"{cloud}/token")
    monkeypatch.setattr(host_fetch, "GOOGLE_STORAGE", f"{cloud}/storage/v1/b")
    store = {"kind": "gcs", "location": "acme-store"}
    assert host_fetch.read(store, "agent/release.json") == b"object"
    assert Cloud.asked == [
        ("/token", {"Metadata-Flavor": "Google"}),
        ("/storage/v1/b/acme-store/o/agent%2Frelease.json?alt=media", {"Authorization": "Bearer t0ken"}),
    ]


def test_metadata_is_asked_past_the_proxy(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_fetch, "GOOGLE_METADATA", f"{cloud}/token")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert host_fetch.bearer(host_fetch.GOOGLE_METADATA, {}) == {"Authorization": "Bearer t0ken"}


def test_s3_is_asked_through_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = importlib.import_module("boto3").client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="acme-store")
        client.put_object(Bucket="acme-store", Key="agent/release.json", Body=b"object")
        store = {"kind": "s3", "location": "acme-store", "region": "us-east-1"}
        assert host_fetch.read(store, "agent/release.json") == b"object"
