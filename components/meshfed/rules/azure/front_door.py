"""Azure Front Door: what it takes, what it checks, where it calls on."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import ABSENT, none_of, off, on, one_of, present, word
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

_FRONT_DOORS: Final = ("azure-native:frontdoor:FrontDoor", "azure-native:network:FrontDoor")
_WAF: Final = (
    "azure-native:frontdoor:Policy",
    "azure-native:network:Policy",
    "azure-native:cdn:Policy",
    "azure-native:network:WebApplicationFirewallPolicy",
)
"""The firewall policy of Front Door under the names that it had, of Azure CDN, and of application gateways."""
_OLD_TLS: Final = frozenset({"tls10", "tls11", "1.0", "1.1", "tlsv1_0", "tlsv1_1", "tls1_0", "tls1_1"})


def _takes_https_alone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    protocols = resource.props["supportedProtocols"]
    if protocols.is_absent:
        yield protocols.wrong("takes plain HTTP; where nothing is written it does")
    yield from each(protocols.items(), _is_https)


def _classic_takes_https_alone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(rule: Node) -> Iterator[Finding]:
        if word(rule["routeConfiguration"]["redirectProtocol"].text()) == "httpsonly":
            return
        protocols = rule["acceptedProtocols"]
        if protocols.is_absent:
            yield protocols.wrong("takes plain HTTP; where nothing is written it does")
        yield from each(protocols.items(), _is_https)

    yield from each(resource.props["routingRules"].items(), one)


def _classic_calls_in_tls(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(rule: Node) -> Iterator[Finding]:
        node = rule["routeConfiguration"]["forwardingProtocol"]
        if word(node.text()) == "httponly":
            yield node.wrong("calls the origin in plain")

    yield from each(resource.props["routingRules"].items(), one)


def _classic_names_are_new(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(endpoint: Node) -> Iterator[Finding]:
        node = endpoint["customHttpsConfiguration"]["minimumTlsVersion"]
        if word(node.text()) in _OLD_TLS:
            yield node.wrong("takes TLS 1.0")

    yield from each(resource.props["frontendEndpoints"].items(), one)


def _origins_are_private(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["origins"].items(), _is_private)


def _pools_are_private(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    backends = [one for pool in resource.props["backendPools"].items() for one in pool["backends"].items()]
    yield from each(backends, _is_private)


def _is_private(origin: Node) -> Iterator[Finding]:
    links = (origin["privateLinkResourceId"], origin["privateLinkAlias"])
    if all(not link.is_unknown and link.is_absent for link in links):
        yield links[0].wrong("is reached at a public address, past the firewall")


def _origin_is_private(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _is_private(resource.props)


def _actions_keep_to_tls(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(action: Node) -> Iterator[Finding]:
        given = action["parameters"]
        for node in (given["originGroupOverride"]["forwardingProtocol"], given["destinationProtocol"]):
            if word(node.text()) in {"httponly", "http"}:
                yield node.wrong("goes on in plain, whatever the route says")

    yield from each(resource.props["actions"].items(), one)


def _is_https(protocol: Node) -> Iterator[Finding]:
    if word(protocol.text()) == "http":
        yield protocol.wrong("takes plain HTTP")


_FIREWALL_REFUSES: Final[tuple[Check, ...]] = (
    one_of("policySettings.mode", frozenset({"prevention"}), "attacks are written down and let through"),
    one_of("policySettings.enabledState", frozenset({ABSENT, "enabled"}), "the policy looks at nothing"),
    one_of("policySettings.state", frozenset({ABSENT, "enabled"}), "the policy looks at nothing"),
)
_CLASSIC: Final[tuple[Check, ...]] = (
    _classic_takes_https_alone,
    _classic_calls_in_tls,
    _classic_names_are_new,
    _pools_are_private,
    none_of("backendPoolsSettings.enforceCertificateNameCheck", frozenset({"disabled"}), "does not look who answers"),
)
_OLD_POLICIES: Final = frozenset({"appgwsslpolicy20150501", "appgwsslpolicy20170401"})
RULES: Final = (
    Rule(
        id="MF-Z14",
        title="Azure Front Door takes HTTPS, refuses attacks and ends at a private origin",
        why="An origin with a public address is reached past the firewall, and so is a route under the default host"
        " name; without a name check anyone who gets into the path is the origin.",
        mend="Write supportedProtocols: [Https] (classic: acceptedProtocols, isHttpAllowed: false) and"
        " linkToDefaultDomain: Disabled in the route, sharedPrivateLinkResource and enforceCertificateNameCheck: true"
        " in the origin, and mode: Prevention in the policy.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            "azure-native:cdn:Route": (
                _takes_https_alone,
                none_of("forwardingProtocol", frozenset({"httponly"}), "calls the origin in plain"),
                one_of(
                    "linkToDefaultDomain",
                    frozenset({ABSENT, "disabled"}),
                    "answers under a name that the firewall's rules for hosts do not know",
                ),
            ),
            "azure-native:cdn:AFDOrigin": (
                on("enforceCertificateNameCheck", "does not look who answers", default=True),
                present("sharedPrivateLinkResource", "is reached at a public address, past the firewall"),
            ),
            "azure-native:cdn:AFDCustomDomain": (none_of("tlsSettings.minimumTlsVersion", _OLD_TLS, "takes TLS 1.0"),),
            "azure-native:cdn:Rule": (_actions_keep_to_tls,),
            "azure-native:cdn:Endpoint": (
                off("isHttpAllowed", "takes plain HTTP; where nothing is written it does", default=True),
                _origins_are_private,
            ),
            "azure-native:cdn:Origin": (_origin_is_private,),
            **dict.fromkeys(_FRONT_DOORS, _CLASSIC),
            "azure-native:network:ApplicationGateway": (
                none_of("sslPolicy.minProtocolVersion", _OLD_TLS, "takes TLS 1.0 or 1.1"),
                none_of("sslPolicy.policyName", _OLD_POLICIES, "takes TLS 1.0 or 1.1"),
            ),
            **dict.fromkeys(_WAF, _FIREWALL_REFUSES),
        },
        controls=("NIST SP 800-53 SC-8", "NIST SP 800-53 SC-7", "NIST SP 800-53 SI-4"),
        weaker="Whether a security policy binds the firewall to every domain, and what listeners of an application"
        " gateway take, is not computed.",
    ),
)
