"""Every report tells what was judged by what, and where the object stands for whose sake something is missing."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from junitparser import JUnitXml

from tests.cli.command import Command, Desk
from tests.cli.gate import engine_outputs as engine

WEAK = """\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: PERMISSIVE}}
"""
QUIET = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: quiet, namespace: shop}\n"
ISTIOD = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: istiod, namespace: istio-system}
spec:
  chart: {spec: {chart: istiod, sourceRef: {kind: HelmRepository, name: istio}}}
"""
FORMATS = ("text", "json", "sarif", "junit")


@pytest.mark.parametrize("form", FORMATS)
def test_every_report_says_which_files_were_read_and_which_packs_judged(
    gate: Command, tmp_path: Path, desk: Desk, form: str
) -> None:
    (tmp_path / "a.yaml").write_text(QUIET, encoding="utf-8")
    said = gate("a.yaml", *desk.files(), "--format", form)
    assert said.code == 0
    for told in (str(desk.settings), str(desk.facts), "zero-trust", "cloud-baseline", "federation"):
        assert told in said.out
    assert "did not judge" not in said.out


@pytest.mark.parametrize("form", FORMATS)
def test_every_report_says_that_the_federation_pack_did_not_judge_and_why(
    gate: Command, tmp_path: Path, form: str
) -> None:
    (tmp_path / "a.yaml").write_text(QUIET, encoding="utf-8")
    said = gate("a.yaml", "--format", form)
    assert said.code == 0
    assert "The pack federation did not judge: stacks/config/federation.yaml is not there." in said.out
    named = gate("a.yaml", "--pack", "federation", "--pack", "zero-trust", "--settings", "no.yaml", "--format", form)
    assert (named.code, named.out) == (1, "")


def test_a_region_is_not_judged_without_its_federation_unless_packs_are_named(gate: Command, tmp_path: Path) -> None:
    region = {**engine.state("use1", engine.PRIVATE), "type": "meshfed:index:AwsRegion"}
    saved = engine.written(tmp_path / "use1.json", engine.export(region, engine.state("main", engine.PRIVATE)))
    said = gate(saved)
    assert (said.code, said.out) == (1, "")
    assert f"stacks/config/federation.yaml: 1 fault\n  file: is not there, and {saved} holds a region" in said.err
    assert gate(saved, "--pack", "zero-trust", "--pack", "cloud-baseline").code == 0


def test_what_is_missing_is_told_where_it_is_asked_for(gate: Command, tmp_path: Path) -> None:
    folder = tmp_path / "k8s"
    folder.mkdir()
    for name, text in (("a.yaml", QUIET), ("mesh.yaml", f"{QUIET}---\n{ISTIOD}"), ("z.yaml", QUIET)):
        (folder / name).write_text(text.replace("quiet", name[0]), encoding="utf-8")
    verdicts = json.loads(gate("k8s", "--format", "json").out)["verdicts"]
    missing = [one for one in verdicts if one["id"] in ("MF-I6", "MF-I19", "MF-I38")]
    assert {(one["id"], one["urn"], one["file"], one["line"]) for one in missing} == {
        (name, "urn:pulumi:manifests::k8s::", "k8s/mesh.yaml", 5) for name in ("MF-I6", "MF-I19", "MF-I38")
    }
    run = json.loads(gate("k8s", "--format", "sarif").out)["runs"][0]
    place = next(one for one in run["results"] if one["ruleId"] == "MF-I6")["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("k8s/mesh.yaml", 5)
    suites = cast("Any", JUnitXml.fromstring(gate("k8s", "--format", "junit").out.encode()))
    cases = [case for suite in suites for case in suite if case.name.startswith("MF-I6 urn")]
    assert [case.result[0].text.splitlines()[0] for case in cases] == ["k8s/mesh.yaml:5"]


def test_an_object_has_one_urn_and_fingerprint_however_its_file_is_named(
    gate: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "deploy/k8s"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text(WEAK, encoding="utf-8")
    ways: list[tuple[Path, str]] = [
        (tmp_path, "deploy/k8s/a.yaml"),
        (tmp_path, "./deploy/../deploy/k8s/a.yaml"),
        (tmp_path, "deploy/k8s"),
        (tmp_path, "deploy"),
        (tmp_path, "."),
        (tmp_path, str(folder / "a.yaml")),
        (folder, "a.yaml"),
        (folder, "../k8s"),
    ]
    seen: set[tuple[str, str]] = set()
    for place, name in ways:
        monkeypatch.chdir(place)
        (verdict,) = json.loads(gate(name, "--format", "json").out)["verdicts"]
        seen.add((verdict["urn"], verdict["fingerprint"]))
    ((urn, _),) = seen
    kind = "kubernetes:security.istio.io/v1:PeerAuthentication"
    assert urn == f"urn:pulumi:manifests::deploy/k8s/a.yaml::{kind}::shop/default"


def test_a_file_that_is_given_twice_is_judged_once(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WEAK, encoding="utf-8")
    assert "1 violation" in gate("a.yaml", "./a.yaml").out


def test_a_terminal_is_told_what_takes_long(gate: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_text(QUIET, encoding="utf-8")
    monkeypatch.setattr("meshfed.cli.gate.reading.SLOW", 10)
    monkeypatch.setattr("meshfed.cli.gate.judging.MANY", 0)
    assert gate("a.yaml").err == ""
    monkeypatch.setattr("meshfed.cli.gate.app.sys.stderr.isatty", lambda: True)
    assert gate("a.yaml").err == "a.yaml: reading 0 MiB\njudging 1 resource\n"


def test_help_speaks_of_the_command_as_it_is_typed_and_names_the_other_verbs(gate: Command) -> None:
    said = gate("--help")
    assert "Usage: meshfed gate [OPTIONS] [FILE]..." in said.out
    assert "meshfed gate rego" in said.out
    assert "judge [" not in said.out
