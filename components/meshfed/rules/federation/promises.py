"""What the settings promise and the plan cannot keep: lifetimes, packet sizes, chains of calls, latency."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from meshfed.errors import Fault
from meshfed.rules.node import Finding
from meshfed.rules.resource import Stack
from meshfed.rules.rule import Pack, PlanCheck, Rule
from meshfed.settings.gate import GateParameters
from meshfed.topology.call_checks import call_faults
from meshfed.topology.latency import latency_faults
from meshfed.topology.lifetimes import lifetime_faults
from meshfed.topology.plan import Plan
from meshfed.topology.underlay import underlay_faults


def _told(faults: Callable[[Plan], Iterator[Fault]]) -> PlanCheck:
    """The topology's own check as a check of the gate, so that both say the same."""

    def check(plan: Plan, _stacks: Sequence[Stack], _parameters: GateParameters) -> Iterator[Finding]:
        for fault in faults(plan):
            says = " ".join(part for part in (fault.value and f"{fault.value}:", fault.wanted, fault.proposal) if part)
            yield Finding(fault.path, says.rstrip("."))

    return check


RULES: Final = (
    Rule(
        id="MF-F4",
        title="Identities outlast the declared outage of the servers that renew them",
        why="An SVID that expires while its region's SPIRE servers are away takes every call of its workload down.",
        mend="Declare longer lifetimes, or a shorter outage with more servers.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_told(lifetime_faults),),
        controls=("NIST SP 800-53 SC-17", "NIST SP 800-53 CP-10"),
        weaker="Knows SVIDs and the servers' outage; authorities, bundles and caches are not in the model yet.",
    ),
    Rule(
        id="MF-F6",
        title="Every packet size is carried by the networks below it",
        why="A tunnel whose packets are too large for the path loses the large ones alone, like a slow peer.",
        mend="Give the size that the network below carries.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_told(underlay_faults),),
    ),
    Rule(
        id="MF-F7",
        title="Chains of calls hold what they promise",
        why="Retries multiply along a chain and turn a short failure into a storm; callers that give up first retry"
        " what is still worked on.",
        mend="Declare fewer idempotent calls in a chain, or give inner calls less time than outer ones.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_told(call_faults),),
        controls=("NIST SP 800-53 SC-5",),
    ),
    Rule(
        id="MF-F8",
        title="No promise of latency is below what light in fibre needs",
        why="Nothing that anyone builds keeps it.",
        mend="Promise more time, or take one of the locations that the finding names.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_told(latency_faults),),
    ),
)
