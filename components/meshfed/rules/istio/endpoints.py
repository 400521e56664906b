"""Members that are written into a Service by hand, past its selector and its pods' identities (MF-I32)."""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.allowed import by_digest, is_object_allowed
from meshfed.rules.node import Finding, Node
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_OF_A_SERVICE: Final = "kubernetes.io/service-name"
_BY_HAND: Final = "leads a Service's callers, in plaintext, to an address that nobody proves to be its own"
_IN_CLUSTER: Final = (".svc", ".svc.cluster.local", ".svc.clusterset.local")


def _slice_names_nobody(slice_: Resource, parameters: GateParameters) -> Iterator[Finding]:
    members = slice_.props["endpoints"]
    if members.is_absent or slice_.labels[_OF_A_SERVICE].is_absent:
        return
    if any(not one["addresses"].is_absent for one in members.items()):
        yield from _unless_allowed(slice_, members, parameters)


def _endpoints_name_nobody(endpoints: Resource, parameters: GateParameters) -> Iterator[Finding]:
    subsets = endpoints.props["subsets"]
    lists = [one[name] for one in subsets.items() for name in ("addresses", "notReadyAddresses")]
    if any(not one.is_absent for one in lists):
        yield from _unless_allowed(endpoints, subsets, parameters)


def _unless_allowed(resource: Resource, members: Node, parameters: GateParameters) -> Iterator[Finding]:
    if not is_object_allowed(resource, members, parameters):
        yield members.wrong(_BY_HAND + by_digest(members, "it"))


def _service_stays_at_home(service: Resource, parameters: GateParameters) -> Iterator[Finding]:
    spec = service.props["spec"]
    if spec["type"].text("ClusterIP").lower() != "externalname":
        return
    host = spec["externalName"].text().lower().rstrip(".")
    own = {f".{service.namespace}{end}" for end in _IN_CLUSTER}
    is_own = any(host.endswith(end) and "." not in host.removesuffix(end) for end in own)
    if not is_own and not is_object_allowed(service, spec, parameters):
        message = "stands behind a name of this namespace and is none of its services"
        yield spec["externalName"].wrong(message + by_digest(spec, "its spec"))


ENDPOINTS: Final[Mapping[str, tuple[Check, ...]]] = {
    "discovery.k8s.io/EndpointSlice": (_slice_names_nobody,),
    "core/Endpoints": (_endpoints_name_nobody,),
    "core/Service": (_service_stays_at_home,),
}
"""Checks of MF-I32 about Kubernetes' own registry, by kind."""
