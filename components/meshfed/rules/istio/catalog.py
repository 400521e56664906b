"""All rules about Istio."""

from typing import Final

from meshfed.rules.istio import (
    authorization_policy,
    authorization_scope,
    destination_rule,
    extensions,
    gateways,
    hosts,
    istiod,
    logs,
    mesh_config,
    peer_authentication,
    proxies,
    requests,
)
from meshfed.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *peer_authentication.RULES,
    *destination_rule.RULES,
    *authorization_policy.RULES,
    *authorization_scope.RULES,
    *extensions.RULES,
    *proxies.RULES,
    *mesh_config.RULES,
    *istiod.RULES,
    *gateways.RULES,
    *hosts.RULES,
    *requests.RULES,
    *logs.RULES,
)
