"""Objects and cloud resources by which a cluster takes further objects from Git, a bucket or a package catalogue."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from meshfed.rules.allowed import by_digest, is_object_allowed
from meshfed.rules.bypasses.addons import EXTENSION, extension_takes_nothing_from_git
from meshfed.rules.forms.gitops import ARGO
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_INSTALLERS: Final = (
    "kustomize.toolkit.fluxcd.io/Kustomization",
    "fluxcd.controlplane.io/FluxInstance",
    "fluxcd.controlplane.io/ResourceSet",
    "infra.contrib.fluxcd.io/Terraform",
    "argoproj.io/ApplicationSet",
    "configsync.gke.io/RootSync",
    "configsync.gke.io/RepoSync",
    "configmanagement.gke.io/ConfigManagement",
    "fleet.cattle.io/Bundle",
    "fleet.cattle.io/GitRepo",
    "fleet.cattle.io/HelmOp",
    "helm.cattle.io/HelmChartConfig",
    "k3s.cattle.io/Addon",
    "apps.open-cluster-management.io/Subscription",
    "kappctrl.k14s.io/App",
    "packaging.carvel.dev/PackageInstall",
    "addons.cluster.x-k8s.io/ClusterResourceSet",
    "addons.cluster.x-k8s.io/HelmChartProxy",
    "operators.coreos.com/Subscription",
    "helm.crossplane.io/Release",
    "apiextensions.crossplane.io/Composition",
    "kro.run/ResourceGraphDefinition",
    "pulumi.com/Stack",
    "azure-native:kubernetesconfiguration:FluxConfiguration",
    "azure-native:kubernetesconfiguration:SourceControlConfiguration",
    "aws:eks/capability:Capability",
)
_COMMIT: Final = re.compile("^([0-9a-f]{40}|[0-9a-f]{64})$")
_MESSAGE: Final = "has a controller make objects that are not in the program, and no rule sees them"


def _is_no_installer(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield resource.props.wrong(_MESSAGE)


def _application_is_a_chart(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    spec = resource.props["spec"]
    sources = [*spec["source"].items(), *spec["sources"].items()]
    findings = [*each(sources, _names_a_chart)]
    if findings and all(map(_is_pinned, sources)):
        if is_object_allowed(resource, spec, parameters):
            return
        findings = [replace(one, message=one.message + by_digest(spec, "its spec")) for one in findings]
    yield from findings


def _is_pinned(source: Node) -> bool:
    """Whether a source is a commit, of which the content is known for good."""
    revision = source["targetRevision"]
    return not revision.is_unknown and _COMMIT.match(revision.text()) is not None


def _names_a_chart(source: Node) -> Iterator[Finding]:
    # A source with `ref` alone gives files of values to another one, which MF-G1 refuses there.
    if source["chart"].is_absent and (source["ref"].is_absent or not source["path"].is_absent):
        yield source.wrong(_MESSAGE)


def _fleet_member_takes_nothing(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _syncs(resource.props["configmanagement"])


def _fleet_takes_nothing(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _syncs(resource.props["fleetDefaultMemberConfig"]["configmanagement"])


def _syncs(management: Node) -> Iterator[Finding]:
    node = management["configSync"]
    if not node.is_absent:
        yield node.wrong(_MESSAGE)


INSTALLERS: Final[Mapping[str, tuple[Check, ...]]] = {
    **dict.fromkeys(_INSTALLERS, (_is_no_installer,)),
    EXTENSION: (extension_takes_nothing_from_git,),
    ARGO: (_application_is_a_chart,),
    "gcp:gkehub/feature:Feature": (_fleet_takes_nothing,),
    "gcp:gkehub/featureMembership:FeatureMembership": (_fleet_member_takes_nothing,),
}
"""Checks of MF-G3, by kind."""
