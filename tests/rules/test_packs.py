"""The packs as an engine starts them: in their folder by Pulumi's own starter, as a stock installation does, and by
themselves, as an engine does whose Python host knows no packs. Which rules a pack has is in test_crossguard.py."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2_grpc

PACKS = Path(__file__).parents[2] / "policy-packs"
NAMES = ("all", "cloud-baseline", "federation", "zero-trust")
RUNTIME = {"name": "python", "options": {"toolchain": "pip", "virtualenv": "../../.venv"}}
"""Without a toolchain a host would take uv, for the lock file above, and without an environment any Python."""
NOBODY = "127.0.0.1:1"


def commands(name: str) -> dict[str, list[str]]:
    folder = PACKS / name
    return {
        "folder": [sys.executable, "-u", "-m", "pulumi.policy", NOBODY, str(folder)],
        "program": [str(folder / "__main__.py"), NOBODY],
    }


@pytest.fixture(params=[(name, form) for name in NAMES for form in ("folder", "program")], ids=str)
def started(request: pytest.FixtureRequest, tmp_path: Path) -> "Iterator[tuple[str, subprocess.Popen[str]]]":
    name, form = request.param
    # An engine puts the environment of the project first on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path)}
    with subprocess.Popen(
        commands(name)[form], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as pack:
        yield name, pack
        pack.terminate()


def test_a_pack_tells_its_port_and_answers_in_either_form(started: "tuple[str, subprocess.Popen[str]]") -> None:
    name, pack = started
    assert pack.stdout is not None
    port = pack.stdout.readline().strip()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        asked: Any = analyzer_pb2_grpc.AnalyzerStub(channel)
        info = asked.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == ("meshfed" if name == "all" else f"meshfed-{name}")
    assert len(info.policies) > 1


def test_every_folder_of_packs_has_both_forms() -> None:
    assert sorted(path.parent.name for path in PACKS.glob("*/PulumiPolicy.yaml")) == sorted(NAMES)
    for name in NAMES:
        assert yaml.safe_load((PACKS / name / "PulumiPolicy.yaml").read_text())["runtime"] == RUNTIME
        program = PACKS / name / "__main__.py"
        assert os.access(program, os.X_OK)
        # Without -u the port would stay in a buffer and the engine would wait for ever.
        assert program.read_text().splitlines()[0] == "#!/usr/bin/env -S python3 -u"
