"""What a pod or a gateway's chart writes into the proxy's own container, which injection then keeps (MF-I28)."""

from collections.abc import Iterator
from posixpath import normpath
from typing import Final

from meshfed.rules.istio.mesh_config import HARMLESS_METADATA, proxy_metadata
from meshfed.rules.kubernetes.workloads import INJECTED_IMAGE
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

_PROXIES: Final = ("istio-init", "istio-proxy", "istio-validation")
_KINDS: Final = ("containers", "initContainers")
_HARMLESS: Final = HARMLESS_METADATA | {"ISTIO_META_ROUTER_MODE", "TERMINATION_DRAIN_DURATION_SECONDS"}
_OWN_FILES: Final = ("/etc/istio", "/run/secrets", "/usr/local/bin", "/var/lib/istio", "/var/run/secrets")
_SOCKETS: Final = ("/run/secrets/workload-spiffe-uds", "/var/run/secrets/workload-spiffe-uds")
_DRIVER: Final = "csi.spiffe.io"


def proxy_is_as_injected(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    """The proxy's container holds nothing that decides what it is, whom it asks and whom it trusts."""
    spec = pod.props["spec"]
    for kind in _KINDS:
        yield from each(spec[kind].items(), lambda one: _container(one, spec["volumes"]))


def _container(container: Node, volumes: Node) -> Iterator[Finding]:
    if container["name"].text() not in _PROXIES:
        return
    for name in ("command", "args", "envFrom"):
        if not container[name].is_absent:
            yield container[name].wrong("starts the proxy in another way than injection does")
    if container["image"].text(INJECTED_IMAGE) not in (INJECTED_IMAGE, ""):
        yield container["image"].wrong(f"replaces the proxy; {INJECTED_IMAGE} is what injection fills in")
    yield from each(container["env"].items(), _variable)
    yield from each(container["volumeMounts"].items(), lambda mount: _mount(mount, volumes))


def _variable(variable: Node) -> Iterator[Finding]:
    if variable["name"].text() not in _HARMLESS:
        yield variable.wrong("may change the proxy's identity, trust or redirection; nobody listed it as harmless")


def _mount(mount: Node, volumes: Node) -> Iterator[Finding]:
    path = normpath("/" + mount["mountPath"].text().lstrip("/"))
    touched = any(
        f"{one}/".startswith(f"{other.rstrip('/')}/") for own in _OWN_FILES for one, other in _both(path, own)
    )
    if touched and not (path in _SOCKETS and _is_spires(mount["name"].text(), volumes)):
        yield mount["mountPath"].wrong("lays files over the proxy's own, or over its identity")


def _both(one: str, other: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (one, other), (other, one)


def _is_spires(name: str, volumes: Node) -> bool:
    return any(one["name"].text() == name and one["csi"]["driver"].text() == _DRIVER for one in volumes.items())


def charts_proxy_is_as_injected(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    """The same of the values of a gateway's chart."""
    yield from proxy_metadata(chart.props["env"], _HARMLESS)
    yield from each(chart.props["envVarFrom"].items(), _variable)
    yield from each(chart.props["volumeMounts"].items(), lambda mount: _mount(mount, chart.props["volumes"]))
