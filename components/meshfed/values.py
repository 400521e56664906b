"""Small values that every layer shares: closed sets and names. No settings, no cloud, no engine."""

import hashlib
from enum import StrEnum

INTERFACE_NAME_LIMIT = 15
"""IFNAMSIZ less the closing zero (linux/if.h)."""


class Cloud(StrEnum):
    """A cloud that a region can stand in."""

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"


class LifeCycle(StrEnum):
    """Where a region stands in its life."""

    PLANNED = "planned"
    JOINING = "joining"
    ACTIVE = "active"
    DRAINING = "draining"
    RETIRED = "retired"
    QUARANTINED = "quarantined"

    @property
    def is_deployed(self) -> bool:
        """Whether a stack of this region stands in a cloud."""
        return self in {LifeCycle.JOINING, LifeCycle.ACTIVE, LifeCycle.DRAINING, LifeCycle.QUARANTINED}

    @property
    def is_peer(self) -> bool:
        """Whether other regions keep tunnels to this region."""
        return self in {LifeCycle.JOINING, LifeCycle.ACTIVE, LifeCycle.DRAINING}

    @property
    def is_protected(self) -> bool:
        """Whether clouds are told to refuse the deletion of what holds data; a region that leaves may be destroyed."""
        return self in {LifeCycle.JOINING, LifeCycle.ACTIVE}


class GatewayName(StrEnum):
    """The two tunnel gateways of a region."""

    A = "a"
    B = "b"


class TunnelKind(StrEnum):
    """What encrypts a tunnel."""

    WIREGUARD = "wireguard"
    IPSEC = "ipsec"


class Transport(StrEnum):
    """What carries the encrypted packets between two regions."""

    INTERNET = "internet"
    INTERCONNECT = "interconnect"


class Reroute(StrEnum):
    """Whether a dead pair of regions is gone around through a third one."""

    DIRECT = "direct"
    ONE_HOP = "one-hop"


class Access(StrEnum):
    """From where the deployer reaches a private cluster endpoint."""

    RUNNER = "runner"
    TUNNEL = "tunnel"
    GKE_DNS = "gke-dns"


class Duty(StrEnum):
    """The parts of a region that may belong to different accounts."""

    NETWORK = "network"
    CLUSTER = "cluster"
    DNS = "dns"
    TRUST = "trust"
    KMS = "kms"


def physical_name(limit: int, *parts: str, separator: str = "-") -> str:
    """A name of at most `limit` characters; a longer one is cut and gets a hash, so that two long names stay different.

    >>> physical_name(20, "acme", "use1", "peer-document-signing")
    'acme-use1-p-ee27332e'
    """
    whole = separator.join(parts)
    if len(whole) <= limit:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: limit - len(separator) - len(digest)].rstrip('-_')}{separator}{digest}"
