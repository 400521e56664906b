"""Whose account, subscription or project a resource is in, and where: from its inputs and its provider."""

import re
from collections.abc import Mapping
from typing import Any

from meshfed_local.standins.making import Making
from meshfed_local.standins.world import World

_ROLE_ACCOUNT = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/")


def aws_account(config: Mapping[str, Any], world: World) -> str:
    """The twelve digits of the account a provider works in: that of the role it assumes, or this world's own."""
    for role in config.get("assumeRoles") or ():
        found = _ROLE_ACCOUNT.match(role.get("roleArn") or "")
        if found:
            return found[1]
    allowed = config.get("allowedAccountIds") or ()
    return str(allowed[0]) if allowed else _digits(world.stable("aws", "account"))


def aws_region(making: Making) -> str:
    """The region of a resource: its own, else its provider's."""
    return making.text("region", str(making.resource.provider_config.get("region") or ""))


def azure_subscription(config: Mapping[str, Any], world: World) -> str:
    """The subscription a provider works in, or this world's own."""
    return str(config.get("subscriptionId") or stable_uuid(world, "azure", "subscription"))


def azure_tenant(config: Mapping[str, Any], world: World) -> str:
    """The directory that the subscription belongs to."""
    return str(config.get("tenantId") or stable_uuid(world, "azure", "tenant"))


def gcp_project(making: Making) -> str:
    """The project of a resource: its own, else its provider's."""
    config = making.resource.provider_config
    return making.text("project", str(config.get("project") or default_gcp_project(making.world)))


def default_gcp_project(world: World) -> str:
    """The project of a provider that names none."""
    return f"project-{world.stable('gcp', 'project').hex()[:8]}"


def gcp_project_number(project: str, world: World) -> str:
    """The number that Google gives a project."""
    return _digits(world.stable("gcp", "number", project))


def stable_uuid(world: World, *parts: str) -> str:
    """A UUID that is the same for the same parts in this world."""
    text = world.stable(*parts).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def _digits(source: bytes) -> str:
    return str(10**11 + int.from_bytes(source[:8], "big") % (9 * 10**11))
