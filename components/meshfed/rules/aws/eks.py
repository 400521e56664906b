"""EKS clusters: who reaches the API server."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

CLUSTER: Final = "aws:eks/cluster:Cluster"


def _endpoint_is_private(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    public = resource.props["vpcConfig"]["endpointPublicAccess"]
    if public.flag(default=True):
        yield public.wrong("the API server answers on the internet; where nothing is written it does")


RULES: Final = (
    Rule(
        id="MF-A1",
        title="The API server of EKS has no public endpoint",
        why="A control plane on the internet is one leaked credential away from everyone.",
        mend="Write vpcConfig: {endpointPublicAccess: false, endpointPrivateAccess: true}.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={CLUSTER: (_endpoint_is_private,)},
        controls=("CIS EKS 5.4.2", "NIST SP 800-53 SC-7"),
    ),
)
