"""The Rego bundle: real OPA and real Gatekeeper admission say of the same cases what the rules say in Python.

What this does not prove: that a cluster's admission sends every object; Gatekeeper's own set-up decides that.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from meshfed.rules.catalog import RULES
from meshfed.rules.rego.gatekeeper import admission, bundle, constraint_kind, told
from meshfed.settings.gate import GateParameters
from meshfed_local.toolchain import Toolchain
from tests.rules.admitted import STATED, WRONG_TYPE, Admitted, Said, admitted_objects

OBJECTS = tuple(admitted_objects())
USUAL = GateParameters()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle as files."""
    root = tmp_path_factory.mktemp("bundle")
    for name, text in bundle(RULES, USUAL).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def run(tool: str, *arguments: str | Path, expect: Sequence[int] = (0,)) -> str:
    """What a built tool prints."""
    toolchain = Toolchain()
    toolchain.ensure((tool,), lambda _: None)
    command = [toolchain.program(tool), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in expect, done.stdout + done.stderr
    return done.stdout


def test_opa_finds_nothing_to_mend_in_the_modules(folder: Path) -> None:
    run("opa", "check", "--strict", "--bundle", folder / "rego")
    assert run("opa", "fmt", "--list", folder / "rego") == ""


def rego_test(number: int, one: Admitted, *, is_whole: bool) -> str:
    """One test of OPA's own: what the modules say of an object; at least that, where it is not the whole of it."""
    asked = {"review": {"object": one.content}, "parameters": told(one.parameters)}
    wanted = sorted(one.said)
    found = "[finding.details.id, finding.details.path, finding.details.message]"
    said = f"{{{found} |\n\t\tsome finding in data.meshfed.rules[_].violation with input as {json.dumps(asked)}\n\t}}"
    if any(message.startswith(WRONG_TYPE) for _, _, message in wanted):
        # Rego names every place of a wrong type, Python the first that it meets.
        return f"test_{number} if {{\n\tcount({said}) > 0\n}}\n"
    expected = ", ".join(json.dumps(list(item)) for item in wanted)
    if not is_whole:
        return f"test_{number} if {{\n\tcount({{{expected}}} - {said}) == 0\n}}\n"
    return (
        f"test_{number} if {{\n\t{said} == {{{expected}}}\n}}\n"
        if wanted
        else (f"test_{number} if {{\n\tcount({said}) == 0\n}}\n")
    )


def differing(
    objects: Sequence[Admitted], folder: Path, tests: Path, *, is_whole: bool = True
) -> list[tuple[str, Sequence[Said]]]:
    """The objects of which OPA says something else than Python, with what Python says."""
    text = "\n".join(rego_test(number, one, is_whole=is_whole) for number, one in enumerate(objects))
    (tests / "cases_test.rego").write_text(f"package meshfed_cases_test\n\n{text}", encoding="utf-8")
    output = run("opa", "test", "--format", "json", folder / "rego", tests, expect=(0, 2))
    results: list[Mapping[str, Any]] = json.loads(output)
    assert len(results) == len(objects)
    failed = [result["name"] for result in results if result.get("fail") or result.get("error")]
    different = [objects[int(name.removeprefix("test_"))] for name in failed]
    return [(str(one), sorted(one.said)) for one in different]


def test_opa_test_says_of_every_case_what_python_says(folder: Path, tmp_path: Path) -> None:
    assert differing(OBJECTS, folder, tmp_path) == []


def mistyped(value: object, wrong: object) -> Iterator[object]:
    """The value once for each of its leaves, with something in its place that cannot stand there."""
    if isinstance(value, Mapping) and value:
        named = cast("Mapping[str, object]", value)
        for key in named:
            yield from ({**named, key: inner} for inner in mistyped(named[key], wrong))
    elif isinstance(value, list) and value:
        items = cast("list[object]", value)
        for index, item in enumerate(items):
            yield from ([*items[:index], inner, *items[index + 1 :]] for inner in mistyped(item, wrong))
    else:
        yield wrong


def test_a_value_of_a_wrong_type_passes_neither(folder: Path, tmp_path: Path) -> None:
    wrongs = (["x"], {"x": "y"}, 7)
    wrongs = (["x"], {"x": "y"}, 7)
    changed = [
        one.with_content({**one.content, "spec": spec})
        for number, one in enumerate(OBJECTS)
        if one.case.group == "bad" and isinstance(one.content.get("spec"), Mapping)
        # Another leaf and another wrong with each case: those of a rule have the same places, and all are thousands.
        for leaf, spec in enumerate(mistyped(one.content["spec"], wrongs[number % len(wrongs)]))
        if (leaf + number) % 2 == 0
    ]
    # Rego looks at the type of every place, Python of those that a condition comes to: it may say less.
    assert differing([one for one in changed if one.said], folder, tmp_path, is_whole=False) == []


def test_gatekeeper_refuses_what_python_refuses(folder: Path, tmp_path: Path) -> None:
    # Of the rules that Gatekeeper has; OPA judged the others' cases above, and admission takes its time.
    ids = {rule.id for rule in STATED}
    given = [one for one in OBJECTS if one.parameters == USUAL and one.case.rule in ids]
    objects = tmp_path / "objects.yaml"
    unique = {json.dumps(one.content, sort_keys=True): one for one in given}
    objects.write_text("\n---\n".join(unique), encoding="utf-8")
    output = run("gator", "test", "-f", folder / "gatekeeper", "-f", objects, "-o", "json", expect=(0, 1))
    said: dict[str, set[str]] = {text: set() for text in unique}
    for result in json.loads(output) or ():
        said[json.dumps(result["violatingObject"], sort_keys=True)].add(result["metadata"]["details"]["id"])
    wanted = {text: {name for name, _, _ in one.said} for text, one in unique.items()}
    assert {str(unique[text]): ids for text, ids in said.items() if ids != wanted[text]} == {}
    assert any(said.values())


@pytest.mark.parametrize("rule", STATED, ids=lambda rule: rule.id)
def test_every_module_refuses_a_case_of_its_own_rule(rule: Any) -> None:
    assert [one for one in OBJECTS if one.case.rule == rule.id and any(name == rule.id for name, _, _ in one.said)]


def test_plain_manifests_lists_and_admission_reviews_go_the_same_way(folder: Path, tmp_path: Path) -> None:
    wrong = {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "shop", "namespace": "shop"},
        "spec": {"mtls": {"mode": "DISABLE"}},
    }
    forms = (
        wrong,
        [wrong],
        {"apiVersion": "v1", "kind": "List", "items": [wrong]},
        {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"object": wrong}},
    )
    for form in forms:
        path = tmp_path / "input.json"
        path.write_text(json.dumps(form), encoding="utf-8")
        output = run("opa", "eval", "-b", folder / "rego", "-i", path, "-f", "raw", "data.meshfed.gate.deny")
        assert json.loads(output) == ["MF-I1 spec.mtls.mode: takes plaintext. Write spec.mtls.mode: STRICT."]


def test_an_owners_parameters_are_in_the_constraints_and_in_the_data(folder: Path) -> None:
    given = USUAL.model_copy(update={"root_namespace": "mesh"})
    files = bundle(RULES, given)
    constraint = yaml.safe_load(files["gatekeeper/constraints/mf-i4.yaml"])
    assert constraint["spec"]["parameters"] == {"root_namespace": "mesh"}
    assert json.loads(files["rego/meshfed/parameters/data.json"])["root_namespace"] == "mesh"
    assert '"root_namespace", ["mesh"]' in files["rego/meshfed/rules/mf-i4.rego"]


def test_what_admission_does_not_see_is_listed_with_the_reason(folder: Path) -> None:
    listed = {entry["id"]: entry for entry in json.loads((folder / "admission.json").read_text(encoding="utf-8"))}
    assert set(listed) == {rule.id for rule in RULES}
    assert [entry["id"] for entry in listed.values() if entry["seen"] != "yes" and not entry["unseen"]] == []
    assert listed["MF-I1"]["seen"] == "yes"
    assert listed["MF-I6"]["seen"] == "no"
    with_module = {one.rule.id for one in (admission(rule, USUAL) for rule in RULES) if one.module is not None}
    assert with_module == {rule.id for rule in STATED}
    assert len({constraint_kind(rule).lower() for rule in RULES}) == len(RULES)
