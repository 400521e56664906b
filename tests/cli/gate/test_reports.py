"""Every form of a report tells the same verdicts: where, what, why, what to do, and what an owner has taken on.

The SARIF of a run was held against the official schema by hand; here are the demands of the standard that matter.
"""

import hashlib
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any, cast

import pytest
from junitparser import JUnitXml
from rich.console import Console

from meshfed.cli.gate import judging
from meshfed.cli.gate.rows import clean
from meshfed.cli.gate.text import print_report
from meshfed.rules.catalog import RULES
from tests.cli.command import Command, Said
from tests.cli.gate import engine_outputs as engine

WAIVER = """\
waivers:
  - ids: [MF-A1]
    urns: ["urn:pulumi:one::shop::*::waived"]
    reason: Runners reach it over the internet until the tunnel stands.
    owner: platform@acme.example
    until: 2026-12-31
"""
SCRIPT = b"#!/bin/sh\necho: [\n"
CONFIG = {"MF-A3": "advisory"}
OPTIONS = ("--config", "gate.json", "--exceptions", "exceptions.yaml")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A stack with a violation, advice, a waived violation and something undecided, and what an owner says of it."""
    (tmp_path / "exceptions.yaml").write_text(WAIVER, encoding="utf-8")
    engine.written(tmp_path / "gate.json", CONFIG)
    return engine.written(
        tmp_path / "stack.json",
        engine.export(
            engine.state("public", {**engine.PRIVATE, **engine.PUBLIC}),
            engine.state("waived", {**engine.PRIVATE, **engine.PUBLIC}),
            engine.state("advised", {**engine.PRIVATE, "deletionProtection": False}),
            engine.state("unknown", {**engine.PRIVATE, "vpcConfig": {"endpointPublicAccess": engine.UNKNOWN}}),
        ),
    )


def _report(gate: Command, saved: Path, form: str) -> Said:
    said = gate(saved, *OPTIONS, "--format", form)
    assert (said.code, said.err) == (4, "")
    return said


def test_the_text_says_everything_and_ends_with_counts(gate: Command, saved: Path) -> None:
    lines = _report(gate, saved, "text").out.splitlines()
    titles = ["Violations: 1", "Advice: 1", "Cannot be decided yet: 1", "Waived: 1", "Waivers in force: 1"]
    assert [line for line in lines if line in titles] == titles
    assert "  page  docs/rules/cloud-baseline.md#mf-a1" in lines
    assert (
        "  until 2026-12-31, platform@acme.example: MF-A1 on urn:pulumi:one::shop::*::waived: "
        "Runners reach it over the internet until the tunnel stands. (1 here)"
    ) in lines
    counts = "1 violation, 1 advice, 1 undecided, 1 waived by 1 waiver in force; 4 resources and "
    assert lines[-1].startswith(counts)
    assert lines[-1].endswith(" rules judged. The gate stays closed.")


def test_the_text_fits_a_terminal_of_80_columns(gate: Command, saved: Path, tmp_path: Path) -> None:
    asked = judging.Asked([saved], config=tmp_path / "gate.json", exceptions=tmp_path / "exceptions.yaml")
    with Path(tmp_path / "shown").open("w", encoding="utf-8") as shown:
        print_report(Console(file=shown, width=80, force_terminal=True, color_system=None), judging.judged(asked))
    text = (tmp_path / "shown").read_text(encoding="utf-8")
    # URNs stay whole, so that they can be copied.
    assert max(len(line) for line in text.splitlines() if not line.startswith("  urn:")) <= 80
    assert "\n        " in text
    assert "MF-A1" in text


def test_the_json_tells_each_verdict_with_its_place(gate: Command, saved: Path) -> None:
    report = json.loads(_report(gate, saved, "json").out)
    assert (report["format"], report["version"], report["judged_on"]) == ("meshfed-gate", 1, "2026-11-21")
    assert (report["exit_code"], report["is_whole"]) == (4, True)
    assert report["packs"] == ["zero-trust", "cloud-baseline"]
    assert report["files"] == [
        {
            "file": str(saved),
            "form": "stack export",
            "stacks": ["urn:pulumi:one::shop::"],
            "resources": 4,
            "notes": [],
        }
    ]
    rules = report["counts"].pop("rules")
    assert rules > 10
    assert report["counts"] == {
        "violations": 1,
        "advice": 1,
        "undecided": 1,
        "waived": 1,
        "waivers_in_force": 1,
        "resources": 4,
    }
    found = {one["urn"].rpartition("::")[2]: one for one in report["verdicts"]}
    assert {name: one["outcome"] for name, one in found.items()} == {
        "public": "violation",
        "waived": "waived",
        "advised": "advice",
        "unknown": "undecided",
    }
    one = found["public"]
    assert (one["id"], one["level"], one["stack"]) == ("MF-A1", "mandatory", "one")
    assert (one["file"], one["line"], one["path"]) == ("program/__main__.py", 12, "vpcConfig.endpointPublicAccess")
    assert found["waived"]["waiver"]["owner"] == "platform@acme.example"
    assert report["waivers"][0]["until"] == "2026-12-31"


def test_the_sarif_has_rules_places_and_suppressions(gate: Command, saved: Path) -> None:
    said = gate(saved, *OPTIONS, "--format", "sarif", "--pages", "https://docs.example/rules/")
    document = json.loads(said.out)
    (run,) = document["runs"]
    assert (said.code, document["version"], run["invocations"][0]["exitCode"]) == (4, "2.1.0", 4)
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    assert len(set(ids)) == len(ids)
    by_name: dict[str, Any] = {}
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        # Only what fails has a level (3.27.10 of the standard), and where one result has suppressions all have.
        assert (result["level"] == "none") is (result["kind"] != "fail")
        assert isinstance(result["suppressions"], list)
        (place,) = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "program/__main__.py"
        by_name[place["logicalLocations"][0]["fullyQualifiedName"].rpartition("::")[2]] = result
    assert {name: (one["kind"], one["level"]) for name, one in by_name.items()} == {
        "public": ("fail", "error"),
        "waived": ("fail", "error"),
        "advised": ("fail", "warning"),
        "unknown": ("open", "none"),
    }
    assert by_name["public"]["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}
    assert by_name["waived"]["suppressions"][0]["justification"].endswith("(platform@acme.example, until 2026-12-31)")
    assert len({one["partialFingerprints"]["meshfed/v1"] for one in by_name.values()}) == 4
    links = {rule["id"]: rule["helpUri"] for rule in rules}
    assert links["MF-A1"] == "https://docs.example/rules/cloud-baseline.md#mf-a1"
    assert "helpUri" not in _report(gate, saved, "sarif").out


def test_the_junit_has_a_case_for_every_rule(gate: Command, saved: Path) -> None:
    document = JUnitXml.fromstring(_report(gate, saved, "junit").out)
    (suite,) = list(document)
    cases = cast("list[Any]", list(suite))
    judged = {rule.id for rule in RULES if set(rule.packs) - {"federation"}}
    assert {case.name.split()[0] for case in cases} == judged
    results = [result for case in cases for result in case.result]
    assert (suite.failures, suite.errors, suite.skipped) == (1, 1, 2)
    assert sorted(type(result).__name__ for result in results) == ["Error", "Failure", "Skipped", "Skipped"]
    (failure,) = [result for result in results if type(result).__name__ == "Failure"]
    assert failure.message.startswith("vpcConfig.endpointPublicAccess: the API server answers on the internet")
    for part in ("program/__main__.py:12", "Why: ", "Do: ", "docs/rules/cloud-baseline.md#mf-a1"):
        assert part in failure.text
    assert any("waived until 2026-12-31 by platform@acme.example" in str(result.message) for result in results)


def test_an_allowed_undecided_verdict_is_skipped_in_junit(gate: Command, tmp_path: Path) -> None:
    one = engine.state("main", {**engine.PRIVATE, "vpcConfig": {"endpointPublicAccess": engine.UNKNOWN}})
    stack = engine.written(tmp_path / "stack.json", engine.export(one))
    (suite,) = list(JUnitXml.fromstring(gate(stack, "--undecided", "allow", "--format", "junit").out))
    assert (suite.failures, suite.errors, suite.skipped) == (0, 0, 1)


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_a_report_goes_whole_into_a_file(gate: Command, saved: Path, tmp_path: Path, form: str) -> None:
    printed = _report(gate, saved, form).out
    said = gate(saved, *OPTIONS, "--format", form, "--output", "report")
    assert said.code == 4
    assert said.out.startswith("report written. 1 violation, 1 advice, 1 undecided, 1 waived by 1 waiver in force; ")
    assert (tmp_path / "report").read_text(encoding="utf-8") == printed


@pytest.mark.parametrize("form", ["text", "junit", "sarif", "json"])
def test_names_of_resources_steer_no_terminal_and_break_no_document(gate: Command, tmp_path: Path, form: str) -> None:
    evil = '\x1b[2J\x00</testcase>"\ufffe[red]\u2028'
    saved = engine.written(tmp_path / "stack.json", engine.export(engine.state(evil, engine.PUBLIC)))
    said = gate(saved, "--format", form)
    assert said.code == 4
    assert not set(said.out) & set("\x1b\x00\ufffe\u2028")
    assert "[red]" in said.out
    if form == "junit":
        assert "<failure" in said.out
        assert list(JUnitXml.fromstring(said.out))


def test_cleaning_leaves_words_of_any_language_alone() -> None:
    assert clean("Zürich 東京 [a]\t") == "Zürich 東京 [a]?"


def test_a_rule_is_explained_by_its_id(gate: Command) -> None:
    said = gate("--explain", "mf-i1")
    assert said.code == 0
    assert said.out.startswith("MF-I1  A PeerAuthentication asks for STRICT\n  why      PERMISSIVE and DISABLE")
    assert "docs/rules/zero-trust.md#mf-i1" in said.out
    unknown = gate("--explain", "MF-I100")
    assert unknown.code == 1
    assert "--explain: MF-I100: is no rule's id. Did you mean MF-I10" in unknown.err


def test_the_entry_of_a_permanent_exception_opens_the_gate_for_that_content_alone(
    gate: Command, tmp_path: Path
) -> None:
    text = (
        "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\n"
        "metadata: {name: fields, namespace: istio-system}\nspec: {configPatches: []}\n"
    )
    (tmp_path / "filter.yaml").write_text(text, encoding="utf-8")
    assert gate("filter.yaml").code == 4
    entry = gate("hash", "filter.yaml").out
    filled = entry.replace("reason: ''", "reason: Adds the caller to access logs.").replace("owner: ''", "owner: sec@x")
    (tmp_path / "policy-packs").mkdir()
    (tmp_path / "policy-packs/exceptions.yaml").write_text(f"allowed:\n{filled}", encoding="utf-8")
    said = gate("filter.yaml")
    assert said.code == 0
    assert "Allowed for good, by name and content: 1" in said.out
    (tmp_path / "filter.yaml").write_text(text.replace("[]", "[{applyTo: LISTENER}]"), encoding="utf-8")
    assert gate("filter.yaml").code == 4


def test_the_entry_of_a_webhook_opens_the_gate_for_it(gate: Command, tmp_path: Path) -> None:
    text = (
        "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: doors}\n"
        "webhooks:\n- {name: doors.example.com, clientConfig: {service: {name: doors, namespace: kube-system}},"
        " rules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [services]}]}\n"
    )
    (tmp_path / "webhook.yaml").write_text(text, encoding="utf-8")
    assert gate("webhook.yaml").code == 4
    entry = gate("hash", "webhook.yaml").out
    filled = entry.replace("reason: ''", "reason: Sets the class of Services.").replace("owner: ''", "owner: edge@x")
    (tmp_path / "policy-packs").mkdir()
    (tmp_path / "policy-packs/exceptions.yaml").write_text(f"allowed:\n{filled}", encoding="utf-8")
    assert gate("webhook.yaml").code == 0


def test_the_hash_of_a_script_is_that_of_its_text(gate: Command, tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_bytes(SCRIPT)
    assert gate("hash", "start.sh").out == f"sha256: {hashlib.sha256(SCRIPT).hexdigest()}\n"


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_no_report_hides_a_rule_that_was_turned_off(gate: Command, saved: Path, form: str) -> None:
    engine.written(saved.parent / "gate.json", {**CONFIG, "MF-A1": "disabled"})
    said = gate(saved, *OPTIONS, "--format", form)
    told = [line for line in said.out.splitlines() if "MF-A1" in line and "disabled" in line]
    assert told or '"MF-A1": "disabled"' in said.out, said.out


def test_a_report_never_replaces_what_was_judged(gate: Command, saved: Path) -> None:
    before = saved.read_bytes()
    said = gate(saved, "--output", saved)
    assert (said.code, saved.read_bytes()) == (1, before)
    assert "is one of the files judged" in said.err


def test_a_report_goes_where_a_link_leads_and_into_a_device(gate: Command, saved: Path) -> None:
    link, target = saved.parent / "link.json", saved.parent / "target.json"
    target.write_text("before", encoding="utf-8")
    link.symlink_to(target)
    gate(saved, *OPTIONS, "--format", "json", "--output", link)
    assert link.is_symlink()
    assert json.loads(target.read_text(encoding="utf-8"))["format"] == "meshfed-gate"
    pipe = saved.parent / "null"
    pipe.symlink_to("/dev/null")
    gate(saved, *OPTIONS, "--output", pipe)
    assert Path("/dev/null").is_char_device()


def test_nothing_that_is_not_seen_or_turns_the_writing_reaches_a_report() -> None:
    unseen = {chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs"}}
    assert clean("".join(sorted(unseen))) == "?" * len(unseen)
    assert clean("a\u202eb Zürich 東京") == "a?b Zürich 東京"
