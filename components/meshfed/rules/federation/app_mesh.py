"""AWS App Mesh, which ended on 30 September 2026 (AWS's notice of 24 September 2024)."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.kubernetes.workloads import containers
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Pack, Rule
from meshfed.settings.gate import GateParameters


def _is_no_app_mesh(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.kind.startswith(("aws:appmesh/", "appmesh.k8s.aws/")):
        yield resource.props.wrong("is of App Mesh, which AWS has ended: no proxy of it is configured any more")
    elif resource.kind == "helm:appmesh-controller":
        yield resource.props.wrong("installs the controller of App Mesh, which AWS has ended")


def _has_no_proxy_of_it(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(containers(pod), _is_no_proxy_of_it)


def _is_no_proxy_of_it(container: Node) -> Iterator[Finding]:
    if "aws-appmesh-" in container["image"].text():
        yield container["image"].wrong("is a proxy of App Mesh, which nobody configures any more")


def _task_has_no_proxy_of_it(task: Resource, _: GateParameters) -> Iterator[Finding]:
    proxy = task.props["proxyConfiguration"]
    if not proxy.is_absent:
        yield proxy.wrong("sends a task's traffic through a proxy of App Mesh, which AWS has ended")


RULES: Final = (
    Rule(
        id="MF-F9",
        title="Nothing is of AWS App Mesh",
        why="The service has ended: its proxies lose their configuration, and no call through them is authorised.",
        mend="Move the services to this mesh, or to ECS Service Connect behind a gateway of it.",
        packs=(Pack.FEDERATION,),
        checks={
            ANY: (_is_no_app_mesh,),
            POD: (_has_no_proxy_of_it,),
            "aws:ecs/taskDefinition:TaskDefinition": (_task_has_no_proxy_of_it,),
        },
    ),
)
