"""The SPIRE agent's socket: who holds it asks for the identities of its node's workloads."""

from meshfed.rules.node import Node


def is_agent_socket(path: Node) -> bool:
    """Whether a folder or file of the node is where SPIRE's agent listens. Raises UndecidedError."""
    text = path.text().lower()
    return "spire" in text or "spiffe" in text
