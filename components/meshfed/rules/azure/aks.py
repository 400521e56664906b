"""AKS clusters: who reaches the API server, what the network enforces, what nodes give away."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.azure.kinds import AGENT_POOL, CLUSTER
from meshfed.rules.expect import ABSENT, none_of, off, on, one_of, word
from meshfed.rules.networks import internet_among
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_ACCESS: Final = "apiServerAccessProfile"
_ADDONS: Final = {
    "httpapplicationrouting": "brings a public ingress controller that no mesh identity stands behind",
    "aciconnectorlinux": "runs pods outside of the nodes, where no NetworkPolicy and no agent of SPIRE reaches them",
}
_MESHES: Final = re.compile(r"servicemesh|istio|(?:^|\.)osm$|openservicemesh")


def _api_server_is_inside(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    access = resource.props[_ACCESS]
    if not access["enablePrivateCluster"].flag() and not access["enableVnetIntegration"].flag():
        yield access["enablePrivateCluster"].wrong("the API server answers on the internet and has no place inside")


def _public_endpoint_names_its_callers(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    access = resource.props[_ACCESS]
    if word(resource.props["publicNetworkAccess"].text()) == "disabled" or access["enablePrivateCluster"].flag():
        return
    if access["enableVnetIntegration"].flag() and access["authorizedIPRanges"].is_absent:
        yield access["authorizedIPRanges"].wrong("the API server still answers on the internet, and everyone may call")


def _callers_are_few(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if node := internet_among(resource.props[_ACCESS]["authorizedIPRanges"].items()):
        yield node.wrong("lets the whole internet call the API server")


def _has_no_public_name(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    access = resource.props[_ACCESS]
    node = access["enablePrivateClusterPublicFQDN"]
    # Azure gives a private cluster a public name unless it is told not to; any other has one anyway.
    if node.flag(default=access["enablePrivateCluster"].flag()):
        yield node.wrong("publishes the address of the private API server in public DNS")


def _addons_are_off(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(entry: tuple[str, Node]) -> Iterator[Finding]:
        message = _ADDONS.get(word(entry[0]))
        if message and entry[1]["enabled"].flag():
            yield entry[1]["enabled"].wrong(message)

    yield from each(resource.props["addonProfiles"].entries(), one)


def _ingress_is_inside(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    routing = resource.props["ingressProfile"]["webAppRouting"]
    node = routing["nginx"]["defaultIngressControllerType"]
    if routing["enabled"].flag() and word(node.text()) not in {"internal", "none"}:
        yield node.wrong("brings a public ingress controller that no mesh identity stands behind")


def _hub_is_inside(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    hub = resource.props["hubProfile"]
    node = hub["apiServerAccessProfile"]["enablePrivateCluster"]
    if not hub.is_absent and not node.flag():
        yield node.wrong("the API server of the hub, from which objects go to every cluster, answers on the internet")


def _installs_no_mesh(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["extensionType"]
    if _MESHES.search(word(node.text())):
        yield node.wrong("the extension's control plane competes with the mesh's own")


def _joins_no_mesh(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield resource.props.wrong("the cluster joins a mesh of Azure's own, which writes into the same proxies")


RULES: Final = (
    Rule(
        id="MF-Z1",
        title="The API server of AKS is reached from inside alone",
        why="A control plane on the internet is one leaked credential away from everyone, and runCommand is kubectl for"
        " whoever may write to the cluster in Azure, past the private endpoint.",
        mend="Write apiServerAccessProfile: {enablePrivateCluster: true, enablePrivateClusterPublicFQDN: false,"
        " disableRunCommand: true}.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            CLUSTER: (
                _api_server_is_inside,
                _public_endpoint_names_its_callers,
                _callers_are_few,
                _has_no_public_name,
                on(f"{_ACCESS}.disableRunCommand", "anyone who may write to the cluster in Azure runs kubectl in it"),
            ),
            "azure-native:containerservice:Fleet": (_hub_is_inside,),
        },
        controls=("CIS AKS 5.4.1", "CIS AKS 5.4.2", "NIST SP 800-53 SC-7"),
    ),
    Rule(
        id="MF-Z4",
        title="AKS enforces network policies, and its nodes give no way in or out of their own",
        why="Without Cilium a NetworkPolicy is text; a node with a public address, SSH or the load balancer's way out"
        " is a path that no gateway sees; an unrestricted node resource group lets anyone change the nodes under AKS.",
        mend="Write networkProfile: {networkPolicy: cilium, networkDataplane: cilium, outboundType:"
        " userAssignedNATGateway}, sku: {tier: Standard}, nodeResourceGroupProfile: {restrictionLevel: ReadOnly}, and"
        " in each pool enableNodePublicIP: false and securityProfile: {sshAccess: Disabled}.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            CLUSTER: (
                none_of(
                    "networkProfile.networkPolicy",
                    frozenset({ABSENT, "none", "azure"}),
                    "no engine that the mesh relies on enforces NetworkPolicies",
                ),
                one_of("networkProfile.networkDataplane", frozenset({"cilium"}), "the data plane is not Cilium"),
                none_of(
                    "networkProfile.outboundType",
                    frozenset({ABSENT, "loadbalancer"}),
                    "pods leave through a public load balancer; where nothing is written they do",
                ),
                none_of("sku.tier", frozenset({ABSENT, "free"}), "the control plane has no uptime commitment"),
                one_of(
                    "nodeResourceGroupProfile.restrictionLevel",
                    frozenset({"readonly"}),
                    "others than AKS may change the nodes' resources",
                ),
                _addons_are_off,
                _ingress_is_inside,
            ),
            AGENT_POOL: (
                off("enableNodePublicIP", "each node has a public address"),
                one_of(
                    "securityProfile.sshAccess",
                    frozenset({"disabled"}),
                    "nodes take SSH; where nothing is written they do",
                ),
            ),
        },
        controls=("CIS AKS 5.4.4", "CIS AKS 5.4.3", "NIST SP 800-53 SC-7", "NIST SP 800-207 tenet 2"),
    ),
    Rule(
        id="MF-Z5",
        title="AKS runs no Istio of its own",
        why="The add-on knows neither several clusters nor SPIRE, and two control planes write into the same proxies.",
        mend="Write serviceMeshProfile: {mode: Disabled}, or leave it out.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            CLUSTER: (
                one_of(
                    "serviceMeshProfile.mode",
                    frozenset({ABSENT, "disabled"}),
                    "the add-on's control plane competes with the mesh's own",
                ),
            ),
            "azure-native:kubernetesconfiguration:Extension": (_installs_no_mesh,),
            "azure-native:containerservice:MeshMembership": (_joins_no_mesh,),
            "azure-native:applink:AppLinkMember": (_joins_no_mesh,),
        },
    ),
)
