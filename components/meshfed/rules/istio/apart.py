"""Namespaces outside of the mesh for the sake of controllers: nobody else stands there."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.kubernetes.workloads import is_among, named, platform_names
from meshfed.rules.node import Finding, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.settings.gate import GateParameters

_NAMESPACE: Final = "core/Namespace"
_INJECTION: Final = "istio-injection"
_MODE: Final = "istio.io/dataplane-mode"
_MESSAGE: Final = "is a pod without a proxy, in a namespace that is outside of the mesh for named controllers alone"


def controllers_alone_stand_outside(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    """Pods of such a namespace that neither join the mesh by themselves nor are what their owner names."""
    for cluster in stack.clusters():
        for namespace in cluster.of(_NAMESPACE):
            yield from guarded(_stands_outside(namespace, cluster, parameters))


def _stands_outside(namespace: Resource, cluster: Stack, parameters: GateParameters) -> Iterator[Finding]:
    is_apart = namespace.name in parameters.namespaces_outside and namespace.name not in parameters.system_namespaces
    if is_apart and not _joins(namespace):
        pods = cluster.of(POD)
        yield from (finding for pod in pods for finding in guarded(_is_named(pod, namespace, parameters)))


def _joins(namespace: Resource) -> bool:
    labels = namespace.labels
    if labels[_INJECTION].text() == "enabled" or labels[_MODE].text() == "ambient":
        return True
    return labels[_INJECTION].is_absent and not labels["istio.io/rev"].is_absent


def _is_named(pod: Resource, namespace: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if pod.namespace != namespace.name or pod.labels[_MODE].text() == "ambient":
        return
    if not is_among(named(pod), platform_names(parameters)):
        yield pod.props["spec"].wrong(_MESSAGE)
