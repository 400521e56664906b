"""Issuers of tokens: whether one belongs to a cluster of the federation."""

import re
from typing import Final

from meshfed.settings.gate import GateParameters

_CLUSTERS: Final = re.compile(
    r"^https://(?:"
    r"oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/id/[0-9A-F]{32}"
    r"|[a-z0-9]+\.oic\.prod-aks\.azure\.(?:com|us|cn)/[0-9a-f-]{36}/[0-9a-f-]{36}"
    r"|container\.googleapis\.com/v1/projects/[a-z0-9:.-]+/locations/[a-z0-9-]+/clusters/[a-z0-9-]+"
    r")/?$",
    re.IGNORECASE,
)


def is_ours(issuer: str, parameters: GateParameters) -> bool:
    """Whether an issuer is one of the federation's; where the owner names none, whether it is a cluster's by form.

    >>> is_ours("https://container.googleapis.com/v1/projects/p/locations/l/clusters/c", GateParameters())
    True
    >>> is_ours("https://accounts.google.com", GateParameters())
    False
    """
    if parameters.issuers:
        return _bare(issuer) in {_bare(one) for one in parameters.issuers}
    return publishes_its_keys(issuer)


def publishes_its_keys(issuer: str) -> bool:
    """Whether an issuer is a cluster's of a cloud, which gives its keys to everyone who asks."""
    return _CLUSTERS.match(issuer.strip()) is not None


def _bare(issuer: str) -> str:
    return issuer.strip().removeprefix("https://").rstrip("/")
