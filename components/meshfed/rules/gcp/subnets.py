"""Subnets of Google Cloud: whether flows are known, and whether Google's services are reached from inside."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import word
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_NO_MACHINES: Final = frozenset(
    {
        "private_service_connect",
        "regional_managed_proxy",
        "global_managed_proxy",
        "internal_https_load_balancer",
        "private_nat",
        "peer_migration",
    }
)
"""Purposes of subnets that hold no machines: Google takes neither setting there."""


def _flows_are_logged(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    log = resource.props["logConfig"]
    if not _has_machines(resource):
        return
    if log.value is None:
        yield log.wrong("nobody knows who spoke to whom")
    elif log["flowSampling"].number(1.0) == 0:
        yield log["flowSampling"].wrong("keeps no flow at all")
    elif word(log["filterExpr"].text()) == "false":
        yield log["filterExpr"].wrong("keeps no flow at all")


def _google_is_reached_from_inside(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["privateIpGoogleAccess"]
    if _has_machines(resource) and not node.flag():
        yield node.wrong("machines need a way to the internet to reach Google's own services")


def _subnets_are_written(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["autoCreateSubnetworks"]
    if node.flag(default=True):
        yield node.wrong("Google makes subnets in every region that log no flows; where nothing is written it does")


def _has_machines(resource: Resource) -> bool:
    return word(resource.props["purpose"].text()) not in _NO_MACHINES


RULES: Final = (
    Rule(
        id="MF-C11",
        title="Subnets of Google Cloud log their flows and reach Google from inside",
        why="After a break-in flow logs say where it went; a machine that reaches registries and keys over the internet"
        " needs a way out that others use as well.",
        mend="Write logConfig: {flowSampling: 0.5, metadata: INCLUDE_ALL_METADATA} and privateIpGoogleAccess: true in"
        " subnets, and autoCreateSubnetworks: false in the network.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            "gcp:compute/subnetwork:Subnetwork": (_flows_are_logged, _google_is_reached_from_inside),
            "gcp:compute/network:Network": (_subnets_are_written,),
        },
        controls=(
            "CIS GKE 5.6.1",
            "CIS Google Cloud Foundations 3.8",
            "NIST SP 800-53 AU-12",
            "NIST SP 800-53 SC-7",
            "NIST SP 800-207 tenet 7",
        ),
    ),
)
