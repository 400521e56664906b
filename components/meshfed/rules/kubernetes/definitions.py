"""Who answers for the kinds of the mesh and of admission: definitions of kinds, API servers beside the cluster's own,
and whose certificates are trusted."""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.allowed import by_spec
from meshfed.rules.kubernetes.rights import is_guarded_group
from meshfed.rules.node import Finding, Node
from meshfed.rules.plain import Plain
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_DEFINITION: Final = "apiextensions.k8s.io/CustomResourceDefinition"
_WITHOUT_DEFAULTS: Final = ("istio.io", "spire.spiffe.io")
"""Groups whose own definitions fill nothing in that loosens anything: flags that are off, and empty lists."""
_SIGNERS: Final = ("istio.io", "spiffe.io", "kubernetes.io", "k8s.io")
_ANSWERS: Final = "another server answers for objects of the mesh, or of the cluster's own guards"
_CONVERTS: Final = "a server beside the cluster's own rewrites every object of this kind, whenever it is read"
_FILLS_IN: Final = "writes into every object of this kind what its author has not written"
_TRUSTS: Final = "says whose certificates the mesh's workloads trust"


def _is_answered_by_the_cluster(service: Resource, _: GateParameters) -> Iterator[Finding]:
    # The cluster makes one without a service of every definition, and of its own groups.
    spec = service.props["spec"]
    if not spec["service"].is_absent and is_guarded_group(spec["group"].text()):
        yield spec["service"].wrong(_ANSWERS)


def _is_converted_by_nobody(definition: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = definition.props["spec"]
    conversion = spec["conversion"]
    if conversion["strategy"].text("None") != "None" and is_guarded_group(spec["group"].text()):
        yield conversion.wrong(_CONVERTS)


def _fills_nothing_in(definition: Resource, _: GateParameters) -> Iterator[Finding]:
    spec = definition.props["spec"]
    if not _is_below(spec["group"].text(), _WITHOUT_DEFAULTS):
        return
    for version in spec["versions"].items():
        yield from _defaults(version["schema"]["openAPIV3Schema"])


def _defaults(schema: Node) -> Iterator[Finding]:
    """Defaults of a schema, and of all that it holds; a field that is called `default` is none."""
    if not isinstance(schema.value, Mapping):
        return
    if not _is_harmless(schema["default"].value):
        yield schema["default"].wrong(_FILLS_IN)
    for _, field in schema["properties"].entries():
        yield from _defaults(field)
    for name in ("items", "additionalProperties"):
        yield from _defaults(schema[name])


def _is_harmless(value: Plain) -> bool:
    return value in (None, [], {}) or str(value).strip().lower() == "false"


def _trusts_nobody_of_the_mesh(bundle: Resource, _: GateParameters) -> Iterator[Finding]:
    signer = bundle.props["spec"]["signerName"]
    if _is_below(signer.text().partition("/")[0].lower(), _SIGNERS):
        yield signer.wrong(_TRUSTS)


def _is_below(name: str, domains: tuple[str, ...]) -> bool:
    return any(name == one or name.endswith(f".{one}") for one in domains)


DEFINITIONS: Final[Mapping[str, tuple[Check, ...]]] = {
    "apiregistration.k8s.io/APIService": (by_spec(_is_answered_by_the_cluster),),
    _DEFINITION: (by_spec(_is_converted_by_nobody), by_spec(_fills_nothing_in)),
    "certificates.k8s.io/ClusterTrustBundle": (by_spec(_trusts_nobody_of_the_mesh),),
}
"""Checks of MF-K10 about what stands behind a kind, by kind."""
