"""Which revisions of istiod serve a cluster, and whether namespaces name one of them (MF-I25)."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from meshfed.rules.forms.helm import ISTIOD
from meshfed.rules.istio.objects import ISTIOD_ENVIRONMENT
from meshfed.rules.kubernetes.selectors import selects
from meshfed.rules.node import Finding, each, some
from meshfed.rules.resource import Resource, Stack
from meshfed.settings.gate import GateParameters

_LABEL: Final = "istio.io/rev"
_USUAL: Final = "default"
_WEBHOOKS: Final = "admissionregistration.k8s.io/MutatingWebhookConfiguration"
_SAIL: Final = ("sailoperator.io/Istio", "sailoperator.io/IstioRevision", "sailoperator.io/IstioRevisionTag")


def revisions_are_served(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    """A namespace that names a revision names one that an istiod serves."""
    for cluster in stack.clusters():
        yield from each(cluster.of("core/Namespace"), partial(_names_a_served_one, cluster, parameters))


def _names_a_served_one(cluster: Stack, parameters: GateParameters, namespace: Resource) -> Iterator[Finding]:
    if namespace.labels.is_unknown or namespace.labels[_LABEL].is_missing:
        return
    label = namespace.labels[_LABEL]
    revision = label.text()
    if revision in parameters.revisions or namespace.name in parameters.system_namespaces:
        return
    if not (_is_installed(cluster, revision) or _is_tagged(cluster, namespace)):
        yield label.wrong(
            "names a revision that no istiod is known to serve, so its pods get no proxy; those that another stack"
            " installs stand in the parameter revisions"
        )


def _is_installed(cluster: Stack, revision: str) -> bool:
    return (
        some(cluster.of(ISTIOD), lambda chart: _chart_serves(chart, revision))
        or some(cluster.of(ISTIOD_ENVIRONMENT), lambda one: one.props["REVISION"].text() == revision != "")
        or some(cluster.of(*_SAIL), lambda one: revision == one.name or revision.startswith(f"{one.name}-v"))
    )


def _chart_serves(chart: Resource, revision: str) -> bool:
    if chart.token.startswith("kubernetes:sailoperator.io/"):
        return False
    return revision in ((chart.props["revision"].text() or _USUAL), *chart.props["revisionTags"].texts())


def _is_tagged(cluster: Stack, namespace: Resource) -> bool:
    """Whether a webhook of Istio's own service takes the namespace, as those of tags do."""
    labels = {name: node.text() for name, node in namespace.labels.entries()}
    return some(
        cluster.of(_WEBHOOKS), lambda one: _takes(one, {**labels, "kubernetes.io/metadata.name": namespace.name})
    )


def _takes(configuration: Resource, labels: Mapping[str, str]) -> bool:
    return any(
        webhook["clientConfig"]["service"]["name"].text().startswith("istiod")
        and not webhook["namespaceSelector"].is_absent
        and selects(webhook["namespaceSelector"], labels)
        for webhook in configuration.props["webhooks"].items()
    )
