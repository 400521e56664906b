"""The Azure providers of a region: one for each subscription and identity."""

import pulumi_azure_native as azure

from meshfed.settings.region import AzureOwner, AzureRegion
from meshfed.values import Duty


def providers(region: AzureRegion) -> dict[str, azure.Provider]:
    """The provider of each part of a region; parts of one owner share one, since each costs a process."""
    made: dict[AzureOwner, azure.Provider] = {}
    found: dict[str, azure.Provider] = {}
    for duty in Duty:
        owner = region.owners.of(duty)
        if owner not in made:
            made[owner] = azure.Provider(
                f"azure-{duty.value}",
                location=region.location,
                subscription_id=owner.subscription,
                tenant_id=owner.tenant,
                client_id=owner.client,
            )
        found[duty] = made[owner]
    return found
