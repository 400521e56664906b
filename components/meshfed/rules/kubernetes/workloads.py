"""What rules about pods share: their containers of every kind, and whose pods they are."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding, Node, UndecidedError, guarded
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")
INJECTED_IMAGE: Final = "auto"
"""What Istio's injection replaces by the proxy's own image."""
_TEMPLATES: Final = "inject.istio.io/templates"


def containers(pod: Resource) -> Iterator[Node]:
    """Containers of a pod of all three kinds. Raises UndecidedError, after those that are known."""
    pending: UndecidedError | None = None
    for kind in _CONTAINERS:
        try:
            found = pod.props["spec"][kind].items()
        except UndecidedError as error:
            pending = error
            continue
        yield from found
    if pending:
        raise pending


def is_gateway_proxy(pod: Resource, container: Node) -> bool:
    """Whether a container is the proxy of an Istio gateway: injection fills it in, and nothing is redirected there."""
    templates = [word.strip() for word in pod.annotations[_TEMPLATES].text().split(",")]
    return container["name"].text() == "istio-proxy" and "gateway" in templates


def of_applications(check: Check) -> Check:
    """A check of what stands outside of the platform's namespaces; asks for a namespace only if something is wrong."""

    def only(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        if _is_platform(resource, parameters):
            return
        for finding in guarded(check(resource, parameters)):
            if finding.is_decided:
                _ = resource.namespace
            yield finding

    return only


def _is_platform(resource: Resource, parameters: GateParameters) -> bool:
    place = resource.outer or resource
    if place.props["metadata"]["namespace"].is_unknown:
        return False
    return resource.namespace in parameters.system_namespaces
