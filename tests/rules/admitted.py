"""Objects of the cases as a cluster's admission gets them, and what the rules' statements say of each in Python."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from meshfed.rules.catalog import RULES
from meshfed.rules.forms.expand import expand
from meshfed.rules.forms.kubernetes import POD, TEMPLATES
from meshfed.rules.judge import Judge
from meshfed.rules.rego.modules import admitted, is_admitted
from meshfed.rules.resource import Resource, resource_of
from meshfed.rules.rule import Rule
from meshfed.settings.gate import GateParameters
from tests.rules.cases import STACK, Case, all_cases

Said = tuple[str, str, str]
"""Id, path and message."""
WRONG_TYPE = "is not of the type that it must have"


def stated_part(rule: Rule) -> Rule:
    """A rule with nothing but its statements about objects that admission sees."""
    checks = {
        kind: tuple(check for check in rule.checks[kind] if hasattr(check, "statement")) for kind in admitted(rule)
    }
    return replace(rule, checks=checks, stack_checks=(), relations=(), plan_checks=())


STATED = tuple(stated_part(rule) for rule in RULES if admitted(rule))
_STATED_KINDS: set[str] = {kind for rule in STATED for kind in rule.checks}
KINDS: set[str] = _STATED_KINDS | (set(TEMPLATES) if POD in _STATED_KINDS else set[str]())
"""Canonical kinds of objects of which any statement speaks."""


@dataclass(frozen=True)
class Admitted:
    """One object of a case."""

    case: Case
    number: int
    content: Mapping[str, Any]

    def with_content(self, content: Mapping[str, Any]) -> "Admitted":
        """The same with something changed in the object."""
        return replace(self, content=content)

    @property
    def parameters(self) -> GateParameters:
        """Those of the case."""
        return self.case.parameters

    @property
    def said(self) -> frozenset[Said]:
        """What the statements say of it in Python."""
        token = f"kubernetes:{self.content['apiVersion']}:{self.content['kind']}"
        whole = resource_of(token, f"{STACK}{token}::one", self.content)
        verdicts = Judge(STATED, self.parameters).parts(expand(whole))
        return frozenset((one.rule.id, one.path, one.message) for one in verdicts)

    def __str__(self) -> str:
        return f"{self.case}-{self.number}"


def admitted_objects() -> Iterator[Admitted]:
    """Every object of every case in which all is known, once a case, if any statement speaks of its kind."""
    for case in all_cases():
        if case.group == "unknown":
            continue
        seen: list[str] = []
        for part in (part for resource in case.resources for part in expand(resource)):
            content = as_admitted(part) if part.kind in KINDS else None
            text = json.dumps(content, sort_keys=True)
            if content is not None and text not in seen:
                seen.append(text)
                yield Admitted(case, len(seen), content)


def as_admitted(part: Resource) -> Mapping[str, Any] | None:
    """A part of a resource as a cluster gets it; None where it is no object of a cluster, or holds others."""
    if not part.is_kubernetes or part.outer is not None or not is_admitted(part.kind) or "/" not in part.kind:
        return None
    if not isinstance(part.props.value, Mapping):
        return None
    content = cast("Mapping[str, Any]", part.props.value)
    if "items" in content:
        return None
    # What a cluster gets always says what it is; a program leaves that to the type token.
    group, kind = part.kind.split("/")
    version = part.token.split(":")[1].rpartition("/")[2]
    api = version if group == "core" else f"{group}/{version}"
    return {"apiVersion": api, "kind": kind, **content}
