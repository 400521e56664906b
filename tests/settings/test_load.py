"""A settings file is read whole or refused with all its faults, each with path, value, what is wanted and a way out."""

import base64
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ruamel.yaml import YAML

from meshfed.errors import SettingsError
from meshfed.settings.load import load_facts, load_federation
from tests.topology.federations import facts_for, public_key, raw, region

ROOT = Path(__file__).parents[2]
GALLERY = sorted((ROOT / "stacks/config/gallery").glob("*.yaml"))
TWO: dict[str, Any] = {"one": region("aws", "us-east-1", 0), "two": region("azure", "eastus", 1)}


def _written(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "federation.yaml"
    with path.open("w") as file:
        cast("Any", YAML(typ="safe", pure=True)).dump(content, file)
    return path


def _faults(folder: Path, content: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_federation(_written(folder, content))
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_every_file_of_the_gallery_is_well_formed(path: Path) -> None:
    assert len(load_federation(path).regions) >= 2


def test_the_default_federation_is_the_gallerys() -> None:
    assert load_federation(ROOT / "stacks/config/federation.yaml") == load_federation(
        ROOT / "stacks/config/gallery/two-metros-three-clouds.yaml"
    )


def test_settings_cannot_be_changed_once_read(tmp_path: Path) -> None:
    federation = load_federation(_written(tmp_path, raw(TWO)))
    with pytest.raises(ValueError, match="frozen"):
        federation.name = "other"


def _with(path: str, value: Any) -> dict[str, Any]:
    """The two-region file with one value set, its keys given as `a.b.c`."""
    content: dict[str, Any] = {**raw({key: dict(value) for key, value in TWO.items()})}
    here = content
    *parents, last = path.split(".")
    for key in parents:
        here[key] = dict(here.get(key, {}))
        here = here[key]
    here[last] = value
    return content


def other_curve() -> str:
    """A public key on another curve than P-256."""
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def off_curve() -> str:
    """The form of a P-256 key, with a point that is on no curve."""
    lines = public_key(0).splitlines()
    der = base64.b64decode("".join(lines[1:-1]))
    body = base64.encodebytes(der[:-1] + bytes([der[-1] ^ 1])).decode()
    return "\n".join((lines[0], body.strip(), lines[-1]))


IPAM = "regions.one.network"
CASES: list[tuple[str, Any, str]] = [
    ("regions.two.slot", 0, "regions.two.slot: 0: is also one's slot; slots are unique. Free slots: 1, 2, 3, 4."),
    ("regions.two.slot", -1, "regions.two.slot: -1: must be 0 or more."),
    ("regions.two.cloud", "azur", "regions.two.cloud: azur: must be one of aws, azure, gcp. Did you mean azure?"),
    (
        "regions.two.location",
        "eastus9",
        "regions.two.location: eastus9: is no location of azure that is known. Did you mean eastus?",
    ),
    ("regions.two.gateway", {}, "regions.two.gateway: is not a setting. Did you mean gateways?"),
    (
        "regions.two.state",
        "retire",
        "regions.two.state: retire: must be one of planned, joining, active, draining, retired, quarantined. "
        "Did you mean retired?",
    ),
    ("regions.two.access", "gke-dns", "regions.two.access: gke-dns: is for regions in gcp. Choose runner or tunnel."),
    (
        "regions.one.network",
        {"kind": "nwe"},
        "regions.one.network.kind: nwe: must be one of new, existing. Did you mean new?",
    ),
    ("regions.one.network", {"rnages": {}}, "regions.one.network.rnages: is not a setting. Did you mean ranges?"),
    *(
        (IPAM, {"kind": "new", "ranges": {name: given}}, f"{IPAM}.ranges.{name}: {given}: {wanted}.")
        for name, given, wanted in (
            ("network", "10.9.0.0/24", "must be a /16 to /20"),
            ("gateways", "100.70.0.0/23", "must be a /24"),
            ("services", "10.9.0.0/24", "must be a /16 to /22"),
            ("pods", "10.9.0.0/24", "must be a /12 to /20"),
            ("pods", "8.8.0.0/16", "must be private (RFC 1918) or shared (RFC 6598) address space"),
        )
    ),
    (
        "slos",
        [{"between": ["one", "tow"], "p99_ms": 5}],
        "slos[0].between[1]: tow: is no region of this file. Did you mean two?",
    ),
    (
        "tunnels.pairs",
        [{"between": ["one", "two"]}, {"between": ["two", "one"]}],
        "tunnels.pairs[1].between: one two: is also at tunnels.pairs[0].between. Keep one.",
    ),
    (
        "naming.template",
        "{federation}_{region}_{role}",
        "naming.template: {federation}_{region}_{role}: has other characters than lower-case letters, digits and inner "
        "hyphens, which some cloud refuses. Write {federation}-{region}-{role}.",
    ),
    (
        "naming.template",
        "{federation}-{role}",
        "naming.template: {federation}-{role}: lacks {region}. Without it two names would be the same.",
    ),
    (
        "tags",
        {"aws:team": "x"},
        "tags.aws:team: x: is no tag of aws: key 1 to 128 characters, value at most 256, letters, digits, spaces and "
        "_.:/=+-@, no `aws:` in front.",
    ),
    ("tags", {"a/b": "x"}, "tags.a/b: x: is no tag of azure: no <>%&\\?/ in the key, value at most 256."),
    ("regions.one.extra_ca", "hello", "regions.one.extra_ca: holds no PEM certificate. Paste the CA's certificate."),
    ("regions.one.offline_key", "hello", "regions.one.offline_key: must be a public key in PEM."),
    *(
        ("regions.one.offline_key", key, f"regions.one.offline_key: must be a public key{wanted}.")
        for key, wanted in (
            (other_curve(), " on the curve P-256"),
            (public_key(1).replace("\n-----END", "\n\n-----END"), " in PEM, without empty lines"),
            (off_curve(), " on the curve P-256"),
            ("-----BEGIN PRIVATE KEY-----\nMIGH", "; this is a private one, so replace it"),
        )
    ),
    ("regions", {"one": TWO["one"]}, "regions: a federation has at least two regions. Add a region."),
    (
        "regions.toolongname",
        TWO["two"] | {"slot": 5},
        "regions.toolongname: toolongname: 2 to 8 lower-case letters and digits are wanted, the first a letter.",
    ),
]


@pytest.mark.parametrize(("path", "value", "message"), CASES)
def test_a_wrong_value_is_told_with_where_what_and_the_way_out(
    tmp_path: Path, path: str, value: Any, message: str
) -> None:
    found = _faults(tmp_path, _with(path, value))
    assert message in found
    assert len(found) == 1, found


def test_a_label_that_google_refuses_is_refused_only_where_there_is_google(tmp_path: Path) -> None:
    tags = {"owner": "Team@acme.example"}
    load_federation(_written(tmp_path, raw(TWO, tags=tags)))
    found = _faults(tmp_path, raw({**TWO, "three": region("gcp", "us-east4", 2)}, tags=tags))
    assert found[0].startswith("tags.owner: Team@acme.example: is no label of gcp")


def test_a_retired_slot_is_never_reused(tmp_path: Path) -> None:
    regions = {"old": region("aws", "us-east-1", 0, state="retired"), **TWO}
    found = _faults(tmp_path, raw(regions))
    assert found == [
        "regions.one.slot: 0: belonged to old, which is retired; a retired slot is never used again. "
        "Free slots: 2, 3, 4, 5."
    ]


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    content = raw(
        {
            "one": region("aws", "us-east-1", 0, statee="active", extra_ca="-----BEGIN PRIVATE KEY-----"),
            "two": region("azure", "nowhere", 0, epoch=0),
        },
        slos=[{"between": ["one", "three"], "p99_ms": -1}],
        tags={},
    )
    found = _faults(tmp_path, content)
    paths = {fault.partition(": ")[0] for fault in found}
    assert paths == {
        "tags",
        "slos[0].p99_ms",
        "slos[0].between[1]",
        "regions.one.statee",
        "regions.one.extra_ca",
        "regions.two.epoch",
        "regions.two.slot",
        "regions.two.location",
    }


def test_no_message_repeats_what_may_be_a_secret(tmp_path: Path) -> None:
    proxy = {"url": "http://user:hunter2@proxy:3128"}
    content = raw({**TWO, "one": region("aws", "us-east-1", 0, proxy=proxy, extra_ca="PRIVATE KEY hunter2")})
    found = _faults(tmp_path, content)
    assert len(found) == 2
    assert "hunter2" not in " ".join(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "file: is empty. See stacks/config/gallery for examples."),
        ("- a\n", "file: is not a mapping. See stacks/config/gallery for examples."),
        ("name: acme\nname: acme\n", 'line 2, column 1: found duplicate key "name"; keys are unique. Keep one.'),
        ("name: [acme\ntags: x\n", "line 2, column 5: is not YAML: "),
    ],
)
def test_a_file_that_is_no_mapping_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "federation.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load_federation(path)
    assert str(refused.value.faults[0]).startswith(message)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml: 1 fault\n  file: is not there\. Give --settings FILE"):
        load_federation(tmp_path / "none.yaml")


def _facts(folder: Path, **changes: dict[str, Any]) -> list[str]:
    """The faults of a facts file for two regions, some facts of theirs changed."""
    federation = load_federation(_written(folder, raw(TWO)))
    content = facts_for("one", "two").model_dump(mode="json")
    for key, facts in changes.items():
        content["regions"][key] = {**content["regions"].get(key, content["regions"]["one"]), **facts}
    path = folder / "facts.yaml"
    with path.open("w") as file:
        cast("Any", YAML(typ="safe", pure=True)).dump(content, file)
    try:
        load_facts(path, federation)
    except SettingsError as refused:
        return [str(fault) for fault in refused.faults]
    return []


def test_facts_that_fit_are_read(tmp_path: Path) -> None:
    assert _facts(tmp_path) == []
    assert load_facts(tmp_path / "none.yaml", load_federation(tmp_path / "federation.yaml")).regions == {}


AGAIN = "Run `meshfed pin` again, and find out why before you commit."
SAME = f"no two facts are the same. {AGAIN}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"epoch": 2},
            "regions.two.epoch: 2: is later than the settings' epoch of 1; an epoch never goes back. "
            "Set the region's epoch to 2.",
        ),
        ({"peer_key": public_key(0)}, f"regions.two.peer_key: is also at regions.one.peer_key; {SAME}"),
        ({"bundle_key": public_key(2)}, f"regions.two.bundle_key: is also at regions.two.peer_key; {SAME}"),
        (
            {"gateway_addresses": ["203.0.113.9", "203.0.113.1"]},
            "regions.two.gateway_addresses[1]: 203.0.113.1: is also at regions.one.gateway_addresses[1]; " + SAME,
        ),
        (
            {"gateway_addresses": ["203.0.113.9", "203.0.113.9"]},
            "regions.two.gateway_addresses: must be two different addresses.",
        ),
        (
            {"gateway_addresses": ["10.0.0.1", "203.0.113.9"]},
            "regions.two.gateway_addresses[0]: 10.0.0.1: must be a public address.",
        ),
        ({"peer_key": "zz"}, "regions.two.peer_key: zz: must be a public key in PEM."),
        (
            {"peer_key": "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----"},
            "regions.two.peer_key: -----BEGIN PUBLIC KEY-----: must be a public key on the curve P-256.",
        ),
    ],
)
def test_a_fact_that_cannot_be_relied_on_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    assert _facts(tmp_path, two=changes) == [message]


def test_an_offline_key_that_is_also_pinned_is_refused(tmp_path: Path) -> None:
    """Whoever may sign peer documents would begin epochs; the same key may be written with other line ends."""
    two = {**TWO, "two": {**TWO["two"], "offline_key": public_key(2).replace("\n", "\r\n")}}
    federation = load_federation(_written(tmp_path, raw(two)))
    path = tmp_path / "facts.yaml"
    with path.open("w") as file:
        cast("Any", YAML(typ="safe", pure=True)).dump(facts_for("one", "two").model_dump(mode="json"), file)
    with pytest.raises(SettingsError) as refused:
        load_facts(path, federation)
    assert [str(fault) for fault in refused.value.faults] == [
        f"regions.two.peer_key: is also at the settings' regions.two.offline_key; {SAME}"
    ]


def test_facts_of_a_region_that_the_settings_lack_are_refused(tmp_path: Path) -> None:
    found = _facts(tmp_path, gone={"peer_key": public_key(8)})
    assert found[0] == "regions.gone: the settings have no such region. Run `meshfed pin`, which drops it."
