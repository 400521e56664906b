"""Doors of a mesh: Istio's gateways, those of the Gateway API, and the Services that lead to them."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.helm import CHARTS, GATEWAY_CHART, helm_charts
from meshfed.rules.istio.objects import API_GATEWAY, EVERYTHING, GATEWAY
from meshfed.rules.kubernetes.services import (
    PASSING_PORT,
    SERVICE,
    is_east_west,
    is_east_west_gateway,
    is_internal,
    is_no_port_of_the_mesh,
    made_of,
    marks_of,
)
from meshfed.rules.kubernetes.workloads import is_among
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.statement import Absent, All, AnyOf, Matches, Named, Not, OneOf, Some, Statement, stated
from meshfed.settings.gate import GateParameters

_CONTROL_PORTS: Final = {
    15010: "gives configuration in plaintext",
    15012: "gives configuration and certificates",
    15014: "shows istiod's own state",
    15017: "is the webhooks of injection and validation",
}
_LISTENER_SETS: Final = ("gateway.networking.k8s.io/ListenerSet", "gateway.networking.x-k8s.io/XListenerSet")
_WAYPOINT: Final = "istio-waypoint"
_SERVERS: Final = ("spec.servers[]",)
_IS_EAST_WEST: Final = Some("/spec.selector.{}", All((Named("^istio$"), Matches("", "^eastwest"))))
_PASSES: Final = Matches("tls.mode", "(?i)^auto_passthrough$")
_PLAIN_HTTP: Final = Matches("port.protocol", "(?i)^(http|http2|grpc|grpc-web)$")
_KEEPS: Final = ("AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "MUTUAL")
"""Modes that ask a caller for a certificate, or leave that to the workload."""
_UNWRITTEN: Final = "PASSTHROUGH"
"""What a tls without a mode is: the first value of Istio's enumeration."""
_CONTROLS: Final = ("NIST SP 800-53 SC-7", "NIST SP 800-53 SC-8")


def _east_west_passes_tls(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    selector = resource.props["spec"]["selector"]
    if all(selector[name].text() == value for name, value in parameters.east_west_labels.items()):
        yield from each(resource.props["spec"]["servers"].items(), _keeps_identities)


def _keeps_identities(server: Node) -> Iterator[Finding]:
    mode = server["tls"]["mode"]
    if not server["tls"].is_absent and mode.text(_UNWRITTEN) not in _KEEPS:
        yield mode.wrong(_NO_IDENTITY)


_NO_IDENTITY: Final = "takes callers without the mesh's identity on the way between regions"


def _control_plane_is_not_exposed(service: Resource, parameters: GateParameters) -> Iterator[Finding]:
    spec = service.props["spec"]
    kind = spec["type"].text("ClusterIP").lower()
    is_open = kind in ("loadbalancer", "nodeport") or not spec["externalIPs"].is_absent
    if is_open or is_east_west(service, parameters):
        yield from each(spec["ports"].items(), _is_no_control_port)


def _is_no_control_port(port: Node) -> Iterator[Finding]:
    for name in ("port", "targetPort"):
        number = port[name].text()
        if number.isdigit() and int(number) in _CONTROL_PORTS:
            yield port[name].wrong(f"opens {number}, which {_CONTROL_PORTS[int(number)]}")
            return


def _east_west_is_internal(service: Resource, parameters: GateParameters) -> Iterator[Finding]:
    kind = service.props["spec"]["type"]
    if kind.text("ClusterIP").lower() == "loadbalancer" and is_east_west(service, parameters):
        yield from is_internal(kind, service.annotations)


def _east_west_keeps_sources(service: Resource, parameters: GateParameters) -> Iterator[Finding]:
    spec = service.props["spec"]
    if spec["type"].text("ClusterIP").lower() == "loadbalancer" and is_east_west(service, parameters):
        yield from _keeps_sources(spec["externalTrafficPolicy"])


def _keeps_sources(policy: Node) -> Iterator[Finding]:
    if policy.text("Cluster") != "Local":
        yield policy.wrong("hides from which gateway a connection comes; where nothing is written it does")


def _east_west_made_is_internal(gateway: Resource, parameters: GateParameters) -> Iterator[Finding]:
    place, made = made_of(gateway)
    if made == "loadbalancer" and is_east_west_gateway(gateway, parameters):
        yield from is_internal(place, marks_of(gateway, "annotations"))


def _listeners_open_no_control_port(gateway: Resource, _: GateParameters) -> Iterator[Finding]:
    if gateway.props["spec"]["gatewayClassName"].text() != _WAYPOINT:
        yield from each(gateway.props["spec"]["listeners"].items(), _is_no_control_port)


def _servers_open_no_control_port(gateway: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(gateway.props["spec"]["servers"].items(), _server_opens_no_control_port)


def _server_opens_no_control_port(server: Node) -> Iterator[Finding]:
    number = server["port"]["number"].text()
    if number.isdigit() and int(number) in _CONTROL_PORTS:
        yield server["port"]["number"].wrong(f"opens {number}, which {_CONTROL_PORTS[int(number)]}")


def _chart_opens_no_control_port(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    network = chart.props["networkGateway"]
    if not network.is_absent:
        yield network.wrong("makes the chart open 15012 and 15017 too, whatever ports are written beside it")
        return
    yield from each(chart.props["service"]["ports"].items(), _is_no_control_port)


def _chart_is_internal(installed: Resource, parameters: GateParameters) -> Iterator[Finding]:
    for chart in helm_charts(installed):
        service = chart.props["service"]
        if chart.kind != GATEWAY_CHART or service["type"].text("LoadBalancer").lower() != "loadbalancer":
            continue
        if _is_public_chart(installed, chart, parameters):
            yield from each(service["ports"].items(), is_no_port_of_the_mesh)
        else:
            yield from is_internal(service["type"], service["annotations"])


def _is_public_chart(installed: Resource, chart: Resource, parameters: GateParameters) -> bool:
    """Whether the Service that a chart makes is one of the public gateways by its owner's word."""
    if not parameters.public_gateways or _is_east_west_chart(chart, parameters):
        return False
    # A Release without a name gets one that nobody knows before.
    otherwise = "" if installed.kind == CHARTS[1] else installed.logical_name
    name = chart.props["name"].text() or installed.props["name"].text() or otherwise
    return is_among(f"{installed.props['namespace'].text() or 'default'}/{name}", parameters.public_gateways)


def _chart_keeps_sources(chart: Resource, parameters: GateParameters) -> Iterator[Finding]:
    service = chart.props["service"]
    is_load_balancer = service["type"].text("LoadBalancer").lower() == "loadbalancer"
    if is_load_balancer and _is_east_west_chart(chart, parameters):
        yield from _keeps_sources(service["externalTrafficPolicy"])


def _is_east_west_chart(chart: Resource, parameters: GateParameters) -> bool:
    labels = chart.props["labels"]
    return all(labels[name].text() == value for name, value in parameters.east_west_labels.items()) or any(
        port["port"].text() == str(PASSING_PORT) for port in chart.props["service"]["ports"].items()
    )


_FEW: Final = ("None", "Same", "Selector")
_LISTENS_IN_PLAINTEXT: Final = Matches("protocol", "(?i)^(http|tcp|udp)$")
_LISTENER_PASSES: Final = AnyOf(
    (
        Matches("tls.mode", "(?i)^passthrough$"),
        Some("tls.options.{}", All((Named("^gateway[.]istio[.]io/listener-protocol$"), Not(Absent(""))))),
        OneOf("port", (PASSING_PORT,)),
    )
)
"""What istiod can turn into AUTO_PASSTHROUGH, which leads to every service that the host name takes in."""
_LISTENERS: Final = stated(
    Statement(("spec.listeners[]",), _LISTENS_IN_PLAINTEXT, "takes plaintext", at="protocol"),
    Statement(
        ("spec.listeners[]",),
        All(
            (
                Not(_LISTENS_IN_PLAINTEXT),
                Not(Matches("protocol", "(?i)^hbone$")),
                AnyOf(
                    (
                        Absent("hostname"),
                        Matches("hostname", EVERYTHING),
                        All((_LISTENER_PASSES, Matches("hostname", "[*]"))),
                    )
                ),
            )
        ),
        "stands for hosts that nobody listed; without a hostname for all",
        at="hostname",
    ),
    Statement(
        ("spec.listeners[].allowedRoutes.namespaces",),
        Not(OneOf("from", _FEW, default="Same")),
        "lets routes of any namespace take over the listener's hosts",
        at="from",
    ),
    Statement(
        ("spec.allowedListeners.namespaces",),
        Not(OneOf("from", _FEW, default="None")),
        "lets any namespace add listeners",
        at="from",
    ),
)

RULES: Final = (
    Rule(
        id="MF-I29",
        title="A gateway takes TLS, for hosts that it names",
        why="A wildcard in AUTO_PASSTHROUGH opens every service of a cluster to other regions; plaintext and old TLS"
        " can be read and changed on the way.",
        mend="Between regions write AUTO_PASSTHROUGH on 15443 with each exported host; at the edge HTTPS with named"
        " hosts, or HTTP with httpsRedirect: true.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            GATEWAY: (
                *stated(
                    Statement(
                        _SERVERS,
                        All((_IS_EAST_WEST, Not(Absent("tls")), Not(OneOf("tls.mode", _KEEPS, default=_UNWRITTEN)))),
                        _NO_IDENTITY,
                        at="tls.mode",
                    ),
                    Statement(
                        _SERVERS,
                        AnyOf(
                            (
                                Some("hosts[]", Matches("", EVERYTHING)),
                                All((_PASSES, Some("hosts[]", Matches("", "[*]")))),
                            )
                        ),
                        "stands for hosts that nobody listed",
                        at="hosts",
                    ),
                    Statement(
                        _SERVERS,
                        All((_PASSES, Not(OneOf("port.number", (PASSING_PORT,))))),
                        "passes TLS through on another port than 15443",
                        at="port.number",
                    ),
                    Statement(
                        _SERVERS,
                        AnyOf(
                            (
                                All((_PLAIN_HTTP, Not(OneOf("tls.httpsRedirect", (True,), default=False)))),
                                All((Not(_PLAIN_HTTP), Absent("tls"))),
                            )
                        ),
                        "takes plaintext",
                        at="port.protocol",
                    ),
                    Statement(
                        _SERVERS,
                        Not(OneOf("tls.minProtocolVersion", ("TLS_AUTO", "TLSV1_2", "TLSV1_3"), default="TLS_AUTO")),
                        "takes TLS older than 1.2",
                        at="tls.minProtocolVersion",
                    ),
                ),
                _east_west_passes_tls,
            )
        },
        controls=_CONTROLS,
        weaker="An east-west gateway is known by its selector: the label istio: eastwest... or the configured labels.",
    ),
    Rule(
        id="MF-I30",
        title="A listener of the Gateway API takes TLS for a host that it names, and routes of its own namespaces",
        why="With from: All any tenant attaches a route and takes over another's host; HTTP is read on the way; where"
        " TLS is passed through without a hostname, other regions reach every service of the cluster.",
        mend="Write protocol: HTTPS (HBONE for waypoints), a hostname, and allowedRoutes.namespaces.from: Same or"
        " Selector.",
        packs=(Pack.ZERO_TRUST,),
        checks=dict.fromkeys((API_GATEWAY, *_LISTENER_SETS), _LISTENERS),
        controls=_CONTROLS,
        weaker="A listener that only redirects HTTP to HTTPS is refused too: its routes may stand anywhere.",
    ),
    Rule(
        id="MF-I35",
        title="The east-west gateway is internal, and no control plane is exposed",
        why="Other regions, or the internet, would reach istiod: 15010 is plaintext, 15012 signs certificates, 15017"
        " decides what is injected.",
        mend="Annotate the load balancer as internal, write externalTrafficPolicy: Local, and list 15021 and 15443"
        " alone (in the chart by service.ports and a network label, not by networkGateway). A public gateway's Service"
        " its owner names in `public_gateways`.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            SERVICE: (_control_plane_is_not_exposed, _east_west_is_internal, _east_west_keeps_sources),
            API_GATEWAY: (_east_west_made_is_internal, _listeners_open_no_control_port),
            **dict.fromkeys(_LISTENER_SETS, (_listeners_open_no_control_port,)),
            GATEWAY: (_servers_open_no_control_port,),
            GATEWAY_CHART: (_chart_opens_no_control_port, _chart_keeps_sources),
            **dict.fromkeys(CHARTS, (_chart_is_internal,)),
        },
        controls=("NIST SP 800-53 SC-7", "NIST SP 800-53 AC-4"),
        weaker="The east-west gateway is known by the configured labels in a Service's selector, and in the chart's"
        " labels or by port 15443; of the Gateway API by these, port 15443 or its class, and for externalTrafficPolicy"
        " it has no field.",
    ),
)
