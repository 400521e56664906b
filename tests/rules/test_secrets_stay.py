"""No verdict of any rule repeats a secret, whichever resource it stands in.

It speaks of what the cases mark as secret; it does not prove that a program marks all of its own.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest
import yaml

from tests.rules.cases import FOLDER, all_cases
from tests.rules.test_cases import report_of

SHORTEST = 4
"""Letters of a secret that cannot stand in a sentence by accident."""


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in cast("Mapping[str, object]", value).values():
            yield from _secrets(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _secrets(item)
    elif isinstance(value, str) and value.startswith("<secret>"):
        yield value.removeprefix("<secret>")


def _files() -> list[Path]:
    return [path for path in sorted(FOLDER.rglob("*.yaml")) if "<secret>" in path.read_text(encoding="utf-8")]


def test_some_cases_hold_secrets() -> None:
    assert _files()


@pytest.mark.parametrize("path", _files(), ids=lambda path: path.stem)
def test_no_verdict_repeats_a_secret(path: Path) -> None:
    secrets = {one for one in _secrets(yaml.safe_load(path.read_text(encoding="utf-8"))) if len(one) >= SHORTEST}
    for case in all_cases():
        if case.rule == path.stem:
            said = "\n".join(str(one.verdict) for one in report_of(case).judged)
            assert [one for one in secrets if one in said] == []
