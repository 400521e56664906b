"""Parts of pods in objects of operators: what is written there is judged, and nothing that is missing."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from meshfed.rules.kubernetes.workloads import of_applications
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

PROXY_ID: Final = 1337
"""User and group of Istio's proxy, whose traffic is not redirected."""
HARMLESS: Final = frozenset({"NET_BIND_SERVICE"})
"""What Kubernetes' restricted profile lets a container add."""
_OF_A_CONTAINER: Final = ("args", "command", "env", "envFrom", "resources", "script", "securityContext", "volumeMounts")
_TRUE: Final = frozenset({"true", "yes", "on", "1"})


def capability(node: Node) -> str:
    """A capability in capitals, without the prefix that some write."""
    return node.text().strip().upper().removeprefix("CAP_")


def _is_on(node: Node) -> bool:
    """Whether a switch is on; a text that is no switch's is another field of the same name."""
    is_other = isinstance(node.value, str) and node.value.strip().lower() not in _TRUE
    return not is_other and node.flag()


def _number(node: Node) -> float | None:
    is_other = isinstance(node.value, str) and not node.value.strip().isdigit()
    return None if is_other else node.number()


def _switches(*names: str, message: str) -> Check:
    def off(node: Node) -> Iterator[Finding]:
        if _is_on(node):
            yield node.wrong(message)

    return _of(lambda part: each([part[name] for name in names], off))


def _of(check: Callable[[Node], Iterator[Finding]]) -> Check:
    def judged(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        yield from check(resource.props)

    return of_applications(judged)


def _takes_no_port(part: Node) -> Iterator[Finding]:
    if _number(part["hostPort"]):
        yield part["hostPort"].wrong("a port of the node leads to the pod, past every gateway")


def _mounts_nothing(part: Node) -> Iterator[Finding]:
    folder = part["hostPath"]
    path = folder["path"] if isinstance(folder.value, Mapping) else folder
    if path.text().startswith("/"):
        yield path.wrong("a folder of the node is mounted")


def _is_not_root(part: Node) -> Iterator[Finding]:
    if _number(part["runAsUser"]) == 0:
        yield part["runAsUser"].wrong("the container runs as root, which may change the rules that redirect traffic")


def _adds_no_capability(part: Node) -> Iterator[Finding]:
    if part.path.rpartition(".")[2] == "capabilities":
        yield from each(part["add"].items(), _is_harmless)


def _is_harmless(node: Node) -> Iterator[Finding]:
    if capability(node) not in HARMLESS:
        yield node.wrong("the container gets a capability that no application needs")


def _has_another_id(part: Node) -> Iterator[Finding]:
    yield from each([part["runAsUser"], part["runAsGroup"]], _is_another_id)


def _is_another_id(node: Node) -> Iterator[Finding]:
    if _number(node) == PROXY_ID:
        yield node.wrong(f"{PROXY_ID} is the proxy's own id; traffic of it is not redirected")


def image(part: Resource) -> Node | None:
    """The image of a container; None where the mapping is none."""
    node, value = part.props["image"], part.props.value
    if not isinstance(value, Mapping) or not any(name in value for name in _OF_A_CONTAINER):
        return None
    # Operators write {repository, tag} where a container has a text; only a container has these names as well.
    is_other = isinstance(node.value, Mapping) and not any(name in value for name in ("name", "command", "script"))
    return None if is_other else node


SHARES: Final = (
    _switches(
        "hostNetwork",
        "hostPID",
        "hostIPC",
        message="the pod shares this of its node, where neither redirection nor NetworkPolicy holds it",
    ),
    _of(_takes_no_port),
    _of(_mounts_nothing),
)
"""Checks of MF-K1."""
RIGHTS: Final = (
    _switches(
        "privileged",
        "hostProcess",
        message="the container may do whatever the node may, and leave the mesh by it",
    ),
    _switches("allowPrivilegeEscalation", message="a program may gain more rights than it was started with"),
    _of(_is_not_root),
    _of(_adds_no_capability),
)
"""Checks of MF-K2."""
PROXY: Final = (_of(_has_another_id),)
"""Checks of MF-K3."""
