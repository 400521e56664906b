"""Made-up facts open every region towards all others, and stay the same."""

from pathlib import Path

import pytest

from meshfed.settings.fact_checks import fact_faults
from meshfed.settings.load import load_federation
from meshfed.topology.build import build
from meshfed_local.verify.facts import made_up

GALLERY = Path(__file__).parents[3] / "stacks" / "config" / "gallery"
DEPLOYED = sorted(path for path in GALLERY.glob("*.yaml") if path.stem != "infeasible")


@pytest.mark.parametrize("settings", DEPLOYED, ids=lambda path: path.stem)
def test_no_region_of_the_gallery_waits_for_a_peer(settings: Path) -> None:
    federation = load_federation(settings)
    facts = made_up(federation)
    assert list(fact_faults(facts, federation)) == []
    plan = build(federation, facts)
    assert {key: plan.pending_peers(key) for key in plan.regions} == dict.fromkeys(plan.regions, ())
    assert all(len(plan.open_peers(key)) == len(plan.regions) - 1 for key in plan.regions)


def test_the_facts_are_the_same_at_each_run_and_whoever_else_is_there() -> None:
    federation = load_federation(GALLERY / "two-metros-three-clouds.yaml")
    one, without = made_up(federation), made_up(federation, without=["use1"])
    assert "use1" in one.regions
    assert without.regions == {key: facts for key, facts in one.regions.items() if key != "use1"}
