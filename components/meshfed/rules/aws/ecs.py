"""Services and tasks of ECS: their addresses, their TLS, and what a container may do to its host."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

SERVICE: Final = "aws:ecs/service:Service"
TASK_SET: Final = "aws:ecs/taskSet:TaskSet"
TASK: Final = "aws:ecs/taskDefinition:TaskDefinition"


def _has_no_public_address(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    public = resource.props["networkConfiguration"]["assignPublicIp"]
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
    privileged = container["privileged"]
    if privileged.flag():
        yield privileged.wrong("the container is root on its host")


RULES: Final = (
    Rule(
        id="MF-A21",
        title="A service on ECS is private, speaks TLS and owns nothing of its host",
        why="A task with a public address is a way around the gateway; one that is privileged takes its host, and with"
        " it every other task's role.",
        mend="Write assignPublicIp: false and tls for every service of serviceConnectConfiguration; leave privileged,"
        " pidMode and ipcMode host out.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            SERVICE: (_has_no_public_address, _connects_over_tls),
            TASK_SET: (_has_no_public_address,),
            TASK: (_shares_nothing_with_the_host, _no_container_is_privileged),
        },
        controls=("NIST SP 800-53 AC-6", "NIST SP 800-53 SC-8"),
    ),
)
