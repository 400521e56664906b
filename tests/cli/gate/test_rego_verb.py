"""`meshfed gate rego` writes a bundle for admission, and nothing over what it did not write."""

import json
from pathlib import Path

from tests.cli.command import Command


def test_the_bundle_is_written_and_counted(gate: Command, tmp_path: Path) -> None:
    said = gate("rego", "--out", tmp_path / "bundle")
    listed = json.loads((tmp_path / "bundle/admission.json").read_text(encoding="utf-8"))
    seen = [entry["id"] for entry in listed if entry["seen"] != "no"]
    assert said.code == 0
    assert f"{len(seen)} rules" in said.out
    templates = {path.stem.upper() for path in (tmp_path / "bundle/gatekeeper/templates").iterdir()}
    assert templates == set(seen)


def test_levels_and_parameters_of_the_configuration_are_in_the_constraints(gate: Command, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    levels = {"MF-I1": "advisory", "MF-I2": "disabled"}
    config.write_text(json.dumps({**levels, "meshfed": {"root_namespace": "mesh"}}), encoding="utf-8")
    assert gate("rego", "--out", tmp_path / "bundle", "--config", config).code == 0
    constraints = tmp_path / "bundle/gatekeeper/constraints"
    assert "enforcementAction: warn" in (constraints / "mf-i1.yaml").read_text(encoding="utf-8")
    assert not (constraints / "mf-i2.yaml").exists()
    assert "root_namespace: mesh" in (constraints / "mf-i4.yaml").read_text(encoding="utf-8")


def test_what_an_older_bundle_had_and_the_new_one_has_not_is_gone(gate: Command, tmp_path: Path) -> None:
    assert gate("rego", "--out", tmp_path / "bundle").code == 0
    old = tmp_path / "bundle/gatekeeper/constraints/mf-i0.yaml"
    old.write_text("kind: MeshfedI0\n", encoding="utf-8")
    assert gate("rego", "--out", tmp_path / "bundle").code == 0
    assert not old.exists()


def test_a_folder_of_something_else_is_left_alone(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("keep", encoding="utf-8")
    said = gate("rego", "--out", tmp_path / "mine")
    assert said.code == 1
    assert "is no folder for a bundle" in said.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
