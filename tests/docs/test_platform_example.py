"""The guide's honest platform passes under its owner's words, and each of these words is needed."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from meshfed.rules.catalog import RULES
from meshfed.rules.configured import Wanted, policy_of
from meshfed.rules.gate import judge
from meshfed.rules.resource import Resource, resource_of
from meshfed.rules.rule import Pack
from meshfed.settings.gate import GateConfiguration

PAGE = (Path(__file__).parents[2] / "docs/guide/platform.md").read_text(encoding="utf-8")
STACK = "urn:pulumi:manifests::"


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return found


OWNERS_WORD = GateConfiguration.model_validate_json(block("json"))


def resources() -> list[Resource]:
    found: list[Resource] = []
    for content in yaml.safe_load_all(block("yaml")):
        version = content["apiVersion"]
        token = f"kubernetes:{version if '/' in version else f'core/{version}'}:{content['kind']}"
        found.append(resource_of(token, f"{STACK}platform::{token}::{content['metadata']['name']}", content))
    return found


def ids(configuration: GateConfiguration, platform: list[Resource]) -> set[str]:
    policy = policy_of((Pack.ZERO_TRUST,), Wanted(configuration=configuration), date(2026, 11, 21))
    return {one.verdict.rule.id for one in judge(policy, {STACK: platform}).judged}


def test_the_platform_passes_under_its_owners_words() -> None:
    assert ids(OWNERS_WORD, resources()) == set()


@pytest.mark.parametrize(
    ("parameter", "refused"),
    [
        ("controllers", {"MF-I25", "MF-K7", "MF-K8"}),
        ("privileged_workloads", {"MF-K1", "MF-K2"}),
        ("public_gateways", {"MF-K4"}),
    ],
)
def test_each_word_is_needed(parameter: str, refused: set[str]) -> None:
    silent = OWNERS_WORD.meshfed.model_copy(update={parameter: ()})
    assert ids(OWNERS_WORD.model_copy(update={"meshfed": silent}), resources()) == refused


def test_the_page_names_rules_that_there_are() -> None:
    assert set(re.findall(r"MF-[A-Z][0-9]+", PAGE)) <= {rule.id for rule in RULES}
