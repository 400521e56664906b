"""Azure Front Door: what it takes, what it checks, where it calls on."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import ABSENT, none_of, on, one_of, present, word
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

_WAF: Final = ("azure-native:frontdoor:Policy", "azure-native:network:Policy", "azure-native:cdn:Policy")
"""The firewall policy of Front Door under the names that it had, and the one of Azure CDN."""


def _takes_https_alone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    protocols = resource.props["supportedProtocols"]
    if protocols.is_absent:
        yield protocols.wrong("takes plain HTTP; where nothing is written it does")
    yield from each(protocols.items(), _is_https)


def _is_https(protocol: Node) -> Iterator[Finding]:
    if word(protocol.text()) == "http":
        yield protocol.wrong("takes plain HTTP")


_FIREWALL_REFUSES: Final[tuple[Check, ...]] = (
    one_of("policySettings.mode", frozenset({"prevention"}), "attacks are written down and let through"),
    one_of("policySettings.enabledState", frozenset({ABSENT, "enabled"}), "the policy looks at nothing"),
)
RULES: Final = (
    Rule(
        id="MF-Z14",
        title="Azure Front Door takes HTTPS, refuses attacks and ends at a private origin",
        why="An origin with a public address is reached past the firewall, and so is a route under the default host"
        " name; without a name check anyone who gets into the path is the origin.",
        mend="Write supportedProtocols: [Https] and linkToDefaultDomain: Disabled in the route,"
        " sharedPrivateLinkResource and enforceCertificateNameCheck: true in the origin, and mode: Prevention in the"
        " policy.",
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
            **dict.fromkeys(_WAF, _FIREWALL_REFUSES),
        },
        controls=("NIST SP 800-53 SC-8", "NIST SP 800-53 SC-7", "NIST SP 800-53 SI-4"),
        weaker="Whether a security policy binds the firewall to every domain is not computed.",
    ),
)
