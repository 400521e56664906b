"""Our own components in every setting of the gallery: no violation, and nothing undecided."""

import pytest

from tests.rules.our_components import CONFIG, judged, regions


@pytest.mark.parametrize(("settings", "key"), list(regions()), ids=str)
def test_a_region_passes_every_rule(settings: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CONFIG.parents[1])
    report = judged(settings, key)
    assert report.resources > 20
    assert [f"{one.verdict.urn}: {one.verdict}" for one in report.judged if one.waiver is None] == []
