"""What an owner tells the gate is read whole or refused with its faults; unknown ids and keys never pass in silence."""

import json
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from meshfed.errors import SettingsError
from meshfed.rules.catalog import rules_of
from meshfed.rules.configured import Wanted, policy_of
from meshfed.rules.rule import Level, Pack
from meshfed.settings.gate import Exceptions, GateConfiguration, Waiver
from meshfed.settings.load import gate_options, load_gate_configuration

TODAY = date(2026, 11, 21)
WHOLE = {
    "all": "advisory",
    "MF-A1": {"enforcementLevel": "mandatory"},
    "MF-I1": "disabled",
    "meshfed": {"root_namespace": "mesh", "exceptions": "policy-packs/exceptions.yaml"},
}


def _faults(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_gate_configuration(path)
    assert refused.value.where == str(path)
    return [str(fault) for fault in refused.value.faults]


def test_levels_stand_by_themselves_or_in_an_object_and_all_gives_the_rest() -> None:
    policy = policy_of(Pack, Wanted(GateConfiguration.model_validate(WHOLE)), TODAY)
    by_id = {rule.id: policy.level(rule) for rule in policy.rules}
    assert (by_id["MF-A1"], by_id["MF-I1"], by_id["MF-I2"]) == (Level.MANDATORY, Level.DISABLED, Level.ADVISORY)
    assert policy.effective(None).root_namespace == "mesh"


def test_without_a_configuration_rules_keep_their_own_levels() -> None:
    policy = policy_of([Pack.CLOUD_BASELINE], Wanted(), TODAY)
    assert policy.rules == rules_of(Pack.CLOUD_BASELINE)
    assert all(policy.level(rule) is rule.level for rule in policy.rules)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"MF-A1": "strict"}', "MF-A1: strict: must be one of mandatory, advisory, disabled."),
        ('{"MF-A1": {"enforcementLevel": "off"}}', "MF-A1: off: must be one of mandatory, advisory, disabled."),
        ('{"MF-A1": {"level": "off"}}', "MF-A1: a level is wanted, or an object with enforcementLevel alone."),
        ('{"MF-A1": {}}', "MF-A1: a level is wanted, or an object with enforcementLevel alone."),
        ('{"all": 3}', "all: 3: must be one of mandatory, advisory, disabled."),
        ('{"mf-a1": "advisory"}', "mf-a1: mf-a1: the id of a rule is wanted: MF-I1."),
        (
            '{"meshfed": {"root_namespac": "x"}}',
            "meshfed.root_namespac: is not a setting. Did you mean root_namespace?",
        ),
        ('{"meshfed": []}', "meshfed: a mapping is wanted: KEY: VALUE."),
        ('{"MF-A1": "advisory", "MF-A1": "disabled"}', 'file: key "MF-A1" stands twice; keys are unique. Keep one.'),
        ('{"MF-A1": ', "line 1, column 11: is not JSON: Expecting value. Mend the line."),
        ("[]", "file: is not a mapping. See docs/rules/waivers.md."),
        ("[" * 100_000, "file: is nested too deeply. See docs/rules/waivers.md."),
        ("", "line 1, column 1: is not JSON: Expecting value. Mend the line."),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    assert _faults(tmp_path / "gate.json", text) == [fault]


OBJECT = "NAMESPACE/NAME is wanted, in lower case; the name may end in * for any text."
IMAGE = "the beginning of an image's name is wanted: registry.example.com/team."


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("controllers", ["istiod"], f"controllers[0]: istiod: {OBJECT}"),
        ("privileged_workloads", ["*/*"], f"privileged_workloads[0]: */*: {OBJECT}"),
        ("public_gateways", ["a/b/c"], f"public_gateways[0]: a/b/c: {OBJECT}"),
        ("accounts", ["x"], "accounts[0]: x: the 12 digits of an AWS account are wanted."),
        ("registries", [""], f"registries[0]: {IMAGE}"),
        ("registries", ["!!x y"], f"registries[0]: !!x y: {IMAGE}"),
        ("registries", ["*"], f"registries[0]: *: {IMAGE}"),
        ("packages", [""], "packages[0]: the name of a Pulumi package is wanted: github."),
        (
            "chart_repositories",
            [""],
            "chart_repositories[0]: the beginning of an address is wanted: https://HOST/charts or oci://HOST/charts.",
        ),
        ("issuers", ["x"], "issuers[0]: x: an address that begins with https:// is wanted."),
        (
            "gateway_components",
            [""],
            "gateway_components[0]: the type of a component is wanted: PACKAGE:MODULE:NAME.",
        ),
        (
            "cluster_administrators",
            ["!!x y"],
            "cluster_administrators[0]: !!x y: the ARN of an IAM role is wanted: arn:aws:iam::ACCOUNT:role/NAME.",
        ),
        ("short_certificate_anchors", [" "], "short_certificate_anchors[0]:  : a name without blanks is wanted."),
        (
            "leaving_regions",
            ["EUW1"],
            "leaving_regions[0]: EUW1: 2 to 8 lower-case letters and digits are wanted, the first a letter.",
        ),
        ("east_west_labels", {}, "east_west_labels: at least 1 are wanted."),
        ("east_west_labels", {"istio": ""}, "east_west_labels.istio: the value of a Kubernetes label is wanted."),
        ("east_west_labels", {"": "a"}, 'east_west_labels."": the key of a Kubernetes label is wanted.'),
    ],
)
def test_a_parameter_of_a_wrong_form_is_told_in_words(tmp_path: Path, name: str, value: object, fault: str) -> None:
    assert _faults(tmp_path / "gate.json", json.dumps({"meshfed": {name: value}})) == [f"meshfed.{fault}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("controllers", ["istio-system/istiod-*"]),
        ("registries", ["registry.example/", "localhost:5000/team_a/shop", "111122223333.dkr.ecr.us-east-1.aws"]),
        ("chart_repositories", ["https://charts.example.com", "oci://registry.example.com/charts/"]),
        ("gateway_components", ["acme:index:Router", "acme:net/router:Router"]),
        ("cluster_administrators", ["arn:aws-us-gov:iam::111122223333:role/aws-reserved/sso.amazonaws.com/x"]),
        ("east_west_labels", {"app.kubernetes.io/name": "east_west.1"}),
    ],
)
def test_a_parameter_of_a_right_form_is_taken(name: str, value: object) -> None:
    gate_options("the engine", {name: value})


def test_a_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"is not there\. Give --config FILE\."):
        load_gate_configuration(tmp_path / "none.json")


def test_a_level_of_a_rule_that_there_is_not_is_refused_with_the_nearest_id() -> None:
    given = GateConfiguration.model_validate({"MF-A100": "advisory", "MF-QQ9": "advisory"})
    with pytest.raises(SettingsError) as refused:
        policy_of(Pack, Wanted(given, configuration_at="gate.json"), TODAY)
    assert refused.value.where == "gate.json"
    assert [fault.path for fault in refused.value.faults] == ["MF-A100", "MF-QQ9"]
    assert "Did you mean MF-A1" in str(refused.value.faults[0])


def test_a_waiver_of_a_rule_that_there_is_not_is_refused() -> None:
    waiver = Waiver(
        ids=("MF-A1", "MF-ZZ1"),
        urns=("urn:pulumi:use1::*",),
        reason="until the cluster moves",
        owner="sec",
        until=TODAY,
    )
    with pytest.raises(SettingsError, match=r"waivers\[0\]\.ids: MF-ZZ1: is no rule's id"):
        policy_of(Pack, Wanted(exceptions=Exceptions(waivers=(waiver,))), TODAY)


def test_what_an_engine_hands_over_is_read_in_the_same_words() -> None:
    assert gate_options("the engine", {"root_namespace": "mesh"}).root_namespace == "mesh"
    with pytest.raises(SettingsError, match=r"the engine: 1 fault\n  issuer: is not a setting. Did you mean issuers\?"):
        gate_options("the engine", {"issuer": []})


@pytest.mark.parametrize(
    ("content", "is_valid"),
    [
        (WHOLE, True),
        ({"MF-A1": {"enforcementLevel": "off"}}, False),
        ({"MF-A1": {"enforcementLevel": "advisory", "more": 1}}, False),
        ({"mf-a1": "advisory"}, False),
        ({"meshfed": {"root_namespac": "x"}}, False),
    ],
)
def test_the_schema_says_what_the_reader_says(content: dict[str, object], *, is_valid: bool) -> None:
    faults = list(cast("Any", Draft202012Validator(GateConfiguration.model_json_schema())).iter_errors(content))
    assert (not faults) is is_valid
