"""All rules about Azure."""

from typing import Final

from meshfed.rules.azure import (
    aks,
    aks_identity,
    diagnostics,
    firewalls,
    front_door,
    identities,
    machines,
    private_link,
    roles,
    storage,
    subnets,
    vaults,
)
from meshfed.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *aks.RULES,
    *aks_identity.RULES,
    *diagnostics.RULES,
    *firewalls.RULES,
    *front_door.RULES,
    *identities.RULES,
    *machines.RULES,
    *private_link.RULES,
    *roles.RULES,
    *storage.RULES,
    *subnets.RULES,
    *vaults.RULES,
)
