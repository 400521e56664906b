"""Load balancers of AWS: inside only, over TLS of today, passing on no broken headers."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.aws.counts import owed
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

LOAD_BALANCER: Final = "aws:lb/loadBalancer:LoadBalancer"
LISTENER: Final = "aws:lb/listener:Listener"
TARGETS: Final = "aws:lb/targetGroup:TargetGroup"
CLASSIC: Final = "aws:elb/loadBalancer:LoadBalancer"
CLASSIC_POLICY: Final = "aws:elb/loadBalancerPolicy:LoadBalancerPolicy"
CLASSIC_TLS: Final = "aws:elb/sslNegotiationPolicy:SslNegotiationPolicy"
_OLD_PROTOCOLS: Final = frozenset({"protocol-sslv2", "protocol-sslv3", "protocol-tlsv1", "protocol-tlsv1.1"})
_RECENT: Final = re.compile(r"^ELBSecurityPolicy-(?:TLS13-1-[23]|TLS-1-2|FS-1-2)-")
"""Policies without TLS 1.0 and 1.1 (ELB user guides, security policies)."""


def _is_inside(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    internal = resource.props["internal"]
    if resource.props["loadBalancerType"].text() != "gateway" and not internal.flag():
        yield internal.wrong("the load balancer has a public address; where nothing is written it gets one")


def _drops_broken_headers(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    drops = resource.props["dropInvalidHeaderFields"]
    if resource.props["loadBalancerType"].text("application") == "application" and not drops.flag():
        yield drops.wrong("headers that are no headers reach the gateway, which may read them otherwise")


def _listens_over_tls(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    protocol = resource.props["protocol"]
    if protocol.text().strip().upper() == "HTTP" and not _only_redirects(resource.props["defaultActions"]):
        yield protocol.wrong("requests without TLS are passed on")


def _only_redirects(actions: Node) -> bool:
    given = actions.items()
    return bool(given) and all(
        action["type"].text() == "redirect" and action["redirect"]["protocol"].text().upper() == "HTTPS"
        for action in given
    )


def _tls_is_recent(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    policy = resource.props["sslPolicy"]
    if resource.props["protocol"].text().strip().upper() in ("HTTPS", "TLS") and not _RECENT.match(policy.text()):
        yield policy.wrong("takes TLS 1.0 and 1.1; where nothing is written it does")


def _reaches_targets_over_tls(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    protocol = resource.props["protocol"]
    if protocol.text().strip().upper() == "HTTP":
        yield protocol.wrong("requests go to the gateway in the clear")


def _classic_listens_over_tls(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["listeners"].items(), _is_no_http)


def _is_no_http(listener: Node) -> Iterator[Finding]:
    protocol, behind = listener["lbProtocol"], listener["instanceProtocol"]
    if protocol.text().strip().upper() == "HTTP":
        yield protocol.wrong("requests without TLS are passed on")
    elif behind.text().strip().upper() == "HTTP":
        yield behind.wrong("requests go to the gateway in the clear")


def _classic_policy_is_recent(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    named = resource.props["policyAttributes" if resource.kind == CLASSIC_POLICY else "attributes"]
    yield from each(named.items(), _takes_nothing_old)


def _takes_nothing_old(attribute: Node) -> Iterator[Finding]:
    name, value = attribute["name"].text().strip().lower(), attribute["value"]
    if name == "reference-security-policy" and not _RECENT.match(value.text().strip()):
        yield value.wrong("takes TLS 1.0 and 1.1")
    elif name in _OLD_PROTOCOLS and value.flag():
        yield value.wrong("takes TLS older than 1.2")


def _classic_tls_is_chosen(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    owing = [one for one in stack.of(CLASSIC) if any(map(_ends_tls, one.props["listeners"].items()))]
    chosen = [one for one in stack.of(CLASSIC_POLICY) if "ssl" in one.props["policyTypeName"].text().lower()]
    policies = [one.props["loadBalancerName"] for one in chosen]
    policies += [one.props["loadBalancer"] for one in stack.of(CLASSIC_TLS)]
    yield from owed(owing, policies, "takes TLS 1.0, as classic load balancers do unless a policy of their own says no")


def _ends_tls(listener: Node) -> bool:
    return listener["lbProtocol"].text().strip().upper() in ("HTTPS", "SSL")


def _lattice_is_over_tls(*names: str) -> Check:
    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        protocol = resource.props.at(*names)
        if protocol.text().strip().upper() == "HTTP":
            yield protocol.wrong("requests without TLS are passed on")

    return check


RULES: Final = (
    Rule(
        id="MF-A17",
        title="A load balancer is inside, takes TLS 1.2 or newer alone and drops broken headers",
        why="A public load balancer is a second way in, past the distribution and its firewall; plaintext behind it is"
        " read by whoever shares the network.",
        mend="Write internal: true, HTTPS or TLS with an ELBSecurityPolicy-TLS13-1-2 policy on listeners, HTTPS to"
        " targets and dropInvalidHeaderFields: true; reach it through CloudFront's VpcOrigin.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            LOAD_BALANCER: (_is_inside, _drops_broken_headers),
            LISTENER: (_listens_over_tls, _tls_is_recent),
            TARGETS: (_reaches_targets_over_tls,),
            CLASSIC: (_is_inside, _classic_listens_over_tls),
            CLASSIC_POLICY: (_classic_policy_is_recent,),
            CLASSIC_TLS: (_classic_policy_is_recent,),
            "aws:vpclattice/listener:Listener": (_lattice_is_over_tls("protocol"),),
            "aws:vpclattice/targetGroup:TargetGroup": (_lattice_is_over_tls("config", "protocol"),),
        },
        stack_checks=(_classic_tls_is_chosen,),
        controls=("NIST SP 800-53 SC-7", "NIST SP 800-53 SC-8"),
        weaker="Every load balancer is judged as if it were for east-west traffic: none needs to be public. A listener"
        " that redirects to HTTPS by default passes whatever its other rules do. Accelerators and APIs in front of one"
        " are not read.",
    ),
)
