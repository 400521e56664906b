"""A world hands over everything that its regions asked of a cloud, each in one pass, and says so where it cannot."""

import json
from pathlib import Path
from typing import Any

import pytest

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.wire import MARK, SECRET
from meshfed_local.verify.exports import Asked, of_events, urns_of_events
from meshfed_local.verify.worlds import World

ROOT = Path(__file__).parents[3]
OBJECT = "gcp:storage/bucketObject:BucketObject"
SEALED = {MARK: SECRET, "ciphertext": "[secret]"}


def log_of(folder: Path, *events: dict[str, Any]) -> Path:
    """An event log of steps of one bucket object each."""
    path = folder / "events.json"
    lines = [json.dumps({"resourcePreEvent": {"metadata": {"type": OBJECT, **event}}}) for event in events]
    path.write_text("\n".join(['{"summaryEvent": {}}', *lines]))
    return path


def update(**told: Any) -> dict[str, Any]:
    """An update of a text that nobody may read."""
    old, new = {"inputs": {"content": SEALED, "tag": "a"}}, {"inputs": {"content": SEALED, "tag": "b"}}
    return {"op": "update", "urn": "u", "old": old, "new": new, "diffs": ["tag"], **told}


def test_what_a_log_hides_is_read_from_what_stood_and_stands(tmp_path: Path) -> None:
    log = log_of(tmp_path, update(diffs=["content", "tag"]))
    stood, stands = (Asked("euw3", OBJECT, "u", {"content": text, "tag": text}) for text in ("a", "b"))
    (step,) = of_events("euw3", log, {"u": stood}, {"u": stands})
    assert (step.before.inputs, step.after.inputs, step.hidden) == (stood.inputs, stands.inputs, ())


def test_a_secret_that_a_preview_changes_is_named_and_one_that_it_leaves_is_the_old_one(tmp_path: Path) -> None:
    stood = {"u": Asked("euw3", OBJECT, "u", {"content": "hush", "tag": "a"})}
    (left,) = of_events("euw3", log_of(tmp_path, update()), stood)
    assert (left.after.inputs, left.hidden) == ({"content": "hush", "tag": "b"}, ())
    (changed,) = of_events("euw3", log_of(tmp_path, update(diffs=["content"])), stood)
    assert changed.hidden == ("content",)
    (unheard,) = of_events("euw3", log_of(tmp_path, update()))
    assert unheard.after.inputs == {"content": UNKNOWN, "tag": "b"}


def test_what_stands_after_a_run_is_told_by_its_log(tmp_path: Path) -> None:
    told = [{"op": op, "urn": op} for op in ("create", "same", "update", "replace", "delete", "read", "refresh")]
    other = {"op": "create", "urn": "azure", "type": "azure-native:network:Subnet"}
    assert urns_of_events(log_of(tmp_path, *told, other)) == {"create", "same", "update", "replace"}


@pytest.mark.engine
def test_a_region_stands_open_in_one_pass_and_a_change_shows_what_it_changes(tmp_path: Path) -> None:
    gallery = ROOT / "stacks" / "config" / "gallery" / "one-metro-three-clouds.yaml"
    world = World(gallery, tmp_path / "world", ROOT, lambda _: None)
    world.prepare()
    assert [stack.name for stack in world.regions] == ["euc1", "euw3"]
    assert [stack.name for stack in world.accounts] == ["account-222222222222", "account-acme-mesh"]
    (ran,) = world.up(world.regions[1:])
    assert ran.failure == ""
    assert {one.package for one in ran.asked} == {"gcp"}
    assert [one.urn for one in ran.made] == [one.urn for one in ran.asked]
    peers = [one for one in ran.asked if one.name.startswith("euw3-gateways-firewall-to-peers")]
    # Both gateways of the two others, of which none stands: the facts alone open this region.
    assert sum(len(one.inputs["destinationRanges"]) for one in peers) == 4
    later = tmp_path / "later.yaml"
    later.write_text(gallery.read_text().replace("cost-center: ", "cost-center: another-"))
    world.change(later)
    (seen,) = world.preview(world.regions[1:])
    assert seen.failure == ""
    assert "euw3-store-bucket" in {step.after.name for step in seen.steps}
    assert {step.operation for step in seen.steps} == {"update", "replace"}
    # Labels of a machine are in its template; the group of each gateway takes the next one.
    replaced = {step.after.name for step in seen.steps if step.operation == "replace"}
    assert replaced == {"euw3-gateways-a-template", "euw3-gateways-b-template"}


@pytest.mark.engine
def test_a_region_that_fails_says_so_and_what_stands_of_it_is_handed_over(tmp_path: Path) -> None:
    gallery = ROOT / "stacks" / "config" / "gallery" / "one-metro-three-clouds.yaml"
    world = World(gallery, tmp_path / "world", ROOT, lambda _: None)
    world.prepare()
    # Without facts that can be read no program runs, and nothing stands.
    world.deployment.facts.write_text("regions: []\n")
    (ran,) = world.up(world.regions[1:])
    assert ran.failure.startswith("euw3: up failed")
    assert (ran.asked, ran.steps) == ([], [])
