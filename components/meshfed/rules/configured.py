"""A policy from what an owner wrote: levels, parameters and exceptions, with every id checked."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

from meshfed.errors import Fault, SettingsError
from meshfed.rules.catalog import BY_ID, rules_of
from meshfed.rules.exceptions import refuse_unknown_ids
from meshfed.rules.gate import Policy
from meshfed.rules.rule import Pack
from meshfed.settings.faults import nearest
from meshfed.settings.gate import Exceptions, GateConfiguration


@dataclass(frozen=True)
class Wanted:
    """What an owner wrote, and where, for messages."""

    configuration: GateConfiguration = field(default_factory=GateConfiguration)
    exceptions: Exceptions = field(default_factory=Exceptions)
    configuration_at: str = "configuration of the gate"
    exceptions_at: str = "exceptions of the gate"
    has_exceptions: bool = False
    """Whether a file of exceptions was read."""


def policy_of(packs: Collection[Pack], wanted: Wanted, today: date) -> Policy:
    """What some packs judge by; raises SettingsError where a level or a waiver names a rule that there is not."""
    faults = list(_unknown(wanted.configuration))
    if faults:
        raise SettingsError(wanted.configuration_at, faults)
    refuse_unknown_ids(wanted.exceptions_at, wanted.exceptions, BY_ID)
    rules = rules_of(*packs)
    levels = dict(wanted.configuration.levels)
    if wanted.configuration.everything is not None:
        levels = {rule.id: wanted.configuration.everything for rule in rules} | levels
    return Policy(rules, today, wanted.configuration.meshfed, wanted.exceptions, levels)


def _unknown(configuration: GateConfiguration) -> Iterator[Fault]:
    for name in configuration.levels:
        if name not in BY_ID:
            yield Fault(name, "", "is no rule's id.", nearest(name, tuple(BY_ID)) or "docs/rules has all of them.")
