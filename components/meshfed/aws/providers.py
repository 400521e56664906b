"""The AWS providers of a region: one for each account and role, none that could act in another account."""

import pulumi_aws as aws

from meshfed.settings.region import AwsOwner, AwsRegion
from meshfed.values import Duty


def providers(region: AwsRegion) -> dict[str, aws.Provider]:
    """The provider of each part of a region; parts of one owner share one, since each costs a process."""
    made: dict[AwsOwner, aws.Provider] = {}
    found: dict[str, aws.Provider] = {}
    for duty in Duty:
        owner = region.owners.of(duty)
        if owner not in made:
            made[owner] = aws.Provider(
                f"aws-{duty.value}",
                region=region.location,
                allowed_account_ids=[owner.account],
                assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=owner.role)] if owner.role else None,
            )
        found[duty] = made[owner]
    return found
