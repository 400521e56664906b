"""Charts, MeshConfig and istiod's environment: what takes effect is found, wherever a program writes it."""

from collections.abc import Mapping
from typing import Any

import pytest

from meshfed.rules.forms.expand import expand
from meshfed.rules.plain import Unknown
from meshfed.rules.resource import resource_of

CHART = "kubernetes:helm.sh/v4:Chart"
RELEASE = "kubernetes:helm.sh/v3:Release"
_SIGNATURE, _ASSET = "4dabf18193072939515e22adb298388d", "c44067f5952c0a294b673a41bacd8c17"


def parts(token: str, inputs: Mapping[str, Any]) -> dict[str, object]:
    found = expand(resource_of(token, f"urn:pulumi:use1::mesh::{token}::one", inputs))
    return {part.kind: part.props.value for part in found}


@pytest.mark.parametrize(
    "values",
    [
        {"pilot": {"env": {"XDS_AUTH": "false"}}},
        {"env": {"XDS_AUTH": "false"}},
        {"_internal_defaults_do_not_set": {"env": {"XDS_AUTH": "false"}}},
        {"defaults": {"pilot": {"env": {"XDS_AUTH": "false"}}}},
        {"_internal_defaults_do_not_set": {"env": {"XDS_AUTH": "true"}}, "pilot": {"env": {"XDS_AUTH": "false"}}},
        "pilot: {env: {XDS_AUTH: 'false'}}",
    ],
)
def test_istiods_environment_is_found_wherever_its_chart_takes_it(values: object) -> None:
    assert parts(CHART, {"chart": "istiod", "values": values})["istiod-environment"] == {"XDS_AUTH": "false"}


def test_text_files_of_values_are_laid_below_the_values_in_their_order() -> None:
    files = [{_SIGNATURE: _ASSET, "text": "{a: 1, b: 1, c: {d: 1}}"}, {_SIGNATURE: _ASSET, "text": "{b: 2, c: {e: 2}}"}]
    found = parts(RELEASE, {"chart": "spire", "valueYamlFiles": files, "values": {"c": {"e": 3}}})
    assert found["helm:spire"] == {"a": 1, "b": 2, "c": {"d": 1, "e": 3}}


def test_mesh_config_under_pilot_counts_since_the_chart_copies_it_up() -> None:
    values = {"meshConfig": {"trustDomain": "a"}, "pilot": {"meshConfig": {"trustDomain": "b"}}}
    assert parts(CHART, {"chart": "istiod", "values": values})["meshconfig"] == {"trustDomain": "b"}


def test_names_with_underscores_are_the_same_fields() -> None:
    values = {"meshConfig": {"mesh_mTLS": {"min_protocol_version": "TLS_AUTO"}}}
    found = parts(CHART, {"chart": "istiod", "values": values})
    assert found["meshconfig"] == {"meshMTLS": {"minProtocolVersion": "TLS_AUTO"}}


def test_a_field_in_both_ways_of_writing_is_read_by_nobody() -> None:
    values = {"meshConfig": {"trustDomain": "a", "trust_domain": "b"}}
    found = parts(CHART, {"chart": "istiod", "values": values})
    assert "meshconfig" not in found
    assert "each field once" in str(found["opaque"])


def test_a_config_map_of_a_revision_holds_mesh_config() -> None:
    inputs = {"metadata": {"name": "istio-canary", "namespace": "istio-system"}, "data": {"mesh": "trustDomain: a\n"}}
    assert parts("kubernetes:core/v1:ConfigMap", inputs)["meshconfig"] == {"trustDomain": "a"}
    inputs["metadata"]["name"] = "shop"
    assert "meshconfig" not in parts("kubernetes:core/v1:ConfigMap", inputs)


def test_an_operator_says_it_in_three_places() -> None:
    spec = {
        "meshConfig": {"trustDomain": "b"},
        "values": {"meshConfig": {"trustDomain": "a", "accessLogFile": "/dev/stdout"}, "pilot": {"env": {"A": "1"}}},
        "components": {"pilot": {"k8s": {"env": [{"name": "B", "value": "2"}]}}},
    }
    found = parts("kubernetes:install.istio.io/v1alpha1:IstioOperator", {"spec": spec})
    assert found["meshconfig"] == {"trustDomain": "b", "accessLogFile": "/dev/stdout"}
    assert found["istiod-environment"] == {"A": "1", "B": "2"}


def test_what_a_container_takes_from_elsewhere_is_not_known() -> None:
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "y"}}}]
    template = {"spec": {"containers": [{"name": "discovery", "image": "istio/pilot", "env": env}]}}
    found = parts("kubernetes:apps/v1:Deployment", {"metadata": {"name": "x"}, "spec": {"template": template}})
    environment = found["istiod-environment"]
    assert isinstance(environment, dict)
    assert isinstance(environment["A"], Unknown)


def test_a_chart_whose_name_is_an_output_is_not_passed_over() -> None:
    assert isinstance(parts(CHART, {"chart": Unknown(), "values": {}})["opaque"], Unknown)


def test_an_output_in_an_operator_makes_its_values_unknown() -> None:
    spec = {"values": {"revision": "stable"}, "meshConfig": Unknown()}
    found = parts("kubernetes:install.istio.io/v1alpha1:IstioOperator", {"spec": spec})
    assert isinstance(found["helm:istiod"], Unknown)


def test_values_in_two_documents_are_read_by_nobody() -> None:
    assert "one object" in str(parts(CHART, {"chart": "istiod", "values": "a: 1\n---\nb: 2\n"})["opaque"])


def test_an_output_below_values_makes_them_unknown() -> None:
    files = [{_SIGNATURE: _ASSET, "text": "{a: 1}"}]
    found = parts(RELEASE, {"chart": "spire", "valueYamlFiles": files, "values": Unknown()})
    assert isinstance(found["helm:spire"], Unknown)


def test_a_chart_without_values_has_none() -> None:
    assert parts(CHART, {"chart": "istiod"})["helm:istiod"] == {}


def test_mesh_config_that_is_no_object_is_read_by_nobody() -> None:
    inputs = {"metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": "- a\n"}}
    assert "one object in YAML" in str(parts("kubernetes:core/v1:ConfigMap", inputs)["opaque"])
