"""The examples for CI are what their platforms take, and every command and option of ours in them exists.

It does not prove that a pipeline runs: nothing here reaches GitHub or GitLab.
"""

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from typer.main import get_command

from meshfed.cli.main import app

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/guide/ci.md"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_is_what_its_platform_takes(number: int, tmp_path: Path) -> None:
    path = tmp_path / "example.yml"
    path.write_text(EXAMPLES[number], encoding="utf-8")
    schema = "vendor.github-workflows" if "\njobs:" in EXAMPLES[number] else "vendor.gitlab-ci"
    tool = Path(sys.executable).with_name("check-jsonschema")
    command = [str(tool), "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_platforms_have_an_example() -> None:
    assert ["\njobs:" in example for example in EXAMPLES] == [True, True, False]


def _commands(value: object) -> Iterator[list[str]]:
    """The words of every shell line below a value."""
    if isinstance(value, dict):
        for item in cast("dict[str, object]", value).values():
            yield from _commands(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _commands(item)
    elif isinstance(value, str) and value.startswith(("meshfed ", "pulumi ", "pip ")):
        yield shlex.split(value)


ALL = [words for example in EXAMPLES for words in _commands(yaml.safe_load(example))]


def test_every_option_of_the_gate_exists() -> None:
    gate = cast("Any", get_command(app)).commands["gate"].commands["judge"]
    known = {option for parameter in gate.params for option in parameter.opts}
    ours = [words for words in ALL if words[:2] == ["meshfed", "gate"]]
    assert len(ours) == 5
    assert {word for words in ours for word in words if word.startswith("--")} - known == set()
    assert not [words for words in ALL if words[0] == "meshfed" and words[1] != "gate"]


def test_every_pack_and_extra_that_an_example_names_exists() -> None:
    packs = {after for words in ALL for word, after in pairwise(words) if word == "--policy-pack"}
    assert packs == {"policy-packs/zero-trust", "policy-packs/cloud-baseline", "policy-packs/federation"}
    extras = {
        extra
        for words in ALL
        for word in words
        if word.startswith("./components[")
        for extra in word.split("[")[1].rstrip("]").split(",")
    }
    project = tomllib.loads((ROOT / "components/pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extras <= set(project["optional-dependencies"])
