"""Paths that statements about Istio's objects name exist in the definitions that Istio's chart installs.

A statement about a misspelt field would silently pass everything. Checks that are code are not read here; their cases
are.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from meshfed.rules.catalog import RULES
from meshfed.rules.rego.modules import statements
from meshfed.rules.statement import All, AnyOf, Condition, Named, Not, Some, Statement, steps_of
from tests.rules.istio_values import built

GROUPS = ("security.istio.io", "networking.istio.io", "telemetry.istio.io", "extensions.istio.io")


@cache
def definitions() -> Mapping[str, Mapping[str, Any]]:
    """Schemas by canonical kind, of the version that the cluster stores."""
    text = (built() / "charts/base/files/crd-all.gen.yaml").read_text(encoding="utf-8")
    return {
        f"{one['spec']['group']}/{one['spec']['names']['kind']}": version["schema"]["openAPIV3Schema"]
        for one in yaml.safe_load_all(text)
        if one
        for version in one["spec"]["versions"]
        if version["storage"]
    }


STATED = [
    pytest.param(kind, statement, id=f"{rule.id}-{kind.rpartition('/')[2]}-{number}")
    for rule in RULES
    for kind in rule.checks
    if kind.partition("/")[0] in GROUPS
    for number, statement in enumerate(statements(rule, kind))
]


def below(schema: Mapping[str, Any], steps: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The schema at a path; None where there is none."""
    for step in steps:
        if schema.get("x-kubernetes-preserve-unknown-fields"):
            return schema
        inner: Mapping[str, Any] | None
        if step == "[]":
            inner = schema.get("items")
        elif step == "{}":
            inner = schema.get("additionalProperties")
        else:
            inner = schema.get("properties", {}).get(step)
        if not isinstance(inner, Mapping):
            return None
        schema = inner
    return schema


def missing(root: Mapping[str, Any], here: Mapping[str, Any], condition: Condition) -> Iterator[str]:
    match condition:
        case Named():
            return
        case Not(inner):
            yield from missing(root, here, inner)
        case All(conditions) | AnyOf(conditions):
            for one in conditions:
                yield from missing(root, here, one)
        case Some(path, inner):
            found = reached(root, here, path)
            if found is None:
                yield path
            else:
                yield from missing(root, found, inner)
        case _:
            if reached(root, here, condition.path) is None:
                yield condition.path


def reached(root: Mapping[str, Any], here: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    start, path = (root, path[1:]) if path.startswith("/") else (here, path)
    steps = steps_of(path)
    # Metadata is Kubernetes' own and in no definition.
    return {"x-kubernetes-preserve-unknown-fields": True} if steps[:1] == ("metadata",) else below(start, steps)


@pytest.mark.parametrize(("kind", "statement"), STATED)
def test_a_statement_names_what_the_definition_has(kind: str, statement: Statement) -> None:
    root = definitions()[kind]
    for place in statement.places:
        here = reached(root, root, place)
        assert here is not None, place
        assert list(missing(root, here, statement.bad)) == []
        assert reached(root, here, statement.at) is not None, statement.at


def test_a_misspelt_path_is_noticed() -> None:
    root = definitions()["security.istio.io/PeerAuthentication"]
    assert below(root, ("spec", "mtls", "mode")) is not None
    assert below(root, ("spec", "mTLS", "mode")) is None
