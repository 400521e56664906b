"""Where resources of one duty go; every component of this package takes one."""

from typing import TypedDict

import pulumi


class AzurePlace(TypedDict):
    """The resource group that resources go into and the tags that they carry."""

    subscription: str
    """Subscription of the resource group."""
    resource_group: pulumi.Input[str]
    """Name of the resource group."""
    location: str
    """Azure location."""
    tags: dict[str, str]
    """Tags of everything that can carry one."""
