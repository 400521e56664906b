"""A judge is asked about what stands as a cloud would tell it, and its word becomes a finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.toolchain import Toolchain
from meshfed_local.verify.day2 import Change, judge_change
from meshfed_local.verify.exports import Asked, Step
from meshfed_local.verify.judge import Court, Kind
from meshfed_local.verify.provider import Diagnostic, Planned, Provider
from meshfed_local.verify.schema import Attribute, Block, NestedBlock, Nesting
from meshfed_local.verify.worlds import Ran

FIREWALL = "gcp:compute/firewall:Firewall"
BLOCK = Block(
    {
        "name": Attribute("string", required=True),
        "network": Attribute("string", required=True),
        "priority": Attribute("number", optional=True),
        "enable_logging": Attribute("bool", optional=True, computed=True),
    },
    {"log_config": NestedBlock(Block({"metadata": Attribute("string", required=True)}, {}), Nesting.LIST, 0, 1)},
)


@dataclass
class GoogleFirewalls(Provider):
    """Plans as Google's provider does: the network replaces, and the old logging word excludes the new one."""

    stood: list[Any] = field(default_factory=list[Any])
    """The states from which changes were planned."""

    @property
    def types(self) -> Sequence[str]:
        return ["google_compute_firewall"]

    def block(self, type_name: str) -> Block:
        assert type_name == "google_compute_firewall"
        return BLOCK

    def validate(self, type_name: str, config: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
        error = Diagnostic(True, "expected priority to be in the range (0 - 65535)", "", ("priority",))
        return (error,) if (config["priority"] or 0) > 65535 else ()

    def plan(
        self, type_name: str, prior: Any, proposed: Any, config: Mapping[str, Any], private: bytes = b""
    ) -> Planned:
        if prior is None:
            logging = UNKNOWN if proposed["enable_logging"] is None else proposed["enable_logging"]
            return Planned({**proposed, "enable_logging": logging}, (), b"", ())
        self.stood.append(prior)
        if proposed["enable_logging"] is False and proposed["log_config"]:
            conflict = Diagnostic(True, "log_config cannot be defined when enable_logging is false", "", ())
            return Planned(None, (), b"", (conflict,))
        replaces = (("network",),) if prior["network"] != proposed["network"] else ()
        return Planned(proposed, replaces, b"", ())


@pytest.fixture
def judge() -> GoogleFirewalls:
    """The judge of firewalls; it runs nothing."""
    return GoogleFirewalls()


@pytest.fixture
def court(judge: GoogleFirewalls) -> Court:
    """A court with this judge alone."""
    return Court(Toolchain(), {"gcp": judge})


def asked(**inputs: Any) -> Asked:
    """A firewall that logs in the new way."""
    base = {"name": "f", "network": "n", "logConfig": {"metadata": "INCLUDE_ALL_METADATA"}}
    return Asked("euw3", FIREWALL, "urn:pulumi:euw3::meshfed::x::f", {**base, **inputs})


def test_the_old_logging_word_of_a_firewall_stays_unset_before_a_change(court: Court, judge: GoogleFirewalls) -> None:
    ruling = court.change(Step("update", asked(priority=1), asked(priority=2)))
    assert ruling.findings == ()
    assert [state["enable_logging"] for state in judge.stood] == [None]


def test_the_old_logging_word_stays_where_somebody_gave_it(court: Court, judge: GoogleFirewalls) -> None:
    before = asked(logConfig=None, enableLogging=True)
    assert court.change(Step("update", before, asked(logConfig=None, enableLogging=True, priority=2))).findings == ()
    assert [state["enable_logging"] for state in judge.stood] == [True]


def test_an_update_where_the_provider_replaces_is_a_finding_and_a_replacement_is_none(court: Court) -> None:
    before, after = asked(), asked(network="other")
    promised = court.change(Step("update", before, after))
    assert [(one.kind, one.path, one.stack) for one in promised.findings] == [(Kind.PROMISED_UPDATE, "network", "euw3")]
    told = court.change(Step("replace", before, after))
    assert (told.findings, told.because) == ((), ("network",))


def test_a_change_that_the_provider_cannot_plan_is_undecided(court: Court) -> None:
    before, after = asked(enableLogging=True), asked(enableLogging=False)
    assert [one.kind for one in court.change(Step("update", before, after)).findings] == [Kind.UNDECIDED]


def test_inputs_without_a_place_and_refused_ones_are_told_in_the_words_of_pulumi(court: Court) -> None:
    found = list(court.inputs(asked(prioritee=3, priority=70000)))
    assert [(one.kind, one.path) for one in found] == [
        (Kind.UNMAPPED_PROPERTY, "prioritee"),
        (Kind.REFUSED, "priority"),
    ]


def test_a_change_of_which_nothing_reached_a_judge_was_not_judged(court: Court) -> None:
    change = Change("sizes", lambda _settings: None, touches=frozenset({"aws", "gcp"}))
    step = Step("update", asked(priority=1), asked(priority=2))
    half = judge_change(court, change, [Ran("euw3", (), (asked(priority=70000),), (step,), 1.0)])
    assert half.failure == "it changed nothing of aws"
    assert (half.changed, dict(half.made), [one.kind for one in half.findings]) == (1, {FIREWALL: 1}, [Kind.REFUSED])
    broken = judge_change(court, change, [Ran("euw3", (), (), (), 1.0, "euw3: up failed")])
    assert broken.failure == "euw3: up failed; it changed nothing of aws; it changed nothing of gcp"
