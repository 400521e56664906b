"""Look-ups of Azure: who is asking."""

from collections.abc import Mapping
from typing import Any, Final

from meshfed_local.standins.cloud import Invoke
from meshfed_local.standins.specials.scope import azure_subscription, azure_tenant, stable_uuid
from meshfed_local.standins.world import World


def _client(_arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "clientId": str(config.get("clientId") or stable_uuid(world, "azure", "client")),
        "objectId": stable_uuid(world, "azure", "object"),
        "subscriptionId": azure_subscription(config, world),
        "tenantId": azure_tenant(config, world),
    }


INVOKES: Final[Mapping[str, Invoke]] = {"azure-native:authorization:getClientConfig": _client}
