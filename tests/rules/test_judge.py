"""What a check of a stack or plan says where one resource stops it, and for whose sake a stack lacks something."""

from collections.abc import Iterator, Mapping, Sequence

from meshfed.rules.judge import Judge, State
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource, Stack, resource_of
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters
from meshfed.topology.build import draft
from meshfed.topology.plan import Plan
from tests.topology.federations import federation_of

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
URN = "urn:pulumi:one::shop::"


def _texts(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for resource in stack.resources:
        if resource.props["mode"].text() == "wrong":
            yield resource.props["mode"].wrong("is wrong")


def _texts_of_all(_plan: Plan, stacks: Sequence[Stack], parameters: GateParameters) -> Iterator[Finding]:
    for stack in stacks:
        yield from _texts(stack, parameters)


def _lacks(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    if any(resource.props["mode"].text() == "asks" for resource in stack.resources):
        yield Finding("", "lacks what is asked for")


RULE = Rule(
    id="MF-X1",
    title="x",
    why="x",
    mend="x",
    packs=(Pack.ZERO_TRUST,),
    stack_checks=(_lacks,),
    relations=(_texts,),
    plan_checks=(_texts_of_all,),
)


def _resource(name: str, inputs: Mapping[str, object]) -> Resource:
    return resource_of("aws:kms/key:Key", f"{URN}aws:kms/key:Key::{name}", inputs)


def _stack(**modes: str) -> Stack:
    return Stack(URN, [_resource(name, {"mode": mode}) for name, mode in modes.items()])


def test_every_resource_that_is_not_known_is_named_though_the_first_stops_the_check() -> None:
    stack = _stack(a=UNKNOWN, b="right", c=UNKNOWN, d=UNKNOWN)
    judge = Judge([RULE], GateParameters())
    for verdicts in (judge.stack(stack, is_whole=False), judge.plan(draft(federation_of((0, 1))), [stack])):
        assert {verdict.state for verdict in verdicts} == {State.UNDECIDED}
        assert [verdict.urn.rpartition("::")[2] for verdict in verdicts] == ["a", "c", "d"]


def test_nothing_is_called_wrong_because_another_resource_was_left_out() -> None:
    verdicts = Judge([RULE], GateParameters()).stack(_stack(a=UNKNOWN, b="wrong"), is_whole=False)
    assert [(verdict.state, verdict.urn.rpartition("::")[2]) for verdict in verdicts] == [(State.UNDECIDED, "a")]


def test_what_a_stack_lacks_is_owed_by_the_first_resource_that_asks_for_it() -> None:
    judge = Judge([RULE], GateParameters())
    stack = _stack(a="right", b="asks", c="asks")
    (verdict,) = judge.stack(stack)
    assert (verdict.urn, judge.owing(verdict, stack).rpartition("::")[2]) == (URN, "b")
