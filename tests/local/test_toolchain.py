"""The parts of the toolchain that need no network and no compiler."""

import re
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from meshfed_local import golang, toolchain
from meshfed_local.errors import ToolchainError
from meshfed_local.tools import TOOLS, ModuleFile, Tool

PULUMI_MOD = """module x

require (
	github.com/pulumi/pulumi/pkg/v3 v3.1.0
	github.com/pulumi/pulumi/sdk/v3 v3.2.0
)
"""


def quiet(_line: str) -> None:
    """Says nothing."""


def fake_go(_cache: Path) -> str:
    return "go"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    folder = tmp_path / "tools"
    shutil.copytree(toolchain.MODULES, folder)
    return folder


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_every_tool_has_a_module_with_nothing_else_in_it(name: str) -> None:
    assert sorted(path.name for path in (toolchain.MODULES / name).iterdir()) == ["go.mod", "go.sum"]
    mod = (toolchain.MODULES / name / "go.mod").read_text()
    for file in TOOLS[name].files:
        owner = (toolchain.MODULES / file.tool / "go.mod").read_text()
        assert toolchain.module_version(owner, file.module).startswith("v")
    if TOOLS[name].version_module:
        assert toolchain.module_version(mod, TOOLS[name].version_module).startswith("v")


def test_key_is_stable_and_changes_with_whatever_decides_the_build(modules: Path) -> None:
    host = TOOLS["pulumi-language-python"]
    first = toolchain.key(host, modules)
    assert re.fullmatch(r"[0-9a-f]{12}", first)
    assert toolchain.key(host, modules) == first
    assert toolchain.key(replace(host, expect="about an hour"), modules) == first
    assert toolchain.key(replace(host, tags=("other",)), modules) != first
    # Its script is taken from the module of another tool: a new version there is a new host here.
    with (modules / "pulumi" / "go.sum").open("a") as file:
        file.write("changed\n")
    assert toolchain.key(host, modules) != first


def test_key_without_module_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match=r"helm/go\.mod is missing"):
        toolchain.key(TOOLS["helm"], tmp_path)


def test_program_tells_the_version_of_the_sdk_and_not_of_its_neighbour() -> None:
    flags = toolchain.build_flags(TOOLS["pulumi"], PULUMI_MOD)
    assert flags[-1] == "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.2.0"
    assert flags[1:3] == ("-tags", "osusergo,grpcnotrace")


def test_module_version_reads_both_forms_of_require() -> None:
    assert toolchain.module_version("module x\nrequire istio.io/istio v0.1.0-abc\n", "istio.io/istio") == "v0.1.0-abc"
    with pytest.raises(ToolchainError, match=r"requires no istio\.io/api"):
        toolchain.module_version(PULUMI_MOD, "istio.io/api")


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("go version go1.27 linux/arm64", (1, 27, 0)),
        ("go version go1.27rc1 linux/amd64", (1, 27, 0)),
        ("go version devel +abc", None),
        ("", None),
    ],
)
def test_version_of_go_is_read(answer: str, version: tuple[int, ...] | None) -> None:
    assert golang.parse_version(answer) == version


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ("write /x: no space left on device", "the disk is full"),
        ("dial tcp: lookup modules.example: no such host", "no network"),
        ("reading https://proxy/x.zip: 403 Forbidden", "answers 403 Forbidden"),
        ("x@v1: missing go.sum entry for go.mod file", "do not fit"),
        ("compile: signal: killed", "lack of memory"),
        ("main.go:1: syntax error", "main.go:1: syntax error"),
    ],
)
def test_failed_build_says_what_to_do(output: str, wanted: str) -> None:
    message = str(golang.explain("toolchain: building helm", output, Path("/cache")))
    assert message.startswith("toolchain: building helm")
    assert wanted in message


def test_build_ignores_what_would_change_it() -> None:
    env = golang.environment({"GOFLAGS": "-race", "CGO_CFLAGS": "-O0", "GOOS": "plan9", "GOPROXY": "x"}, cgo=False)
    assert env["GOPROXY"] == "x"
    assert "GOOS" not in env
    assert "CGO_CFLAGS" not in env
    assert env["CGO_ENABLED"] == "0"
    assert env["GOTOOLCHAIN"] == "local"
    assert "-race" not in env["GOFLAGS"]


def test_cache_follows_the_user_and_ignores_a_relative_path() -> None:
    assert toolchain.cache_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/meshfed")
    assert toolchain.cache_folder({"XDG_CACHE_HOME": "c", "HOME": "/h"}) == Path("/h/.cache/meshfed")
    assert toolchain.cache_folder({"HOME": "/h"}) == Path("/h/.cache/meshfed")


def test_unknown_tool_is_named_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert toolchain.main(["hlem"]) == 1
    assert "no tool 'hlem'. Tools: " in capsys.readouterr().err


class FakeGo:
    """Stands for the compiler: writes a program, counts how often, can fail half-way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.builds = 0
        self.fails = False
        self._data = tmp_path / "module"
        (self._data / "charts").mkdir(parents=True)
        (self._data / "charts" / "values.yaml").write_text("a: 1\n")
        (self._data / "charts").chmod(0o555)
        monkeypatch.setattr(golang, "find_go", fake_go)
        monkeypatch.setattr(golang, "run", self.run)

    def run(self, command: list[str], folder: Path, doing: str, cache: Path, *, cgo: bool = False) -> str:
        if command[1] == "list":
            return f"{self._data}\n"
        if command[1] == "build":
            self.builds += 1
            program = Path(command[command.index("-o") + 1])
            program.parent.mkdir(parents=True)
            program.write_text("half")
            if self.fails:
                raise ToolchainError(f"{doing}: failed")
            program.write_text("whole")
        return ""


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeGo:
    return FakeGo(monkeypatch, tmp_path)


def test_tool_is_built_once_and_a_failed_build_leaves_nothing(go: FakeGo, tmp_path: Path) -> None:
    chain = toolchain.Toolchain(tmp_path / "cache")
    lines: list[str] = []
    go.fails = True
    with pytest.raises(ToolchainError):
        chain.ensure(["helm"], lines.append)
    assert [path.name for path in (tmp_path / "cache" / "tools").iterdir()] == [".helm.lock"]
    go.fails = False
    chain.ensure(["helm"], lines.append)
    chain.ensure(["helm"], lines.append)
    assert go.builds == 2
    assert chain.program("helm").read_text() == "whole"
    assert lines[-1].startswith("toolchain: helm: ready in ")


def test_two_runs_at_the_same_time_build_once(go: FakeGo, tmp_path: Path) -> None:
    def run() -> None:
        toolchain.Toolchain(tmp_path / "cache").ensure(["helm"], quiet)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert go.builds == 1


def test_leftovers_of_a_killed_run_are_removed(go: FakeGo, tmp_path: Path) -> None:
    leftover = tmp_path / "cache" / "tools" / ".helm-abc.partial"
    leftover.mkdir(parents=True)
    toolchain.Toolchain(tmp_path / "cache").ensure(["helm"], quiet)
    assert not leftover.exists()


def test_files_of_a_module_are_copied_so_that_they_can_be_removed(
    go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool(name="helm", files=(ModuleFile("helm", "helm.sh/helm/v4", "charts", "charts"),))
    monkeypatch.setattr(toolchain, "TOOLS", {"helm": tool})
    chain = toolchain.Toolchain(tmp_path / "cache")
    chain.ensure(["helm"], quiet)
    charts = chain.folder("helm") / "charts"
    assert (charts / "values.yaml").read_text() == "a: 1\n"
    assert charts.stat().st_mode & 0o777 == 0o755
