"""Whatever cannot be judged ends in one message with where, what is and what to do, and the gate stays closed."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from meshfed.rules.catalog import BY_ID
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Rule
from meshfed.settings.gate import GateParameters
from tests.cli.command import Command
from tests.cli.gate import engine_outputs as engine

POLICY = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a, namespace: shop}\n"
STRICT = f"{POLICY}spec: {{mtls: {{mode: STRICT}}}}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{to}: &{to} [{', '.join([f'*{of}'] * 9)}]\n" for of, to in zip("abcdefgh", "bcdefghi", strict=True)
)
KNOWN = "A preview, an event log, a saved plan or a stack's export as JSON, or Kubernetes objects are judged."
SAVED = "Save it again with Pulumi."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", f"file: is empty. {KNOWN}"),
        (" \n\t\n", f"file: is empty. {KNOWN}"),
        ("# a comment\n", f"file: is nothing that the gate can judge. {KNOWN}"),
        ("name: acme\n", f"file: is nothing that the gate can judge. {KNOWN}"),
        ("- a\n- b\n", f"file: is nothing that the gate can judge. {KNOWN}"),
        ("[]", f"file: is nothing that the gate can judge. {KNOWN}"),
        ("{}", f"file: is JSON of nothing that the gate can judge. {KNOWN}"),
        ('{"deployment": []}', f"file: is JSON of nothing that the gate can judge. {KNOWN}"),
        ('{"version": 3, "deployment": {', "file: is not JSON: line 1, column 31: Expecting property name enclosed"),
        ('{"a": 1, "a": 2}', "file: is not JSON that everyone reads alike: key a stands twice."),
        ("{" * 5000, "file: is not JSON: line 1, column 2: Expecting property name enclosed in double quotes"),
        ('{"a":' * 100_000, "file: is nested too deeply."),
        (
            "kind: [a\nb: c\n",
            "file: is not YAML: line 2, column 2: did not find expected ',' or ']'. Mend",
        ),
        ("a: {{ .Values.x }}\nkind: x\n", "file: is not YAML: "),
        ("kind: a\nkind: b\n", "file: is not YAML: line 2, column 1: key kind stands twice."),
        (POLICY + BOMB, "file: holds more than 2,000,000 values; split it. Aliases of YAML count each time."),
        (f"{POLICY}spec: {'[' * 200}{']' * 200}\n", "file: is nested deeper than 128 levels"),
        (f"{POLICY}spec: {'[' * 1_000_000}\n", "file: is nested deeper than 128 levels"),
        (
            "kind: !!python/object:os.system x\n",
            "file: is not YAML: line 1, column 7: could not determine",
        ),
        ("apiVersion: v1\nkind: ConfigMap\ndata: {a: 2026-13-45}\n", "file: holds a value that YAML cannot make"),
    ],
)
def test_a_file_that_cannot_be_judged_is_one_message(gate: Command, tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "given").write_text(content, encoding="utf-8")
    said = gate("given")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"given: 1 fault\n  {message}"), said.err
    assert len(said.err.splitlines()) == 2


NEVER: list[tuple[object, str]] = [
    (engine.export(), "file: is a stack export without any resource: nothing was judged, and that is no pass."),
    ({"version": 3, "deployment": {}}, "file: is a stack export without any resource"),
    (engine.preview(), "file: is a preview without any resource"),
    (engine.plan(), "file: is a saved plan without any resource"),
    (
        {"version": 99, "deployment": {"resources": []}},
        "file: is an export of version 99, which this gate",
    ),
    ({"deployment": {"resources": []}}, "file: is an export of version None, which this gate does not know."),
    ({"version": 3, "deployment": {"resources": {"a": 1}}}, "file: has resources that no Pulumi writes: a list is"),
    ({"version": 3, "deployment": {"resources": [1]}}, "file: has resources that no Pulumi writes: an object is"),
    ({"version": 3, "deployment": {"resources": [{}]}}, f"file: has a resource without a URN or a type. {SAVED}"),
    (
        {"steps": [{"op": "create", "newState": {"urn": "x"}}]},
        f"file: has a resource without a URN or a type. {SAVED}",
    ),
    ({"steps": [{"op": "create", "newState": 5}]}, "file: has steps that no Pulumi writes: an object is wanted."),
    ({"steps": [], "changeSummary": []}, "file: is a preview without any resource"),
    ({"steps": [], "diagnostics": 5}, "file: has diagnostics that no Pulumi writes: a list is wanted."),
    ({"resourcePlans": {"urn:a": 5}}, "file: has resourcePlans that no Pulumi writes: an object is wanted."),
    (
        {"resourcePlans": {"a": {"steps": 5, "goal": {}}}},
        "file: has steps that no Pulumi writes: a list is wanted.",
    ),
    ([{"resourcePreEvent": 5}, {"a": 1}], "file: has resourcePreEvent that no Pulumi writes: an object is wanted."),
    ([{"resourcePreEvent": {"metadata": 5}}, {}], "file: has metadata that no Pulumi writes: an object is wanted."),
]


@pytest.mark.parametrize(("content", "message"), NEVER)
def test_what_an_engine_never_writes_is_one_message(
    gate: Command, tmp_path: Path, content: object, message: str
) -> None:
    said = gate(engine.written(tmp_path / "given", content))
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"{tmp_path}/given: 1 fault\n  {message}"), said.err


def test_a_manifest_of_ten_megabytes_is_judged_to_its_end(gate: Command, tmp_path: Path) -> None:
    big = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big, namespace: shop}\ndata:\n"
    big += "".join(f"  line-{number}: {'x' * 1_000}\n" for number in range(10_000))
    (tmp_path / "given").write_text(f"{big}---\n{STRICT.replace('STRICT', 'DISABLE')}", encoding="utf-8")
    said = gate("given")
    assert said.code == 4
    assert "given:10009  spec.mtls.mode: takes plaintext" in said.out


def test_a_resource_that_is_nested_too_deeply_is_named(gate: Command, tmp_path: Path) -> None:
    deep: object = "x"
    for _ in range(300):
        deep = [deep]
    one = engine.state("deep", {"a": deep})
    said = gate(engine.written(tmp_path / "given", engine.export(one)))
    assert said.code == 1
    assert f"{one['urn']}: is nested deeper than 128 levels" in said.err


def test_a_line_of_an_event_log_that_is_cut_is_named(gate: Command, tmp_path: Path) -> None:
    lines = [json.dumps(line) for line in engine.events(engine.state("main", engine.PRIVATE))]
    (tmp_path / "given").write_text("\n".join([*lines[:2], lines[2][:40]]), encoding="utf-8")
    said = gate("given")
    assert said.code == 1
    assert "file: is not JSON: line 3, column " in said.err


def test_what_is_not_there_or_cannot_be_read_is_told(
    gate: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gate("none.yaml").err == "none.yaml: 1 fault\n  file: is not there. Name a file or a folder.\n"
    (tmp_path / "latin").write_bytes(b"name: caf\xe9\n")
    assert "file: is not UTF-8 text: byte 9 is 0xe9. Save it as UTF-8." in gate("latin").err
    (tmp_path / "closed").write_text(STRICT, encoding="utf-8")

    def refused(path: Path, *_: str) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refused)
    said = gate("closed")
    assert said.err == "closed: 1 fault\n  file: cannot be read: Permission denied. Name a file that may be read.\n"
    assert said.code == 1


def test_a_folder_without_anything_to_judge_is_no_pass(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    said = gate("k8s")
    assert said.code == 1
    assert "k8s: 1 fault\n  folder: holds no file that ends with .json, .jsonl, .yaml, .yml." in said.err
    (tmp_path / "k8s/values.yaml").write_text("a: b\n", encoding="utf-8")
    said = gate("k8s")
    assert (said.code, said.out) == (1, "")
    assert "file: holds nothing that the gate can judge." in said.err


def test_a_broken_file_in_a_folder_closes_the_gate(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s/a.yaml").write_text(STRICT, encoding="utf-8")
    (tmp_path / "k8s/b.yaml").write_text("a: [\n", encoding="utf-8")
    said = gate("k8s")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("k8s/b.yaml: 1 fault\n  file: is not YAML: ")


def test_a_folder_that_cannot_be_listed_closes_the_gate(
    gate: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "k8s/closed").mkdir(parents=True)
    (tmp_path / "k8s/a.yaml").write_text(STRICT, encoding="utf-8")
    listed = os.scandir

    def refused(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)
    said = gate("k8s")
    assert said.code == 1
    assert said.err == "k8s/closed: 1 fault\n  folder: cannot be read: Permission denied. Let it be read.\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("waivers: [{ids: [MF-A1]}]\n", "waivers[0].urns: is missing. Give it."),
        ("waivers: [{ids: [A1]}]\n", "waivers[0].ids[0]: A1: the id of a rule is wanted: MF-I1."),
        ("waiver: []\n", "waiver: is not a setting. Did you mean waivers?"),
        ("waivers: [\n", "is not YAML"),
    ],
)
def test_waivers_that_cannot_be_close_the_gate(gate: Command, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.yaml").write_text(STRICT, encoding="utf-8")
    (tmp_path / "waivers.yaml").write_text(text, encoding="utf-8")
    said = gate("a.yaml", "--exceptions", "waivers.yaml")
    assert (said.code, said.out) == (1, "")
    assert message in said.err


WAIVER = """\
waivers:
  - ids: [{ids}]
    urns: ["{urns}"]
    reason: Until the move of the shop is done.
    owner: shop@acme.example
    until: {until}
"""


def _waived(gate: Command, folder: Path, *arguments: str, **more: str) -> tuple[int, str]:
    given = {"ids": "MF-I1", "urns": "urn:pulumi:manifests::*", "until": "2026-11-21", **more}
    (folder / "a.yaml").write_text(STRICT.replace("STRICT", "PERMISSIVE"), encoding="utf-8")
    (folder / "waivers.yaml").write_text(WAIVER.format_map(given), encoding="utf-8")
    said = gate("a.yaml", "--exceptions", "waivers.yaml", *arguments)
    return said.code, said.out + said.err


def test_a_waiver_counts_on_its_last_day_and_fails_on_the_next(gate: Command, tmp_path: Path) -> None:
    assert _waived(gate, tmp_path)[0] == 0
    code, text = _waived(gate, tmp_path, until="2026-11-20")
    assert code == 4
    assert "MF-G8  Every waiver is in force and used" in text
    assert "waivers.yaml  " in text
    assert "expired on 2026-11-20" in text
    assert "2 violations" in text


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"until": "soon"}, "until: soon: a day is wanted: YYYY-MM-DD."),
        ({"until": "31.12.2026"}, "until: 31.12.2026: a day is wanted: YYYY-MM-DD."),
        ({"until": "2026"}, "until: 2026: a day is wanted: YYYY-MM-DD."),
        ({"until": "2026-12-31 12:00:00"}, "until: 2026-12-31 12:00:00: a day is wanted: YYYY-MM-DD."),
        ({"urns": "urn:pulumi:*::*"}, "urns[0]: urn:pulumi:*::*: a URN is wanted that names a stack"),
    ],
)
def test_a_fault_of_a_waiver_is_told_once_and_says_the_form(
    gate: Command, tmp_path: Path, more: dict[str, str], message: str
) -> None:
    code, text = _waived(gate, tmp_path, **more)
    assert code == 1
    assert f"waivers.yaml: 1 fault\n  waivers[0].{message}" in text


def test_a_waiver_that_covers_nothing_fails_unless_the_files_are_partial(gate: Command, tmp_path: Path) -> None:
    code, text = _waived(gate, tmp_path, ids="MF-I1, MF-I2")
    assert code == 4
    assert "covers no violation of MF-I2" in text
    assert _waived(gate, tmp_path, "--partial", ids="MF-I1, MF-I2")[0] == 0


def test_a_waiver_of_a_rule_that_there_is_not_closes_the_gate(gate: Command, tmp_path: Path) -> None:
    code, text = _waived(gate, tmp_path, ids="MF-I1, MF-Q7")
    assert code == 1
    assert "waivers.yaml: 1 fault\n  waivers[0].ids: MF-Q7: is no rule's id. docs/rules has all of them." in text


def test_a_configuration_closes_the_gate_where_it_is_wrong_or_leaves_nothing(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(STRICT, encoding="utf-8")
    unknown = gate("a.yaml", "--config", engine.written(tmp_path / "gate.json", {"MF-Q7": "advisory"}))
    assert unknown.code == 1
    assert "MF-Q7: is no rule's id." in unknown.err
    nothing = gate("a.yaml", "--config", engine.written(tmp_path / "gate.json", {"all": "disabled"}))
    assert (nothing.code, nothing.out) == (1, "")
    assert "disables every rule of these packs. Leave some on." in nothing.err


def test_a_rule_that_raises_is_a_violation(gate: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        raise RuntimeError(f"hunter2 {resource}")
        yield

    rule = replace(BY_ID["MF-A1"], checks={ANY: (broken,)})

    def rules(*_: object) -> tuple[Rule, ...]:
        return (rule,)

    monkeypatch.setattr("meshfed.rules.configured.rules_of", rules)
    said = gate(engine.written(tmp_path / "given", engine.export(engine.state("main", engine.PRIVATE))))
    assert said.code == 4
    assert "the rule itself failed with RuntimeError, so nobody knows whether it holds" in said.out
    assert "hunter2" not in said.out


def test_a_report_that_cannot_be_written_closes_the_gate(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(STRICT, encoding="utf-8")
    said = gate("a.yaml", "--output", "none/report.sarif")
    assert said.code == 1
    assert "none/report.sarif: 1 fault\n  file: cannot be written: No such file or directory." in said.err


def test_without_files_or_with_a_wrong_option_nothing_is_judged(gate: Command) -> None:
    assert gate().err == "meshfed gate: 1 fault\n  FILE: is missing. Name files or folders, or -.\n"
    assert gate("a.yaml", "--pack", "none").code == 2


def test_a_pipe_in_a_folder_is_refused_and_never_waited_for(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s/a.yaml").write_text(STRICT, encoding="utf-8")
    os.mkfifo(tmp_path / "k8s/p.yaml")
    said = gate("k8s")
    assert (said.code, said.out) == (1, "")
    assert "k8s/p.yaml: 1 fault\n  file: is no file: a pipe, a socket or a device. Take it out" in said.err


EMPTY_LISTS = [
    "apiVersion: v1\nkind: List\nitems: []\n",
    "apiVersion: v1\nkind: List\nitems: null\n",
    "apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ''}\n",
    "apiVersion: v1\nkind: ConfigMapList\nitems: []\n",
    "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: PodList, items: []}]\n",
    '{"apiVersion": "v1", "kind": "List", "items": []}',
]


@pytest.mark.parametrize("content", EMPTY_LISTS)
def test_a_list_without_objects_is_nothing_to_judge(gate: Command, tmp_path: Path, content: str) -> None:
    (tmp_path / "none.yaml").write_text(content, encoding="utf-8")
    said = gate("none.yaml")
    assert (said.code, said.out) == (1, "")
    assert "none.yaml: 1 fault\n  file: holds nothing that the gate can judge." in said.err
    (tmp_path / "a.yaml").write_text(STRICT, encoding="utf-8")
    beside = gate("a.yaml", "none.yaml")
    assert (beside.code, "none.yaml: passed over, holds no object of a cluster" in beside.out) == (0, True)


@pytest.mark.parametrize("more", ["spec: {allow: [a]}", "items: [{}]", "items: {a: b}"])
def test_a_kind_that_only_ends_like_a_list_and_a_list_of_something_are_judged(
    gate: Command, tmp_path: Path, more: str
) -> None:
    (tmp_path / "a.yaml").write_text(f"apiVersion: acme.example/v1\nkind: AllowList\n{more}\n", encoding="utf-8")
    assert " 1 resource and " in gate("a.yaml").out


@pytest.mark.parametrize("more", [(), ("--pack", "zero-trust")])
@pytest.mark.parametrize("option", ["--facts", "--settings"])
def test_what_is_named_beside_the_files_and_is_not_there_is_refused(
    gate: Command, tmp_path: Path, option: str, more: tuple[str, ...]
) -> None:
    (tmp_path / "a.yaml").write_text(STRICT, encoding="utf-8")
    said = gate("a.yaml", option, "nosuch.yaml", *more)
    assert (said.code, said.out) == (1, "")
    assert "nosuch.yaml: 1 fault\n  file: is not there." in said.err


def test_facts_that_no_pack_reads_are_told(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(STRICT, encoding="utf-8")
    (tmp_path / "facts.yaml").write_text("regions: {}\n", encoding="utf-8")
    said = gate("a.yaml", "--facts", "facts.yaml")
    assert said.code == 0
    assert "! facts.yaml was not read: only the pack federation compares with it.\n" in said.out


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("a: {{ .Values.x }}\nkind: x\n", "templates are judged as what `helm template` prints."),
        ('{"a": 1, "a": "{{ x }}"}', "Mend it."),
        ("kind: a\nkind: b\n", "Mend it."),
    ],
)
def test_templates_alone_are_told_what_to_do_with_templates(
    gate: Command, tmp_path: Path, content: str, hint: str
) -> None:
    (tmp_path / "a.yaml").write_text(content, encoding="utf-8")
    said = gate("a.yaml")
    assert ("helm template" in said.err, said.err.rstrip().endswith(hint)) == ("helm" in hint, True)


@pytest.mark.parametrize(
    ("name", "hint"), [("i1", "i1: is no rule's id. Did you mean MF-I1?"), ("", "--explain: is no rule's id.")]
)
def test_an_id_that_is_none_is_told_as_that(gate: Command, name: str, hint: str) -> None:
    said = gate("--explain", name)
    assert (said.code, said.out) == (1, "")
    assert hint in said.err
