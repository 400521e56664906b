"""Which images a chart's values name, where the gate never sees the pods that the chart makes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from meshfed.rules.forms.helm import CHARTS, OPERATOR, SAIL, chart_name, values_of
from meshfed.rules.kubernetes.image_names import full, has_digest, is_of
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

UNRENDERED: Final = (CHARTS[1], OPERATOR, *SAIL)
"""What installs a chart whose objects no rule sees."""
_OWN: Final = ("docker.io/istio", "gcr.io/istio-release", "registry.istio.io", "ghcr.io/spiffe", "registry.k8s.io")
"""Where the charts of Istio and SPIRE take their images from by themselves."""
_HUBS: Final = ("hub", "registry", "imageRegistry")
_PARTS: Final = frozenset({"registry", "repository", "tag", "version", "pullPolicy"})
"""What the charts of SPIRE write an image in."""
_WITHOUT: Final = ("base", "gateway", "spire-crds")
"""Charts that name no image: none is in them, or the mesh's injection writes it."""


def comes_from_a_known_hub(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """Judges each hub, registry and image that the values name."""
    yield from _walk(_values(resource), parameters.registries)


def names_a_hub(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """Where registries are listed, a chart must be told to take its images from one of them."""
    registries = parameters.registries
    chart = chart_name(resource.props["chart"].text()) if resource.kind in CHARTS else ""
    if not registries or chart in _WITHOUT or any(is_of(f"{own}/", registries) for own in _OWN):
        return
    values = _values(resource)
    if not values.is_unknown and not _names_one(values):
        yield values.wrong(f"names no registry, so its images come from none of {', '.join(registries)}")


def _values(resource: Resource) -> Node:
    return resource.props["spec"] if resource.kind in (OPERATOR, *SAIL) else values_of(resource)


def _names_one(node: Node) -> bool:
    if isinstance(node.value, Mapping):
        return any(name in _HUBS or _names_one(member) for name, member in node.entries())
    return False


def _walk(node: Node, registries: Collection[str]) -> Iterator[Finding]:
    if isinstance(node.value, Mapping):
        yield from each([node["registry"]], lambda one: _source(one, node["repository"], registries))
        for name, member in node.entries():
            if name == "hub" or name == "imageRegistry":
                yield from each([member], lambda one: _hub(one, registries))
            elif name.lower().endswith("image") and not _is_in_parts(member):
                yield from each([member], lambda one: _image(one, registries))
            elif name not in ("registry", "repository"):
                yield from _walk(member, registries)
    elif isinstance(node.value, Sequence) and not isinstance(node.value, str):
        yield from each(node.items(), lambda one: _walk(one, registries))


def _is_in_parts(image: Node) -> bool:
    return isinstance(image.value, Mapping) and (not image.value or not _PARTS.isdisjoint(image.value))


def _hub(hub: Node, registries: Collection[str]) -> Iterator[Finding]:
    if not hub.is_absent:
        yield from _place(hub, hub.text(), registries)


def _source(registry: Node, repository: Node, registries: Collection[str]) -> Iterator[Finding]:
    """An image in two halves, either of which may be the chart's own."""
    if registry.is_absent and repository.is_absent:
        return
    name = repository.text().strip() or "spiffe"
    is_whole = "." in name.partition("/")[0]
    place = name if is_whole else f"{registry.text().strip().rstrip('/') or 'ghcr.io'}/{name}"
    yield from _place(repository if registry.is_absent else registry, place, registries)


def _image(image: Node, registries: Collection[str]) -> Iterator[Finding]:
    text = image.text().strip()
    if "/" not in text:
        return
    yield from _place(image, full(text).rpartition("/")[0], registries)
    if not has_digest(text):
        yield image.wrong("the image has no digest, so whoever moves its tag decides what runs")


def _place(node: Node, place: str, registries: Collection[str]) -> Iterator[Finding]:
    known = registries or _OWN
    if not is_of(f"{place.strip().rstrip('/')}/", known):
        yield node.wrong(f"takes images from none of the registries {', '.join(known)}")
