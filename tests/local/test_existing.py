"""A local world knows what the settings say is there already, and nothing else of that kind."""

import json
from pathlib import Path

from meshfed.settings.load import load_federation
from meshfed_local.existing import existing_ids, make_known
from meshfed_local.standins.world import World
from tests.topology.federations import raw, region

GALLERY = Path(__file__).parents[2] / "stacks" / "config" / "gallery"


def test_everything_that_a_brownfield_names_by_id_is_known(tmp_path: Path) -> None:
    federation = load_federation(GALLERY / "brownfield.yaml")
    make_known(federation, tmp_path)
    world = World(tmp_path)
    for identifier in (
        "vpc-0a1b2c3d4e5f60718",
        "subnet-0000000000000c003",
        "rtb-0000000000000f003",
        "ami-0123456789abcdef0",
        "legacy-use1",
        "arn:aws:iam::222222222222:policy/meshfed-boundary",
        "/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/legacy/providers/microsoft.network"
        "/virtualnetworks/legacy/subnets/tunnel",
        "/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/legacy-dns/providers/microsoft.network"
        "/privatednszones/privatelink.blob.core.windows.net",
        "projects/legacy-mesh/global/networks/shared",
        "projects/legacy-mesh/regions/us-east4/subnetworks/tunnel",
    ):
        assert world.exists(identifier), identifier
    assert not world.exists("subnet-0000000000000c004")


def test_a_federation_that_makes_everything_names_nothing() -> None:
    assert list(existing_ids(load_federation(GALLERY / "two-metros-three-clouds.yaml"))) == []


def test_the_role_of_an_administrator_is_known(tmp_path: Path) -> None:
    role = "arn:aws:iam::222222222222:role/mesh-admins"
    regions = {
        "use1": region("aws", "us-east-1", 0, cluster={"kind": "new", "administrators": [role]}),
        "use4": region("gcp", "us-east4", 1),
    }
    settings = tmp_path / "federation.yaml"
    settings.write_text(json.dumps(raw(regions)))
    assert list(existing_ids(load_federation(settings))) == [role]
