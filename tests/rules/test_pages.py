"""The pages of docs/rules say what the rules say, and no id of the list of what must be caught is forgotten."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from meshfed.cli.gate.rows import page_of
from meshfed.rules.catalog import BY_ID, RULES
from meshfed.rules.rule import BENCHMARKS
from tests.rules.pages import PAGES, SEEN, pages

LIST: Mapping[str, int] = {"G": 7, "I": 37, "K": 12, "S": 5, "W": 7, "A": 22, "Z": 16, "C": 13}
"""What must be caught: by subject, up to this number."""
ROOT = Path(__file__).parents[2]
WAYS = {"preview", "up", "analyze"}


def test_the_committed_pages_are_current() -> None:
    stale = [name for name, text in pages() if not _is_current(name, text)]
    assert stale == [], "run `python -m tests.rules.pages`"


def test_every_control_is_of_a_benchmark_whose_version_is_named() -> None:
    numbers = rf"({'|'.join(map(re.escape, BENCHMARKS))}) (tenet )?[A-Z0-9][A-Z0-9.()-]*"
    assert [one for rule in RULES for one in rule.controls if not re.fullmatch(numbers, one)] == []
    assert {
        name for name in BENCHMARKS if not any(one.startswith(name) for rule in RULES for one in rule.controls)
    } == set()


def _is_current(name: str, text: str) -> bool:
    path = PAGES / name
    return path.exists() and path.read_text(encoding="utf-8") == text


def test_no_id_that_must_be_caught_is_forgotten() -> None:
    wanted = {f"MF-{subject}{number}" for subject, last in LIST.items() for number in range(1, last + 1)}
    assert sorted(wanted - set(BY_ID)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_page_that_a_report_names_has_the_rule(rule: object) -> None:
    named = BY_ID[str(getattr(rule, "id", ""))]
    file, _, anchor = page_of(named).partition("#")
    headings = re.findall(r"^## (\S+)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in {heading.lower() for heading in headings}


def test_what_the_live_side_decides_is_never_shown_as_covered_whole() -> None:
    lines = (PAGES / "coverage.md").read_text(encoding="utf-8").splitlines()
    told = {line.split("]")[0].removeprefix("| [") for line in lines if "| *in part*: " in line}
    assert told == {rule.id for rule in RULES if rule.live}
    assert {"MF-I5", "MF-I6", "MF-I19"} <= told


def test_links_of_the_pages_lead_somewhere() -> None:
    for page in PAGES.glob("*.md"):
        text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", text):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_what_was_seen_on_the_engine_is_of_rules_and_of_known_ways() -> None:
    seen = cast("Mapping[str, list[str]]", json.loads(SEEN.read_text(encoding="utf-8")) if SEEN.exists() else {})
    assert set(seen) <= set(BY_ID)
    assert {way for ways in seen.values() for way in ways} <= WAYS


def test_every_id_was_seen_on_the_engine_in_every_way() -> None:
    seen = cast("Mapping[str, list[str]]", json.loads(SEEN.read_text(encoding="utf-8")))
    # MF-G6 is a level for the verdicts of the others, and is never told by its own name.
    assert [rule.id for rule in RULES if set(seen.get(rule.id, ())) != WAYS] == ["MF-G6"]
