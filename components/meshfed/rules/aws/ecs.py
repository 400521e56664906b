"""Services and tasks of ECS: their addresses, their TLS, and what a container may do to its host."""

import posixpath
from collections.abc import Iterator
from typing import Final

from meshfed.rules.aws.documents import element
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

SERVICE: Final = "aws:ecs/service:Service"
TASK_SET: Final = "aws:ecs/taskSet:TaskSet"
TASK: Final = "aws:ecs/taskDefinition:TaskDefinition"
DAEMON: Final = "aws:ecs/daemonTaskDefinition:DaemonTaskDefinition"
_NETWORKS: Final = {
    SERVICE: ("networkConfiguration",),
    TASK_SET: ("networkConfiguration",),
    "aws:cloudwatch/eventTarget:EventTarget": ("ecsTarget", "networkConfiguration"),
    "aws:scheduler/schedule:Schedule": ("target", "ecsParameters", "networkConfiguration"),
}
"""Where a resource that starts tasks says whether they get a public address."""
_ROOT: Final = frozenset({"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE"})
"""Capabilities by which a container takes its host (capabilities(7)); a SYS_ADMIN may mount the host's disks."""
_OF_THE_HOST: Final = ("/dev", "/etc", "/proc", "/root", "/run", "/var/lib/docker", "/var/lib/ecs", "/var/run")


def _has_no_public_address(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    public = resource.props.at(*_NETWORKS[resource.kind])["assignPublicIp"]
    if public.text("false").strip().lower() in ("true", "enabled"):
        yield public.wrong("every task gets a public address")


def _connects_over_tls(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    connect = resource.props["serviceConnectConfiguration"]
    if not connect.is_absent and connect["enabled"].flag(default=True):
        yield from each(connect["services"].items(), _has_tls)


def _has_tls(service: Node) -> Iterator[Finding]:
    tls = service["tls"]
    if tls.is_absent:
        yield tls.wrong("callers of the service reach it in the clear")


def _shares_nothing_with_the_host(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for name in ("pidMode", "ipcMode"):
        mode = resource.props[name]
        if mode.text().strip().lower() == "host":
            yield mode.wrong("the task sees what runs on its host")


def _no_container_is_privileged(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["containerDefinitions"].document().items(), _is_not_privileged)


def _is_not_privileged(container: Node) -> Iterator[Finding]:
    privileged = element(container, "privileged")
    if privileged.flag():
        yield privileged.wrong("the container is root on its host")


def _no_container_takes_its_host(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["containerDefinitions"].document().items(), _adds_nothing)


def _adds_nothing(container: Node) -> Iterator[Finding]:
    capabilities = element(element(container, "linuxParameters"), "capabilities")
    for name in ("add", "adds"):
        added = element(capabilities, name)
        if _ROOT.intersection(one.strip().upper().removeprefix("CAP_") for one in added.texts()):
            yield added.wrong("a capability by which the container takes its host")


def _mounts_nothing_of_the_host(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for volume in resource.props["volumes"].items():
        yield from each((volume["hostPath"], *(host["sourcePath"] for host in volume["hosts"].items())), _is_no_secret)


def _is_no_secret(place: Node) -> Iterator[Finding]:
    path = posixpath.normpath("/" + place.text().strip().lstrip("/"))
    if not place.is_absent and any(_is_within(one, path) or _is_within(path, one) for one in _OF_THE_HOST):
        yield place.wrong("the container reads the host's own files, sockets or devices")


def _is_within(path: str, above: str) -> bool:
    return path == above or path.startswith(above.rstrip("/") + "/")


_CONTAINERS: Final = (_no_container_is_privileged, _no_container_takes_its_host, _mounts_nothing_of_the_host)

RULES: Final = (
    Rule(
        id="MF-A21",
        title="A service on ECS is private, speaks TLS and owns nothing of its host",
        why="A task with a public address is a way around the gateway; one that is privileged takes its host, and with"
        " it every other task's role.",
        mend="Write assignPublicIp: false and tls for every service of serviceConnectConfiguration; leave privileged,"
        " SYS_ADMIN, the host's own folders, pidMode and ipcMode host out.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            **dict.fromkeys(_NETWORKS, (_has_no_public_address,)),
            SERVICE: (_has_no_public_address, _connects_over_tls),
            TASK: (_shares_nothing_with_the_host, *_CONTAINERS),
            DAEMON: _CONTAINERS,
        },
        controls=("NIST SP 800-53 AC-6", "NIST SP 800-53 SC-8"),
        weaker="An ExpressGatewayService gets its load balancer from AWS, which no property shows.",
    ),
)
