"""The federation pack against the very documents that are rendered, whole and tampered with."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from meshfed.render.gateway_document import GATEWAY_FORMAT, gateway_document
from meshfed.rules.catalog import rules_of
from meshfed.rules.forms.gateway_documents import FORMAT
from meshfed.rules.gate import Policy, judge
from meshfed.rules.resource import resource_of
from meshfed.rules.rule import Pack
from meshfed.values import GatewayName
from tests.rules.plans import plan_of

REGIONS = ("use1", "use4", "eus", "euc1", "euw3", "gwc")
Document = dict[str, Any]


def _ids(change: Callable[[Document], None], settings: Mapping[str, Any]) -> set[str]:
    plan = plan_of(settings, REGIONS)
    document = json.loads(gateway_document(plan, "use1", GatewayName.A))
    change(document)
    token = "aws:s3/bucketObjectv2:BucketObjectv2"
    urn = f"urn:pulumi:use1::meshfed::{token}::use1-objects-a"
    resource = resource_of(token, urn, {"content": json.dumps(document)})
    report = judge(Policy(rules_of(Pack.FEDERATION), date(2026, 11, 21)), {"urn:pulumi:use1::": [resource]}, plan)
    return {one.verdict.rule.id for one in report.judged}


@pytest.mark.parametrize("reroute", ["direct", "one-hop"])
def test_what_is_rendered_passes(reroute: str) -> None:
    assert _ids(lambda _: None, {"tunnels": {"reroute": reroute}}) == set()


def test_the_gate_knows_a_document_by_the_name_that_is_rendered() -> None:
    assert FORMAT == GATEWAY_FORMAT


def _swap_range(document: Document) -> None:
    bird = document["texts"]["bird"]
    document["texts"]["bird"] = bird.replace("64513: if net ~ [ 100.64.1.0/24", "64513: if net ~ [ 100.64.2.0/24")


def _longer_paths(document: Document) -> None:
    document["texts"]["bird"] = document["texts"]["bird"].replace("bgp_path.len > 2", "bgp_path.len > 3")


def _all_routes(document: Document) -> None:
    document["texts"]["bird"] = document["texts"]["bird"].replace("import filter from_use4_a", "import all")


def _wider(document: Document) -> None:
    tunnel = document["peers"][0]["gateways"][0]["tunnels"][1]
    tunnel["wireguard"] = tunnel["wireguard"].replace("100.64.1.0/24", "100.64.0.0/16")


def _own_node(document: Document) -> None:
    tunnel = document["peers"][-1]["gateways"][1]["tunnels"][0]
    tunnel["wireguard"] = tunnel["wireguard"].replace("AllowedIPs = ", "AllowedIPs = fd00::/8, ")


@pytest.mark.parametrize("change", [_swap_range, _longer_paths, _all_routes, _wider, _own_node])
def test_a_wider_document_is_refused(change: Callable[[Document], None]) -> None:
    assert _ids(change, {"tunnels": {"reroute": "one-hop"}}) == {"MF-F5"}


def test_with_direct_tunnels_alone_ranges_of_a_third_region_are_refused() -> None:
    def third(document: Document) -> None:
        tunnel = document["peers"][0]["gateways"][0]["tunnels"][0]
        tunnel["wireguard"] = tunnel["wireguard"].replace("AllowedIPs = ", "AllowedIPs = 100.64.2.0/24, ")

    assert _ids(third, {"tunnels": {"reroute": "direct"}}) == {"MF-F5"}


def _other_key(document: Document) -> None:
    document["peers"][0]["keys"].append(document["peers"][1]["keys"][0])


def _other_endpoint(document: Document) -> None:
    tunnel = document["peers"][0]["gateways"][0]["tunnels"][0]
    lines = tunnel["wireguard"].splitlines()
    tunnel["wireguard"] = "\n".join("Endpoint = 198.51.100.9:1" if "Endpoint" in line else line for line in lines)


@pytest.mark.parametrize("change", [_other_key, _other_endpoint])
def test_what_nobody_pinned_is_refused(change: Callable[[Document], None]) -> None:
    assert _ids(change, {}) == {"MF-F10"}
