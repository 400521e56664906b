"""What a stand-in does with resources: names, references, drift, replacement, refusal to delete what is used."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from meshfed_local.standins import keys
from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.provider import Provider, RefusedError
from meshfed_local.standins.world import World

Providers = Callable[..., Provider]
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
ROLE = "aws:iam/role:Role"
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)


def urn(token: str, name: str, stack: str = "use1") -> str:
    return f"urn:pulumi:{stack}::mesh::mesh:index:AwsRegion${token}::{name}"


def make(provider: Provider, token: str, logical: str, /, **inputs: Any) -> tuple[str, dict[str, Any]]:
    checked = provider.check(urn(token, logical), inputs, None)
    assert checked.faults == ()
    return provider.create(urn(token, logical), checked.inputs, preview=False)


def problems(provider: Provider, token: str, **inputs: Any) -> list[str]:
    return [str(fault) for fault in provider.check(urn(token, "x"), inputs, None).faults]


@pytest.fixture
def aws(provider: Providers) -> Provider:
    return provider("aws", region="us-east-1", defaultTags={"tags": {"team": "mesh"}})


def test_every_declared_output_is_there(aws: Provider) -> None:
    vpc, outputs = make(aws, VPC, "net", cidrBlock="10.0.0.0/16", tags={"a": "b"})
    assert outputs["arn"].endswith(f":vpc/{vpc}")
    assert outputs["defaultSecurityGroupId"].startswith("sg-0")
    assert outputs["tagsAll"] == {"team": "mesh", "a": "b"}
    assert outputs["region"] == "us-east-1"
    assert all(value is not None and value is not UNKNOWN for value in outputs.values())


def test_a_preview_makes_nothing_and_computed_outputs_are_unknown(aws: Provider, world: World) -> None:
    identifier, outputs = aws.create(urn(VPC, "net"), {"cidrBlock": "10.0.0.0/16"}, preview=True)
    assert identifier == ""
    assert outputs["cidrBlock"] == "10.0.0.0/16"
    assert outputs["arn"] is UNKNOWN
    assert world.records() == ()


def test_a_cluster_s_issuer_and_group_are_random_and_unknown_in_a_preview(aws: Provider) -> None:
    vpc, _ = make(aws, VPC, "net", cidrBlock="10.0.0.0/16")
    subnets = [
        make(aws, SUBNET, zone, vpcId=vpc, cidrBlock=f"10.0.{index}.0/24", availabilityZone=zone)[0]
        for index, zone in enumerate(("us-east-1a", "us-east-1b", "us-east-1c"))
    ]
    _, role = make(aws, ROLE, "r", assumeRolePolicy=TRUST.replace("ec2", "eks"))
    network = {"subnetIds": subnets, "endpointPublicAccess": False, "endpointPrivateAccess": True}
    inputs = {"roleArn": role["arn"], "vpcConfig": network}
    token = "aws:eks/cluster:Cluster"
    _, preview = aws.create(urn(token, "c"), inputs, preview=True)
    assert preview["vpcConfig"] == {**network, "clusterSecurityGroupId": UNKNOWN, "vpcId": UNKNOWN}
    _, first = make(aws, token, "one", **inputs)
    _, second = make(aws, token, "two", **inputs)
    issuers = [one["identities"][0]["oidcs"][0]["issuer"] for one in (first, second)]
    assert issuers[0] != issuers[1]
    assert all(one.startswith("https://oidc.eks.us-east-1.amazonaws.com/id/") for one in issuers)
    assert first["vpcConfig"]["vpcId"] == vpc


def test_a_name_left_out_is_made_once_and_kept(aws: Provider) -> None:
    first = aws.check(urn(ROLE, "gateway"), {"assumeRolePolicy": TRUST}, None)
    assert first.inputs["name"].startswith("gateway-")
    again = aws.check(urn(ROLE, "gateway"), {"assumeRolePolicy": TRUST}, first.inputs)
    assert again.inputs == first.inputs


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        ({"vpcId": "vpc-0123456789abcdef0"}, "vpcId: 'vpc-0123456789abcdef0' refers to nothing"),
        ({"vpcId": UNKNOWN, "outpostArn": "arn:aws:outposts:us-east-1:111122223333:outpost/op-1"}, "outpostArn: "),
    ],
)
def test_an_id_that_nothing_has_is_refused(aws: Provider, inputs: dict[str, Any], fault: str) -> None:
    found = problems(aws, SUBNET, cidrBlock="10.0.0.0/24", availabilityZone="us-east-1a", **inputs)
    assert any(one.startswith(fault) for one in found)


def test_an_id_of_something_deleted_is_refused(aws: Provider) -> None:
    vpc, _ = make(aws, VPC, "net", cidrBlock="10.0.0.0/16")
    aws.delete(urn(VPC, "net"), vpc)
    assert any("refers to nothing" in one for one in problems(aws, SUBNET, vpcId=vpc, cidrBlock="10.0.0.0/24"))


def test_policies_of_aws_itself_exist(aws: Provider) -> None:
    role, _ = make(aws, ROLE, "r", assumeRolePolicy=TRUST)
    arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    make(aws, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "p", role=role, policyArn=arn)


def test_what_others_use_is_not_deleted_and_the_users_are_named(aws: Provider, world: World) -> None:
    vpc, _ = make(aws, VPC, "net", cidrBlock="10.0.0.0/16")
    subnet, _ = make(aws, SUBNET, "s", vpcId=vpc, cidrBlock="10.0.0.0/24", availabilityZone="us-east-1a")
    with pytest.raises(RefusedError, match=r"still used by 1 other.*::s \(vpcId\)"):
        aws.delete(urn(VPC, "net"), vpc)
    aws.delete(urn(SUBNET, "s"), subnet)
    aws.delete(urn(VPC, "net"), vpc)
    assert world.records() == ()


def test_a_bucket_with_objects_is_not_deleted(aws: Provider) -> None:
    bucket, _ = make(aws, "aws:s3/bucket:Bucket", "store")
    make(aws, "aws:s3/bucketObjectv2:BucketObjectv2", "o", bucket=bucket, key="peers.json", content="{}")
    with pytest.raises(RefusedError, match="still used"):
        aws.delete(urn("aws:s3/bucket:Bucket", "store"), bucket)


def test_a_profile_named_like_a_role_does_not_use_it(aws: Provider) -> None:
    make(aws, ROLE, "r", name="gateway", assumeRolePolicy=TRUST)
    make(aws, "aws:ec2/placementGroup:PlacementGroup", "p", name="gateway", strategy="spread", tags={"for": "gateway"})
    aws.delete(urn(ROLE, "r"), "gateway")


def test_drift_and_deletion_are_read(aws: Provider, world: World) -> None:
    vpc, _ = make(aws, VPC, "net", cidrBlock="10.0.0.0/16", tags={"a": "b"})
    stored = world.get(urn(VPC, "net"), vpc)
    assert stored is not None
    world.put(replace(stored, inputs={**stored.inputs, "tags": {"a": "changed by hand"}}))
    seen = aws.read(urn(VPC, "net"), vpc)
    assert seen is not None
    change = aws.diff(urn(VPC, "net"), vpc, seen.inputs, stored.inputs).changes
    assert [one.place for one in change] == [("tags", "a")]
    world.remove(urn(VPC, "net"), vpc)
    assert aws.read(urn(VPC, "net"), vpc) is None


def test_an_update_keeps_computed_outputs_and_follows_inputs(aws: Provider) -> None:
    vpc, before = make(aws, VPC, "net", cidrBlock="10.0.0.0/16", tags={"a": "b"})
    after = aws.update(urn(VPC, "net"), vpc, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "c"}}, preview=False)
    assert after["tagsAll"] == {"team": "mesh", "a": "c"}
    assert {key: value for key, value in after.items() if key not in {"tags", "tagsAll"}} == {
        key: value for key, value in before.items() if key not in {"tags", "tagsAll"}
    }


def test_updating_what_is_gone_is_refused(aws: Provider) -> None:
    with pytest.raises(RefusedError, match="does not exist any more"):
        aws.update(urn(VPC, "net"), "vpc-0123456789abcdef0", {"cidrBlock": "10.0.0.0/16"}, preview=False)


def test_a_changed_name_replaces_and_an_unknown_counts_as_changed(aws: Provider) -> None:
    old = {"name": "a", "assumeRolePolicy": TRUST}
    assert [one.replaces for one in aws.diff(urn(ROLE, "r"), "a", old, {**old, "name": "b"}).changes] == [True]
    assert len(aws.diff(urn(ROLE, "r"), "a", old, {**old, "assumeRolePolicy": UNKNOWN}).changes) == 1
    assert aws.diff(urn(ROLE, "r"), "a", old, old).changes == ()


def test_a_replacement_with_a_given_name_deletes_first(provider: Providers) -> None:
    azure = provider("azure-native")
    token = "azure-native:network:PublicIPAddress"
    old = {"resourceGroupName": "g", "publicIpAddressName": "x", "location": "eastus"}
    assert azure.diff(urn(token, "a"), "i", old, {**old, "location": "westus"}).delete_first
    made_up = {**old, "__defaults": ["publicIpAddressName"]}
    assert not azure.diff(urn(token, "a"), "i", made_up, {**made_up, "location": "westus"}).delete_first


def test_a_second_thing_of_one_name_is_refused(aws: Provider) -> None:
    make(aws, ROLE, "one", name="gateway", assumeRolePolicy=TRUST)
    checked = aws.check(urn(ROLE, "two"), {"name": "gateway", "assumeRolePolicy": TRUST}, None)
    with pytest.raises(RefusedError, match="`gateway` exists already"):
        aws.create(urn(ROLE, "two"), checked.inputs, preview=False)


def test_two_projects_may_have_metadata_of_the_same_key(provider: Providers) -> None:
    token, gcp = "gcp:compute/projectMetadataItem:ProjectMetadataItem", provider("gcp")
    make(gcp, token, "one", key="enable-oslogin", value="TRUE", project="acme-mesh")
    make(gcp, token, "two", key="enable-oslogin", value="TRUE", project="acme-network")
    checked = gcp.check(urn(token, "three"), {"key": "enable-oslogin", "value": "TRUE", "project": "acme-mesh"}, None)
    with pytest.raises(RefusedError, match="`enable-oslogin` exists already"):
        gcp.create(urn(token, "three"), checked.inputs, preview=False)


def test_creating_again_after_a_kill_finds_what_was_made(aws: Provider, provider: Providers, world: World) -> None:
    """The engine was killed before it wrote down the answer; the next run is a new process that knows no id."""
    first, _ = make(aws, ROLE, "r", assumeRolePolicy=TRUST)
    second, _ = make(
        provider("aws", region="us-east-1", defaultTags={"tags": {"team": "mesh"}}), ROLE, "r", assumeRolePolicy=TRUST
    )
    assert second == first
    assert len(world.records(ROLE)) == 1


def test_a_replacement_is_a_second_thing_while_the_first_stands(aws: Provider, world: World) -> None:
    first, _ = make(aws, VPC, "net", cidrBlock="10.0.0.0/16")
    aws.diff(urn(VPC, "net"), first, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.0.0.0/16"})
    second, _ = make(aws, VPC, "net", cidrBlock="10.0.0.0/16")
    assert second != first
    aws.delete(urn(VPC, "net"), first)
    assert [one.id for one in world.records(VPC)] == [second]


def test_a_signing_key_is_real_and_its_public_part_is_looked_up(aws: Provider, world: World) -> None:
    spec = {"keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "ECC_NIST_P256"}
    identifier, outputs = make(aws, "aws:kms/key:Key", "peers", **spec)
    answer, faults = aws.invoke("aws:kms/getPublicKey:getPublicKey", {"keyId": identifier})
    assert faults == ()
    assert answer["publicKeyPem"] == keys.public_pem(world, outputs["arn"])
    assert keys.path(world, outputs["arn"]).stat().st_mode & 0o777 == 0o600
    aws.delete(urn("aws:kms/key:Key", "peers"), identifier)
    assert not keys.path(world, outputs["arn"]).exists()


@pytest.mark.parametrize(
    ("token", "arguments", "fault"),
    [
        ("aws:kms/getPublicKey:getPublicKey", {"keyId": "nothing"}, "has no public key here"),
        ("aws:ec2/getAmi:getAmi", {"mostRecent": True}, "no owner is named"),
        ("aws:ec2/getAmi:getAmi", {"owner": ["x"]}, "`owner` is no property"),
        ("aws:ec2/getVpc:getVpc", {}, "the local target answers no"),
    ],
)
def test_a_wrong_look_up_is_refused(aws: Provider, token: str, arguments: dict[str, Any], fault: str) -> None:
    _, faults = aws.invoke(token, arguments)
    assert len(faults) == 1
    assert fault in str(faults[0])


def test_azure_compares_ids_without_case_and_knows_inline_parts(provider: Providers) -> None:
    azure = provider("azure-native")
    _, group = make(azure, "azure-native:resources:ResourceGroup", "g", resourceGroupName="mesh", location="eastus")
    assert group["name"] == "mesh"
    network, _ = make(
        azure,
        "azure-native:network:VirtualNetwork",
        "n",
        resourceGroupName="mesh",
        virtualNetworkName="net",
        addressSpace={"addressPrefixes": ["10.0.0.0/16"]},
        subnets=[{"name": "nodes", "addressPrefix": "10.0.0.0/24"}],
    )
    base = {"resourceGroupName": "mesh", "location": "eastus"}
    token = "azure-native:network:NetworkInterface"
    good = {"subnet": {"id": f"{network.upper()}/subnets/nodes"}, "name": "a"}
    _, outputs = make(azure, token, "nic", **base, ipConfigurations=[good])
    assert outputs["ipConfigurations"][0]["privateIPAddress"].startswith("10.0.0.")
    bad = {"subnet": {"id": f"{network}/subnets/other"}, "name": "a"}
    assert any("refers to nothing" in one for one in problems(azure, token, **base, ipConfigurations=[bad]))
    with pytest.raises(RefusedError, match="still used"):
        azure.delete(urn("azure-native:resources:ResourceGroup", "g"), network.split("/providers/")[0])


def test_google_takes_ids_self_links_and_members(provider: Providers) -> None:
    gcp = provider("gcp", project="mesh-dev", region="us-east4")
    network, outputs = make(gcp, "gcp:compute/network:Network", "net", autoCreateSubnetworks=False)
    token = "gcp:compute/subnetwork:Subnetwork"
    for number, named in enumerate((network, outputs["selfLink"])):
        make(gcp, token, f"s{number}", network=named, ipCidrRange=f"10.{number}.0.0/24", region="us-east4")
    wrong = "projects/mesh-dev/global/networks/other"
    assert any("refers to nothing" in one for one in problems(gcp, token, network=wrong, ipCidrRange="10.9.0.0/24"))
    member = "serviceAccount:nobody@mesh-dev.iam.gserviceaccount.com"
    found = problems(gcp, "gcp:projects/iAMMember:IAMMember", project="mesh-dev", role="roles/viewer", member=member)
    assert any("refers to nothing" in one for one in found)


def test_provider_settings_are_checked(provider: Providers) -> None:
    faults = [str(fault) for fault in provider("aws").check_config({"regionn": "us-east-1"})]
    assert len(faults) == 1
    assert "`region`?" in faults[0]
