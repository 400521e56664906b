"""Resources that belong to others by an id which is an output: they can only be counted against their owners."""

from collections.abc import Iterator, Sequence

from meshfed.rules.node import Finding, Node
from meshfed.rules.resource import Resource


def owed(owners: Sequence[Resource], ids: Sequence[Node], message: str) -> Iterator[Finding]:
    """Findings for as many owners as there are too few different ids.

    An id that is not known yet is of something new, so it is the one owner's where there is one; among several nobody
    can tell.
    """
    known = {node.text() for node in ids if not node.is_unknown} - {""}
    unknown = [node for node in ids if node.is_unknown]
    left = owners[len(known) :]
    if len(owners) == 1 and unknown:
        return
    for owner in left[len(unknown) :]:
        yield owner.props.wrong(message)
    for node, _ in zip(unknown, left, strict=False):
        yield Finding(node.path, "is not known before the deployment", is_decided=False, urn=node.urn)
