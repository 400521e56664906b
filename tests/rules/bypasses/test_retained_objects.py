"""Options of Kubernetes objects that pass; in a List they would count for the objects beside them too."""

from collections.abc import Mapping
from datetime import date

import pytest

from meshfed.rules.catalog import RULES
from meshfed.rules.gate import Policy, judge
from meshfed.rules.resource import Options, resource_of

STACK = "urn:pulumi:case::tests::"
NAMESPACE = f"{STACK}meshfed:index:AwsRegion$kubernetes:core/v1:Namespace::shop"
KIND_OF_OBJECTS: Mapping[str, object] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "tunnels.mesh.example.org"},
    "spec": {"group": "mesh.example.org", "scope": "Cluster", "names": {"kind": "Tunnel"}, "versions": []},
}
MODE: Mapping[str, object] = {
    "apiVersion": "security.istio.io/v1",
    "kind": "PeerAuthentication",
    "metadata": {"name": "shop", "namespace": "shop"},
    "spec": {"mtls": {"mode": "STRICT"}},
}


def _said(content: Mapping[str, object], options: Options) -> list[str]:
    token = f"kubernetes:{content['apiVersion']}:{content['kind']}"
    resource = resource_of(token, f"{STACK}{token}::one", content, options=options)
    return [one.verdict.rule.id for one in judge(Policy(RULES, date(2026, 11, 21)), {STACK: [resource]}).judged]


@pytest.mark.parametrize("content", [KIND_OF_OBJECTS, {**KIND_OF_OBJECTS, "kind": "CustomResourceDefinitionPatch"}])
def test_a_kind_of_objects_may_stay_as_a_chart_asks(content: Mapping[str, object]) -> None:
    assert _said(content, Options(retain_on_delete=True)) == []


def test_an_object_may_go_with_its_namespace() -> None:
    assert _said(MODE, Options(deleted_with=NAMESPACE)) == []


def test_an_object_without_data_may_not_stay() -> None:
    assert _said(MODE, Options(retain_on_delete=True)) == ["MF-G7"]
