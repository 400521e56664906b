"""Whether identities outlast the declared outage of the servers that renew them.

The one check that settings allow today. The lifetimes of authorities, bundles and caches are not modelled here.
"""

from collections.abc import Iterator

from meshfed.errors import Fault
from meshfed.topology.plan import Plan

ROTATION_SPREAD_PERCENT = 10
"""How much earlier or later than half of its life a SPIRE agent renews a certificate."""


def outage_covered(lifetime_seconds: int) -> int:
    """How long a certificate lives at least from the moment at which it should have been renewed, in seconds.

    >>> outage_covered(3600)
    1620
    """
    return lifetime_seconds // 2 * (100 - ROTATION_SPREAD_PERCENT) // 100


def authority_needed(lifetime_seconds: int) -> int:
    """How long a SPIRE server's own certificate must live to sign identities of full length until its last day.

    It prepares the next one at half of its life and changes at five sixths; what it signs then must end before it does.
    Source: SPIRE's `pkg/server/ca/manager`, 1.15.

    >>> authority_needed(3600)
    21600
    """
    return lifetime_seconds * 6


def lifetime_faults(plan: Plan) -> Iterator[Fault]:
    """Certificates that expire while the declared outage of a region's servers lasts."""
    lifetimes = plan.federation.lifetimes
    outage = lifetimes.server_outage_seconds
    for name in ("workload_svid_seconds", "edge_svid_seconds"):
        lifetime: int = getattr(lifetimes, name)
        covered = outage_covered(lifetime)
        if covered < outage:
            needed = -(-outage * 100 // (100 - ROTATION_SPREAD_PERCENT)) * 2
            wanted = (
                f"is renewed at half-life, {ROTATION_SPREAD_PERCENT} % early or late, and outlasts an outage of "
                f"{covered} s; lifetimes.server_outage_seconds is {outage}."
            )
            yield Fault(f"lifetimes.{name}", f"{lifetime} s", wanted, f"Give {needed} or more, or a shorter outage.")
