"""Private Link services of Azure: who sees them, who connects without being asked about."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters


def _names_subscriptions(member: str, message: str) -> Check:
    def one(subscription: Node) -> Iterator[Finding]:
        if "*" in subscription.text():
            yield subscription.wrong(message)

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        yield from each(resource.props[member]["subscriptions"].items(), one)

    return check


RULES: Final = (
    Rule(
        id="MF-Z15",
        title="A Private Link service names who may see it and who may connect",
        why="With a star any customer of Azure who knows its name connects, without anyone being asked.",
        mend="List the subscriptions in visibility and in autoApproval.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            "azure-native:network:PrivateLinkService": (
                _names_subscriptions("visibility", "every subscription of Azure sees it"),
                _names_subscriptions("autoApproval", "every subscription of Azure connects without being asked about"),
            )
        },
        controls=("NIST SP 800-53 AC-3", "NIST SP 800-207 tenet 3"),
    ),
)
