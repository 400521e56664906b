"""What pods may do on their node: share it, act as root, or take the proxy's own user id."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.forms.pod_makers import PART
from meshfed.rules.kubernetes.node_volumes import VOLUME, volume_is_no_folder
from meshfed.rules.kubernetes.pod_parts import HARMLESS, PROXY, PROXY_ID, RIGHTS, SHARES, capability
from meshfed.rules.kubernetes.workloads import containers, is_gateway_proxy, of_applications
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.spire.sockets import is_agent_socket
from meshfed.settings.gate import GateParameters

_BY_NAME: Final = (
    "Workloads of `privileged_workloads` are known by namespace and name alone; what runs in them is not judged. An "
    "operator's object that makes pods of something else than a template of one is judged by what it says, and not by "
    "what it leaves out; a template that an operator reads from a ConfigMap is not seen. Drivers of storage, network "
    "and devices are believed, whatever of a node they pass on."
)


def _shares_no_namespace(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        yield from each([pod.props["spec"][name]], _is_off)


def _is_off(node: Node) -> Iterator[Finding]:
    if node.flag(default=False):
        yield node.wrong("the pod shares this of its node, where neither redirection nor NetworkPolicy holds it")


def _takes_no_port_of_the_node(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(containers(pod), lambda container: each(container["ports"].items(), _has_no_host_port))


def _has_no_host_port(port: Node) -> Iterator[Finding]:
    if port["hostPort"].number(0):
        yield port["hostPort"].wrong("a port of the node leads to the pod, past every gateway")


def _mounts_nothing_of_the_node(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(pod.props["spec"]["volumes"].items(), _is_no_host_path)


def _is_no_host_path(volume: Node) -> Iterator[Finding]:
    path = volume["hostPath"]["path"]
    if not path.is_absent and not is_agent_socket(path):
        yield path.wrong("a folder of the node is mounted")


def _is_not_privileged(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each([pod.props["spec"]["securityContext"]["windowsOptions"]["hostProcess"]], _is_unprivileged)
    yield from each(containers(pod), _container_is_unprivileged)


def _container_is_unprivileged(container: Node) -> Iterator[Finding]:
    context = container["securityContext"]
    yield from each([context["privileged"], context["windowsOptions"]["hostProcess"]], _is_unprivileged)


def _is_unprivileged(node: Node) -> Iterator[Finding]:
    if node.flag(default=False):
        yield node.wrong("the container may do whatever the node may, and leave the mesh by it")


def _gains_no_rights(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(containers(pod), _may_not_escalate)


def _may_not_escalate(container: Node) -> Iterator[Finding]:
    node = container["securityContext"]["allowPrivilegeEscalation"]
    if node.flag(default=True):
        yield node.wrong("a program may gain more rights than it was started with; where nothing is written it may")


def _is_not_root(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    outer = pod.props["spec"]["securityContext"]

    def runs_as_somebody(container: Node) -> Iterator[Finding]:
        inner = container["securityContext"]
        user = _nearer(inner["runAsUser"], outer["runAsUser"])
        not_root = _nearer(inner["runAsNonRoot"], outer["runAsNonRoot"])
        number = user.number()
        if number == 0:
            yield user.wrong("the container runs as root, which may change the rules that redirect traffic")
        elif number is None and not not_root.flag(default=False):
            yield not_root.wrong("nothing keeps the container from running as root; where nothing is written it may")

    yield from each(containers(pod), runs_as_somebody)


def _nearer(inner: Node, outer: Node) -> Node:
    """The container's word counts before the pod's; a message about neither names the container's place."""
    return outer if inner.value is None and outer.value is not None else inner


def _adds_no_capability(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(
        containers(pod), lambda one: each(one["securityContext"]["capabilities"]["add"].items(), _is_harmless)
    )


def _is_harmless(node: Node) -> Iterator[Finding]:
    if capability(node) not in HARMLESS:
        yield node.wrong("the container gets a capability that no application needs")


def _drops_raw_sockets(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(containers(pod), _has_no_raw_sockets)


def _has_no_raw_sockets(container: Node) -> Iterator[Finding]:
    dropped = container["securityContext"]["capabilities"]["drop"]
    if not {capability(node) for node in dropped.items()} & {"ALL", "NET_RAW"}:
        yield dropped.wrong("NET_RAW, which a container has by default, is not dropped")


def _is_not_the_proxy(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _has_another_id(pod.props["spec"])
    yield from each(containers(pod), lambda one: iter(()) if is_gateway_proxy(pod, one) else _has_another_id(one))


def _has_another_id(holder: Node) -> Iterator[Finding]:
    context = holder["securityContext"]
    yield from each([context["runAsUser"], context["runAsGroup"]], _is_another_id)


def _is_another_id(node: Node) -> Iterator[Finding]:
    if node.number() == PROXY_ID:
        yield node.wrong(f"{PROXY_ID} is the proxy's own id; traffic of it is not redirected")


RULES: Final = (
    Rule(
        id="MF-K1",
        title="A pod shares nothing of its node",
        why="In the node's network neither redirection into the proxy nor a NetworkPolicy holds a pod; in its process "
        "and file trees it reads the keys of its neighbours.",
        mend="Take hostNetwork, hostPID, hostIPC, hostPort and hostPath out. An agent that must have them, such as "
        "node-exporter, its owner names in `privileged_workloads`.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            POD: (
                of_applications(_shares_no_namespace),
                of_applications(_takes_no_port_of_the_node),
                of_applications(_mounts_nothing_of_the_node),
            ),
            PART: SHARES,
            VOLUME: (volume_is_no_folder,),
        },
        controls=(
            "CIS EKS 4.2.2",
            "CIS EKS 4.2.3",
            "CIS EKS 4.2.4",
            "CIS AKS 4.2.2",
            "CIS AKS 4.2.3",
            "CIS AKS 4.2.4",
            "NIST SP 800-53 SC-39",
        ),
        weaker=_BY_NAME,
    ),
    Rule(
        id="MF-K2",
        title="A container has no rights over its node or its network",
        why="Root, NET_ADMIN and NET_RAW rewrite the rules that bring traffic to the proxy, so the workload leaves "
        "the mesh; a privileged container takes the node.",
        mend="Write securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}}"
        " for each container.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            POD: (
                of_applications(_is_not_privileged),
                of_applications(_gains_no_rights),
                of_applications(_is_not_root),
                of_applications(_adds_no_capability),
                of_applications(_drops_raw_sockets),
            ),
            PART: RIGHTS,
        },
        controls=(
            "CIS EKS 4.2.1",
            "CIS EKS 4.2.5",
            "CIS AKS 4.2.1",
            "CIS AKS 4.2.5",
            "CIS GKE 4.6.3",
            "NIST SP 800-53 AC-6",
        ),
        weaker=_BY_NAME,
    ),
    Rule(
        id="MF-K3",
        title="No application runs as the proxy's user",
        why="Traffic of user or group 1337 skips redirection: an application with that id speaks plaintext past mTLS "
        "and past every policy.",
        mend="Give it another runAsUser and runAsGroup.",
        packs=(Pack.ZERO_TRUST,),
        checks={POD: (of_applications(_is_not_the_proxy),), PART: PROXY},
        weaker="The id that an image brings by itself is not seen. " + _BY_NAME,
    ),
)
