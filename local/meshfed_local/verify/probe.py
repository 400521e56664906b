"""The replacement table of a resource type, found by asking the provider about every property.

A table holds Pulumi's paths without positions (`networkInterfaces.subnetwork`). A path alone: any change at or
below it replaces the resource. With a sign only one kind of change at that very place does: `+` when it is
added, `-` when it is removed, `~` when its value becomes another one. Objects that may come and go (a list's
members, an optional object) have signs only, as what is inside them has paths of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from meshfed_local.standins.spec import Spec
from meshfed_local.verify.change import Standing, judge, stand
from meshfed_local.verify.names import Place, atlas
from meshfed_local.verify.provider import Provider
from meshfed_local.verify.samples import Sampler
from meshfed_local.verify.schema import Attribute, Block, NestedBlock


@dataclass(slots=True)
class Probed:
    """What was found about one type."""

    replaces: list[str] = field(default_factory=list[str])
    undecided: dict[str, str] = field(default_factory=dict[str, str])
    """Sign and place where the provider gave an error instead of an answer -> the error."""


@dataclass(frozen=True, slots=True)
class _Question:
    sign: str
    before: int | None
    """Which of the two samples stands before; None: nothing."""
    after: int | None


_ADDED: Final = _Question("+", None, 0)
_REMOVED: Final = _Question("-", 0, None)
_CHANGED: Final = _Question("~", 0, 1)
# Some properties replace in one direction only (a disk cannot shrink).
_CHANGED_BACK: Final = _Question("~", 1, 0)


def probe(provider: Provider, type_name: str, spec: Spec) -> Probed:
    """Asks about every property that both the SDK and the provider know."""
    block = provider.block(type_name)
    sampler = Sampler(type_name, block)
    result = Probed()
    for place in atlas(spec, type_name, block).places:
        found = _find(block, place.names)
        if found is not None:
            _ask(_Case(provider, type_name, sampler, place), found, result)
    result.replaces.sort(key=lambda path: (path.lstrip("+-~"), path))
    return result


@dataclass(frozen=True, slots=True)
class _Case:
    provider: Provider
    type_name: str
    sampler: Sampler
    place: Place


def _find(block: Block, names: Sequence[str]) -> Attribute | NestedBlock | None:
    """What stands at a place; None for what nobody sets and for parts of an attribute, which it answers for."""
    for name in names[:-1]:
        if name not in block.blocks:
            return None
        block = block.blocks[name].block
    attribute = block.attributes.get(names[-1])
    if attribute is None:
        return block.blocks[names[-1]]
    return attribute if attribute.settable else None


def _questions(found: Attribute | NestedBlock) -> Sequence[_Question]:
    if isinstance(found, NestedBlock):
        return () if found.min_items else (_ADDED, _REMOVED)
    changes = (_CHANGED, _CHANGED_BACK) if found.type in ("number", "bool") else (_CHANGED,)
    return changes if found.required else (_ADDED, _REMOVED, *changes)


def _ask(case: _Case, found: Attribute | NestedBlock, result: Probed) -> None:
    signs: set[str] = set()
    standing: dict[int | None, Standing] = {}
    for question in _questions(found):
        error, replaces = _answer(case, question, standing)
        if error:
            result.undecided[f"{question.sign}{case.place.text}"] = error
        elif replaces:
            signs.add(question.sign)
    asked = {question.sign for question in _questions(found)}
    if isinstance(found, Attribute) and signs == asked:
        result.replaces.append(case.place.text)
    else:
        result.replaces += [f"{sign}{case.place.text}" for sign in signs]


def _answer(case: _Case, question: _Question, standing: dict[int | None, Standing]) -> tuple[str, bool]:
    """An error's text, and whether the change replaces."""
    before = case.sampler.with_value(case.place.names, question.before)
    after = case.sampler.with_value(case.place.names, question.after)
    if question.before not in standing:
        standing[question.before] = stand(case.provider, case.type_name, before)
    verdict = judge(case.provider, case.type_name, standing[question.before], after)
    if verdict.errors:
        return verdict.errors[0].text, False
    if not verdict.replaces:
        return "", False
    # A resource that would be replaced without any change says nothing about the property.
    idle = judge(case.provider, case.type_name, standing[question.before], before)
    return "", bool(set(verdict.replaces) - set(idle.replaces))
