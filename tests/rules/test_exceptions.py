"""Waivers: they cover what they name while they last, and one that is expired or of no use fails by itself."""

from datetime import date

import pytest

from meshfed.errors import SettingsError
from meshfed.rules.catalog import BY_ID, RULES
from meshfed.rules.exceptions import refuse_unknown_ids
from meshfed.rules.gate import Policy, Report, judge
from meshfed.rules.resource import resource_of
from meshfed.rules.rule import Level
from meshfed.settings.gate import Exceptions, Waiver

TODAY = date(2026, 11, 21)
TOKEN = "kubernetes:security.istio.io/v1:PeerAuthentication"
URN = f"urn:pulumi:use1::shop::{TOKEN}::old"


def _waiver(*, until: str = "2026-12-31", ids: tuple[str, ...] = ("MF-I1",), urn: str = URN) -> Waiver:
    raw = {"ids": ids, "urns": [urn], "reason": "the old client speaks plaintext", "owner": "team-shop", "until": until}
    return Waiver.model_validate(raw)


def _report(*waivers: Waiver, mode: str = "PERMISSIVE", levels: dict[str, Level] | None = None) -> Report:
    inputs = {"metadata": {"name": "old", "namespace": "shop"}, "spec": {"mtls": {"mode": mode}}}
    policy = Policy(RULES, TODAY, exceptions=Exceptions(waivers=waivers), levels=levels or {})
    return judge(policy, {"urn:pulumi:use1::": [resource_of(TOKEN, URN, inputs)]})


def test_a_waiver_takes_on_what_it_names_to_its_last_day() -> None:
    report = _report(_waiver(until="2026-11-21"))
    assert report.failures == ()
    assert [(one.verdict.rule.id, one.waiver and one.waiver.owner) for one in report.waived] == [("MF-I1", "team-shop")]
    assert [one.owner for one in report.in_force] == ["team-shop"]


def test_an_expired_waiver_covers_nothing_and_fails_itself() -> None:
    report = _report(_waiver(until="2026-11-20"))
    assert [one.rule.id for one in report.failures] == ["MF-I1", "MF-G8"]
    assert "expired on 2026-11-20" in report.failures[1].message


@pytest.mark.parametrize("urn", ["urn:pulumi:use1::*", "urn:pulumi:us*::shop::*::old", URN])
def test_stars_stand_for_any_text(urn: str) -> None:
    assert _report(_waiver(urn=urn)).failures == ()


def test_a_name_that_ends_like_a_waived_urn_is_not_waived() -> None:
    inputs = {"metadata": {"name": "new", "namespace": "shop"}, "spec": {"mtls": {"mode": "PERMISSIVE"}}}
    posing = f"urn:pulumi:use1::shop::{TOKEN}::new::aws:kms/key:Key::old"
    policy = Policy(RULES, TODAY, exceptions=Exceptions(waivers=(_waiver(urn="urn:pulumi:use1::*Key::old"),)))
    report = judge(policy, {"urn:pulumi:use1::": [resource_of(TOKEN, posing, inputs)]})
    assert [one.rule.id for one in report.failures] == ["MF-I1", "MF-G8"]


def test_dots_and_brackets_of_a_pattern_are_themselves() -> None:
    assert [one.rule.id for one in _report(_waiver(urn=URN.replace(".", "x"))).failures] == ["MF-I1", "MF-G8"]


def test_a_waiver_that_covers_nothing_fails_where_its_stack_is_judged_and_only_there() -> None:
    (failure,) = _report(_waiver(), mode="STRICT").failures
    assert failure.rule.id == "MF-G8"
    assert failure.message.endswith("covers nothing: no violation of MF-I1 is where it is for")
    elsewhere = _waiver(urn=URN.replace("use1", "eus"))
    assert _report(elsewhere, mode="STRICT").failures == ()


def test_each_id_of_a_waiver_must_be_of_use() -> None:
    report = _report(_waiver(ids=("MF-I1", "MF-I2")))
    assert ["covers no violation of MF-I2" in one.message for one in report.failures] == [True]


def test_each_pattern_of_a_waiver_must_be_of_use_and_one_verdict_tells_all_that_are_not() -> None:
    raw = {**_waiver(ids=("MF-I1", "MF-I2")).model_dump(), "urns": [URN, URN.replace("old", "older")]}
    (failure,) = _report(Waiver.model_validate(raw)).failures
    assert failure.message.endswith(f"covers no violation of MF-I2 and nothing by {URN.replace('old', 'older')}")


@pytest.mark.parametrize(("pattern", "is_told"), [("k8s/*", True), ("k8s/a.yaml::*", True), ("other/*", False)])
def test_a_waiver_for_manifests_is_of_no_use_only_where_its_files_are_judged(pattern: str, is_told: bool) -> None:
    urn = f"urn:pulumi:manifests::k8s/a.yaml::{TOKEN}::shop/old"
    inputs = {"metadata": {"name": "old", "namespace": "shop"}, "spec": {"mtls": {"mode": "STRICT"}}}
    waiver = _waiver(urn=f"urn:pulumi:manifests::{pattern}")
    policy = Policy(RULES, TODAY, exceptions=Exceptions(waivers=(waiver,)))
    report = judge(policy, {"urn:pulumi:manifests::": [resource_of(TOKEN, urn, inputs)]})
    assert [one.rule.id for one in report.failures] == ["MF-G8"] * is_told


def test_a_waiver_for_what_cannot_be_decided_yet_is_of_use() -> None:
    report = _report(_waiver(), mode="04da6b54-80e4-46f7-96ec-b56ff0331ba9")
    assert (report.failures, report.undecided) == ((), ())
    assert len(report.waived) == 1


def test_an_unknown_id_in_a_waiver_is_refused() -> None:
    with pytest.raises(SettingsError, match="MF-I99: is no rule's id"):
        refuse_unknown_ids("exceptions.yaml", Exceptions(waivers=(_waiver(ids=("MF-I99",)),)), set(BY_ID))


def test_levels_decide_what_a_violation_does() -> None:
    advised = _report(levels={"MF-I1": Level.ADVISORY})
    assert ([one.rule.id for one in advised.advice], advised.failures) == (["MF-I1"], ())
    assert _report(levels={"MF-I1": Level.DISABLED}).judged == ()


def test_a_waiver_for_longer_than_a_year_fails() -> None:
    assert [one.rule.id for one in _report(_waiver(until="2027-11-22")).failures] == []
    report = _report(_waiver(until="2027-11-23"))
    assert [one.rule.id for one in report.failures] == ["MF-G8"]
    assert "366 days" in report.failures[0].message


@pytest.mark.parametrize("urn", ["urn:pulumi:*::*", "urn:pulumi:*Service::shop/web", "*"])
def test_a_waiver_names_a_stack(urn: str) -> None:
    with pytest.raises(ValueError, match="urns"):
        _waiver(urn=urn)
