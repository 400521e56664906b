"""What an owner tells the gate is read whole or refused with its faults; unknown ids and keys never pass in silence."""

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
