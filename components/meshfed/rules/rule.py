"""What a rule is: a sentence that should be true, why, how to mend it, and the checks that look for the opposite."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource, Stack
from meshfed.settings.gate import GateParameters, Level
from meshfed.topology.plan import Plan

__all__ = ["ANY", "BENCHMARKS", "Check", "Level", "Pack", "PlanCheck", "Rule", "StackCheck"]

ANY: Final = "*"
"""In place of a kind: every resource."""

Check = Callable[[Resource, GateParameters], Iterator[Finding]]
"""Looks at one resource; silent where it does not apply or holds."""
StackCheck = Callable[[Stack, GateParameters], Iterator[Finding]]
"""Looks at all resources of a stack, for what is missing and for what does not fit together."""


PlanCheck = Callable[[Plan, Sequence[Stack], GateParameters], Iterator[Finding]]
"""Looks at the whole federation's plan, and at the stacks that are at hand (one in the engine, any number in CI)."""


BENCHMARKS: Final[Mapping[str, str]] = {
    "CIS EKS": "1.7.0",
    "CIS AKS": "1.8.0",
    "CIS GKE": "1.6.0",
    "CIS AWS Foundations": "5.0.0",
    "CIS Google Cloud Foundations": "3.0.0",
    "NIST SP 800-53": "Rev. 5",
    "NIST SP 800-207": "the tenets of its section 2.1",
}
"""Where controls of rules stand, and in which version of it they have these numbers."""


class Pack(StrEnum):
    """A policy pack."""

    ZERO_TRUST = "zero-trust"
    CLOUD_BASELINE = "cloud-baseline"
    FEDERATION = "federation"


@dataclass(frozen=True)
class Rule:
    """One public id and everything that its page says."""

    id: str
    """`MF-I1`: stable, never used again for anything else."""
    title: str
    """A sentence that should be true."""
    why: str
    """What an attacker or an accident makes of the opposite."""
    mend: str
    """What to write instead."""
    packs: tuple[Pack, ...]
    checks: Mapping[str, tuple[Check, ...]] = field(default_factory=dict[str, tuple[Check, ...]])
    """By canonical kind (`rules/kinds.py`), or ANY; each check is run by itself."""
    stack_checks: tuple[StackCheck, ...] = ()
    """For what a stack lacks: only a whole stack shows it."""
    relations: tuple[StackCheck, ...] = ()
    """For what does not fit together: a part of a stack shows it too, and what is not at hand counts as not there."""
    plan_checks: tuple[PlanCheck, ...] = ()
    level: Level = Level.MANDATORY
    controls: tuple[str, ...] = ()
    """What it helps to meet, only where it honestly does: `NIST SP 800-53 SC-8`, `CIS EKS 5.4.2`."""
    weaker: str = ""
    """What its id asks and no check sees; empty where there is nothing."""
    live: str = ""
    """What of its id only the live side can decide, so that it is shown as covered in part; empty where nothing is."""
