"""Istiod's environment and its containers, wherever they are written and however they are named."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from meshfed.rules.forms.helm import ISTIOD, env_list, merged
from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.istio.istiod_variables import OWN
from meshfed.rules.istio.objects import ISTIOD_CONTAINER, ISTIOD_ENVIRONMENT
from meshfed.rules.node import Node
from meshfed.rules.plain import Unknown
from meshfed.rules.resource import Resource

_CONTAINERS: Final = ("containers", "initContainers")
_NAME: Final = "discovery"
_IMAGE: Final = re.compile(r"(^|[._-])(pilot|istiod)([._-]|$)")
"""In the last part of an image's name, without tag and digest."""
_MARKED: Final = re.compile(r"^istiod(-.*)?$")
_LABELS: Final = ("app", "istio", "app.kubernetes.io/name", "operator.istio.io/component")
_VALUES: Final = frozenset({"istiod", "pilot"})
_PROGRAM: Final = "pilot-discovery"
_FLAGS: Final = re.compile(
    r"^--(meshConfig|networksConfig|clusterRegistriesNamespace|secureGRPCAddr|keepaliveMaxServer)"
)


def istiod_environments(resource: Resource) -> Iterator[Resource]:
    """Istiod's environment in its pods and in the values of its chart."""
    if resource.kind == ISTIOD:
        env, more = resource.props["pilot"]["env"], resource.props["pilot"]["envVarFrom"]
        value = env.value or {}
        if not env.is_unknown and not more.is_unknown:
            value = merged(value, env_list(more.items()))
        part = replace(env, value=value, is_missing=False)
        yield replace(resource, kind=ISTIOD_ENVIRONMENT, props=part, outer=resource)
    elif resource.kind == POD:
        for container in _istiods(resource):
            env = container["env"]
            value = env.value if env.is_unknown else env_list(env.items())
            part = replace(env, value=value, is_missing=False)
            yield replace(resource, kind=ISTIOD_ENVIRONMENT, props=part, outer=resource.outer or resource)


def istiod_containers(resource: Resource) -> Iterator[Resource]:
    """The containers of pods in which istiod runs."""
    if resource.kind == POD:
        for container in _istiods(resource):
            yield replace(resource, kind=ISTIOD_CONTAINER, props=container, outer=resource.outer or resource)


def _istiods(pod: Resource) -> list[Node]:
    """The containers that are istiod by themselves; of a pod that is marked as istiod's, else all."""
    spec = pod.props["spec"]
    found = [one for name in _CONTAINERS if not spec[name].is_unknown for one in spec[name].items()]
    known = [one for one in found if _is_istiod(one)]
    if known or not _is_marked(pod):
        return known
    return [] if spec["containers"].is_unknown else spec["containers"].items()


def _is_istiod(container: Node) -> bool:
    words = [_text(one) for name in ("command", "args") for one in _items(container[name])]
    return (
        _text(container["name"]) == _NAME
        or _IMAGE.search(_repository(_text(container["image"]))) is not None
        or any(_PROGRAM in word or _FLAGS.match(word) for word in words)
        or any(_text(variable["name"]) in OWN for variable in _items(container["env"]))
    )


def _is_marked(pod: Resource) -> bool:
    outer = pod.outer or pod
    names = (outer.props["metadata"]["name"], pod.props["spec"]["serviceAccountName"])
    labels = pod.labels
    return any(_MARKED.match(_text(name)) for name in names) or (
        not labels.is_unknown and any(_text(labels[name]).lower() in _VALUES for name in _LABELS)
    )


def _repository(image: str) -> str:
    """The last part of an image's name.

    >>> _repository("registry.example:5000/mesh/istiod-fips:1.2@sha256:00")
    'istiod-fips'
    """
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def _items(node: Node) -> list[Node]:
    return [] if node.is_unknown else node.items()


def _text(node: Node) -> str:
    """A text that tells who it is; what is not known yet tells nothing yet."""
    return "" if isinstance(node.value, Unknown) else node.text()
