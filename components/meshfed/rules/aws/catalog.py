"""All rules about AWS."""

from typing import Final

from meshfed.rules.aws import (
    buckets,
    distribution,
    eks,
    endpoints,
    firewalls,
    identity_policies,
    nodes,
    roles_anywhere,
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
)
