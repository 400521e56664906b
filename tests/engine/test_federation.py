"""A federation of three clouds on the real engine: it opens, stays, grows, shrinks and goes without a trace.

What the stand-ins cannot show of the clouds themselves is said in docs/local-target.md.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from meshfed_local.deploy import Deployment
from meshfed_local.standins.world import World
from tests.topology.federations import raw, region

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]
THREE: Mapping[str, dict[str, Any]] = {
    "euc1": region("aws", "eu-central-1", 0),
    "euw3": region("gcp", "europe-west3", 1),
    "gwc": region("azure", "germanywestcentral", 2),
}
PRIVATE_KEY = re.compile(r"PRIVATE KEY|PrivateKey\s*=\s*[A-Za-z0-9+/]{42}")


class Federation:
    """A settings file, its world, and the deployments made of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "federation.yaml"

    def deployment(self, regions: Mapping[str, dict[str, Any]]) -> Deployment:
        with self.settings.open("w") as file:
            cast("Any", YAML(typ="safe", pure=True)).dump(raw(dict(regions)), file)
        return Deployment(self.settings, self.folder / "world", ROOT, lambda _: None)

    def up(self, regions: Mapping[str, dict[str, Any]]) -> Deployment:
        deployment = self.deployment(regions)
        deployment.up()
        return deployment


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """Three regions in three clouds, up and open."""
    federation = Federation(tmp_path_factory.mktemp("three"))
    federation.up(THREE)
    yield federation
    federation.deployment(THREE).down()


def _resources(deployment: Deployment, key: str) -> dict[str, Any]:
    """Inputs of everything in a stack by URN; assets of the same build have the same hash."""
    state = cast("dict[str, Any]", deployment.engine.export(key))
    return {one["urn"]: _without_ciphertext(one.get("inputs")) for one in state["deployment"]["resources"]}


def _without_ciphertext(value: Any) -> Any:
    """A secret is encrypted anew at each write, so that its ciphertext says nothing about a change."""
    match value:
        case {"ciphertext": str()}:
            return "secret"
        case dict():
            return {key: _without_ciphertext(item) for key, item in cast("dict[str, Any]", value).items()}
        case list():
            return [_without_ciphertext(item) for item in cast("list[Any]", value)]
        case _:
            return value


def test_every_region_stands_and_is_open_towards_every_other(three: Federation) -> None:
    rows = three.deployment(THREE).rows()
    assert {row.region: row.tunnels for row in rows} == {"euc1": 8, "euw3": 8, "gwc": 8}
    assert all(len(row.gateways.split()) == 2 for row in rows)
    addresses = [address for row in rows for address in row.gateways.split()]
    assert len(set(addresses)) == 6


def test_a_second_preview_finds_no_change(three: Federation) -> None:
    outcomes = three.deployment(THREE).preview(expect_no_changes=True)
    assert {outcome.stack: outcome.changed for outcome in outcomes} == {"euc1": 0, "euw3": 0, "gwc": 0}


def test_a_region_comes_and_goes_and_nothing_is_replaced_elsewhere(three: Federation) -> None:
    before = three.deployment(THREE)
    resources = {key: _resources(before, key) for key in THREE}
    joined = three.up({**THREE, "euw1": region("aws", "eu-west-1", 3, state="joining")})
    assert {row.region: row.tunnels for row in joined.rows()} == dict.fromkeys((*THREE, "euw1"), 12)
    _assert_nothing_replaced(joined)
    draining = three.up({**THREE, "euw1": region("aws", "eu-west-1", 3, state="draining")})
    # Nothing moves yet: the cluster of the region that leaves loses its protection, and peers stay as they are.
    assert {outcome.stack for outcome in draining.outcomes if outcome.changed} == {"euw1"}
    assert {step["op"] for step in _steps(draining, "euw1")} == {"same", "update"}
    gone = three.up({**THREE, "euw1": region("aws", "eu-west-1", 3, state="retired")})
    assert {row.region: row.tunnels for row in gone.rows()} == dict.fromkeys(THREE, 8)
    _assert_nothing_replaced(gone)
    assert {key: _resources(gone, key) for key in THREE} == resources
    # What is secret to the engine (documents in Google Cloud) is compared by the engine itself.
    three.deployment(THREE).preview(expect_no_changes=True)
    assert "euw1" not in gone.facts.read_text()


def _assert_nothing_replaced(deployment: Deployment) -> None:
    """What comes and goes with a peer are rules of firewalls; a machine, disk or address never does.

    Azure's plugin cannot write a blob again, so that the gateways' documents there are replaced as objects.
    """
    assert {outcome.stack for outcome in deployment.outcomes} >= set(THREE)
    for key in THREE:
        for step in _steps(deployment, key):
            kind, urn = step["type"], step["urn"]
            match step["op"]:
                case "same" | "update":
                    continue
                case "create" | "delete":
                    assert re.search(r"[Rr]ule|[Ff]irewall", kind), urn
                case _:
                    assert kind == "azure-native:storage:Blob", urn


def _steps(deployment: Deployment, key: str) -> list[dict[str, str]]:
    """What the engine did in one stack in this run."""
    runs = sum(outcome.stack == key for outcome in deployment.outcomes)
    logs = sorted(deployment.engine.folder.logs.glob(f"{key}-up-*.events.json"))[-runs:]
    events = [json.loads(line).get("resourcePreEvent") for log in logs for line in log.read_text().splitlines()]
    return [event["metadata"] for event in events if event]


def test_no_private_key_is_in_any_state_or_log(three: Federation) -> None:
    deployment = three.deployment(THREE)
    texts = [json.dumps(deployment.engine.export(key)) for key in THREE]
    texts += [path.read_text(errors="replace") for path in deployment.engine.folder.logs.iterdir()]
    assert sum(len(text) for text in texts) > 100_000
    assert [match.group() for text in texts for match in PRIVATE_KEY.finditer(text)] == []


def test_nothing_is_left_after_down(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    two = {key: THREE[key] for key in ("euc1", "euw3")}
    federation.up(two).down()
    world = World(tmp_path / "world")
    try:
        assert [record.urn for record in world.records()] == []
    finally:
        world.close()
    assert federation.deployment(two).rows() == []
