"""All rules about Google Cloud."""

from typing import Final

from meshfed.rules.gcp import (
    attachments,
    buckets,
    firewalls,
    gke,
    gke_access,
    machines,
    node_pools,
    routers,
    service_accounts,
    subnets,
    tls,
    workload_identity,
)
from meshfed.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *attachments.RULES,
    *buckets.RULES,
    *firewalls.RULES,
    *gke.RULES,
    *gke_access.RULES,
    *machines.RULES,
    *node_pools.RULES,
    *routers.RULES,
    *service_accounts.RULES,
    *subnets.RULES,
    *tls.RULES,
    *workload_identity.RULES,
)
