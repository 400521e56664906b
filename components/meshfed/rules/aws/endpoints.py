"""Endpoint services of PrivateLink: who may connect to them."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

SERVICE: Final = "aws:ec2/vpcEndpointService:VpcEndpointService"
PRINCIPAL: Final = "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple"


def _is_accepted_by_hand(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    acceptance = resource.props["acceptanceRequired"]
    if not acceptance.flag():
        yield acceptance.wrong("whoever is allowed to ask is connected at once")


def _principals_are_named(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["allowedPrincipals"].items(), _is_named)


def _principal_is_named(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _is_named(resource.props["principalArn"])


def _is_named(principal: Node) -> Iterator[Finding]:
    if "*" in principal.text():
        yield principal.wrong("every account of AWS may ask to connect")


RULES: Final = (
    Rule(
        id="MF-A16",
        title="Connections to an endpoint service are accepted one by one, from named principals",
        why="A private API that anyone on AWS connects to is public, and the caller's address is lost on the way.",
        mend="Write acceptanceRequired: true and the ARNs of accounts or roles in allowedPrincipals.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={SERVICE: (_is_accepted_by_hand, _principals_are_named), PRINCIPAL: (_principal_is_named,)},
        controls=("NIST SP 800-53 AC-4", "NIST SP 800-53 SC-7"),
    ),
)
