"""All rules about AWS."""

from typing import Final

from meshfed.rules.aws import (
    buckets,
    distribution,
    ecs,
    eks,
    endpoints,
    firewalls,
    identity_policies,
    keys,
    load_balancers,
    network,
    nodes,
    records,
    roles_anywhere,
    secrets,
    trust_policies,
)
from meshfed.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *eks.RULES,
    *nodes.RULES,
    *trust_policies.RULES,
    *identity_policies.RULES,
    *roles_anywhere.RULES,
    *buckets.RULES,
    *distribution.RULES,
    *firewalls.RULES,
    *endpoints.RULES,
    *load_balancers.RULES,
    *network.RULES,
    *secrets.RULES,
    *keys.RULES,
    *ecs.RULES,
    *records.RULES,
)
