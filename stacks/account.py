"""What an account, subscription or project has once. No stack names this layer unless its owner adds one."""

import pulumi

from meshfed.errors import Fault, SettingsError
from meshfed.settings.region import AwsRegion, AzureRegion, GcpRegion
from meshfed.topology.plan import Plan
from meshfed.values import Duty

Owned = tuple[AwsRegion | AzureRegion | GcpRegion, Duty]
"""A region and the part of it that the account owns."""


def deploy(plan: Plan, key: str) -> None:
    """Deploys the singletons of the account, subscription or project with this id."""
    owned = [
        (region.settings, duty)
        for region in plan.regions.values()
        for duty in Duty
        if region.settings.owners.of(duty).account_id == key
    ]
    if not owned:
        wanted = "is no account, subscription or project that a region of the settings names."
        raise SettingsError(f"stack {pulumi.get_stack()}", [Fault("meshfed:key", key, wanted, "Name one of them.")])
    component = _component(plan, key, owned[0])
    pulumi.export("account", key)
    pulumi.export("urn", component.urn)


# Each cloud is imported where it is used: its SDK costs a second or more, and a stack needs one of the three.
def _component(plan: Plan, key: str, owned: Owned) -> pulumi.ComponentResource:
    settings, duty = owned
    match settings:
        case AwsRegion():
            from meshfed.aws import account, arguments, providers  # noqa: PLC0415 - see above

            options = pulumi.ResourceOptions(providers=[providers.providers(settings)[duty]])
            return account.AwsAccount("account", arguments.account_args(plan, key), options)
        case AzureRegion():
            from meshfed.azure import account, arguments, providers  # noqa: PLC0415 - see above

            options = pulumi.ResourceOptions(providers=[providers.providers(settings)[duty]])
            return account.AzureAccount("account", arguments.account_args(plan, key), options)
        case GcpRegion():
            from meshfed.gcp import account, arguments, providers  # noqa: PLC0415 - see above

            options = pulumi.ResourceOptions(providers=[providers.providers(settings)[duty]])
            return account.GcpAccount("account", arguments.account_args(plan, key), options)
