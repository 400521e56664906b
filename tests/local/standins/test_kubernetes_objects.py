"""What the Kubernetes stand-in refuses, as an API server does. Charts have a file of their own.

Not proven here: rules in CEL, admission webhooks, quotas, and whatever only a running node tells.
"""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import pytest

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.provider import Provider, RefusedError

Providers = Callable[..., Provider]
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
NAMESPACE = "kubernetes:core/v1:Namespace"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
WIDGET = "kubernetes:shop.example.com/v1:Widget"
DIGEST = "sha256:" + "0123456789abcdef" * 4
KUBECONFIG: Mapping[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1"}}],
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "c",
    "users": [{"name": "u", "user": {"exec": {"command": "aws", "apiVersion": "client.authentication.k8s.io/v1"}}}],
}
CONTAINER: Mapping[str, Any] = {
    "name": "web",
    "image": f"registry.example.com/shop/web:1.2@{DIGEST}",
    "ports": [{"name": "http", "containerPort": 8080}],
    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
}
DEPLOYED: Mapping[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default", "labels": {"app.kubernetes.io/name": "web"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web", "tier": "front"}},
            "spec": {"containers": [CONTAINER], "volumes": [{"name": "data", "emptyDir": {}}]},
        },
    },
}
SERVED: Mapping[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
}
DEFINED: Mapping[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.shop.example.com"},
    "spec": {
        "group": "shop.example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["size"],
                                "properties": {
                                    "size": {"type": "integer", "minimum": 1},
                                    "port": {"x-kubernetes-int-or-string": True},
                                    "note": {"type": "string", "nullable": True},
                                    "colour": {"type": "string", "enum": ["RED", "BLUE"]},
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}


def urn(token: str, name: str = "x") -> str:
    return f"urn:pulumi:use1::mesh::{token}::{name}"


def changed(given: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one place set to another value, or removed where that is None."""
    result: Any = deepcopy(dict(given))
    place: Any = result
    *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in above:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return result


def faults(provider: Provider, token: str, inputs: Mapping[str, Any]) -> list[str]:
    return [fault.path for fault in provider.check(urn(token), inputs, None).faults]


def make(provider: Provider, token: str, inputs: Mapping[str, Any], name: str = "x") -> tuple[str, dict[str, Any]]:
    checked = provider.check(urn(token, name), inputs, None)
    assert checked.faults == ()
    return provider.create(urn(token, name), checked.inputs, preview=False)


@pytest.fixture
def cluster(provider: Providers) -> Provider:
    return provider("kubernetes", kubeconfig=json.dumps(KUBECONFIG))


def widget(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}


def test_whole_objects_are_taken(cluster: Provider) -> None:
    assert faults(cluster, DEPLOYMENT, DEPLOYED) == []
    assert faults(cluster, SERVICE, SERVED) == []
    assert faults(cluster, DEFINITION, DEFINED) == []


POD = "spec/template/spec"
POD_PATH = "spec.template.spec"


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("spec/replica", 2, "spec.replica"),
        ("spec/replicas", "two", "spec.replicas"),
        ("spec/selector", None, "spec.selector"),
        (f"{POD}/containers/0/imagePullPolcy", "Always", f"{POD_PATH}.containers[0].imagePullPolcy"),
        (f"{POD}/containers/0/image", f"shop/web@{DIGEST[:-1]}", f"{POD_PATH}.containers[0].image"),
        (f"{POD}/containers/0/image", "Shop/Web:1", f"{POD_PATH}.containers[0].image"),
        (f"{POD}/containers/0/image", None, f"{POD_PATH}.containers[0].image"),
        (f"{POD}/containers/0/name", "Web", f"{POD_PATH}.containers[0].name"),
        (f"{POD}/containers/0/ports/0/containerPort", 70000, f"{POD_PATH}.containers[0].ports[0].containerPort"),
        (f"{POD}/containers/0/ports/0/name", "a-name-of-17-long", f"{POD_PATH}.containers[0].ports[0].name"),
        (
            f"{POD}/containers/0/resources/requests/memory",
            "64 MB",
            f"{POD_PATH}.containers[0].resources.requests.memory",
        ),
        (f"{POD}/containers/0/volumeMounts/0/name", "dat", f"{POD_PATH}.containers[0].volumeMounts[0].name"),
        (f"{POD}/containers", [], f"{POD_PATH}.containers"),
        (f"{POD}/containers", [CONTAINER, CONTAINER], f"{POD_PATH}.containers[1].name"),
        (f"{POD}/restartPolicy", "Never", f"{POD_PATH}.restartPolicy"),
        ("spec/selector/matchLabels/app", "wep", "spec.selector.matchLabels.app"),
        ("spec/template/metadata/labels/tier", "front end", "spec.template.metadata.labels.tier"),
        ("metadata/name", "Web_1", "metadata.name"),
        ("metadata/name", "w" * 254, "metadata.name"),
        ("metadata/namespace", "De.fault", "metadata.namespace"),
        ("metadata/labels", {"a b": "c"}, "metadata.labels.a b"),
        ("metadata/labels", {"a": "c" * 64}, "metadata.labels.a"),
        ("kind", "DaemonSet", "kind"),
    ],
)
def test_a_deployment_is_refused_for_one_reason(cluster: Provider, path: str, value: Any, fault: str) -> None:
    assert faults(cluster, DEPLOYMENT, changed(DEPLOYED, path, value)) == [fault]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("spec/ports", [], "spec.ports"),
        ("spec/ports/0/port", 0, "spec.ports[0].port"),
        ("spec/ports/0/targetPort", "HTTP", "spec.ports[0].targetPort"),
        ("spec/ports/0/nodePort", 80, "spec.ports[0].nodePort"),
        ("spec/ports", [{"name": "a", "port": 1}, {"port": 2}], "spec.ports[1].name"),
        ("spec/ports", [{"name": "a", "port": 1}, {"name": "a", "port": 2}], "spec.ports[1].name"),
        ("spec/type", "Loadbalancer", "spec.type"),
        ("spec/selector/app", "-web", "spec.selector.app"),
        ("metadata/name", "1web", "metadata.name"),
    ],
)
def test_a_service_is_refused_for_one_reason(cluster: Provider, path: str, value: Any, fault: str) -> None:
    assert faults(cluster, SERVICE, changed(SERVED, path, value)) == [fault]


@pytest.mark.parametrize(
    ("token", "inputs", "fault"),
    [
        (NAMESPACE, {"metadata": {"name": "a.b"}}, "metadata.name"),
        (NAMESPACE, {"metadata": {"name": "a", "namespace": "b"}}, "metadata.namespace"),
        (CONFIG_MAP, {"metadata": {"name": "a"}, "data": {"a/b": "c"}}, "data.a/b"),
        (CONFIG_MAP, {"metadata": {"name": "a"}, "data": {"a": "b" * 1024 * 1025}}, "data"),
        ("kubernetes:core/v1:Secret", {"metadata": {"name": "a"}, "data": {"a": "not base64!"}}, "data.a"),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
            {
                "metadata": {"name": "a:b"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"},
                "subjects": [{"kind": "ServiceAccount", "name": "s"}],
            },
            "subjects[0].namespace",
        ),
        (
            "kubernetes:networking.k8s.io/v1:NetworkPolicy",
            {
                "metadata": {"name": "a"},
                "spec": {
                    "podSelector": {},
                    "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]}],
                },
            },
            "spec.egress[0].to[0].ipBlock.except[0]",
        ),
        (
            "kubernetes:policy/v1:PodDisruptionBudget",
            {"metadata": {"name": "a"}, "spec": {"minAvailable": 1, "maxUnavailable": 1}},
            "spec.maxUnavailable",
        ),
        ("kubernetes:apps/v1:Deploymnt", {"metadata": {"name": "a"}}, ""),
        (DEFINITION, changed(DEFINED, "metadata/name", "widget.shop.example.com"), "metadata.name"),
        (DEFINITION, changed(DEFINED, "spec/versions/0/storage", value=False), "spec.versions"),
        (
            DEFINITION,
            changed(DEFINED, "spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size", {"type": "int"}),
            "spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.type",
        ),
    ],
)
def test_other_kinds_are_refused_for_one_reason(
    cluster: Provider, token: str, inputs: Mapping[str, Any], fault: str
) -> None:
    assert faults(cluster, token, inputs) == [fault]


def test_an_object_needs_its_namespace_and_finds_what_was_made_before_it(cluster: Provider) -> None:
    inputs = {"metadata": {"name": "a", "namespace": "shop"}}
    with pytest.raises(RefusedError, match=r"there is no namespace 'shop'"):
        make(cluster, CONFIG_MAP, inputs)
    make(cluster, NAMESPACE, {"metadata": {"name": "shop"}}, "shop")
    identifier, outputs = make(cluster, CONFIG_MAP, inputs)
    assert identifier == "shop/a"
    assert outputs["metadata"]["namespace"] == "shop"


def test_another_cluster_has_namespaces_of_its_own(cluster: Provider, provider: Providers) -> None:
    make(cluster, NAMESPACE, {"metadata": {"name": "shop"}}, "shop")
    other = provider("kubernetes", kubeconfig=json.dumps(KUBECONFIG).replace("192.0.2.1", "192.0.2.2"))
    with pytest.raises(RefusedError, match="no namespace 'shop'"):
        make(other, CONFIG_MAP, {"metadata": {"name": "a", "namespace": "shop"}})
    assert make(other, NAMESPACE, {"metadata": {"name": "shop"}}, "other")[0] == "shop"


def test_a_name_is_taken_once_in_a_namespace(cluster: Provider) -> None:
    inputs = {"metadata": {"name": "a"}}
    assert make(cluster, CONFIG_MAP, inputs, "one")[0] == "default/a"
    with pytest.raises(RefusedError, match="exists already"):
        make(cluster, CONFIG_MAP, inputs, "two")


def test_an_object_without_a_name_gets_one_that_nobody_can_guess(cluster: Provider) -> None:
    names = [make(cluster, CONFIG_MAP, {"data": {"a": "b"}}, name)[1]["metadata"]["name"] for name in ("one", "two")]
    assert [name[:4] for name in names] == ["one-", "two-"]
    assert len({name[4:] for name in names}) == 2


def test_a_custom_object_is_held_to_its_definition(cluster: Provider) -> None:
    assert faults(cluster, WIDGET, widget(sise=1)) == []
    make(cluster, DEFINITION, DEFINED)
    wrong = {
        "spec": widget(sise=2, size=1),
        "spec.size": widget(size=0),
        "spec.colour": widget(size=1, colour="GREEN"),
        "spec.port": widget(size=1, port=True),
    }
    for path, inputs in wrong.items():
        assert faults(cluster, WIDGET, inputs) == [path]
    assert faults(cluster, WIDGET, widget()) == ["spec"]
    assert faults(cluster, WIDGET, widget(size=UNKNOWN)) == []
    identifier, outputs = make(cluster, WIDGET, widget(size=1, port="http", colour="RED"))
    assert identifier == "default/w"
    assert outputs["spec"] == {"size": 1, "port": "http", "colour": "RED"}


def test_a_custom_object_has_a_frame_and_a_version_that_is_served(cluster: Provider) -> None:
    assert faults(cluster, WIDGET, {"apiVersion": "shop.example.com/v1", "kind": "Widget"}) == ["metadata"]
    assert faults(cluster, WIDGET, {**widget(size=1), "metadata": {"name": "w", "lables": {}}}) == ["metadata.lables"]
    assert faults(cluster, WIDGET, {**widget(size=1), "kind": "Gadget"}) == ["kind"]
    make(cluster, DEFINITION, DEFINED)
    token = "kubernetes:shop.example.com/v2:Widget"
    later = {**widget(size=1), "apiVersion": "shop.example.com/v2"}
    with pytest.raises(RefusedError, match=r"knows no Widget of shop\.example\.com/v2"):
        make(cluster, token, later)


def test_istio_s_objects_need_istio_s_definitions_first(cluster: Provider) -> None:
    token = "kubernetes:security.istio.io/v1:PeerAuthentication"
    inputs = {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": "default"},
        "spec": {"mtls": {"mode": "STRICT"}},
    }
    with pytest.raises(RefusedError, match="depend on the chart that brings it"):
        make(cluster, token, inputs)


def test_what_no_cluster_changes_in_place_is_made_anew(cluster: Provider) -> None:
    identifier, _ = make(cluster, DEPLOYMENT, DEPLOYED)
    in_place = changed(DEPLOYED, "spec/replicas", 3)
    anew = changed(changed(DEPLOYED, "spec/selector/matchLabels/app", "b"), "spec/template/metadata/labels/app", "b")
    assert [one.replaces for one in cluster.diff(urn(DEPLOYMENT), identifier, DEPLOYED, in_place).changes] == [False]
    found = cluster.diff(urn(DEPLOYMENT), identifier, DEPLOYED, anew)
    assert [(one.place[1], one.replaces) for one in found.changes] == [("selector", True), ("template", False)]


def _user(**user: Any) -> dict[str, Any]:
    return {**KUBECONFIG, "users": [{"name": "u", "user": user}]}


@pytest.mark.parametrize(
    ("kubeconfig", "paths"),
    [
        (KUBECONFIG, []),
        (_user(token="hush", exec={"command": "aws"}), ["kubeconfig.users[0].user.token"]),
        (
            _user(**{"client-key-data": "hush"}),
            ["kubeconfig.users[0].user.client-key-data", "kubeconfig.users[0].user.exec"],
        ),
        (_user(exec={}), ["kubeconfig.users[0].user.exec"]),
        ({**KUBECONFIG, "current-context": "d"}, ["kubeconfig.current-context"]),
        (
            {**KUBECONFIG, "clusters": [{"name": "c", "cluster": {"server": "http://192.0.2.1"}}]},
            ["kubeconfig.clusters[0].cluster.server"],
        ),
    ],
)
def test_a_kubeconfig_holds_no_secret(provider: Providers, kubeconfig: Mapping[str, Any], paths: list[str]) -> None:
    found = provider("kubernetes").check_config({"kubeconfig": json.dumps(kubeconfig)})
    assert [fault.path for fault in found] == paths
    assert "hush" not in str(found)


def test_a_provider_says_which_cluster(provider: Providers) -> None:
    assert [fault.path for fault in provider("kubernetes").check_config({})] == ["kubeconfig"]
    assert [fault.path for fault in provider("kubernetes").check_config({"kubeconfig": "~/.kube"})] == ["kubeconfig"]
    assert provider("kubernetes").check_config({"kubeconfig": UNKNOWN}) == ()
