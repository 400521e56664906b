"""A resource and all the parts of it that rules judge as things of their own."""

from collections.abc import Callable, Iterator
from typing import Final

from meshfed.rules.forms.clouds import managed_namespaces, written_inside
from meshfed.rules.forms.gateway_documents import gateway_documents
from meshfed.rules.forms.gitops import gitops_releases
from meshfed.rules.forms.helm import helm_charts
from meshfed.rules.forms.istiod import istiod_containers, istiod_environments
from meshfed.rules.forms.kubernetes import as_written, list_items, manifests, pod_templates
from meshfed.rules.forms.meshconfig import injectors, mesh_configs
from meshfed.rules.forms.nested import nested_objects
from meshfed.rules.forms.opaque import OPAQUE, UNSEEN, opaque
from meshfed.rules.forms.pod_makers import made_pods
from meshfed.rules.forms.spire import spire_configurations, spire_manifests
from meshfed.rules.forms.wireguard import wireguard_configurations
from meshfed.rules.plain import UnreadableError
from meshfed.rules.resource import Resource

Form = Callable[[Resource], Iterator[Resource]]

FORMS: Final[tuple[Form, ...]] = (
    as_written,
    list_items,
    manifests,
    nested_objects,
    pod_templates,
    made_pods,
    gateway_documents,
    written_inside,
    managed_namespaces,
    gitops_releases,
    helm_charts,
    mesh_configs,
    injectors,
    istiod_environments,
    istiod_containers,
    wireguard_configurations,
    spire_configurations,
    spire_manifests,
)
DEEPEST: Final = 6
"""A List in a manifest in a ConfigGroup is three; nobody nests deeper by accident."""


def expand(resource: Resource, depth: int = 0) -> Iterator[Resource]:
    """The resource, then its parts, then theirs."""
    yield resource
    if resource.kind == OPAQUE:
        return
    for form in FORMS:
        for part in _parts(form, resource):
            if depth < DEEPEST:
                yield from expand(part, depth + 1)
            else:
                yield opaque(part, UnreadableError(f"is nested in more than {DEEPEST} other objects"))


def _parts(form: Form, resource: Resource) -> Iterator[Resource]:
    try:
        yield from form(resource)
    except UNSEEN as error:
        yield opaque(resource, error)
