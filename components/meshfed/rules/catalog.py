"""All rules, by subject. A rule that is not listed here does not exist."""

from collections.abc import Mapping
from typing import Final

from meshfed.rules.aws import catalog as aws
from meshfed.rules.azure import catalog as azure
from meshfed.rules.bypasses import charts, other_ways, unseen
from meshfed.rules.exceptions import WAIVERS_COUNT
from meshfed.rules.federation import app_mesh, exports, names, promises, tunnels
from meshfed.rules.gcp import catalog as gcp
from meshfed.rules.istio import catalog as istio
from meshfed.rules.kubernetes import (
    access,
    admission,
    ca_secrets,
    images,
    network_policies,
    pods,
    service_accounts,
    services,
)
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.spire import agents, bundles, federation, identities, servers
from meshfed.rules.wireguard import configurations, gateways, keys, openings, routes

RULES: Final[tuple[Rule, ...]] = (
    *charts.RULES,
    *unseen.RULES,
    *other_ways.RULES,
    WAIVERS_COUNT,
    *istio.RULES,
    *aws.RULES,
    *azure.RULES,
    *gcp.RULES,
    *names.RULES,
    *exports.RULES,
    *promises.RULES,
    *tunnels.RULES,
    *app_mesh.RULES,
    *pods.RULES,
    *services.RULES,
    *network_policies.RULES,
    *service_accounts.RULES,
    *access.RULES,
    *admission.RULES,
    *ca_secrets.RULES,
    *images.RULES,
    *identities.RULES,
    *servers.RULES,
    *federation.RULES,
    *agents.RULES,
    *bundles.RULES,
    *configurations.RULES,
    *keys.RULES,
    *openings.RULES,
    *gateways.RULES,
    *routes.RULES,
)

BY_ID: Final[Mapping[str, Rule]] = {rule.id: rule for rule in RULES}


def rules_of(*packs: Pack) -> tuple[Rule, ...]:
    """The rules of some packs, each once."""
    return tuple(rule for rule in RULES if set(rule.packs) & set(packs))
