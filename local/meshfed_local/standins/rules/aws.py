"""What the cloud itself refuses, beyond types: one function a rule, listed by resource type."""

from collections.abc import Mapping
from typing import Final

from meshfed_local.standins.resource import Rule

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {}
