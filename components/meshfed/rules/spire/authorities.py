"""Who stands above a SPIRE server: whoever signs its CA makes any identity of the trust domain."""

from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from meshfed.rules.allowed import by_digest, is_object_allowed, is_text_allowed
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.spire.charts import labelled, server_values
from meshfed.settings.gate import GateParameters

_CLOUDS: Final = frozenset({"awspca", "gcpcas"})
_MANAGER: Final = "certmanager"
_ISSUERS: Final = ("Issuer", "ClusterIssuer")
_VAULT: Final = "vault"
_FOREIGN: Final = (
    "may be anybody's, and signs every identity of the trust domain: take aws_pca, gcp_cas, an issuer of"
    " cert-manager in a namespace of the platform's or a Vault there; `allowed` takes it by content"
)


def authority_is_ours(conf: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """Check: the upstream authorities of a server's own configuration."""

    def is_allowed(node: Node) -> bool:
        return is_object_allowed(conf, node, parameters)

    for name, plugin in labelled(conf.props["plugins"]["upstreamauthority"]):
        authority = _Authority(name, plugin, plugin["plugin_data"], conf.namespace, parameters, is_allowed)
        yield from each([plugin], lambda _, one=authority: one.faults())


def chart_authority_is_ours(chart: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """Check: the upstream authorities that values of SPIRE's chart turn on."""

    def is_allowed(node: Node) -> bool:
        return is_text_allowed(chart, node, parameters)

    for server in server_values(chart):
        for name, values in labelled(server["upstreamAuthority"]):
            authority = _Authority(name, values, values, "", parameters, is_allowed)
            yield from each([values], lambda node, one=authority: one.faults_if_enabled(node))


class _Authority:
    """One upstream authority; names of its settings are as SPIRE or as its chart writes them."""

    def __init__(
        self,
        name: str,
        node: Node,
        data: Node,
        namespace: str,
        parameters: GateParameters,
        is_allowed: Callable[[Node], bool],
    ) -> None:
        self._name = name.lower().replace("_", "").replace("-", "")
        self._node, self._data, self._namespace = node, data, namespace
        self._parameters, self._is_allowed = parameters, is_allowed

    def faults_if_enabled(self, values: Node) -> Iterator[Finding]:
        if values["enabled"].flag(default=False):
            yield from self.faults()

    def faults(self) -> Iterator[Finding]:
        unsure = self._unverified()
        if self._name == "disk":
            return  # The rule says so itself, whatever is allowed.
        if unsure is not None:
            yield unsure.wrong("whoever is on the way to it signs every identity of the trust domain")
        elif self._node["plugin_cmd"].is_missing and not self._is_ours() and not self._is_allowed(self._node):
            yield self._node.wrong(_FOREIGN + by_digest(self._node, "it"))

    def _unverified(self) -> Node | None:
        """What lets the way to a Vault be without TLS, or with one that nobody verifies."""
        skip, address = self._value("insecure_skip_verify"), self._value("vault_addr")
        if self._name == _VAULT and skip.flag(default=False):
            return skip
        return address if self._name == _VAULT and address.text("https:").lower().startswith("http:") else None

    def _is_ours(self) -> bool:
        if self._name in _CLOUDS:
            return self._is_of_our_cloud()
        if self._name == _MANAGER:
            return self._value("kube_config_file").is_absent and self._is_manager_ours()
        return self._name == _VAULT and self._is_vault_ours()

    def _is_of_our_cloud(self) -> bool:
        """No other address, no further roots, and where the owner's accounts are known none but those."""
        accounts = self._parameters.accounts
        named = [self._value(name).text() for name in ("certificate_authority_arn", "assume_role_arn")]
        is_known = all(arn.split(":")[4:5] in [[one] for one in accounts] for arn in named if arn and accounts)
        return is_known and all(self._value(name).is_absent for name in ("endpoint", "supplemental_bundle_path"))

    def _is_manager_ours(self) -> bool:
        kind, group = self._value("issuer_kind").text("Issuer"), self._value("issuer_group").text("cert-manager.io")
        namespace = self._value("namespace").text(self._namespace) or self._namespace
        is_near = namespace == self._namespace or self._is_of_the_platform(namespace)
        # Whoever may write a request's status where it stands gives the roots, whichever issuer is named.
        return group == "cert-manager.io" and kind in _ISSUERS and is_near

    def _is_vault_ours(self) -> bool:
        url = urlsplit(self._value("vault_addr").text())
        labels = (url.hostname or "").removesuffix(".").removesuffix(".cluster.local").split(".")
        return len(labels) == 3 and labels[2] == "svc" and self._is_of_the_platform(labels[1])

    def _is_of_the_platform(self, namespace: str) -> bool:
        return namespace in self._parameters.namespaces_outside

    def _value(self, name: str) -> Node:
        """A setting by SPIRE's name for it, or by the same in the chart's letters."""
        wanted = name.replace("_", "")
        for key, node in labelled(self._data):
            if key.lower().replace("_", "") == wanted:
                return node
        return self._data[name]
