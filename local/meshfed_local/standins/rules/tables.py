"""Puts tables of rules together."""

from collections.abc import Mapping

from meshfed_local.standins.resource import Rule


def joined(*tables: Mapping[str, tuple[Rule, ...]]) -> Mapping[str, tuple[Rule, ...]]:
    """One table with the rules of all, in order; a type may stand in several."""
    whole: dict[str, tuple[Rule, ...]] = {}
    for table in tables:
        for token, rules in table.items():
            whole[token] = (*whole.get(token, ()), *rules)
    return whole
