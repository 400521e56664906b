"""Ways into a cluster beside the mesh's gateways: Services, Ingresses, and gateways of somebody else's class."""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.allowed import by_digest, is_cluster_object_allowed
from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.kubernetes.workloads import is_among, is_gateway, named
from meshfed.rules.networks import names_internet
from meshfed.rules.node import Finding, Node, each, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

SERVICE: Final = "core/Service"
GATEWAY: Final = "gateway.networking.k8s.io/Gateway"
_AWS_SCHEME: Final = "service.beta.kubernetes.io/aws-load-balancer-scheme"
_INTERNAL: Final[Mapping[str, frozenset[str]]] = {
    _AWS_SCHEME: frozenset({"internal"}),
    "service.beta.kubernetes.io/aws-load-balancer-internal": frozenset({"true"}),
    "service.beta.kubernetes.io/azure-load-balancer-internal": frozenset({"true"}),
    "networking.gke.io/load-balancer-type": frozenset({"Internal", "internal"}),
    "cloud.google.com/load-balancer-type": frozenset({"Internal", "internal"}),
}
"""What the clouds' controllers take for internal, in exactly this spelling; anything else is public to them."""
_ISTIO_CLASSES: Final = frozenset({"istio", "istio-remote", "istio-waypoint", "istio-east-west"})
_ISTIO_CONTROLLERS: Final = (
    "istio.io/ingress-controller",
    "istio.io/gateway-controller",
    "istio.io/mesh-controller",
    "istio.io/unmanaged-gateway",
    "istio.io/eastwest-controller",
)
_MADE: Final = {"istio": "loadbalancer", "istio-east-west": "loadbalancer", "istio-waypoint": "clusterip"}
"""Type of the Service that istiod makes of a Gateway, by its class."""
_MADE_TYPE: Final = "networking.istio.io/service-type"
_ADDRESS: Final = "IPAddress"
PASSING_PORT: Final = 15443
"""Where east-west gateways take TLS that they pass through."""
_OF_THE_MESH: Final = frozenset(range(15000, 15500)) - {15021}
"""Ports of proxies, tunnels and istiod; 15021 tells load balancers whether a gateway is ready."""
_CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"


def _is_no_node_port(service: Resource, _: GateParameters) -> Iterator[Finding]:
    node = service.props["spec"]["type"]
    if node.text("ClusterIP").lower() == "nodeport":
        yield node.wrong("a port of every node leads to the pods, past the gateways")


def is_east_west(service: Resource, parameters: GateParameters) -> bool:
    """Whether a Service leads to the east-west gateway, whose exposure MF-I35 judges."""
    selector = service.props["spec"]["selector"]
    return all(selector[name].text() == value for name, value in parameters.east_west_labels.items())


def _load_balancer_is_internal(service: Resource, parameters: GateParameters) -> Iterator[Finding]:
    kind = service.props["spec"]["type"]
    if kind.text("ClusterIP").lower() != "loadbalancer" or is_east_west(service, parameters):
        return
    if not _is_public_gateway(service, parameters):
        yield from is_internal(kind, service.annotations)


def is_internal(kind: Node, annotations: Node) -> Iterator[Finding]:
    """What is wrong with a load balancer that its annotations do not make internal."""
    said = {name: annotations[name] for name in _INTERNAL}
    given = {name: node for name, node in said.items() if node.value is not None}
    public = [node for name, node in given.items() if node.text() not in _INTERNAL[name]]
    if public:
        yield public[0].wrong("no cloud takes this for an internal load balancer, so it is a public one")
    elif not given:
        yield kind.wrong("the load balancer is public; nothing says that it is internal")


def _is_public_gateway(service: Resource, parameters: GateParameters) -> bool:
    return bool(parameters.public_gateways) and is_among(named(service), parameters.public_gateways)


def made_of(gateway: Resource) -> tuple[Node, str]:
    """Where a Gateway says of what type the Service is that istiod makes of it, and the type; empty: it makes none."""
    spec = gateway.props["spec"]
    addresses = spec["addresses"].items()
    if len(addresses) > 1 or any(one["type"].text(_ADDRESS) != _ADDRESS for one in addresses):
        return spec["addresses"], ""
    asked = gateway.annotations[_MADE_TYPE]
    if not asked.is_absent:
        return asked, asked.text().lower()
    return spec["gatewayClassName"], _MADE.get(spec["gatewayClassName"].text(), "")


def marks_of(gateway: Resource, name: str) -> Node:
    """Labels or annotations of what istiod makes of a Gateway: those of its infrastructure, else its own."""
    given = gateway.props["spec"]["infrastructure"][name]
    return gateway.props["metadata"][name] if given.value is None else given


def is_east_west_gateway(gateway: Resource, parameters: GateParameters) -> bool:
    """Whether a Gateway is one between regions, whose exposure MF-I35 judges."""
    spec = gateway.props["spec"]
    labels = marks_of(gateway, "labels")
    return (
        spec["gatewayClassName"].text() == "istio-east-west"
        or any(one["port"].text() == str(PASSING_PORT) for one in spec["listeners"].items())
        or all(labels[name].text() == value for name, value in parameters.east_west_labels.items())
    )


def _made_service_is_internal(gateway: Resource, parameters: GateParameters) -> Iterator[Finding]:
    place, made = made_of(gateway)
    if made == "nodeport":
        yield place.wrong("a port of every node leads to the pods, past the gateways")
    elif made == "loadbalancer" and not is_east_west_gateway(gateway, parameters):
        usual = f"{gateway.name}-{gateway.props['spec']['gatewayClassName'].text()}"
        names = (gateway.name, gateway.annotations["gateway.istio.io/name-override"].text() or usual)
        if not any(is_among(f"{gateway.namespace}/{name}", parameters.public_gateways) for name in names):
            yield from is_internal(place, marks_of(gateway, "annotations"))


def _public_gateway_opens_the_edge_alone(service: Resource, parameters: GateParameters) -> Iterator[Finding]:
    spec = service.props["spec"]
    kind = spec["type"].text("ClusterIP").lower()
    if kind != "loadbalancer" or is_east_west(service, parameters) or not _is_public_gateway(service, parameters):
        return
    if spec["selector"].is_absent:
        yield spec["selector"].wrong("no gateway is named; the load balancer leads wherever Endpoints say")
    yield from each(spec["ports"].items(), is_no_port_of_the_mesh)


def is_no_port_of_the_mesh(port: Node) -> Iterator[Finding]:
    """What is wrong with a port of a public gateway."""
    for name in ("port", "targetPort"):
        text = port[name].text()
        if text.isdigit() and int(text) in _OF_THE_MESH:
            yield port[name].wrong("is a port of the mesh itself, which no public gateway opens")
            return


def _public_gateways_lead_to_gateways(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters() if parameters.public_gateways else ():
        for service in cluster.of(SERVICE):
            yield from guarded(_leads_to_gateways(service, cluster, parameters))


def _leads_to_gateways(service: Resource, cluster: Stack, parameters: GateParameters) -> Iterator[Finding]:
    selector = service.props["spec"]["selector"]
    if not _is_public_gateway(service, parameters) or selector.is_absent:
        return
    wanted = [(name, node.text()) for name, node in selector.entries()]
    for pod in cluster.of(POD):
        is_behind = pod.namespace == service.namespace and all(pod.labels[name].text() == text for name, text in wanted)
        if is_behind and not is_gateway(pod):
            yield selector.wrong("leads to a pod that is no gateway of Istio, past the mesh")
            return


def _has_no_external_address(service: Resource, _: GateParameters) -> Iterator[Finding]:
    node = service.props["spec"]["externalIPs"]
    if not node.is_absent:
        yield node.wrong("whoever writes an address here takes its traffic on every node")


def _sources_are_somebody(service: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not is_east_west(service, parameters) and _is_public_gateway(service, parameters):
        return
    yield from each(service.props["spec"]["loadBalancerSourceRanges"].items(), _is_not_everybody)
    legacy = service.annotations["service.beta.kubernetes.io/load-balancer-source-ranges"]
    if any(names_internet(Node(word)) for word in legacy.text().split(",")):
        yield legacy.wrong("the whole internet may come in")


def _is_not_everybody(node: Node) -> Iterator[Finding]:
    if names_internet(node):
        yield node.wrong("the whole internet may come in")


def _ingress_is_istios(ingress: Resource, _: GateParameters) -> Iterator[Finding]:
    by_spec, by_annotation = ingress.props["spec"]["ingressClassName"], ingress.annotations[_CLASS_ANNOTATION]
    if by_spec.is_absent and by_annotation.is_absent:
        yield by_spec.wrong("the cluster's default class takes it, whatever that is")
    for node in (by_spec, by_annotation):
        if not node.is_absent and node.text() not in _ISTIO_CLASSES:
            yield node.wrong("the controller of another class makes a way in that ends outside of the mesh")


def _gateway_is_istios(gateway: Resource, _: GateParameters) -> Iterator[Finding]:
    node = gateway.props["spec"]["gatewayClassName"]
    if node.text() not in _ISTIO_CLASSES:
        yield node.wrong("the controller of another class makes a way in that ends outside of the mesh")


def _class_is_istios(field: str) -> tuple[Check]:
    """Whether a class belongs to Istio's controller, which a field of it names."""

    def check(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        node = resource.props["spec"][field]
        if node.text() not in _ISTIO_CONTROLLERS and not is_cluster_object_allowed(resource, parameters):
            message = "another controller than Istio's stands behind the class"
            yield node.wrong(message + by_digest(resource.props["spec"], "its spec"))

    return (check,)


RULES: Final = (
    Rule(
        id="MF-K4",
        title="No Service leads past the mesh's gateways",
        why="A port of the node, a public load balancer or an external address brings traffic to a pod that no gateway "
        "has seen.",
        mend="Write type: ClusterIP and let a gateway lead to it; where a load balancer must be, make it internal and "
        "list its sources. A Gateway of the Gateway API gets a load balancer too: annotate it as internal in "
        "spec.infrastructure, or with networking.istio.io/service-type: ClusterIP. The Service of a "
        "public gateway its owner names in `public_gateways`.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            SERVICE: (
                _is_no_node_port,
                _load_balancer_is_internal,
                _has_no_external_address,
                _sources_are_somebody,
                _public_gateway_opens_the_edge_alone,
            ),
            GATEWAY: (_made_service_is_internal,),
        },
        relations=(_public_gateways_lead_to_gateways,),
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 SC-7"),
        weaker="Which cloud the cluster is in is not known to the rule: an annotation of another cloud than the "
        "cluster's says internal to nobody. Public Services of the east-west gateway are MF-I35's; "
        "that a Service of `public_gateways` leads to a gateway is its owner's word where another stack has the pods. "
        "Of a Gateway of the Gateway API its own annotations count, or those of its infrastructure, and not what a "
        "ConfigMap of its class adds.",
    ),
    Rule(
        id="MF-K5",
        title="Every Ingress and Gateway belongs to Istio",
        why="Another controller's way in ends TLS outside of the mesh and calls pods without a mesh identity.",
        mend="Write ingressClassName: istio, or gatewayClassName: istio. A class that a controller's chart makes and"
        " nobody uses (alb, where the AWS Load Balancer Controller serves Services alone) can be allowed by its name"
        " and sha256.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            "networking.k8s.io/Ingress": (_ingress_is_istios,),
            GATEWAY: (_gateway_is_istios,),
            "networking.k8s.io/IngressClass": _class_is_istios("controller"),
            "gateway.networking.k8s.io/GatewayClass": _class_is_istios("controllerName"),
        },
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 SC-7"),
        weaker="Own kinds of other controllers (Traefik's IngressRoute, Contour's HTTPProxy) are not known.",
    ),
)
