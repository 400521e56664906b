"""What Google Cloud itself refuses, beyond types: one function a rule, listed by resource type."""

from collections.abc import Mapping
from typing import Final

from meshfed_local.standins.resource import Rule
from meshfed_local.standins.rules import gcp_cluster, gcp_compute, gcp_groups, gcp_names, gcp_network
from meshfed_local.standins.rules.tables import joined

RULES: Final[Mapping[str, tuple[Rule, ...]]] = joined(
    gcp_names.RULES, gcp_network.RULES, gcp_compute.RULES, gcp_groups.RULES, gcp_cluster.RULES
)
