"""The other scanners: how each is had, run over folders with one case each, and what it says by name."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bench.scanners.fixtures import FILES, Language
from meshfed_local.toolchain import MODULES, Toolchain, module_version

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
GO = {
    "kics": "github.com/Checkmarx/kics/v2",
    "istioctl": "istio.io/istio",
    "kube-score": "github.com/zegl/kube-score",
}
"""Tools that are Go programs -> the module whose version is theirs."""
Said = dict[str, set[str]]
"""Folder -> names of what a scanner reports there; a folder that it cannot read is missing."""
Folders = Sequence[Path]
"""One a case, all in the same folder."""


_KUBERNETES = frozenset({Language.KUBERNETES})
READS = {
    "checkov": frozenset(Language),
    "kics": frozenset(Language),
    "istioctl": _KUBERNETES,
    "kube-score": _KUBERNETES,
}
"""Scanner -> languages."""


@dataclass(frozen=True)
class Scanner:
    """A scanner."""

    name: str
    scan: Callable[[Folders, Path], Said]
    """Takes folders, and a folder for what it leaves behind."""


def versions() -> dict[str, str]:
    """Which scanner in which version."""
    wanted = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    checkov = next(line.partition("==")[2] for line in wanted if line.startswith("checkov=="))
    mods = {tool: (MODULES / tool / "go.mod").read_text(encoding="utf-8") for tool in GO}
    return {"checkov": checkov, **{tool: module_version(mods[tool], module) for tool, module in GO.items()}}


def ensure(toolchain: Toolchain) -> None:
    """Builds and installs what is not there yet."""
    toolchain.ensure(tuple(GO), lambda line: print(line, file=sys.stderr))
    home = _checkov_home(toolchain)
    if not home.exists():
        draft = home.with_name(f"{home.name}.partial-{os.getpid()}")
        _run([sys.executable, "-m", "venv", draft])
        _run([draft / "bin/python", "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS])
        draft.rename(home)


def _checkov_home(toolchain: Toolchain) -> Path:
    return toolchain.cache / "tools" / f"checkov-{versions()['checkov']}"


def scanners(toolchain: Toolchain) -> tuple[Scanner, ...]:
    """All of them."""
    istioctl, score = toolchain.program("istioctl"), toolchain.program("kube-score")
    return (
        Scanner("checkov", lambda folders, out: _checkov(toolchain, folders, out)),
        Scanner("kics", lambda folders, out: _kics(toolchain, folders, out)),
        Scanner("istioctl", lambda folders, _: _each(folders, lambda file: _istioctl(istioctl, file))),
        Scanner("kube-score", lambda folders, _: _each(folders, lambda file: _kube_score(score, file))),
    )


def _each(folders: Folders, scan: Callable[[Path], set[str] | None]) -> Said:
    files = {folder.name: folder / FILES[Language.KUBERNETES] for folder in folders}
    said = {name: scan(file) for name, file in files.items() if file.exists()}
    return {name: names for name, names in said.items() if names is not None}


def _istioctl(program: Path, file: Path) -> set[str] | None:
    text = _run([program, "analyze", "--all-namespaces", "--use-kube=false", "--output", "json", file], ends=(0, 1, 79))
    # It passes over an object whose values are of another type, and says so before its report.
    return {message["code"] for message in json.loads(text)} if text.startswith("[") else None


def _kube_score(program: Path, file: Path) -> set[str] | None:
    text = _run([program, "score", "--output-format", "json", file], ends=(0, 1))
    if not text:
        return None
    results: list[dict[str, Any]] = json.loads(text) or []
    # A grade of 10 is "all is well"; what does not apply is skipped.
    return {
        check["check"]["id"]
        for one in results
        for check in one["checks"] or ()
        if not check["skipped"] and check["grade"] < 10
    }


def _checkov(toolchain: Toolchain, folders: Folders, out: Path) -> Said:
    python = _checkov_home(toolchain).absolute() / "bin/python"
    _run([python, HERE / "each.py", out, *folders])
    said: Said = {}
    for folder in folders:
        text = (out / f"{folder.name}.json").read_text(encoding="utf-8")
        if not text.strip():
            raise SystemExit(f"checkov: said nothing of {folder}; run {HERE / 'each.py'} with this folder alone.")
        reports = [report for report in _reports(text) if "results" in report]
        failed = (check for report in reports for check in report["results"]["failed_checks"])
        if not any(report["summary"]["parsing_errors"] for report in reports):
            said[folder.name] = {check["check_id"] for check in failed}
    return said


def _reports(text: str) -> Iterable[dict[str, Any]]:
    document: Any = json.loads(text)
    return cast("list[dict[str, Any]]", document) if isinstance(document, list) else [document]


_KICS_QUERIES = ("common", "k8s", "terraform/aws", "terraform/gcp", "terraform/general", "azureResourceManager")


def _kics(toolchain: Toolchain, folders: Folders, out: Path) -> Said:
    """One run for all folders: it reads its hundreds of queries anew each time."""
    assets = toolchain.folder("kics") / "assets"
    options: list[str | Path] = ["--libraries-path", assets / "libraries"]
    options += [part for name in _KICS_QUERIES for part in ("--queries-path", assets / "queries" / name)]
    options += ["--report-formats", "json", "--output-path", out, "--ignore-on-exit", "results"]
    options += ["--type", "Kubernetes,Terraform,AzureResourceManager", "--no-progress", "--minimal-ui"]
    _run([toolchain.program("kics"), "scan", "--path", folders[0].parent, *options])
    said: Said = {folder.name: set() for folder in folders}
    for query in json.loads((out / "results.json").read_text(encoding="utf-8"))["queries"]:
        for file in query["files"]:
            case = re.search(r"case-\d{4}", file["file_name"])
            if case is not None:
                said[case.group()].add(query["query_name"])
    return said


def _run(command: Sequence[str | Path], ends: Sequence[int] = (0,)) -> str:
    env = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        list(command), capture_output=True, text=True, check=False, env={**env, "DISABLE_CRASH_REPORT": "1"}
    )
    if done.returncode not in ends:
        raise SystemExit(f"{command[0]}: ended with {done.returncode}.\n{(done.stderr or done.stdout)[-2000:]}")
    return done.stdout
