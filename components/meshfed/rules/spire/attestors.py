"""Who makes a machine a node of a SPIRE server: attestors of the region itself, and no others without a word."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.allowed import by_digest, is_object_allowed, is_text_allowed
from meshfed.rules.kubernetes.workloads import is_among
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.spire.charts import labelled, server_values
from meshfed.settings.gate import GateParameters

_CLOUD_LIMITS: Final = {
    "aws_iid": ("account_ids_for_local_validation", "assume_role", "verify_organization"),
    "gcp_iit": ("projectid_allow_list",),
    "azure_imds": ("tenants",),
    "azure_msi": ("tenants",),
}
"""Of which settings a cloud's attestor needs one, so that not every machine of the cloud is a node."""
_CHART_OWN: Final = "k8sPSAT"
_FOREIGN: Final = (
    "is not the attestor of the region's own cluster (k8s_psat), nor of AWS accounts that the pack's configuration"
    " lists, so machines of somebody else can become nodes; `allowed` takes it by content"
)


def attests_by_proof(conf: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """Check: the attestors of a server's own configuration."""
    for name, plugin in labelled(conf.props["plugins"]["nodeattestor"]):
        yield from each([plugin], lambda node, name=name: _attestor(conf, name, node, parameters))


def _attestor(conf: Resource, name: str, plugin: Node, parameters: GateParameters) -> Iterator[Finding]:
    data = plugin["plugin_data"]
    if name == "join_token":
        yield plugin.wrong("whoever holds a text becomes a node; nothing ties it to a machine")
    elif name == "k8s_psat":
        for _, cluster in labelled(data["clusters"]):
            yield from each([cluster], _cluster_of_tokens)
            yield from each([cluster], _is_own_cluster)
            allowed = cluster["service_account_allow_list"]
            yield from each([allowed], lambda one: _accounts_are_agents(one, parameters))
    elif name == "k8s_sat":
        yield plugin.wrong("a token that is for everybody and does not end makes its holder a node")
    elif name == "http_challenge" and data["allowed_dns_patterns"].is_absent:
        yield plugin.wrong("any machine that has a name in the DNS becomes a node")
    elif name == "aws_iid" and data["skip_block_device"].flag(default=False):
        yield data["skip_block_device"].wrong("a document that was stolen from a machine makes another one a node")
    elif name in _CLOUD_LIMITS and all(data[limit].is_absent for limit in _CLOUD_LIMITS[name]):
        yield plugin.wrong("machines of any account of the cloud may become nodes")
    elif not plugin["plugin_cmd"].is_missing or _is_of_our_accounts(name, data, parameters):
        return  # A program of one's own is refused as such.
    elif not is_object_allowed(conf, plugin, parameters):
        yield plugin.wrong(_FOREIGN + by_digest(plugin, "it"))


def _is_of_our_accounts(name: str, data: Node, parameters: GateParameters) -> bool:
    organization = data["verify_organization"]["management_account_id"]
    # A role that the server takes in the machine's account is there in an account of anybody's.
    if name != "aws_iid" or (organization.is_absent and not data["assume_role"].is_absent):
        return False
    path = data["agent_path_template"].text("/aws_iid/")
    accounts = [
        *data["account_ids_for_local_validation"].texts(),
        *([organization.text()] * (not organization.is_absent)),
    ]
    return path.startswith("/aws_iid/") and bool(accounts) and set(accounts) <= set(parameters.accounts)


def _cluster_of_tokens(cluster: Node) -> Iterator[Finding]:
    allowed, audience = cluster["service_account_allow_list"], cluster["audience"]
    if allowed.is_absent:
        yield allowed.wrong("pods of any account become nodes")
    if not audience.is_missing and audience.is_absent:
        yield audience.wrong("tokens for the API server are taken, which every pod has")


def _is_own_cluster(cluster: Node) -> Iterator[Finding]:
    if not cluster["kube_config_file"].is_absent:
        yield cluster["kube_config_file"].wrong(
            "another API server than that of the server's own cluster says which pods are agents"
        )


def _accounts_are_agents(accounts: Node, parameters: GateParameters) -> Iterator[Finding]:
    for account in accounts.items():
        if not is_among(account.text().replace(":", "/"), parameters.privileged_workloads):
            yield account.wrong("is no agent's account that privileged_workloads names, and makes its pods nodes")


def chart_attestors(chart: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """Check: the attestors that values of SPIRE's chart turn on."""
    for server in server_values(chart):
        for name, attestor in labelled(server["nodeAttestor"]):
            yield from each([attestor], lambda node, name=name: _of_the_chart(chart, name, node, parameters))


def _of_the_chart(chart: Resource, name: str, attestor: Node, parameters: GateParameters) -> Iterator[Finding]:
    enabled = attestor["enabled"]
    if name == _CHART_OWN:
        yield from _accounts_are_agents(attestor["serviceAccountAllowList"], parameters)
    # Those of other clusters have no switch, but clusters.
    elif not enabled.flag(default=not attestor["clusters"].is_absent):
        return
    elif name == "joinToken":
        yield enabled.wrong("whoever holds a text becomes a node")
    elif name == "awsIID" and attestor["assumeRole"].is_absent:
        yield attestor["assumeRole"].wrong("machines of any account of the cloud may become nodes")
    elif not is_text_allowed(chart, attestor, parameters):
        yield attestor.wrong(_FOREIGN + by_digest(attestor, "it"))
