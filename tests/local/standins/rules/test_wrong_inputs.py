"""A table of wrong inputs a cloud: each is refused at its path for its reason; the same input put right is accepted.

The tables are the YAML files beside this one: `world` is what stands (and is all accepted), `wrong` changes one thing
of one resource in it (`late`: refused only where it is written). Not proven here: that a cloud refuses nothing else.
"""

import copy
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from meshfed_local.standins.provider import Provider, RefusedError
from meshfed_local.standins.world import World

FOLDER = Path(__file__).parent
CLOUDS = ("aws", "azure", "gcp", "kubernetes")
ROWS_AT_LEAST = 60
ROWS_OF_A_CLOUD = 8
REFERENCE = re.compile(r"\$\{(\w+)(?:\.(\w+))?\}")


@cache
def table(cloud: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / f"{cloud}.yaml").read_text())


class Standing:
    """A provider on a world in which everything of a table stands."""

    def __init__(self, cloud: str, folder: Path) -> None:
        raw = table(cloud)
        self.world = World(folder)
        for identifier in raw.get("issued", ()):
            self.world.issue(identifier, "test")
        self.provider = Provider(raw["plugin"], self.world)
        self.provider.configure(raw["provider"])
        self.made: dict[str, tuple[str, dict[str, Any]]] = {}
        self.inputs: dict[str, dict[str, Any]] = {}
        self.urns: dict[str, str] = {}
        for name, resource in raw["world"].items():
            self.urns[name] = urn = f"urn:pulumi:s::p::{resource['type']}::{name}"
            checked = self.provider.check(urn, self.filled(resource["inputs"]), None)
            assert [str(fault) for fault in checked.faults] == [], name
            self.made[name] = self.provider.create(urn, checked.inputs, preview=False)
            self.inputs[name] = checked.inputs

    def filled(self, value: Any) -> Any:
        """A value in which `${vpc}` is the id, and `${role.arn}` an output, of what was made before.

        `{repeat: x, times: 3}` stands for `xxx`.
        """
        if isinstance(value, Mapping) and "repeat" in value:
            return cast("str", value["repeat"]) * cast("int", value["times"])
        if isinstance(value, Mapping):
            return {key: self.filled(item) for key, item in cast("Mapping[str, Any]", value).items()}
        if isinstance(value, list):
            return [self.filled(item) for item in cast("list[Any]", value)]
        return REFERENCE.sub(self._named, value) if isinstance(value, str) else value

    def _named(self, found: re.Match[str]) -> str:
        identifier, outputs = self.made[found[1]]
        return outputs[found[2]] if found[2] else identifier

    def check(self, name: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None) -> list[tuple[str, str]]:
        faults = self.provider.check(self.urns[name], inputs, old).faults
        return [(fault.path, f"{fault.problem}; {fault.wanted}") for fault in faults]

    def write(self, name: str, inputs: Mapping[str, Any]) -> None:
        self.provider.update(self.urns[name], self.made[name][0], inputs, preview=True)
        self.provider.update(self.urns[name], self.made[name][0], inputs, preview=False)


@cache
def standing(cloud: str, folder: Path) -> Standing:
    return Standing(cloud, folder / cloud)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds")


def rows() -> list[Any]:
    return [
        pytest.param(cloud, row, id=f"{cloud}-{row['of']}-{index}")
        for cloud in CLOUDS
        for index, row in enumerate(table(cloud)["wrong"])
    ]


def changed(inputs: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs in which each path has another value; a value of null takes it away."""
    result = copy.deepcopy(dict(inputs))
    for path, value in changes.items():
        parts = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)]
        target: Any = result
        for part in parts[:-1]:
            target = target[part] if isinstance(part, int) else target.setdefault(part, {})
        if value is None:
            target.pop(parts[-1], None)
        elif isinstance(target, list) and parts[-1] == len(cast("list[Any]", target)):
            cast("list[Any]", target).append(value)
        else:
            target[parts[-1]] = value
    return result


@pytest.mark.parametrize(("cloud", "row"), rows())
def test_a_wrong_input_is_refused_at_its_path_and_put_right_is_accepted(
    worlds: Path, cloud: str, row: dict[str, Any]
) -> None:
    scene = standing(cloud, worlds)
    right = scene.inputs[row["of"]]
    wrong = changed(right, scene.filled(row["set"]))
    old = changed(right, row["before"]) if "before" in row else None
    if row.get("late"):
        assert scene.check(row["of"], wrong, old) == []
        with pytest.raises(RefusedError, match=f"{row['at']}: .*{row['because']}"):
            scene.write(row["of"], wrong)
        scene.write(row["of"], right)
        return
    faults = scene.check(row["of"], wrong, old)
    assert [path for path, _ in faults] == [row["at"]], faults
    assert row["because"] in faults[0][1]
    assert scene.check(row["of"], right, right) == []


def test_the_tables_hold_faults_of_types_and_of_rules_for_every_cloud() -> None:
    counts = {cloud: len(table(cloud)["wrong"]) for cloud in CLOUDS}
    assert sum(counts.values()) >= ROWS_AT_LEAST
    assert min(counts.values()) >= ROWS_OF_A_CLOUD
