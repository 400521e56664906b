"""Charts: helm renders those that can be had here; of the others only the types are checked, and the run says so.

Not proven here: that the images exist, and what a chart's hooks do in a cluster.
"""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from meshfed_local.environment import CHARTS_VARIABLE
from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.kubernetes import charts, kinds
from meshfed_local.standins.provider import Provider, RefusedError
from meshfed_local.toolchain import Toolchain

Providers = Callable[..., Provider]
RELEASE = "kubernetes:helm.sh/v3:Release"
CHART = "kubernetes:helm.sh/v4:Chart"
NAMESPACE = "kubernetes:core/v1:Namespace"
HUB = "registry.example.com/istio"
TAG = "1.31.1@sha256:" + "0123456789abcdef" * 4
GATEWAY: dict[str, Any] = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "door", "namespace": "istio-system"},
    "spec": {"servers": [{"port": {"number": 15443, "name": "tls", "protocol": "TLS"}, "hosts": ["*.shop.example"]}]},
}


@pytest.fixture
def cluster(provider: Providers, monkeypatch: pytest.MonkeyPatch) -> Provider:
    toolchain = Toolchain()
    toolchain.ensure(("helm", "istio-charts"), lambda _: None)
    monkeypatch.setenv(CHARTS_VARIABLE, str(toolchain.folder("istio-charts") / "charts"))
    monkeypatch.setenv("PATH", f"{toolchain.program('helm').parent}{os.pathsep}{os.environ['PATH']}")
    return provider("kubernetes", kubeconfig="one")


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:use1::mesh::{token}::{name}"


def problems(provider: Provider, token: str, **inputs: Any) -> list[tuple[str, str]]:
    return [(fault.path, fault.problem) for fault in provider.check(urn(token, "x"), inputs, None).faults]


def release(provider: Provider, name: str, **inputs: Any) -> tuple[str, Mapping[str, Any]]:
    given = {"chart": name, "name": name, "namespace": "istio-system", **inputs}
    checked = provider.check(urn(RELEASE, name), given, None)
    assert checked.faults == ()
    return provider.create(urn(RELEASE, name), checked.inputs, preview=False)


@pytest.mark.parametrize("token", [RELEASE, CHART])
@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({}, ["values.global.hub", "values.global.tag"]),
        ({"global": {"hub": HUB}}, ["values.global.tag"]),
        ({"global": {"hub": HUB, "tag": "1.31.1"}}, ["values"]),
        ({"global": {"hub": HUB, "tag": f"{TAG}0"}}, ["values"]),
        ({"global": {"hub": HUB, "tag": TAG}}, []),
    ],
)
def test_a_chart_with_images_needs_hub_tag_and_digest(
    cluster: Provider, token: str, values: dict[str, Any], paths: list[str]
) -> None:
    assert [path for path, _ in problems(cluster, token, chart="istiod", values=values)] == paths


def test_a_chart_is_found_by_the_last_part_of_its_address(cluster: Provider) -> None:
    address = "oci://mirror.example.com/team/charts/ztunnel"
    assert [path for path, _ in problems(cluster, CHART, chart=address)] == ["values.hub", "values.tag"]
    assert problems(cluster, CHART, chart=address, values={"hub": HUB, "tag": TAG}) == []


def test_helm_itself_refuses_values_that_a_chart_does_not_take(cluster: Provider) -> None:
    ((path, problem),) = problems(
        cluster, CHART, chart="gateway", values={"service": {"typ": ["LoadBalancer"]}, "x": 1}
    )
    assert path == "values"
    assert "helm cannot render gateway" in problem
    assert "additional properties 'x'" in problem
    assert str(charts.folder_of("gateway")) not in problem


def test_files_of_values_count_and_are_overridden(cluster: Provider) -> None:
    text = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}
    file = {**text, "text": json.dumps({"hub": HUB, "tag": "1.31.1"})}
    values = {"tag": TAG}
    assert [path for path, _ in problems(cluster, CHART, chart="ztunnel", valueYamlFiles=[file])] == ["values"]
    assert problems(cluster, CHART, chart="ztunnel", valueYamlFiles=[file], values=values) == []
    broken = {**text, "text": "- a\n- b\n"}
    assert [path for path, _ in problems(cluster, CHART, chart="ztunnel", valueYamlFiles=[broken])] == [
        "valueYamlFiles[0]"
    ]


def test_types_of_a_chart_s_own_inputs_are_checked(cluster: Provider) -> None:
    assert [path for path, _ in problems(cluster, CHART, chart="spire", value={"a": 1})] == ["value"]
    assert [path for path, _ in problems(cluster, CHART, chart="spire", values="a: 1")] == ["values"]
    assert [path for path, _ in problems(cluster, RELEASE, values={})] == ["chart"]


def test_a_chart_that_cannot_be_had_here_is_taken_and_named(cluster: Provider) -> None:
    inputs: dict[str, Any] = {"chart": "spire", "values": {"global": {}}}
    assert problems(cluster, RELEASE, **inputs) == []
    (said,) = cluster.notes(RELEASE, inputs)
    assert "chart spire cannot be had here" in said
    assert cluster.notes(RELEASE, {"chart": "base"}) == ()


def test_values_that_are_not_known_yet_are_not_judged(cluster: Provider) -> None:
    assert problems(cluster, CHART, chart="istiod", values={"global": {"hub": UNKNOWN}}) == []


def test_a_release_says_what_it_made_and_counts_its_revisions(cluster: Provider) -> None:
    cluster.create(urn(NAMESPACE, "n"), {"metadata": {"name": "istio-system"}}, preview=False)
    values = {"hub": HUB, "tag": TAG}
    identifier, outputs = release(cluster, "ztunnel", values=values, version="1.31.1")
    assert identifier == "istio-system/ztunnel"
    assert outputs["resourceNames"]["DaemonSet/apps/v1"] == ["istio-system/ztunnel"]
    assert outputs["status"]["revision"] == 1
    inputs = {"chart": "ztunnel", "name": "ztunnel", "namespace": "istio-system", "values": {**values, "variant": ""}}
    changed = cluster.update(urn(RELEASE, "ztunnel"), identifier, inputs, preview=False)
    assert changed["status"]["revision"] == 2


def test_a_release_needs_its_namespace_or_makes_it(cluster: Provider) -> None:
    with pytest.raises(RefusedError, match="no namespace 'istio-system'"):
        release(cluster, "spire")
    release(cluster, "spire", createNamespace=True)
    release(cluster, "spire-crds")


def test_definitions_that_a_release_brings_judge_istio_s_objects(cluster: Provider) -> None:
    release(cluster, "base", createNamespace=True)
    token = "kubernetes:networking.istio.io/v1:Gateway"
    assert problems(cluster, token, **GATEWAY) == []
    servers: Any = [{**GATEWAY["spec"]["servers"][0], "tls": {"mode": "AUTO_PASSTHRU"}}]
    ((path, _),) = problems(cluster, token, **{**GATEWAY, "spec": {"servers": servers}})
    assert path == "spec.servers[0].tls.mode"
    ((path, problem),) = problems(cluster, token, **{**GATEWAY, "spec": {"server": []}})
    assert path == "spec"
    assert "'server' was unexpected" in problem


@pytest.mark.parametrize("name", ["base", "cni", "gateway", "istiod", "ztunnel"])
def test_every_object_of_istio_s_charts_passes_the_checks(cluster: Provider, name: str) -> None:
    values = {"hub": HUB, "tag": TAG} if name == "ztunnel" else {"global": {"hub": HUB, "tag": TAG}}
    if name in {"base", "gateway"}:
        values = {}
    objects = charts.rendered(charts.Asked(name, name, "istio-system", json.dumps(values), crds=True, hooks=False))
    assert objects
    for item in objects:
        token = kinds.of(item["apiVersion"], item["kind"]).token
        checked = cluster.check(urn(token, item["metadata"]["name"]), item, None)
        assert [str(fault) for fault in checked.faults] == []
