"""Values of SPIRE's charts: where a server's and an agent's stand, in the chart of both, a nested one, or alone."""

from typing import Final

from meshfed.rules.node import Node
from meshfed.rules.resource import Resource

CHART: Final = "helm:spire"
SERVER_CHART: Final = "helm:spire-server"
AGENT_CHART: Final = "helm:spire-agent"
_OIDC: Final = "spiffe-oidc-discovery-provider"


def server_values(chart: Resource) -> list[Node]:
    """Values of each server that a chart installs. Raises UndecidedError where nobody knows them yet."""
    return _sections(chart, "spire-server", SERVER_CHART)


def agent_values(chart: Resource) -> list[Node]:
    """Values of each agent that a chart installs. Raises UndecidedError where nobody knows them yet."""
    return _sections(chart, "spire-agent", AGENT_CHART)


def issuer_values(chart: Resource) -> Node:
    """Values of the endpoint that publishes the issuer's keys."""
    return chart.props[_OIDC]


def _sections(chart: Resource, name: str, alone: str) -> list[Node]:
    if chart.kind == alone:
        return [chart.props]
    # A nested installation has several, as `root-spire-server`.
    nested = [node for key, node in chart.props.entries() if key.endswith(f"-{name}")]
    found = nested or [chart.props[name]]
    return [node for node in found if node["enabled"].flag(default=True)]


def labelled(holder: Node) -> list[tuple[str, Node]]:
    """Named entries of an object that may be null."""
    return [] if holder.value is None else holder.entries()
