"""The report names every finding and passes only when there is none."""

import json
from collections import Counter
from pathlib import Path

from meshfed_local.verify.day2 import CHANGES, Changed, Replacement
from meshfed_local.verify.gallery import Judged
from meshfed_local.verify.judge import Finding, Kind
from meshfed_local.verify.report import Report

FINDING = Finding(
    Kind.REFUSED, "use1", "use1-vpc", "aws:ec2/vpc:Vpc", "cidrBlock", 'expected a valid IPv4 CIDR, got "10.0.0.0/33"'
)


def judged(*findings: Finding, failure: str = "") -> Judged:
    """A setting of three resources."""
    resources = Counter({"aws:ec2/vpc:Vpc": 2, "gcp:compute/network:Network": 1})
    return Judged("duo", 2, resources, list(findings), failure=failure)


def test_a_finding_fails_and_is_told_with_resource_property_and_message() -> None:
    report = Report([judged(FINDING)])
    text = "\n".join(report.lines())
    assert not report.passed
    assert "use1: use1-vpc (aws:ec2/vpc:Vpc)" in text
    assert 'cidrBlock: expected a valid IPv4 CIDR, got "10.0.0.0/33"' in text
    assert text.endswith("failed: 1 findings, 0 of them unmapped, 0 not judged, 0 stale tables")


def test_what_could_not_be_judged_fails() -> None:
    assert not Report([judged(failure="duo: up failed")]).passed
    assert not Report([judged()], [Changed("tags", failure="no plan")]).passed
    assert not Report([judged()], stale=["aws.json has no x"]).passed
    assert not Report([judged()], untried=["aws:ram/resourceShare:ResourceShare"]).passed


def test_a_run_that_judged_nothing_fails() -> None:
    assert Report([]).failures == ["nothing: there is no settings file here; run it in the project's folder"]
    empty = Report([judged(), Judged("duo2", 1)])
    assert empty.failures == ["duo2: no resource of it was judged"]
    assert not empty.passed
    assert Report([judged(), Judged("infeasible", note="refused by the plan")]).passed


def test_the_end_says_how_much_was_judged() -> None:
    change = Changed("size", 2, Counter({"aws:ec2/vpc:Vpc": 4}), [Replacement("use1", "node", "t", ("ami",))])
    lines = Report([judged(), Judged("infeasible", note="refused")], [change]).lines()
    assert [line.split() for line in lines if line.endswith((":Vpc", ":Network"))] == [
        ["6", "aws:ec2/vpc:Vpc"],
        ["1", "gcp:compute/network:Network"],
    ]
    assert lines[-2:] == [
        "judged: 2 settings, 1 of them refused by the plan; 2 stacks; resources 2 of aws, 1 of gcp; 2 types; "
        "1 day-2 changes with 2 resources changed, 1 of them replaced, and 4 made",
        "passed: 0 findings, 0 of them unmapped, 0 not judged, 0 stale tables",
    ]


def test_a_replacement_alone_is_no_fault_but_is_told() -> None:
    change = Changed("size", 2, replaced=[Replacement("use1", "node", "aws:ec2/instance:Instance", ("ami",))])
    report = Report([judged()], [change])
    assert report.passed
    assert any("aws:ec2/instance:Instance: ami" in line for line in report.lines())


def test_every_report_says_that_azure_has_no_judge(tmp_path: Path) -> None:
    change = Changed("size", 1, Counter({"aws:ec2/vpc:Vpc": 4}), [Replacement("use1", "node", "t", ("ami",))])
    report = Report([judged(FINDING)], [change])
    path = tmp_path / "deep" / "report.json"
    report.write(path)
    content = json.loads(path.read_text())
    assert "Azure" in content["not_judged"]
    assert any("Azure" in line for line in report.lines())
    assert content["settings"][0]["findings"][0]["path"] == "cidrBlock"
    assert content["settings"][0]["resources"] == {"aws": 2, "gcp": 1}
    assert content["changes"][0]["made"] == {"aws:ec2/vpc:Vpc": 4}
    assert content["changes"][0]["replaced"][0]["because"] == ["ami"]
    assert set(content["judges"]) == {"aws", "gcp"}
    assert all(version.startswith("v") for version in content["judges"].values())


def test_the_changes_of_a_running_federation_are_all_there() -> None:
    assert {change.name for change in CHANGES} == {
        "agent release",
        "node size",
        "gateway size",
        "Kubernetes minor",
        "tags",
        "region added",
        "region drained",
        "region removed",
    }
