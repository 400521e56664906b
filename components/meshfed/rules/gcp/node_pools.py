"""Node pools of GKE, alone, inside of a cluster, or made by its autoscaler: whose rights nodes have, how they start."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import on
from meshfed.rules.gcp.kinds import CLUSTER, NODE_POOL
from meshfed.rules.node import Finding, Node
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

DEFAULT_ACCOUNT: Final = re.compile(r"^$|^default$|-compute@developer\.gserviceaccount\.com$")
"""The service account that machines of a project share unless they are told not to: it is Editor by default."""
_NO_ACCOUNT: Final = "nodes have the account that all machines of the project share"
_UNSIGNED: Final = "nodes start what nobody signed; where nothing is written they do"


def _has_an_account(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _account(resource.props["nodeConfig"]["serviceAccount"])


def _first_pool(resource: Resource) -> Node | None:
    """Configuration of the pool that a cluster makes by itself. Raises UndecidedError."""
    props = resource.props
    if props["enableAutopilot"].flag() or (props["nodeConfig"].is_absent and _first_pool_goes(resource)):
        return None
    return props["nodeConfig"]


def _first_pool_goes(resource: Resource) -> bool:
    return resource.props["removeDefaultNodePool"].flag() or not resource.props["nodePools"].is_absent


def _first_pool_has_an_account(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if pool := _first_pool(resource):
        yield from _account(pool["serviceAccount"])


def _first_pool_starts_what_was_signed(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    pool = _first_pool(resource)
    if pool and not pool["shieldedInstanceConfig"]["enableSecureBoot"].flag():
        yield pool["shieldedInstanceConfig"]["enableSecureBoot"].wrong(_UNSIGNED)


def _made_pools(resource: Resource) -> Node | None:
    """Configuration of pools that the autoscaler makes. Raises UndecidedError."""
    scaling = resource.props["clusterAutoscaling"]
    if scaling["enabled"].flag() or resource.props["enableAutopilot"].flag():
        return scaling["autoProvisioningDefaults"]
    return None


def _made_pools_have_an_account(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if pool := _made_pools(resource):
        yield from _account(pool["serviceAccount"])


def _made_pools_start_what_was_signed(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    pool = _made_pools(resource)
    # Autopilot starts all of its nodes so.
    if pool and not resource.props["enableAutopilot"].flag():
        node = pool["shieldedInstanceConfig"]["enableSecureBoot"]
        if not node.flag():
            yield node.wrong(_UNSIGNED)


def _account(node: Node) -> Iterator[Finding]:
    if DEFAULT_ACCOUNT.search(node.text().strip()):
        yield node.wrong(_NO_ACCOUNT)


RULES: Final = (
    Rule(
        id="MF-C4",
        title="Nodes of GKE have an account of their own, no public address, and start what was signed",
        why="The default account may edit the whole project, so one pod that escapes its node takes the project; a"
        " public address is a way past the gateways; an unsigned start hides whoever changed the node.",
        mend="Write nodeConfig: {serviceAccount: one for nodes alone, shieldedInstanceConfig: {enableSecureBoot: true}}"
        " and networkConfig: {enablePrivateNodes: true}.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            NODE_POOL: (
                _has_an_account,
                on("networkConfig.enablePrivateNodes", "nodes have public addresses", default=True),
                on("nodeConfig.shieldedInstanceConfig.enableSecureBoot", _UNSIGNED),
                on(
                    "nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring",
                    "nobody compares how the nodes started",
                    default=True,
                ),
            ),
            CLUSTER: (
                _first_pool_has_an_account,
                _first_pool_starts_what_was_signed,
                _made_pools_have_an_account,
                _made_pools_start_what_was_signed,
            ),
        },
        controls=(
            "CIS GKE 5.2.1",
            "CIS GKE 5.5.6",
            "CIS GKE 5.5.7",
            "CIS GKE 5.6.5",
            "NIST SP 800-53 AC-6",
            "NIST SP 800-53 SI-7",
            "NIST SP 800-53 SC-7",
        ),
        weaker="A pool that says nothing of addresses has its cluster's, which MF-C1 judges. Scopes are not read: with"
        " an account of its own a node may do what IAM gives that account.",
    ),
)
