"""An epoch after a region's first counts only with the word of its offline key; without it the region stays closed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from meshfed.settings.facts import EpochGrant
from meshfed.settings.federation import Federation
from meshfed.settings.keys import fingerprint
from meshfed.topology.build import build
from meshfed.topology.grants import Grant, beginning_fault, grant_fault, read_statement
from meshfed.topology.order import Action, StackState, next_steps
from meshfed.topology.plan import Plan
from tests.topology.federations import public_key, raw
from tests.topology.offline_keys import STRANGER, UNTIL, good, pem, pinned, regions, signed, told

GOOD = signed(good())
SOME_HASH = "0" * 64


def plan_of(grant: EpochGrant | None, epoch: int = 2, pinned_epoch: int | None = None) -> Plan:
    federation = Federation.model_validate(raw(regions(epoch)))
    return build(federation, pinned(grant, pinned_epoch or epoch))


def open_towards(plan: Plan, region: str) -> list[str]:
    return [peer.key for peer in plan.open_peers(region)]


def test_the_statement_is_the_contracts() -> None:
    """Written out by hand: a change of this test is a change of what offline keys signed."""
    text = Grant("two", 2, "a" * 64, "b" * 64, UNTIL).statement
    body = f'{{"bundle_key":"{"b" * 64}","peer_key":"{"a" * 64}"}}'
    digest = "4e89224425348804198f7245c9cb0ec6033a8afae728f3afdec91025670f8fd5"
    assert text == (
        f'{{"body":{body},"epoch":2,"kind":"epoch","not_after":"2026-12-21T10:00:00Z",'
        f'"region":"two","sha256":"{digest}"}}'
    )


def test_a_rebuilt_region_opens_with_a_grant_and_stays_closed_without() -> None:
    assert open_towards(plan_of(GOOD), "one") == ["two"]
    closed = plan_of(None)
    assert open_towards(closed, "one") == []
    assert [peer.key for peer in closed.pending_peers("one")] == ["two"]
    assert closed.regions["two"].ungranted == "epoch 2 needs a grant of the region's offline key"


def test_the_first_epoch_needs_no_grant() -> None:
    assert open_towards(plan_of(None, epoch=1), "one") == ["two"]


def test_facts_of_the_epoch_before_are_no_fault_of_a_grant() -> None:
    plan = plan_of(None, epoch=2, pinned_epoch=1)
    assert (plan.regions["two"].facts, plan.regions["two"].ungranted) == (None, "")


TAMPERED = GOOD.statement.replace("2026-12-21", "2036-12-21")
LOOSE = json.dumps(json.loads(GOOD.statement))


@pytest.mark.parametrize(
    ("grant", "why"),
    [
        (signed(replace(good(), region="one")), "its grant is for epoch 2 of one; wanted: epoch 2 of two"),
        (signed(replace(good(), epoch=3)), "its grant is for epoch 3 of two; wanted: epoch 2 of two"),
        (signed(replace(good(), epoch=1)), "its grant is for epoch 1 of two; wanted: epoch 2 of two"),
        (signed(good(), STRANGER), "its grant is not signed by regions.two.offline_key of the settings"),
        (GOOD.model_copy(update={"statement": TAMPERED}), "its grant is not signed by"),
        (GOOD.model_copy(update={"signature": "AAAA"}), "its grant is not signed by"),
        (GOOD.model_copy(update={"signature": "A"}), "its grant is not signed by"),
        (signed(LOOSE), "its grant is no statement about an epoch, or was changed"),
        (signed(GOOD.statement + "\n"), "its grant is no statement"),
        (signed(GOOD.statement.replace('"epoch":2', '"epoch":2.0')), "its grant is no statement"),
        (signed(GOOD.statement.replace('"kind":"epoch"', '"kind":"peer"')), "its grant is no statement"),
        (signed(GOOD.statement.replace(good().peer_key, SOME_HASH)), "its grant is no statement"),
    ],
)
def test_a_wrong_grant_opens_nothing(grant: EpochGrant, why: str) -> None:
    plan = plan_of(grant)
    assert open_towards(plan, "one") == []
    assert plan.regions["two"].ungranted.startswith(why)


def test_the_regions_own_keys_grant_nothing() -> None:
    """Whoever holds the peer key of a region cannot begin its next epoch."""
    for number in (2, 3):
        own = ec.derive_private_key(number + 1, ec.SECP256R1())
        assert pem(own) in {told().peer_key, told().bundle_key}
        assert "is not signed by" in grant_fault("two", 2, pem(), signed(good(), own))


def test_a_region_without_an_offline_key_begins_no_epoch() -> None:
    assert "the settings have no regions.two.offline_key" in grant_fault("two", 2, None, GOOD)


def test_an_epoch_begins_with_the_granted_keys_in_time() -> None:
    now = UNTIL - timedelta(seconds=1)
    assert beginning_fault(GOOD, told(), now) == ""
    assert beginning_fault(GOOD, told(), UNTIL) == "its grant expired at 2026-12-21T10:00:00Z"
    for name in ("peer_key", "bundle_key"):
        other = told().model_copy(update={name: public_key(9)})
        assert beginning_fault(GOOD, other, now) == f"its grant names another {name} than the region's stack tells"


def test_a_key_that_is_rotated_within_a_granted_epoch_is_a_pin() -> None:
    facts = pinned(GOOD)
    rotated = facts.regions["two"].model_copy(update={"peer_key": public_key(9)})
    changed = facts.model_copy(update={"regions": {**facts.regions, "two": rotated}})
    plan = build(Federation.model_validate(raw(regions())), changed)
    assert open_towards(plan, "one") == ["two"]


@settings(deadline=None)
@given(st.integers(0), st.text("a0{", max_size=3))
def test_no_other_text_than_the_signed_one_is_granted(at: int, by: str) -> None:
    text = _changed(GOOD.statement, at, by)
    if text == GOOD.statement:
        return
    assert grant_fault("two", 2, pem(), EpochGrant(statement=text, signature=GOOD.signature))


def _changed(text: str, at: int, by: str) -> str:
    at %= len(text)
    return text[:at] + by + text[at + 1 :]


@given(
    st.text("abc019", min_size=1),
    st.integers(1, 2**31),
    st.integers(10**9, 2 * 10**11).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_what_is_stated_is_read_back(region: str, epoch: int, until: datetime) -> None:
    stated = Grant(region, epoch, fingerprint(public_key(1)), fingerprint(public_key(2)), until)
    assert read_statement(stated.statement) == stated


def _state(epoch: int) -> StackState:
    return StackState(told(epoch), frozenset(), {})


def test_next_leads_a_rebuilt_region_through_its_epoch() -> None:
    federation = Federation.model_validate(raw(regions()))
    one = StackState(pinned(None).regions["one"], frozenset(), {"one": pinned(None).regions["one"].digest})
    old = build(federation, pinned(None, epoch=1))
    (step,) = next_steps(old, {"one": one, "two": _state(1)})
    assert (step.action, step.why) == (Action.UP, "its stack stands as epoch 1, and the settings say 2")
    (step,) = next_steps(old, {"one": one, "two": _state(2)})
    assert step.action is Action.PIN
    assert step.why == "its epoch changed; epoch 2 needs a grant of its offline key (`meshfed grant`)"
    (step,) = next_steps(build(federation, pinned(None)), {"one": one, "two": _state(2)})
    assert (step.action, step.why) == (Action.PIN, "epoch 2 needs a grant of the region's offline key")
    steps = next_steps(build(federation, pinned(GOOD)), {"one": one, "two": _state(2)})
    assert [(step.action, step.region) for step in steps] == [(Action.UP, "one"), (Action.UP, "two")]


def test_a_renewed_grant_is_deployed_anew() -> None:
    renewed = signed(replace(good(), not_after=UNTIL + timedelta(days=30)))
    assert pinned(GOOD).regions["two"].digest != pinned(renewed).regions["two"].digest
