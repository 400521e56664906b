"""SPIRE agents: how they come to trust their server, and who reaches their socket."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.forms.spire import AGENT_CONF
from meshfed.rules.kubernetes.workloads import containers, is_among, of_applications
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.spire.charts import AGENT_CHART, CHART, agent_values
from meshfed.rules.spire.sockets import is_agent_socket
from meshfed.settings.gate import GateParameters

_CSI_DRIVER: Final = "csi.spiffe.io"
_BLIND: Final = re.compile(r"(?<!\S)['\"]?--?insecureBootstrap(?!\w|=['\"]?(false|0|f)\b)", re.IGNORECASE)
_ACCOUNT: Final = re.compile(r"spiffe://[^/]+/ns/([^/]+)/sa/([^/]+)")
_PLAIN_URL: Final = re.compile(r"(?<!\S)['\"]?--?trustBundleUrl[=\s]+['\"]?http://", re.IGNORECASE)


def _knows_its_server(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    agent = conf.props["agent"]
    yield from each([agent["insecure_bootstrap"]], _is_not_blind)
    yield from each([agent["trust_bundle_url"]], _has_tls)


def _is_not_blind(node: Node) -> Iterator[Finding]:
    if node.flag(default=False):
        yield node.wrong("the agent takes the first server that answers, whoever it is")


def _has_tls(node: Node) -> Iterator[Finding]:
    if not node.is_absent and not node.text().strip().lower().startswith("https://"):
        yield node.wrong("the agent's trust comes without TLS, so anybody on the way replaces it")


def _chart_has_tls(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(agent_values(chart), lambda agent: _has_tls(agent["trustBundleURL"]))


def _is_started_with_trust(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(containers(pod), _arguments)


def _arguments(container: Node) -> Iterator[Finding]:
    """The words of a command, by themselves and together: a shell takes all of them in one, others one by one."""
    words = [*container["command"].items(), *container["args"].items()]
    text = " ".join(node.text() for node in words if not node.is_unknown)
    if _BLIND.search(text):
        yield container.wrong("the agent takes the first server that answers, whoever it is")
    if _PLAIN_URL.search(text):
        yield container.wrong("the agent's trust comes without TLS, so anybody on the way replaces it")
    yield from each([node for node in words if node.is_unknown], _is_known)


def _is_known(node: Node) -> Iterator[Finding]:
    node.text()
    yield from ()


def _keeps_identities_apart(conf: Resource, parameters: GateParameters) -> Iterator[Finding]:
    agent = conf.props["agent"]
    yield from each(agent["authorized_delegates"].items(), lambda node: _is_a_delegate(node, parameters))
    disabled = agent["sds"]["disable_spiffe_cert_validation"]
    if disabled.flag(default=False):
        yield disabled.wrong("proxies are told to take any certificate")


def _chart_keeps_identities_apart(chart: Resource, parameters: GateParameters) -> Iterator[Finding]:
    for agent in agent_values(chart):
        yield from each(agent["authorizedDelegates"].items(), lambda node: _is_a_delegate(node, parameters))
        disabled = agent["sds"]["disableSPIFFECertValidation"]
        if disabled.flag(default=False):
            yield disabled.wrong("proxies are told to take any certificate")


def _is_a_delegate(node: Node, parameters: GateParameters) -> Iterator[Finding]:
    account = _ACCOUNT.fullmatch(node.text())
    if account is None or not is_among(f"{account[1]}/{account[2]}", parameters.privileged_workloads):
        yield node.wrong("gets the identity of every workload of the node, and privileged_workloads does not name it")


def _driver_is_read_only(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(pod.props["spec"]["volumes"].items(), _is_read_only)


def _is_read_only(volume: Node) -> Iterator[Finding]:
    driver = volume["csi"]
    if driver["driver"].text() == _CSI_DRIVER and not driver["readOnly"].flag(default=False):
        yield driver["readOnly"].wrong("the pod may put a socket of its own in the agent's place")


def _socket_is_read_only(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    sockets = {
        volume["name"].text()
        for volume in pod.props["spec"]["volumes"].items()
        if not volume["hostPath"].is_absent and is_agent_socket(volume["hostPath"]["path"])
    }
    if sockets:
        yield from each(containers(pod), lambda one: each(one["volumeMounts"].items(), lambda m: _mount(m, sockets)))


def _mount(mount: Node, sockets: set[str]) -> Iterator[Finding]:
    if mount["name"].text() in sockets and not mount["readOnly"].flag(default=False):
        yield mount["readOnly"].wrong("the pod may put a socket of its own in the agent's place, for the whole node")


RULES: Final = (
    Rule(
        id="MF-S4",
        title="An agent knows its server from the start, and pods only read its socket",
        why="An agent that trusts the first answer can join an attacker's server; a pod that writes where the socket "
        "is answers for the agent, to every workload of the node.",
        mend="Give the agent a trust bundle from a file or an https URL, and mount csi.spiffe.io with readOnly: true.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            AGENT_CONF: (_knows_its_server, _keeps_identities_apart),
            CHART: (_chart_has_tls, _chart_keeps_identities_apart),
            AGENT_CHART: (_chart_has_tls, _chart_keeps_identities_apart),
            POD: (_is_started_with_trust, _driver_is_read_only, of_applications(_socket_is_read_only)),
        },
        controls=("NIST SP 800-53 IA-3", "NIST SP 800-53 SC-17"),
        weaker="A socket on the node is known by its path (spire, spiffe).",
    ),
)
