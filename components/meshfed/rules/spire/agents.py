"""SPIRE agents: how they come to trust their server, and who reaches their socket."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.forms.spire import AGENT_CONF
from meshfed.rules.kubernetes.workloads import containers, of_applications
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.spire.charts import AGENT_CHART, CHART, agent_values
from meshfed.rules.spire.sockets import is_agent_socket
from meshfed.settings.gate import GateParameters

_CSI_DRIVER: Final = "csi.spiffe.io"
_BLIND: Final = re.compile(r"^--?insecureBootstrap(=(true|1|t))?$", re.IGNORECASE)
_PLAIN_URL: Final = re.compile(r"^--?trustBundleUrl=http://", re.IGNORECASE)


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
    yield from each(containers(pod), lambda one: each([*one["command"].items(), *one["args"].items()], _argument))


def _argument(node: Node) -> Iterator[Finding]:
    text = node.text().strip()
    if _BLIND.match(text):
        yield node.wrong("the agent takes the first server that answers, whoever it is")
    elif _PLAIN_URL.match(text):
        yield node.wrong("the agent's trust comes without TLS, so anybody on the way replaces it")


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
            AGENT_CONF: (_knows_its_server,),
            CHART: (_chart_has_tls,),
            AGENT_CHART: (_chart_has_tls,),
            POD: (_is_started_with_trust, _driver_is_read_only, of_applications(_socket_is_read_only)),
        },
        controls=("NIST SP 800-53 IA-3", "NIST SP 800-53 SC-17"),
        weaker="A socket on the node is known by its path (spire, spiffe).",
    ),
)
