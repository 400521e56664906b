"""What rules about pods share: their containers of every kind, and whose pods they are."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.node import Finding, Node, UndecidedError, guarded
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")
INJECTED_IMAGE: Final = "auto"
"""What Istio's injection replaces by the proxy's own image."""
_TEMPLATES: Final = "inject.istio.io/templates"
_GATEWAY: Final = "gateway"


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
    return container["name"].text() == "istio-proxy" and _GATEWAY in _templates(pod)


def is_gateway(pod: Resource) -> bool:
    """Whether a pod is an Istio gateway: injection makes the proxy of it, and nothing else runs there."""
    names = [container["name"].text() for container in containers(pod)]
    return _GATEWAY in _templates(pod) and names == ["istio-proxy"]


def _templates(pod: Resource) -> list[str]:
    return [word.strip() for word in pod.annotations[_TEMPLATES].text().split(",")]


def of_applications(check: Check) -> Check:
    """A check of everything but privileged workloads; asks who it is only if something is wrong."""
    return _unless(check, lambda parameters: parameters.privileged_workloads)


def of_all_but_controllers(check: Check) -> Check:
    """A check of everything but controllers, whose account is a controller's too, and privileged workloads."""
    return _unless(check, platform_names, _has_a_controllers_account)


def platform_names(parameters: GateParameters) -> tuple[str, ...]:
    """Workloads and accounts of the platform that their owner names."""
    return (*parameters.privileged_workloads, *parameters.controllers)


def account_of(pod: Resource) -> Node:
    """Where a pod names its account."""
    spec = pod.props["spec"]
    # The older name still counts where the newer one is not written.
    return spec["serviceAccount"] if spec["serviceAccountName"].value is None else spec["serviceAccountName"]


def is_controller(pod: Resource, parameters: GateParameters) -> bool:
    """Whether a pod is one that its owner names. Raises UndecidedError."""
    return is_among(named(pod), platform_names(parameters)) and _has_a_controllers_account(pod, parameters)


def _has_a_controllers_account(resource: Resource, parameters: GateParameters) -> bool:
    if resource.kind != POD or is_among(named(resource), parameters.privileged_workloads):
        return True
    account = f"{resource.namespace}/{account_of(resource).text() or 'default'}"
    return is_among(account, platform_names(parameters))


def _unless(
    check: Check,
    names: Callable[[GateParameters], tuple[str, ...]],
    too: Callable[[Resource, GateParameters], bool] = lambda _, __: True,
) -> Check:
    def only(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        excepted = names(parameters)
        if _is_known(resource) and is_among(named(resource), excepted) and too(resource, parameters):
            return
        for finding in guarded(check(resource, parameters)):
            if finding.is_decided and any(name.startswith(f"{resource.namespace}/") for name in excepted):
                _ = resource.name
            yield finding

    return only


def named(resource: Resource) -> str:
    """`namespace/name` of an object, or of what makes the pod. Raises UndecidedError."""
    return f"{resource.namespace}/{resource.name}"


def is_among(name: str, names: Iterable[str]) -> bool:
    """Whether a `namespace/name` is one of some, whose last part may end in `*`.

    >>> is_among("istio-system/istiod-1-31", ("istio-system/istiod-*",))
    True
    """
    return any(name.startswith(one[:-1]) if one.endswith("*") else name == one for one in names)


def _is_known(resource: Resource) -> bool:
    metadata = (resource.outer or resource).props["metadata"]
    return not (metadata["namespace"].is_unknown or metadata["name"].is_unknown)
