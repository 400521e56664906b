"""Which images run: named by their content, from registries that the owner trusts."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.forms.pod_makers import PART
from meshfed.rules.kubernetes.chart_images import UNRENDERED, comes_from_a_known_hub, names_a_hub
from meshfed.rules.kubernetes.image_names import full, has_digest, is_of
from meshfed.rules.kubernetes.pod_parts import image
from meshfed.rules.kubernetes.workloads import INJECTED_IMAGE, containers, is_gateway_proxy
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters


def _images(pod: Resource) -> Iterator[Node]:
    if pod.kind == PART:
        yield from filter(None, [image(pod)])
        return
    for container in containers(pod):
        if not (container["image"].value == INJECTED_IMAGE and is_gateway_proxy(pod, container)):
            yield container["image"]
    for volume in pod.props["spec"]["volumes"].items():
        if not volume["image"].is_missing:
            yield volume["image"]["reference"]


def _has_digest(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(_images(pod), _is_pinned)


def _is_pinned(image: Node) -> Iterator[Finding]:
    if not image.is_absent and not has_digest(image.text()):
        yield image.wrong("the image has no digest, so whoever moves its tag decides what runs")


def _comes_from_a_known_registry(pod: Resource, parameters: GateParameters) -> Iterator[Finding]:
    registries = parameters.registries

    def is_known(image: Node) -> Iterator[Finding]:
        if registries and not image.is_absent and not is_of(full(image.text()), registries):
            yield image.wrong(f"the image comes from none of the registries {', '.join(registries)}")

    yield from each(_images(pod), is_known)


RULES: Final = (
    Rule(
        id="MF-K12",
        title="An image is named by its digest and comes from a known registry",
        why="A tag can be moved after review: what runs is then what the registry, or whoever broke into it, says.",
        mend="Write image: registry/name@sha256:…, and mirror it into a registry that the pack's configuration names.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            **dict.fromkeys((POD, PART), (_has_digest, _comes_from_a_known_registry)),
            **dict.fromkeys(UNRENDERED, (comes_from_a_known_hub, names_a_hub)),
        },
        controls=("CIS EKS 5.1.4", "CIS AKS 5.1.4", "CIS GKE 5.1.4", "NIST SP 800-53 SI-7", "NIST SP 800-53 SR-11"),
        weaker="Registries are compared only where the pack's configuration lists them; signatures are not verified. Of"
        " a Release, whose pods nobody sees, the registry is judged, the digest only where a value is a whole image.",
    ),
)
