"""The same rules over everything that an engine saves and over manifests, told apart by content."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.command import Command
from tests.cli.gate import engine_outputs as engine

STRICT = """\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
"""
WEAK = STRICT.replace("STRICT", "PERMISSIVE")
Writer = Callable[[Mapping[str, Any]], object]
FORMS: Mapping[str, Writer] = {
    "export": engine.export,
    "preview": engine.preview,
    "event log": lambda one: list(engine.events(one)),
    "saved plan": engine.plan,
}


@pytest.mark.parametrize("form", FORMS)
def test_one_violation_is_the_same_in_every_form(gate: Command, tmp_path: Path, form: str) -> None:
    public = engine.state("main", {**engine.PRIVATE, **engine.PUBLIC})
    said = gate(engine.written(tmp_path / "saved", FORMS[form](public)))
    assert said.code == 4
    assert "MF-A1  The API server of EKS has no public endpoint" in said.out
    assert "vpcConfig.endpointPublicAccess: the API server answers on the internet" in said.out
    assert "1 violation, 0 advice, 0 undecided" in said.out


@pytest.mark.parametrize("form", FORMS)
def test_what_no_rule_minds_opens_the_gate_in_every_form(gate: Command, tmp_path: Path, form: str) -> None:
    saved = engine.written(tmp_path / "saved", FORMS[form](engine.state("main", engine.PRIVATE)))
    said = gate(saved)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{saved}: {'stack export' if form == 'export' else form} (one), 1 resource\n")
    assert said.out.endswith(" judged. The gate is open.\n")


@pytest.mark.parametrize("form", FORMS)
def test_a_value_that_is_not_known_closes_the_gate_with_a_code_of_its_own(
    gate: Command, tmp_path: Path, form: str
) -> None:
    one = engine.state("main", {**engine.PRIVATE, "vpcConfig": {"endpointPublicAccess": engine.UNKNOWN}})
    saved = engine.written(tmp_path / "saved", FORMS[form](one))
    said = gate(saved)
    assert said.code == 5
    assert "vpcConfig.endpointPublicAccess: is not known before the deployment" in said.out
    assert "0 violations, 0 advice, 1 undecided" in said.out
    allowed = gate(saved, "--undecided", "allow")
    assert allowed.code == 0
    assert allowed.out.endswith("The gate is open; what is undecided is left to `pulumi up` under the packs.\n")


@pytest.mark.parametrize(
    ("hidden", "form", "hint"),
    [
        (engine.CIPHER, "export", "export with --show-secrets"),
        ("[secret]", "preview", "a plan of --save-plan with --show-secrets has it"),
        ({**engine.CIPHER, "ciphertext": "[secret]"}, "event log", "export with --show-secrets"),
        (engine.CIPHER, "saved plan", "export with --show-secrets"),
    ],
)
def test_a_secret_that_stays_hidden_cannot_be_decided_and_the_way_out_is_told(
    gate: Command, tmp_path: Path, hidden: object, form: str, hint: str
) -> None:
    one = engine.state("main", {**engine.PRIVATE, "vpcConfig": hidden})
    said = gate(engine.written(tmp_path / "saved", FORMS[form](one)))
    assert said.code == 5
    assert hint in said.out
    assert "BBBB" not in said.out


def test_a_secret_that_is_shown_is_judged_and_never_printed(gate: Command, tmp_path: Path) -> None:
    shown = {**engine.CIPHER, "plaintext": json.dumps({"endpointPublicAccess": True, "x": "hunter2"})}
    one = engine.state("main", {**engine.PRIVATE, "vpcConfig": shown})
    for form in ("text", "json", "sarif", "junit"):
        said = gate(engine.written(tmp_path / "saved", engine.export(one)), "--format", form)
        assert said.code == 4
        assert "MF-A1" in said.out
        assert "hunter2" not in said.out


def test_a_violation_is_told_with_its_place_in_the_program(gate: Command, tmp_path: Path) -> None:
    said = gate(engine.written(tmp_path / "saved", engine.export(engine.state("main", engine.PUBLIC))))
    assert "    program/__main__.py:12  vpcConfig.endpointPublicAccess: " in said.out


def test_resources_that_leave_and_that_are_only_read_are_not_judged(gate: Command, tmp_path: Path) -> None:
    good, bad = engine.state("good", engine.PRIVATE), engine.state("bad", engine.PUBLIC)
    foreign = {**engine.state("foreign", engine.PUBLIC), "external": True}
    assert gate(engine.written(tmp_path / "export", engine.export(good, foreign))).code == 0
    whole = engine.preview(good)
    for op in ("delete", "read", "delete-replaced", "refresh"):
        whole["steps"] += engine.preview(bad, op=op)["steps"]
    assert gate(engine.written(tmp_path / "preview", whole)).code == 0


def test_options_that_hide_changes_are_read_from_an_export(gate: Command, tmp_path: Path) -> None:
    one = engine.state("main", engine.PRIVATE, ignoreChanges=["vpcConfig"], retainOnDelete=True)
    said = gate(engine.written(tmp_path / "saved", engine.export(one)))
    assert said.code == 4
    assert "MF-G7" in said.out
    assert "2 violations" in said.out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            engine.preview(engine.state("main", engine.PRIVATE), changeSummary={"create": 1, "same": 6}),
            "leaves out 6 of the stack's resources, which do not change. Take it again with --show-sames",
        ),
        (
            engine.preview(engine.state("main", engine.PRIVATE), diagnostics=[{"severity": "error", "message": "no"}]),
            "is of a run that failed, so nobody knows what is missing in it.",
        ),
        (
            list(engine.events(engine.state("main", engine.PRIVATE), result="failed")),
            "is of a run that failed, so nobody knows what is missing in it.",
        ),
        (
            list(engine.events(engine.state("main", engine.PRIVATE)))[:-1],
            "ends before the run that it is of.",
        ),
        (
            engine.preview(engine.state("main", engine.PRIVATE), changeSummary={}),
            "does not say how many resources the stack has.",
        ),
        (
            engine.aimed(engine.preview(engine.state("main", engine.PRIVATE))),
            "leaves out 1 resource of the program, since it was aimed at others. Take it again without --target",
        ),
        (
            engine.aimed_events(engine.state("main", engine.PRIVATE)),
            "leaves out 1 resource of the program, since it was aimed at others. Take it again without --target",
        ),
        (
            engine.cut_off(engine.export(engine.state("main", engine.PRIVATE)), engine.PRIVATE),
            "is of a run that was cut off in 1 operation, so nobody knows what stands. `pulumi refresh` finds out",
        ),
        (
            engine.export(engine.state("main", engine.PRIVATE), engine.state("main", engine.PRIVATE, delete=True)),
            "holds 1 resource still to be deleted, beside what came instead. `pulumi up` deletes",
        ),
        (
            engine.plan(engine.state("main", engine.PRIVATE), steps=["update"]),
            "holds only what changes of 1 resource already standing. Give `pulumi stack export` of the same stack",
        ),
    ],
)
def test_what_is_not_whole_is_refused_unless_it_may_be_partial(
    gate: Command, tmp_path: Path, content: object, message: str
) -> None:
    saved = engine.written(tmp_path / "saved", content)
    said = gate(saved)
    assert (said.code, said.out) == (1, "")
    assert f"file: {message}" in said.err
    partial = gate(saved, "--partial", "--undecided", "allow")
    assert partial.code == 0
    assert "! Partial: what is missing in these stacks was not judged" in partial.out


@pytest.mark.parametrize(
    "content",
    [
        engine.cut_off(engine.export(engine.state("main", engine.PRIVATE)), engine.PUBLIC),
        engine.export(engine.state("main", engine.PRIVATE), engine.state("main", engine.PUBLIC, delete=True)),
    ],
)
def test_what_was_begun_and_what_is_still_to_be_deleted_stands_and_is_judged(
    gate: Command, tmp_path: Path, content: object
) -> None:
    said = gate(engine.written(tmp_path / "saved", content), "--partial")
    assert said.code == 4
    assert "vpcConfig.endpointPublicAccess: " in said.out


def test_a_plan_is_made_whole_by_the_export_of_its_stack(gate: Command, tmp_path: Path) -> None:
    standing = engine.written(tmp_path / "export", engine.export(engine.state("main", engine.PRIVATE)))
    harmless = engine.plan(engine.state("main", {"tags": {"a": "b"}}), steps=["update"])
    assert gate(engine.written(tmp_path / "plan", harmless), standing).code == 0
    opening = engine.plan(engine.state("main", engine.PUBLIC), steps=["update"])
    said = gate(engine.written(tmp_path / "plan", opening), standing)
    assert said.code == 4
    assert "1 violation," in said.out


def test_an_input_that_a_plan_takes_away_is_gone(gate: Command, tmp_path: Path) -> None:
    standing = engine.written(tmp_path / "export", engine.export(engine.state("main", engine.PRIVATE)))
    weaker = engine.plan(engine.state("main", {}), steps=["update"], deletes=["encryptionConfig"])
    said = gate(engine.written(tmp_path / "plan", weaker), standing)
    assert said.code == 4
    assert "MF-A3" in said.out


def test_what_left_the_program_and_stays_by_an_aimed_plan_is_judged(gate: Command, tmp_path: Path) -> None:
    standing = engine.export(engine.state("main", engine.PRIVATE), engine.state("left", engine.PUBLIC))
    aimed = engine.plan(engine.state("main", {}), steps=["same"])
    aimed["resourcePlans"][f"{engine.PROJECT}{engine.CLUSTER}::left"] = {"goal": None, "steps": ["same"]}
    said = gate(engine.written(tmp_path / "plan", aimed), engine.written(tmp_path / "export", standing))
    assert said.code == 4
    assert "::left" in said.out


def test_a_plan_with_an_export_that_is_not_whole_is_not_whole(gate: Command, tmp_path: Path) -> None:
    standing = engine.cut_off(engine.export(engine.state("main", engine.PRIVATE)), engine.PRIVATE)
    planned = engine.written(tmp_path / "plan", engine.plan(engine.state("main", {}), steps=["same"]))
    said = gate(planned, engine.written(tmp_path / "export", standing))
    assert (said.code, "is of a run that was cut off" in said.err) == (1, True)


def test_two_files_of_one_stack_are_refused(gate: Command, tmp_path: Path) -> None:
    one = engine.export(engine.state("main", engine.PRIVATE))
    said = gate(engine.written(tmp_path / "a", one), engine.written(tmp_path / "b", one))
    assert said.code == 1
    assert f"{tmp_path}/b: 1 fault\n  file: holds the stack of {tmp_path}/a too. Give one of the two." in said.err


def test_several_stacks_are_judged_together(gate: Command, tmp_path: Path) -> None:
    other = json.loads(json.dumps(engine.export(engine.state("main", engine.PUBLIC))).replace(":one::", ":two::"))
    good = engine.written(tmp_path / "a", engine.export(engine.state("main", engine.PRIVATE)))
    said = gate(good, engine.written(tmp_path / "b", other))
    assert said.code == 4
    assert "urn:pulumi:two::shop::" in said.out
    assert "2 resources" in said.out


def test_manifests_are_judged_by_document_with_file_and_line(gate: Command, tmp_path: Path) -> None:
    path = tmp_path / "mesh.yaml"
    path.write_text(f"# first\n{STRICT}---\n\n---\n{WEAK.replace('default', 'other')}", encoding="utf-8")
    said = gate("mesh.yaml")
    assert said.code == 4
    assert "mesh.yaml:12  spec.mtls.mode: takes plaintext" in said.out
    place = "urn:pulumi:manifests::mesh.yaml::kubernetes:security.istio.io/v1:PeerAuthentication::shop/other"
    assert f"  {place}\n" in said.out


def test_a_folder_is_one_cluster_and_is_read_to_its_depth(gate: Command, tmp_path: Path) -> None:
    below = tmp_path / "k8s/deep"
    below.mkdir(parents=True)
    (tmp_path / "k8s/a.yaml").write_text(STRICT, encoding="utf-8")
    (below / "b.JSON").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [_weak()]}), encoding="utf-8"
    )
    (below / "values.yaml").write_text("replicas: 3\n", encoding="utf-8")
    (below / "empty.yml").write_text("\n", encoding="utf-8")
    (below / "notes.txt").write_text("[", encoding="utf-8")
    said = gate("k8s", "--pack", "zero-trust")
    assert said.code == 4
    assert "items[0].spec.mtls.mode: takes plaintext" in said.out
    assert "k8s/deep/values.yaml: passed over, holds no object of a cluster" in said.out
    assert "k8s/deep/empty.yml: passed over" in said.out
    assert "notes.txt" not in said.out
    assert "urn:pulumi:manifests::k8s/deep/b.JSON::" in said.out
    assert "k8s/a.yaml: manifests (k8s), 1 resource\n" in said.out


@pytest.mark.parametrize("given", [("k8s", "k8s/a.yaml"), ("./k8s/a.yaml", "k8s")])
def test_a_file_given_by_folder_and_by_name_is_read_once(gate: Command, tmp_path: Path, given: tuple[str, ...]) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s/a.yaml").write_text(WEAK, encoding="utf-8")
    said = gate(*given, "--pack", "zero-trust")
    assert "k8s/a.yaml: manifests (k8s), 1 resource\n" in said.out
    assert "1 violation," in said.out


def test_standard_input_is_read(gate: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(WEAK.encode())))
    said = gate("-")
    assert said.code == 4
    assert "urn:pulumi:manifests::stdin::kubernetes:security.istio.io/v1:PeerAuthentication::shop/default" in said.out


def test_documents_that_cannot_be_seen_through_are_violations(gate: Command, tmp_path: Path) -> None:
    built = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches: []\n"
    (tmp_path / "a.yaml").write_text(f"{STRICT}---\nfoo: bar\n---\n{built}", encoding="utf-8")
    said = gate("a.yaml")
    assert said.code == 4
    assert "a.yaml:6  is no object with apiVersion and kind" in said.out
    assert "is built by kustomize, and its patches are seen only in what `kubectl kustomize` prints" in said.out


def test_an_object_that_stands_twice_is_judged_twice(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{WEAK}---\n{WEAK}", encoding="utf-8")
    said = gate("a.yaml")
    assert "::shop/default\n" in said.out
    assert "::shop/default#2\n" in said.out
    assert "a.yaml:9  spec.mtls.mode: takes plaintext" in said.out


def _weak() -> dict[str, Any]:
    return {
        "apiVersion": "security.istio.io/v1beta1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "b", "namespace": "other"},
        "spec": {"mtls": {"mode": "DISABLE"}},
    }
