"""How istiod is started: arguments, and files laid over its own, that change what no rule then reads (MF-I24)."""

from collections.abc import Iterator
from posixpath import normpath
from typing import Final

from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

_PROGRAM: Final = "pilot-discovery"
_COMMAND: Final = "discovery"
_HARMLESS: Final = frozenset(
    {
        "--clusterID",
        "--cniNamespace",
        "--domain",
        "--keepaliveInterval",
        "--keepaliveMaxServerConnectionAge",
        "--keepaliveMaxServerConnectionAgeGrace",
        "--keepaliveTimeout",
        "--kubernetesApiBurst",
        "--kubernetesApiQPS",
        "--log_as_json",
        "--log_caller",
        "--log_output_level",
        "--log_stacktrace_level",
        "--log_target",
        "--monitoringAddr",
        "--profile",
        "--shutdownDuration",
        "--tls-min-version",
        "--vklog",
    }
)
"""Arguments that change neither what istiod reads, nor whom it serves, nor by which certificates."""
_PLAIN: Final = frozenset({"--grpcAddr", "--httpAddr"})
"""Ports in plaintext, which may be closed or kept to the pod itself."""
_OF_THE_POD: Final = ("127.0.0.1:", "localhost:", "[::1]:")
_OWN_FILES: Final = ("/etc/istio", "/var/lib/istio")
"""Where istiod looks for MeshConfig, networks and the configuration of injection before it asks the cluster."""


def arguments_are_harmless(container: Resource, _: GateParameters) -> Iterator[Finding]:
    """Arguments of istiod by which nothing is read from elsewhere."""
    words = container.props["args"].items()
    before = [None, *words]
    yield from each(zip(before, words, strict=False), lambda pair: _argument(*pair))


def _argument(before: Node | None, word: Node) -> Iterator[Finding]:
    text = word.text()
    name, is_pair, value = text.partition("=")
    if text.startswith("-"):
        is_known = name in _HARMLESS or (name in _PLAIN and (not is_pair or _is_of_the_pod(value)))
        if not is_known:
            yield word.wrong("is an argument of istiod that no rule knows, and may replace what it reads or serves")
        return
    flag = "" if before is None else before.text()
    # What follows an unknown argument is its value, and told with it.
    if text == _COMMAND or (flag.startswith("-") and flag not in _PLAIN):
        return
    if not (flag in _PLAIN and _is_of_the_pod(text)):
        yield word.wrong("is an argument of istiod that no rule knows, and may replace what it reads or serves")


def _is_of_the_pod(address: str) -> bool:
    return not address or address.startswith(_OF_THE_POD)


def program_is_istiods(container: Resource, _: GateParameters) -> Iterator[Finding]:
    """The command, where one is written, is istiod itself."""
    words = container.props["command"].items()
    if words and (words[0].text().rpartition("/")[2] != _PROGRAM or any(one.text() != _COMMAND for one in words[1:])):
        yield container.props["command"].wrong(
            "starts something else than istiod, which may change what is judged here"
        )


def variables_are_written(container: Resource, _: GateParameters) -> Iterator[Finding]:
    """No variables that another object holds."""
    source = container.props["envFrom"]
    if not source.is_absent:
        yield source.wrong("takes variables from another object, which no rule reads")


def files_are_istiods(container: Resource, _: GateParameters) -> Iterator[Finding]:
    """Nothing is laid over the files that istiod reads, and it looks for them in its own folder."""
    yield from each(container.props["volumeMounts"].items(), _lays_nothing_over)
    folder = container.props["workingDir"]
    if folder.text("/") not in ("", "/"):
        yield folder.wrong("makes istiod read MeshConfig and injection below another folder")


def mounts_of_values_are_harmless(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    """The same of what the chart's values mount."""
    yield from each(chart.props["pilot"]["volumeMounts"].items(), _lays_nothing_over)


def _lays_nothing_over(mount: Node) -> Iterator[Finding]:
    path = normpath("/" + mount["mountPath"].text().replace("\\", "/").lstrip("/"))
    if any(_meet(path, own) for own in _OWN_FILES):
        yield mount["mountPath"].wrong("lays files over those from which istiod reads MeshConfig and injection")


def _meet(one: str, other: str) -> bool:
    first, second = (f"{path.rstrip('/')}/" for path in (one, other))
    return first.startswith(second) or second.startswith(first)
