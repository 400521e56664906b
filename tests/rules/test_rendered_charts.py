"""What Istio's charts make of good values passes every rule, and of bad ones the objects are refused as the values are.

Rendered by the real helm; that a cluster takes the objects is not shown here.
"""

import json
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from meshfed.rules.catalog import RULES
from meshfed.rules.gate import Policy, judge
from meshfed.rules.resource import Resource, resource_of
from meshfed.settings.gate import GateParameters
from meshfed_local.toolchain import Toolchain
from tests.rules.cases import STACK, beside
from tests.rules.istio_values import CHARTS

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = {"hub": "registry.example.com/istio", "tag": f"1.0.0@{DIGEST}"}
PARAMETERS = GateParameters(
    controllers=(*GateParameters().controllers, "istio-system/gateway"), registries=("registry.example.com",)
)
"""Istio's gateway chart has no value that keeps the token out of its pods."""
MESH = {
    "trustDomain": "use1.example.com",
    "accessLogFile": "/dev/stdout",
    "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"},
    "meshMTLS": {"minProtocolVersion": "TLSV1_3"},
}
GOOD: dict[str, dict[str, Any]] = {
    "base": {"global": {"enableReaderRBAC": False}},
    "cni": IMAGE,
    "gateway": {
        "labels": {"istio": "eastwestgateway", "topology.istio.io/network": "use1"},
        "podAnnotations": {"inject.istio.io/templates": "gateway,spire-gateway"},
        "service": {
            "externalTrafficPolicy": "Local",
            "loadBalancerSourceRanges": ["100.64.0.0/16"],
            "annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"},
            "ports": [{"name": "tls", "port": 15443}, {"name": "status", "port": 15021}],
        },
    },
    "istiod": {
        "revision": "stable",
        "global": {"enableReaderRBAC": False, **IMAGE},
        "pilot": {"cni": {"enabled": True}, "env": {"ENABLE_DEBUG_ON_HTTP": "false"}},
        "meshConfig": MESH,
    },
    "ztunnel": IMAGE,
}


def rendered(chart: str, values: Mapping[str, Any], folder: Path) -> list[Resource]:
    toolchain = Toolchain()
    toolchain.ensure(("helm", "istio-charts"), lambda _: None)
    file = folder / "values.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    source = toolchain.folder("istio-charts") / "charts" / CHARTS[chart]
    command = [toolchain.program("helm"), "template", chart, source, "--namespace", "istio-system", "--values", file]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [of_object(one) for one in yaml.safe_load_all(text) if one]


def of_object(content: Mapping[str, Any]) -> Resource:
    version = content["apiVersion"]
    token = f"kubernetes:{version if '/' in version else f'core/{version}'}:{content['kind']}"
    return resource_of(token, f"{STACK}{token}::{content['metadata']['name']}", content)


def said(resources: list[Resource]) -> list[str]:
    owed = [of_object(one["object"]) for one in beside("mesh")]
    report = judge(Policy(RULES, date(2026, 11, 21), PARAMETERS), {STACK: [*resources, *owed]})
    return [f"{one.verdict.urn.rpartition('::')[2]}: {one.verdict}" for one in report.judged]


@pytest.mark.parametrize("chart", sorted(GOOD))
def test_what_a_chart_makes_of_good_values_passes(chart: str, tmp_path: Path) -> None:
    made = rendered(chart, GOOD[chart], tmp_path)
    assert made
    assert said(made) == []


@pytest.mark.parametrize("chart", sorted(GOOD))
def test_the_same_values_pass_before_they_are_rendered(chart: str) -> None:
    assert said([_release(chart, GOOD[chart])]) == []


def _release(chart: str, values: Mapping[str, Any]) -> Resource:
    token = "kubernetes:helm.sh/v3:Release"
    repository = {"repo": "https://istio-release.storage.googleapis.com/charts"}
    inputs = {"chart": chart, "repositoryOpts": repository, "values": values}
    return resource_of(token, f"{STACK}{token}::{chart}", inputs)


@pytest.mark.parametrize(
    ("chart", "changes", "ids"),
    [
        ("istiod", {"meshConfig": {**MESH, "outboundTrafficPolicy": {"mode": "ALLOW_ANY"}}}, {"MF-I23"}),
        ("istiod", {"pilot": {"cni": {"enabled": True}}, "env": {"XDS_AUTH": "false"}}, {"MF-I24"}),
        ("gateway", {"networkGateway": "use1"}, {"MF-I35"}),
        ("gateway", {"podAnnotations": {"inject.istio.io/templates": "gateway"}}, {"MF-I28"}),
    ],
)
def test_a_bad_value_is_refused_as_a_value_and_as_an_object(
    chart: str, changes: Mapping[str, Any], ids: set[str], tmp_path: Path
) -> None:
    values = {**GOOD[chart], **changes}
    as_value = said([_release(chart, values)])
    as_objects = said(rendered(chart, values, tmp_path))
    assert {line.split(": ")[1].split(" ")[0] for line in as_value} == ids
    assert {line.split(": ")[1].split(" ")[0] for line in as_objects} == ids
