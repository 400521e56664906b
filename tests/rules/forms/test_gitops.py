"""Charts that Flux and Argo CD install are judged by the values that take effect."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from meshfed.rules.catalog import BY_ID
from meshfed.rules.forms.expand import expand
from meshfed.rules.gate import Policy, judge
from meshfed.rules.judge import State
from meshfed.rules.resource import Resource, resource_of

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
OPEN = {"meshConfig": {"outboundTrafficPolicy": {"mode": "ALLOW_ANY"}}}
ALLOW_ANY = {"name": "meshConfig.outboundTrafficPolicy.mode", "value": "ALLOW_ANY"}
OPEN_TEXT = "meshConfig: {outboundTrafficPolicy: {mode: ALLOW_ANY}}"
CLOSED = {"meshConfig": {"outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}}}


def _flux(**spec: Any) -> Resource:
    return _object("helm.toolkit.fluxcd.io/v2", "HelmRelease", {"chart": {"spec": {"chart": "istiod"}}, **spec})


def _argo(*, sources: bool = False, **helm: Any) -> Resource:
    source = {"repoURL": "https://charts.example", "chart": "istiod", "helm": helm}
    return _object("argoproj.io/v1alpha1", "Application", {"sources": [source]} if sources else {"source": source})


def _object(version: str, kind: str, spec: Mapping[str, Any]) -> Resource:
    token = f"kubernetes:{version}:{kind}"
    inputs = {"apiVersion": version, "kind": kind, "metadata": {"name": "istiod", "namespace": "gitops"}, "spec": spec}
    return resource_of(token, f"urn:pulumi:use1::mesh::{token}::istiod", inputs)


def _modes(resource: Resource) -> list[str]:
    return [
        part.props["outboundTrafficPolicy"]["mode"].text() for part in expand(resource) if part.kind == "meshconfig"
    ]


@pytest.mark.parametrize(
    "resource",
    [
        _flux(values=OPEN),
        _argo(valuesObject=OPEN),
        _argo(values=OPEN_TEXT),
        _argo(parameters=[{"name": "meshConfig.outboundTrafficPolicy.mode", "value": "ALLOW_ANY"}]),
        _argo(
            valuesObject=CLOSED, parameters=[{"name": "meshConfig.outboundTrafficPolicy.mode", "value": "ALLOW_ANY"}]
        ),
        _argo(values="meshConfig: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}", valuesObject=OPEN),
        _argo(sources=True, valuesObject=OPEN),
    ],
)
def test_values_that_take_effect_are_judged(resource: Resource) -> None:
    assert _modes(resource) == ["ALLOW_ANY"]
    report = judge(Policy([BY_ID["MF-I23"]], date(2026, 11, 21)), {"urn:pulumi:use1::": [resource]})
    assert any("outboundTrafficPolicy" in one.path for one in report.failures)


def test_what_is_overridden_does_not_count() -> None:
    assert _modes(_argo(values=OPEN_TEXT, valuesObject=CLOSED)) == ["REGISTRY_ONLY"]


@pytest.mark.parametrize("resource", [_flux(values=UNKNOWN), _argo(values=UNKNOWN), _argo(valuesObject=UNKNOWN)])
def test_values_that_nobody_knows_are_undecided(resource: Resource) -> None:
    report = judge(Policy([BY_ID["MF-I23"]], date(2026, 11, 21)), {"urn:pulumi:use1::": [resource]})
    assert report.failures == ()
    assert {one.state for one in report.undecided} == {State.UNDECIDED}


def test_an_application_of_manifests_in_git_installs_no_chart() -> None:
    source = {"repoURL": "https://git.example/mesh", "path": "k8s"}
    assert len(list(expand(_object("argoproj.io/v1alpha1", "Application", {"source": source})))) == 1
