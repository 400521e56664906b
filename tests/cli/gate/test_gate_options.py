"""By what is judged: packs, levels, parameters, waivers, and the plan where settings are at hand."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import THREE, Command, Desk
from tests.cli.gate import engine_outputs as engine
from tests.cli.gate.test_bad_gate_input import STRICT, WAIVER
from tests.topology.federations import region

WEAK = STRICT.replace("STRICT", "PERMISSIVE")
FAR = {**THREE, "euc1": region("aws", "eu-central-1", 3)}


@pytest.fixture
def weak(tmp_path: Path) -> str:
    """A manifest with one violation of MF-I1."""
    (tmp_path / "weak.yaml").write_text(WEAK, encoding="utf-8")
    return "weak.yaml"


def _json(gate: Command, *arguments: str | Path) -> Mapping[str, Any]:
    said = gate(*arguments, "--format", "json")
    assert said.err == ""
    return json.loads(said.out)


def test_without_settings_the_packs_that_need_none_are_judged_by(gate: Command, weak: str) -> None:
    assert _json(gate, weak)["packs"] == ["zero-trust", "cloud-baseline"]


def test_the_federation_pack_runs_where_the_usual_settings_are_at_hand(
    gate: Command, weak: str, tmp_path: Path, desk: Desk
) -> None:
    (tmp_path / "stacks/config").mkdir(parents=True)
    desk.settings.rename(tmp_path / "stacks/config/federation.yaml")
    report = _json(gate, weak)
    assert report["packs"] == ["zero-trust", "cloud-baseline", "federation"]


def test_a_promise_below_the_floor_is_a_violation_of_the_settings_file(gate: Command, weak: str, desk: Desk) -> None:
    desk.write(FAR, slos=[{"between": ["use1", "euc1"], "p99_ms": 38}])
    report = _json(gate, weak, "--pack", "federation", *desk.files())
    assert report["exit_code"] == 4
    (one,) = [one for one in report["verdicts"] if one["id"] == "MF-F8"]
    assert (one["outcome"], one["file"]) == ("violation", str(desk.settings))


def test_the_federation_pack_without_settings_is_a_mistake(gate: Command, weak: str) -> None:
    said = gate(weak, "--pack", "federation")
    assert (said.code, said.out) == (1, "")
    assert "stacks/config/federation.yaml: 1 fault\n  file: is not there. Give --settings FILE" in said.err


def test_settings_that_are_wrong_close_the_gate(gate: Command, weak: str, desk: Desk) -> None:
    desk.write({**THREE, "use4": {**THREE["use4"], "slot": 0}})
    said = gate(weak, *desk.files())
    assert (said.code, said.out) == (1, "")
    assert "regions.use4.slot: 0: is also use1's slot" in said.err


def test_a_pack_alone_judges_by_its_own_rules(gate: Command, weak: str) -> None:
    assert gate(weak, "--pack", "cloud-baseline").code == 0
    assert gate(weak, "--pack", "zero-trust").code == 4
    both = _json(gate, weak, "-p", "cloud-baseline", "-p", "zero-trust")
    assert both["packs"] == ["zero-trust", "cloud-baseline"]


@pytest.mark.parametrize(("level", "code", "outcomes"), [("advisory", 0, ["advice"]), ("disabled", 0, [])])
def test_a_level_of_the_configuration_counts(
    gate: Command, weak: str, tmp_path: Path, level: str, code: int, outcomes: list[str]
) -> None:
    config = engine.written(tmp_path / "gate.json", {"MF-I1": {"enforcementLevel": level}})
    report = _json(gate, weak, "--config", config)
    assert (report["exit_code"], [one["outcome"] for one in report["verdicts"]]) == (code, outcomes)


def test_all_gives_a_level_to_what_has_none_of_its_own(gate: Command, weak: str, tmp_path: Path) -> None:
    config = engine.written(tmp_path / "gate.json", {"all": "advisory"})
    assert gate(weak, "--config", config).code == 0
    config = engine.written(tmp_path / "gate.json", {"all": "advisory", "MF-I1": "mandatory"})
    assert gate(weak, "--config", config).code == 4


def test_a_parameter_of_the_configuration_counts(gate: Command, tmp_path: Path) -> None:
    # Without a mode: in the root namespace alone it is the mesh's own.
    (tmp_path / "a.yaml").write_text(STRICT.replace("{mtls: {mode: STRICT}}", "{}"), encoding="utf-8")
    assert gate("a.yaml").code == 0
    config = engine.written(tmp_path / "gate.json", {"meshfed": {"root_namespace": "shop"}})
    said = gate("a.yaml", "--config", config)
    assert said.code == 4
    assert "MF-I3" in said.out


def test_waivers_are_read_from_the_usual_file_or_where_one_is_named(gate: Command, weak: str, tmp_path: Path) -> None:
    text = WAIVER.format(ids="MF-I1", urns="urn:pulumi:manifests::*", until="2026-12-31")
    (tmp_path / "policy-packs").mkdir()
    (tmp_path / "policy-packs/exceptions.yaml").write_text(text, encoding="utf-8")
    assert gate(weak).code == 0
    (tmp_path / "none.yaml").write_text("waivers: []\n", encoding="utf-8")
    assert gate(weak, "--exceptions", "none.yaml").code == 4
    config = engine.written(tmp_path / "gate.json", {"meshfed": {"exceptions": "none.yaml"}})
    assert gate(weak, "--config", config).code == 4
    assert gate(weak, "--config", config, "--exceptions", "policy-packs/exceptions.yaml").code == 0
    missing = gate(weak, "--exceptions", "typo.yaml")
    assert missing.code == 1
    assert "typo.yaml: 1 fault\n  file: is not there. Give --exceptions FILE." in missing.err


def test_nothing_that_is_missing_is_judged_of_partial_files(gate: Command, tmp_path: Path) -> None:
    meshconfig = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n"
    (tmp_path / "a.yaml").write_text(meshconfig + "data: {mesh: 'accessLogFile: /dev/stdout'}\n", encoding="utf-8")
    whole, part = _json(gate, "a.yaml"), _json(gate, "a.yaml", "--partial")
    assert "MF-I6" in {one["id"] for one in whole["verdicts"]}
    assert "MF-I6" not in {one["id"] for one in part["verdicts"]}
    assert (whole["is_whole"], part["is_whole"]) == (True, False)


def test_a_role_of_every_right_is_refused_in_partial_files_too(gate: Command, tmp_path: Path) -> None:
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: all}\n"
    (tmp_path / "a.yaml").write_text(role + 'rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]\n', "utf-8")
    part = gate("a.yaml", "--partial", "--format", "json")
    assert (part.code, [one["id"] for one in json.loads(part.out)["verdicts"]]) == (4, ["MF-K8"])


@pytest.mark.parametrize(
    ("manifest", "wanted"),
    [
        ("{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {serviceAccountName: a}}", "MF-K7"),
        (
            "{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: a, namespace: shop},"
            " spec: {jwtRules: [{issuer: 'https://a.example', audiences: [a]}]}}",
            "MF-I33",
        ),
        (
            "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: a, namespace: shop},"
            " spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: a}]}}",
            "MF-I18",
        ),
        (
            "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: a, namespace: shop},"
            " spec: {action: AUDIT}}",
            "MF-I16",
        ),
        (
            "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/rev: other,"
            " pod-security.kubernetes.io/enforce: restricted}}}",
            "MF-I25",
        ),
    ],
)
def test_what_names_a_resource_is_told_of_partial_files_too(
    gate: Command, tmp_path: Path, manifest: str, wanted: str
) -> None:
    (tmp_path / "a.yaml").write_text(manifest, "utf-8")
    assert wanted in {one["id"] for one in _json(gate, "a.yaml", "--partial")["verdicts"]}


def test_a_waiver_of_a_file_that_is_not_there_is_told(gate: Command, weak: str, tmp_path: Path) -> None:
    one = WAIVER.format(ids="MF-I1", urns="urn:pulumi:manifests::k8s/shp.yaml::*", until="2026-12-31")
    (tmp_path / "exceptions.yaml").write_text(one, encoding="utf-8")
    told = "! A waiver in exceptions.yaml names k8s/shp.yaml, which is not there: mend its name, or take it out.\n"
    assert told in gate(weak, "-e", "exceptions.yaml").out
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s/shp.yaml").touch()
    assert told not in gate(weak, "-e", "exceptions.yaml").out
