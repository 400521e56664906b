"""Load balancers of Google Cloud: which TLS they take, whether they take plain HTTP, how they call on."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import off, on, one_of, present, word
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

_POLICIES: Final = ("gcp:compute/sSLPolicy:SSLPolicy", "gcp:compute/regionSslPolicy:RegionSslPolicy")
_TLS_PROXIES: Final = (
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy",
    "gcp:compute/regionTargetHttpsProxy:RegionTargetHttpsProxy",
    "gcp:compute/targetSSLProxy:TargetSSLProxy",
)
_PLAIN_PROXIES: Final = (
    "gcp:compute/targetHttpProxy:TargetHttpProxy",
    "gcp:compute/regionTargetHttpProxy:RegionTargetHttpProxy",
)
_MAPS: Final = ("gcp:compute/uRLMap:URLMap", "gcp:compute/regionUrlMap:RegionUrlMap")
_GLOBAL: Final = "gcp:compute/backendService:BackendService"
_REGIONAL: Final = "gcp:compute/regionBackendService:RegionBackendService"
_PLAIN: Final = frozenset({"http", "h2c"})
_REQUESTS: Final = _PLAIN | {"https", "http2", "grpc"}
"""Protocols of load balancers that read requests; those that pass packets on have no such policy."""


def _calls_on_in_tls(default_scheme: str) -> Check:
    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        protocol = resource.props["protocol"]
        # A mesh's own proxies (INTERNAL_SELF_MANAGED) bring their own TLS; INTERNAL passes packets on.
        if _scheme(resource, default_scheme) in {"internal", "internal_self_managed"}:
            return
        if word(protocol.text("HTTP")) in _PLAIN:
            yield protocol.wrong("calls the backend in plain; where nothing is written it does")

    return check


def _has_a_firewall(default_scheme: str) -> Check:
    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        policy = resource.props["securityPolicy"]
        if not _scheme(resource, default_scheme).startswith("external") or policy.is_unknown or not policy.is_absent:
            return
        if word(resource.props["protocol"].text("HTTP")) in _REQUESTS:
            yield policy.wrong("requests from the internet reach the backend unjudged")

    return check


def _scheme(resource: Resource, default: str) -> str:
    return word(resource.props["loadBalancingScheme"].text(default))


def _plain_http_is_sent_on(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    proxies = stack.of(*_PLAIN_PROXIES)
    maps: dict[str, list[Resource]] = {}
    for one_map in stack.of(*_MAPS) if proxies else ():
        maps.setdefault(one_map.props["name"].text() or one_map.logical_name, []).append(one_map)
    named: set[str] = set()

    def one(proxy: Resource) -> Iterator[Finding]:
        node = proxy.props["urlMap"]
        name = node.text().rpartition("/")[2] if maps else ""
        named.add(name)
        if name not in maps:
            yield node.wrong("takes plain HTTP, and no URL map of this stack sends it on to HTTPS")

    yield from each(proxies, one)
    # Each map once, however many proxies name it.
    for name in maps.keys() & named:
        yield from each(maps[name], _sends_on)


def _sends_on(one_map: Resource) -> Iterator[Finding]:
    yield from _redirects(one_map.props)
    yield from each(one_map.props["pathMatchers"].items(), _matcher_redirects)


def _redirects(rule: Node) -> Iterator[Finding]:
    if not rule["defaultUrlRedirect"]["httpsRedirect"].flag():
        yield rule["defaultUrlRedirect"].wrong("answers plain HTTP in place of sending it on to HTTPS")


def _matcher_redirects(matcher: Node) -> Iterator[Finding]:
    yield from _redirects(matcher)
    rules = [*matcher["pathRules"].items(), *matcher["routeRules"].items()]
    for rule in rules:
        if not rule["urlRedirect"]["httpsRedirect"].flag():
            yield rule["urlRedirect"].wrong("answers plain HTTP in place of sending it on to HTTPS")


RULES: Final = (
    Rule(
        id="MF-C10",
        title="Load balancers of Google Cloud take TLS 1.2 or newer, judge requests, and call on in TLS",
        why="Old TLS and plain HTTP are read on the way; without Cloud Armor attacks reach the mesh's gateway; a plain"
        " call to the backend ends the encryption before the gateway.",
        mend="Write SSLPolicy minTlsVersion: TLS_1_2 and name it in sslPolicy, defaultUrlRedirect: {httpsRedirect:"
        " true} in the URL map of a plain proxy, and protocol: HTTPS with securityPolicy in the backend service.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            **dict.fromkeys(
                _POLICIES,
                (
                    one_of(
                        "minTlsVersion",
                        frozenset({"tls_1_2", "tls_1_3"}),
                        "takes TLS 1.0; where nothing is written it does",
                    ),
                ),
            ),
            **dict.fromkeys(_TLS_PROXIES, (present("sslPolicy", "takes TLS 1.0, as no policy says otherwise"),)),
            "gcp:networksecurity/serverTlsPolicy:ServerTlsPolicy": (off("allowOpen", "takes plain HTTP beside TLS"),),
            "gcp:networkservices/edgeCacheService:EdgeCacheService": (
                on("requireTls", "takes plain HTTP; where nothing is written it does"),
                present("sslPolicy", "takes TLS 1.0, as no policy says otherwise"),
            ),
            _GLOBAL: (_calls_on_in_tls("EXTERNAL"), _has_a_firewall("EXTERNAL")),
            _REGIONAL: (_calls_on_in_tls("INTERNAL"), _has_a_firewall("INTERNAL")),
        },
        stack_checks=(_plain_http_is_sent_on,),
        controls=("NIST SP 800-53 SC-8", "NIST SP 800-53 SC-13", "NIST SP 800-53 SI-4"),
        weaker="Which policy a proxy names, and what Cloud Armor's rules refuse, is not read.",
    ),
)
