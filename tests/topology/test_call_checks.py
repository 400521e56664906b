"""Chains of calls: circles, callers that give up first, retries that multiply, time on the way. No traffic is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from meshfed.errors import PlanError
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from tests.topology.federations import raw, region

REGIONS = {
    "use1": region("aws", "us-east-1", 0),
    "use4": region("gcp", "us-east4", 1),
    "euc1": region("aws", "eu-central-1", 2),
}


def _call(way: str, **more: Any) -> dict[str, Any]:
    caller, callee = way.split()
    return {"caller": caller, "callee": callee, "methods": ["GET"], "paths": ["/"], **more}


def _faults(calls: Sequence[dict[str, Any]], where: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    ports = {"http": {"number": 80, "protocol": "http"}}
    names = sorted({str(call[end]) for call in calls for end in ("caller", "callee")} - {"outside"})
    services = {
        name: {
            "tenant": "shop",
            "namespace": "shop",
            "service_account": name,
            "ports": ports,
            "regions": (where or {}).get(name, ["use1"]),
        }
        for name in names
    }
    graph = {
        "tenants": {"shop": {"owner": "shop-team", "namespaces": ["shop"]}},
        "services": services,
        "external_hosts": {"outside": {"host": "api.partner.example"}},
        "calls": calls,
    }
    federation = Federation.model_validate(raw(REGIONS, services=graph))
    try:
        build(federation)
    except PlanError as error:
        return [str(fault) for fault in error.faults]
    return []


def test_calls_in_a_circle_are_refused_each_circle_once_and_nothing_else_is_said() -> None:
    calls = [
        _call("web cart", timeout_ms=1),
        _call("cart stock"),
        _call("stock price"),
        _call("price cart"),
        _call("mail mail"),
    ]
    assert _faults(calls) == [
        "services.calls[3]: closes the circle cart -> stock -> price -> cart. "
        "Turn one of these calls round or take it out.",
        "services.calls[4]: closes the circle mail -> mail. Turn one of these calls round or take it out.",
    ]


def test_two_ways_to_one_service_are_no_circle() -> None:
    assert _faults([_call("web cart"), _call("web stock"), _call("cart price"), _call("stock price")]) == []


def test_a_caller_that_gives_up_before_its_callee_is_refused() -> None:
    calls = [_call("web cart", timeout_ms=800), _call("cart stock", timeout_ms=800), _call("cart outside")]
    assert _faults(calls) == [
        "services.calls[0].timeout_ms: 800 ms: web gives up before cart, which waits 1000 ms for outside "
        "(services.calls[2]). Give 1000 or more here, or less there."
    ]
    assert _faults([{**calls[0], "timeout_ms": 1000}, *calls[1:]]) == []


def _in_line(count: int, *once: int) -> list[dict[str, Any]]:
    return [_call(f"s{index} s{index + 1}", idempotent=index not in once) for index in range(count)]


def test_retries_may_make_eight_requests_of_one_and_no_more() -> None:
    assert _faults(_in_line(3)) == []
    assert _faults(_in_line(5)) == [
        "services.calls[3].idempotent: 16 requests: is what retries make of one along s0 -> s1 -> s2 -> s3 -> s4; "
        "8 are allowed. Declare idempotent, and so retry, fewer calls of this chain."
    ]


def test_a_call_that_is_not_idempotent_multiplies_nothing() -> None:
    assert _faults(_in_line(4, 1)) == []
    assert len(_faults(_in_line(5, 1))) == 1


def test_of_two_chains_the_one_with_more_retries_counts() -> None:
    calls = [_call("s0 s3"), *_in_line(4), _call("s1 s4", idempotent=True)]
    assert [fault.partition(":")[0] for fault in _faults(calls)] == ["services.calls[4].idempotent"]


WHERE = {"web": ["use1"], "cart": ["use4"], "stock": ["euc1"]}


def test_a_promise_holds_over_the_whole_chain_and_not_for_the_first_hop_alone() -> None:
    calls = [_call("web cart", p99_ms=20), _call("cart stock")]
    (fault,) = _faults(calls, WHERE)
    assert fault.startswith("services.calls[0].p99_ms: 20 ms: expect ")
    assert "on the way web (use1) -> cart (use4) -> stock (euc1). Promise more, or run" in fault
    assert _faults([{**calls[0], "p99_ms": 200}, calls[1]], WHERE) == []


def test_a_callee_beside_its_caller_takes_no_time_on_the_way() -> None:
    calls = [_call("web cart", p99_ms=20), _call("cart stock")]
    assert _faults(calls, {**WHERE, "stock": ["euc1", "use4"]}) == []


def test_of_calls_side_by_side_the_slowest_chain_counts() -> None:
    calls = [_call("web cart", p99_ms=20), _call("cart near"), _call("cart stock"), _call("cart outside")]
    (fault,) = _faults(calls, {**WHERE, "near": ["use1"]})
    assert "cart (use4) -> stock (euc1)" in fault
    assert "near" not in fault


@pytest.mark.parametrize(
    ("lifetimes", "fault"),
    [
        ({}, ""),
        ({"server_outage_seconds": 1620}, ""),
        (
            {"server_outage_seconds": 1621},
            "lifetimes.workload_svid_seconds: 3600 s: is renewed at half-life, 10 % early or late, and outlasts an "
            "outage of 1620 s; lifetimes.server_outage_seconds is 1621. Give 3604 or more, or a shorter outage.",
        ),
        ({"server_outage_seconds": 1621, "workload_svid_seconds": 3604}, ""),
        (
            {"edge_svid_seconds": 3600, "workload_svid_seconds": 7200, "server_outage_seconds": 3000},
            "lifetimes.edge_svid_seconds: 3600 s: is renewed at half-life, 10 % early or late, and outlasts an "
            "outage of 1620 s; lifetimes.server_outage_seconds is 3000. Give 6668 or more, or a shorter outage.",
        ),
    ],
)
def test_an_identity_outlasts_the_declared_outage_of_its_servers(lifetimes: dict[str, int], fault: str) -> None:
    federation = Federation.model_validate(raw(REGIONS, lifetimes=lifetimes))
    found: list[str] = []
    try:
        build(federation)
    except PlanError as error:
        found = [str(one) for one in error.faults]
    assert found == ([fault] if fault else [])
