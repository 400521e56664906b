"""The Google providers of a region: one for each project and service account."""

import pulumi_gcp as gcp

from meshfed.settings.region import GcpOwner, GcpRegion
from meshfed.values import Duty


def providers(region: GcpRegion) -> dict[str, gcp.Provider]:
    """The provider of each part of a region; parts of one owner share one, since each costs a process."""
    made: dict[GcpOwner, gcp.Provider] = {}
    found: dict[str, gcp.Provider] = {}
    for duty in Duty:
        owner = region.owners.of(duty)
        if owner not in made:
            made[owner] = gcp.Provider(
                f"gcp-{duty.value}",
                project=owner.project,
                region=region.location,
                impersonate_service_account=owner.impersonate,
            )
        found[duty] = made[owner]
    return found
