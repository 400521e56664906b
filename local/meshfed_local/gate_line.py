"""What the gate came to in a run of the engine, in one line."""

from collections.abc import Sequence
from pathlib import Path

from meshfed.cli.common import counted
from meshfed.rules.catalog import rules_of
from meshfed.rules.rule import Pack
from meshfed_local.events import Outcome


def gate_line(outcomes: Sequence[Outcome]) -> str:
    """Which packs judged how much, by what the engine itself says it loaded; of several runs of a stack, the last."""
    last = {outcome.stack: outcome for outcome in outcomes}.values()
    if not all(outcome.packs for outcome in last):
        return "Gate: no policy pack judged this."
    names = list(dict.fromkeys(Path(pack).parent.name for outcome in last for pack in outcome.packs))
    packs = tuple(pack for pack in Pack if "all" in names or pack in names)
    notes = [verdict for outcome in last for verdict in outcome.verdicts if verdict.rule.startswith("MF-")]
    undecided = sum(outcome.undecided for outcome in last)
    waived = sum(verdict.is_waived for verdict in notes)
    advice = len(notes) - undecided - waived
    judged = (
        f"{len(rules_of(*packs))} rules of {', '.join(packs)} ({', '.join(f'policy-packs/{name}' for name in names)})"
    )
    found = f"nothing refused, {undecided} undecided, {waived} waived, {advice} advice"
    resources = sum(outcome.resources for outcome in last)
    return f"Gate: {judged} judged {counted(resources, 'resource')} of {counted(len(last), 'stack')}; {found}"
