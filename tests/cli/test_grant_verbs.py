"""A region that was rebuilt: `meshfed grant` says what its offline key signs, and `meshfed pin --grant` takes it."""

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from meshfed.settings.facts import RegionFacts
from meshfed.topology.grants import Grant, grant_for, read_statement
from tests.cli.command import THREE, Command, Desk, outputs_of
from tests.topology import offline_keys
from tests.topology.offline_keys import OFFLINE, STRANGER

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)


class Change(TypedDict, total=False):
    """What of a grant is another."""

    epoch: int
    peer_key: str
    bundle_key: str
    not_after: datetime


@pytest.fixture
def rebuilt(meshfed: Command, desk: Desk) -> Desk:
    """All three regions were pinned; then use4 was rebuilt and stands as its second epoch, with new keys."""
    desk.outputs = {key: outputs_of(slot) for slot, key in enumerate(THREE)}
    assert meshfed("pin", *desk.files(), *desk.told()).code == 0
    desk.write({**THREE, "use4": {**THREE["use4"], "epoch": 2, "offline_key": offline_keys.pem()}})
    desk.outputs["use4"] = outputs_of(1, epoch=2)
    return desk


def wanted(desk: Desk, key: str = "use4") -> Grant:
    """The grant that a region needs."""
    told = {name: desk.outputs[key][name] for name in RegionFacts.model_fields if name in desk.outputs[key]}
    return grant_for(key, RegionFacts.model_validate(told), SOON)


def handed(desk: Desk, grant: Grant, key: ec.EllipticCurvePrivateKey = OFFLINE) -> Path:
    """A grant as its owner hands it over."""
    path = desk.folder / f"{grant.region}-epoch-{grant.epoch}.json"
    path.write_text(grant.statement, encoding="utf-8")
    path.with_name(f"{path.name}.sig").write_bytes(offline_keys.signature(grant.statement, key))
    return path


def pending(meshfed: Command, desk: Desk) -> list[str]:
    """What use1 keeps closed."""
    plan = json.loads(meshfed("plan", *desk.files(), "--json").out)
    return plan["regions"]["use1"]["pending_peers"]


def test_a_rebuilt_region_is_granted_with_the_commands_of_the_guide(meshfed: Command, rebuilt: Desk) -> None:
    before = rebuilt.pinned()
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told())
    assert said.code == 1
    assert said.err == (
        f"{rebuilt.facts}: 1 fault\n"
        "  regions.use4.grant: epoch 2 needs a grant of the region's offline key; nothing opens towards it. "
        "`meshfed grant use4 > use4-epoch-2.json`, have it signed offline, then "
        "`meshfed pin --grant use4-epoch-2.json` (docs/guide/real-cloud.md, a region rebuilt).\n"
    )
    assert rebuilt.pinned() == before
    assert pending(meshfed, rebuilt) == ["use4"]

    asked = meshfed("grant", "use4", "--settings", rebuilt.settings, *rebuilt.told())
    assert asked.code == 0
    statement, private = rebuilt.folder / "use4-epoch-2.json", rebuilt.folder / "offline.pem"
    statement.write_text(asked.out, encoding="utf-8")
    private.write_bytes(OFFLINE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    command = ["openssl", "dgst", "-sha256", "-sign", str(private), "-out", f"{statement}.sig", str(statement)]
    subprocess.run(command, check=True, timeout=60)
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", statement)
    assert (said.code, said.err) == (0, "")
    assert "~ use4.epoch: changed" in said.out
    assert "~ use4.grant: changed" in said.out
    assert rebuilt.pinned()["use4"]["grant"]["statement"] == asked.out
    assert pending(meshfed, rebuilt) == []
    stated = read_statement(asked.out)
    assert stated is not None
    assert timedelta(days=29) < stated.not_after - datetime.now(UTC) <= timedelta(days=30)

    again = meshfed("pin", *rebuilt.files(), *rebuilt.told())
    assert again.out == f"{rebuilt.facts}: nothing changed.\n"


def test_a_key_rotated_within_the_epoch_is_pinned_without_another_grant(meshfed: Command, rebuilt: Desk) -> None:
    assert meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", handed(rebuilt, wanted(rebuilt))).code == 0
    rebuilt.outputs["use4"]["peer_key"] = outputs_of(1)["peer_key"]
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told())
    assert (said.code, said.out.splitlines()[0]) == (0, "~ use4.peer_key: changed")
    assert pending(meshfed, rebuilt) == []


def test_a_region_first_pinned_at_a_later_epoch_needs_a_grant_too(meshfed: Command, rebuilt: Desk) -> None:
    rebuilt.facts.unlink()
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told())
    assert said.code == 1
    assert set(rebuilt.pinned()) == {"use1", "eus"}
    assert meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", handed(rebuilt, wanted(rebuilt))).code == 0
    assert set(rebuilt.pinned()) == set(THREE)


@pytest.mark.parametrize(
    ("change", "key", "why"),
    [
        (Change(peer_key="0" * 64), OFFLINE, "its grant names another peer_key than the region's stack tells"),
        (Change(bundle_key="0" * 64), OFFLINE, "its grant names another bundle_key than the region's stack tells"),
        (Change(epoch=3), OFFLINE, "its grant is for epoch 3 of use4; wanted: epoch 2 of use4"),
        (Change(epoch=1), OFFLINE, "its grant is for epoch 1 of use4; wanted: epoch 2 of use4"),
        (Change(not_after=datetime(2026, 1, 1, tzinfo=UTC)), OFFLINE, "its grant expired at 2026-01-01T00:00:00Z"),
        (Change(), STRANGER, "its grant is not signed by regions.use4.offline_key of the settings"),
    ],
)
def test_a_wrong_grant_pins_nothing(
    meshfed: Command, rebuilt: Desk, change: Change, key: ec.EllipticCurvePrivateKey, why: str
) -> None:
    before = rebuilt.pinned()
    file = handed(rebuilt, replace(wanted(rebuilt), **change), key)
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", file)
    assert said.code == 1
    assert f"regions.use4.grant: {why}; nothing opens towards it." in said.err
    assert rebuilt.pinned() == before
    assert pending(meshfed, rebuilt) == ["use4"]


def test_a_grant_of_another_region_is_no_grant_of_this_one(meshfed: Command, rebuilt: Desk) -> None:
    file = handed(rebuilt, replace(wanted(rebuilt), region="use1"))
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", file)
    assert said.code == 1
    assert "regions.use4.grant: epoch 2 needs a grant" in said.err
    assert "grant" not in rebuilt.pinned()["use1"]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("}", "}\n", "is no statement about an epoch, or was changed. Hand over the file of"),
        ("use4", "use9", "use9: is no region of the settings."),
        ('"epoch":2', '"epoch":3', "its grant is for epoch 3 of use4"),
        ('"epoch":2', '"epoch":"2"', "is no statement about an epoch"),
        ("Z", "z", "is no statement about an epoch"),
        ("{", "[", "is no statement about an epoch"),
    ],
)
def test_a_tampered_grant_is_refused(meshfed: Command, rebuilt: Desk, old: str, new: str, why: str) -> None:
    file = handed(rebuilt, wanted(rebuilt))
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", file)
    assert said.code == 1
    assert why in said.err


def test_a_grant_without_its_signature_or_with_something_else_is_refused(meshfed: Command, rebuilt: Desk) -> None:
    file = handed(rebuilt, wanted(rebuilt))
    beside = file.with_name(f"{file.name}.sig")
    beside.write_bytes(b"x" * 100)
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", file, "--grant", file)
    assert f"{beside}: has 100 bytes; a P-256 signature in DER has at most 72." in said.err
    beside.unlink()
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", file)
    assert said.code == 1
    assert f"{beside}: cannot be read: No such file or directory. A grant is FILE and FILE.sig." in said.err


def test_a_facts_file_that_was_edited_by_hand_keeps_the_region_closed(meshfed: Command, rebuilt: Desk) -> None:
    told = rebuilt.outputs["use4"]
    names = [name for name in RegionFacts.model_fields if name in told]
    regions = {**rebuilt.pinned(), "use4": {name: told[name] for name in names}}
    rebuilt.facts.write_text(json.dumps({"regions": regions}), encoding="utf-8")
    said = meshfed("validate", *rebuilt.files())
    assert said.code == 0
    assert said.err.startswith("! use4: epoch 2 needs a grant of the region's offline key; nothing opens towards it.")
    assert "1 region not pinned yet" in said.out
    assert pending(meshfed, rebuilt) == ["use4"]
    steps = meshfed("next", *rebuilt.files(), *rebuilt.told()).out
    assert "meshfed pin: use4: epoch 2 needs a grant of the region's offline key" in steps


def test_an_epoch_never_goes_back(meshfed: Command, rebuilt: Desk) -> None:
    assert meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", handed(rebuilt, wanted(rebuilt))).code == 0
    rebuilt.write(THREE)
    rebuilt.outputs["use4"]["epoch"] = 1
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told())
    assert said.code == 1
    assert "regions.use4.epoch: 1: the stack tells an older one than 2, which is pinned" in said.err
    assert rebuilt.pinned()["use4"]["epoch"] == 2


@pytest.mark.parametrize(
    ("region", "more", "epoch", "why"),
    [
        ("use5", {}, 2, "regions.use5: is no region of the settings. Did you mean use4?"),
        ("use1", {}, 2, "regions.use1.epoch: 1: needs no grant."),
        ("use4", {"offline_key": None}, 2, "regions.use4.offline_key: is missing; a grant is verified with it."),
        ("use4", {}, 1, "regions.use4: its stack stands as epoch 1; a grant names the keys of epoch 2. Deploy it."),
        ("use4", {}, None, "regions.use4: its stack tells no keys yet; a grant names the keys of epoch 2. Deploy it."),
    ],
)
def test_what_cannot_be_granted_is_said(
    meshfed: Command, rebuilt: Desk, region: str, more: dict[str, object], epoch: int | None, why: str
) -> None:
    rebuilt.write({**THREE, "use4": {**THREE["use4"], "epoch": 2, "offline_key": offline_keys.pem(), **more}})
    rebuilt.outputs["use4"] = outputs_of(1, epoch=epoch) if epoch else {}
    said = meshfed("grant", region, "--settings", rebuilt.settings, *rebuilt.told())
    assert (said.code, said.out) == (1, "")
    assert why in said.err


@pytest.mark.parametrize("file", [".", "/", "nowhere.json"])
def test_a_grant_that_is_no_file_is_one_message(meshfed: Command, rebuilt: Desk, file: str) -> None:
    before = rebuilt.pinned()
    said = meshfed("pin", *rebuilt.files(), *rebuilt.told(), "--grant", file)
    assert said.code == 1
    assert f"{file}: cannot be read" in said.err
    assert "Traceback" not in said.err
    assert rebuilt.pinned() == before
