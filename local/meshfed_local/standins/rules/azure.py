"""What Azure itself refuses, beyond types: one function a rule, listed by resource type."""

from collections.abc import Mapping
from typing import Final

from meshfed_local.standins.resource import Rule
from meshfed_local.standins.rules import azure_cluster, azure_data, azure_firewall, azure_names, azure_network
from meshfed_local.standins.rules.tables import joined

RULES: Final[Mapping[str, tuple[Rule, ...]]] = joined(
    azure_names.RULES,
    azure_names.UNIQUE,
    azure_network.RULES,
    azure_firewall.RULES,
    azure_cluster.RULES,
    azure_data.RULES,
)
