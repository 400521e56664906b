"""A region that was rebuilt, on the real engine: it is closed until its offline key granted the epoch."""

from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from meshfed.errors import SettingsError
from meshfed.settings.load import read_facts
from meshfed_local.deploy import Deployment
from tests.topology import offline_keys
from tests.topology.federations import raw, region

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]


def _deployment(folder: Path, epoch: int) -> Deployment:
    settings = folder / "federation.yaml"
    rebuilt = region("gcp", "europe-west3", 1, epoch=epoch, offline_key=offline_keys.pem())
    with settings.open("w") as file:
        regions = {"euc1": region("aws", "eu-central-1", 0), "euw3": rebuilt}
        cast("Any", YAML(typ="safe", pure=True)).dump(raw(regions), file)
    return Deployment(settings, folder / "world", ROOT, lambda _: None)


def _open(deployment: Deployment) -> dict[str, int]:
    return {row.region: row.tunnels for row in deployment.rows()}


def test_a_rebuilt_region_is_closed_until_its_epoch_is_granted(tmp_path: Path) -> None:
    _deployment(tmp_path, 1).up()
    with pytest.raises(SettingsError, match=r"regions\.euw3\.grant: epoch 2 needs a grant of the region's offline key"):
        _deployment(tmp_path, 2).up()
    closed = _deployment(tmp_path, 2)
    assert _open(closed)["euc1"] == 0, "the pin of the epoch before opens nothing"
    file = tmp_path / "euw3-epoch-2.json"
    file.write_text(closed.grant_request("euw3"), encoding="utf-8")
    file.with_name(f"{file.name}.sig").write_bytes(offline_keys.signature(file.read_text()))
    granted = _deployment(tmp_path, 2)
    granted.up(grants=[file])
    assert _open(granted) == {"euc1": 4, "euw3": 4}
    pinned = read_facts(granted.facts).regions["euw3"]
    assert pinned.epoch == 2
    assert pinned.grant is not None
    assert pinned.grant.statement == file.read_text()
    outcomes = _deployment(tmp_path, 2).preview(expect_no_changes=True)
    assert [outcome.changed for outcome in outcomes] == [0, 0]
    granted.down()
