"""What AWS itself refuses, beyond types: one function a rule, listed by resource type."""

from collections.abc import Mapping
from typing import Final

from meshfed_local.standins.resource import Rule
from meshfed_local.standins.rules import aws_cluster, aws_compute, aws_firewall, aws_identity, aws_network, aws_storage
from meshfed_local.standins.rules.tables import joined

RULES: Final[Mapping[str, tuple[Rule, ...]]] = joined(
    aws_network.RULES,
    aws_firewall.RULES,
    aws_compute.RULES,
    aws_identity.RULES,
    aws_cluster.RULES,
    aws_storage.RULES,
)
