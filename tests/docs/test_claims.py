"""Every figure that the documents quote is in docs/claims.toml, and every entry there is still quoted and still true.

It does not prove that a measurement was taken well: for that, each entry names the command that takes it again.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

ROOT = Path(__file__).parents[2]
CLAIMS = ROOT / "docs" / "claims.toml"
KINDS = ("target", "cited", "measured", "setting")
UNITS = "ms|s|seconds?|minutes?|min|hours?|days?|KiB|MiB|GiB|KB|MB|GB|bytes|Mbit/s|Gbit/s|resources|processes"
FIGURE = re.compile(rf"(?<![\w.:/-])\d+(?:[.,]\d+)*[ \u00a0]?(?:(?:{UNITS})\b|%)")
"""A number with a unit. Numbers without one (ports, counts of regions) are not figures in this sense."""
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
"""What is typed in or shown as it is written: no statement about how fast or large anything is."""


def documents() -> list[Path]:
    """The README and every page below docs, but not decisions, which tell of their day."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/guide").glob("*.md"))]


def claims() -> list[dict[str, Any]]:
    """The entries of the register."""
    return cast("list[dict[str, Any]]", tomllib.loads(CLAIMS.read_text(encoding="utf-8"))["claim"])


def prose(text: str) -> str:
    """A document without code, on one line: a figure may stand at a line's end."""
    return " ".join(CODE.sub(" ", text).split())


def uncovered(text: str, known: Sequence[str]) -> list[str]:
    """Figures of a document that stand in none of the known texts."""
    for claim in known:
        text = text.replace(claim, " ")
    return FIGURE.findall(text)


def numbers(value: object, path: Sequence[str]) -> Iterator[float]:
    """The number at a path of a result file; `*` stands for every key."""
    if not path:
        yield float(cast("float", value))
        return
    held = cast("Mapping[str, object]", value)
    for key in held if path[0] == "*" else [path[0]]:
        yield from numbers(held[key], path[1:])


def faults(claim: Mapping[str, Any], pages: Mapping[str, str], root: Path) -> Iterator[str]:
    """What is wrong with an entry."""
    text, kind, source = claim["text"], claim["kind"], claim["source"]
    if kind not in KINDS:
        yield f"{text}: kind {kind} is none of {', '.join(KINDS)}"
    if not any(text in page for page in pages.values()):
        yield f"{text}: stands in no document; take the entry out"
    if kind == "measured" and not claim.get("command"):
        yield f"{text}: no command takes this figure again"
    if source.startswith("https://"):
        return
    if not (root / source).exists():
        yield f"{text}: source {source} is not there"
    elif source.endswith(".json"):
        yield from _result_faults(claim, json.loads((root / source).read_text(encoding="utf-8")))
    elif claim["says"] not in (root / source).read_text(encoding="utf-8"):
        yield f"{text}: {source} no longer says {claim['says']}"


def _result_faults(claim: Mapping[str, Any], result: object) -> Iterator[str]:
    found = list(numbers(result, claim["path"].split("/")))
    low, high = claim["between"]
    if not all(low <= number <= high for number in found):
        yield f"{claim['text']}: {claim['source']} says {found} at {claim['path']}, not {low} to {high}"


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_figure_of_a_document_is_registered(page: Path) -> None:
    known = sorted((claim["text"] for claim in claims()), key=len, reverse=True)
    assert uncovered(prose(page.read_text(encoding="utf-8")), known) == []


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim["text"])
def test_an_entry_is_quoted_and_its_source_says_so(claim: Mapping[str, Any]) -> None:
    pages = {str(page): prose(page.read_text(encoding="utf-8")) for page in documents()}
    assert list(faults(claim, pages, ROOT)) == []


@pytest.mark.parametrize(
    "text", ["takes 40 seconds", "1.04 % more", "1.04% more", "in 90 s.", "of 312 MiB", "at 10 Gbit/s", "447 resources"]
)
def test_a_figure_with_a_unit_is_seen(text: str) -> None:
    assert len(uncovered(prose(text), [])) == 1


@pytest.mark.parametrize("text", ["TCP 8479", "6 regions", "10.0.0.0/17 s", "`sleep 5 s`", "```\n90 s\n```", "v1.2.3"])
def test_other_numbers_are_left_alone(text: str) -> None:
    assert uncovered(prose(text), []) == []


def test_an_entry_is_refused_that_is_not_quoted_not_true_or_not_repeatable(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"figures": {"wall": 61.2}}', encoding="utf-8")
    good = {"text": "61 s", "kind": "measured", "source": "r.json", "path": "figures/wall", "between": [60, 62]}
    good["command"] = "make bench"
    pages = {"README.md": "took 61 s"}
    assert list(faults(good, pages, tmp_path)) == []
    (tmp_path / "code.py").write_text("SECONDS = 61\n", encoding="utf-8")
    assert list(faults({**good, "source": "code.py", "says": "SECONDS = 61"}, pages, tmp_path)) == []
    for change in (
        {"source": "code.py", "says": "SECONDS = 62"},
        {"kind": "guess"},
        {"text": "62 s"},
        {"source": "none.json"},
        {"between": [62, 63]},
        {"command": ""},
    ):
        assert len(list(faults({**good, **change}, pages, tmp_path))) == 1, change
