"""What existed before a deployment, and the one az command."""

import json
from pathlib import Path

import pytest

from meshfed_local.standins import az, keys
from meshfed_local.standins.provider import Provider, RefusedError
from meshfed_local.standins.seed import SeedError, main, seed
from meshfed_local.standins.world import World, WorldError

VPC = "aws:ec2/vpc:Vpc"
CORPORATE = {
    "type": VPC,
    "name": "corporate",
    "id": "vpc-0123456789abcdef0",
    "provider": {"region": "us-east-1"},
    "inputs": {"cidrBlock": "10.0.0.0/16"},
}


def test_a_seeded_network_is_imported_by_another_stack_and_used(world: World) -> None:
    seed(world, [CORPORATE])
    aws = Provider("aws", world)
    aws.configure({"region": "us-east-1"})
    seen = aws.read(f"urn:pulumi:use1::mesh::{VPC}::net", "vpc-0123456789abcdef0")
    assert seen is not None
    assert seen.inputs["cidrBlock"] == "10.0.0.0/16"
    subnet = "urn:pulumi:use1::mesh::aws:ec2/subnet:Subnet::s"
    checked = aws.check(subnet, {"vpcId": "vpc-0123456789abcdef0", "cidrBlock": "10.0.1.0/24"}, None)
    assert not [fault for fault in checked.faults if fault.path == "vpcId"]


def test_seeding_again_changes_nothing(world: World) -> None:
    assert seed(world, [CORPORATE]) == seed(world, [CORPORATE])
    assert len(world.records()) == 1


def test_a_seed_is_checked_like_any_input(world: World) -> None:
    with pytest.raises(RefusedError, match="cidrblock"):
        seed(world, [{**CORPORATE, "inputs": {"cidrblock": "10.0.0.0/16"}}])


def test_a_misspelt_seed_key_is_named(world: World) -> None:
    with pytest.raises(SeedError, match=r"resources\[0\]"):
        seed(world, [{**CORPORATE, "input": {}}])


def test_a_seed_file_and_ids_without_a_resource(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESHFED_LOCAL_WORLD", str(tmp_path))
    file = tmp_path / "seed.yaml"
    arn = "arn:aws:iam::111122223333:role/admin"
    file.write_text(json.dumps({"resources": [CORPORATE], "issued": [arn]}))
    main(file)
    assert World.open().exists(arn)
    assert World.open().by_id("vpc-0123456789abcdef0") is not None


def test_az_shows_the_public_part_of_a_signing_key(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    azure = Provider("azure-native", world)
    token = "azure-native:keyvault:Key"
    inputs = {
        "resourceGroupName": "g",
        "vaultName": "v",
        "keyName": "k",
        "properties": {"kty": "EC", "curveName": "P-256"},
    }
    identifier, outputs = azure.create(f"urn:pulumi:s::p::{token}::k", inputs, preview=False)
    monkeypatch.setenv("MESHFED_LOCAL_WORLD", str(world.folder.parent))
    for arguments in (["--vault-name", "v", "--name", "k"], ["--id", outputs["keyUriWithVersion"]]):
        az.main(["keyvault", "key", "show", *arguments])
        shown = json.loads(capsys.readouterr().out)["key"]
        assert {name: shown[name] for name in ("kty", "crv", "x", "y")} == keys.public_jwk(world, identifier)


def test_az_refuses_everything_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESHFED_LOCAL_WORLD", str(world.folder.parent))
    with pytest.raises(WorldError, match="az login"):
        az.main(["login"])
    with pytest.raises(WorldError, match="there is no key"):
        az.main(["keyvault", "key", "show", "--vault-name", "v", "--name", "none"])
