"""Inputs reach the provider whole: each has a place, the right shape, and a way back to Pulumi's name."""

from typing import Any

import pytest

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.verify.names import property_name, type_name
from meshfed_local.verify.schema import Attribute, Block, NestedBlock, Nesting
from meshfed_local.verify.translate import Translation, translate

ADDRESS = Block({"nat_ip": Attribute("string", optional=True)}, {})
INTERFACE = Block(
    {"subnetwork": Attribute("string", optional=True), "queue_count": Attribute("number", optional=True)},
    {"access_config": NestedBlock(ADDRESS, Nesting.LIST)},
)
MACHINE = Block(
    {
        "name": Attribute("string", required=True),
        "zone": Attribute("string", optional=True, computed=True),
        "can_ip_forward": Attribute("bool", optional=True),
        "priority": Attribute("string", optional=True),
        "labels": Attribute(["map", "string"], optional=True),
        "resource_policies": Attribute(["list", "string"], optional=True),
        "security_policy": Attribute(["set", "string"], optional=True),
        "self_link": Attribute("string", computed=True),
        "reach": Attribute(["list", ["object", {"from_port": "number", "cidr": "string"}]], optional=True),
    },
    {
        "network_interface": NestedBlock(INTERFACE, Nesting.LIST, min_items=1),
        "shielded": NestedBlock(
            Block({"secure_boot": Attribute("bool", optional=True)}, {}), Nesting.LIST, max_items=1
        ),
        "wait": NestedBlock(Block({"seconds": Attribute("number", optional=True)}, {}), Nesting.SINGLE),
    },
)


def of(**inputs: Any) -> Translation:
    """The translation of a machine's inputs."""
    return translate("cloud_machine", inputs, MACHINE)


def test_every_name_of_the_schema_stands_even_where_nothing_is_set() -> None:
    assert of().config == {
        "name": None,
        "zone": None,
        "can_ip_forward": None,
        "priority": None,
        "labels": None,
        "resource_policies": None,
        "security_policy": None,
        "self_link": None,
        "reach": None,
        "network_interface": [],
        "shielded": [],
        "wait": None,
    }


def test_lists_of_objects_become_blocks_with_all_their_names() -> None:
    made = of(networkInterfaces=[{"subnetwork": "s", "accessConfigs": [{"natIp": "192.0.2.1"}]}])
    assert made.config["network_interface"] == [
        {"subnetwork": "s", "queue_count": None, "access_config": [{"nat_ip": "192.0.2.1"}]}
    ]
    assert made.misfits == []


def test_an_object_becomes_a_list_of_one_where_the_schema_has_a_list() -> None:
    made = of(shielded={"secureBoot": True}, wait={"seconds": 3}, reaches={"fromPort": 22, "cidr": "10.0.0.0/8"})
    assert made.config["shielded"] == [{"secure_boot": True}]
    assert made.config["wait"] == {"seconds": 3}
    assert made.config["reach"] == [{"from_port": 22, "cidr": "10.0.0.0/8"}]


@pytest.mark.parametrize(
    ("wire", "value", "name", "wanted"),
    [
        ("priority", 100, "priority", "100"),
        ("priority", 1.5, "priority", "1.5"),
        ("priority", True, "priority", "true"),
        ("canIpForward", "true", "can_ip_forward", True),
        ("labels", {"a": 1}, "labels", {"a": "1"}),
        ("securityPolicies", "one", "security_policy", ["one"]),
        ("zone", UNKNOWN, "zone", UNKNOWN),
    ],
)
def test_values_take_the_type_of_the_schema(wire: str, value: Any, name: str, wanted: Any) -> None:
    made = of(**{wire: value})
    assert made.config[name] == wanted
    assert made.misfits == []


MISFITS: list[tuple[dict[str, Any], str, str]] = [
    ({"canIpForwardd": True}, "canIpForwardd", "no such argument"),
    ({"networkInterfaces": [{}, {"subnet": "s"}]}, "networkInterfaces[1].subnet", "no such argument"),
    ({"networkInterfaces": ["s"]}, "networkInterfaces[0]", "'s'"),
    ({"shielded": [{}, {}]}, "shielded", "at most 1"),
    ({"selfLink": "x"}, "selfLink", "cannot be set"),
    ({"canIpForward": "maybe"}, "canIpForward", "wanted a bool"),
    ({"zone": {"a": "b"}}, "zone", "an object, wanted a string"),
    ({"reaches": [{"port": 1}]}, "reaches[0].port", "no such argument"),
    ({"networkInterface": {}, "networkInterfaces": [{}]}, "networkInterfaces", "both this and networkInterface"),
]


@pytest.mark.parametrize(("inputs", "path", "problem"), MISFITS)
def test_what_finds_no_place_is_reported_with_its_path(inputs: dict[str, Any], path: str, problem: str) -> None:
    (misfit,) = of(**inputs).misfits
    assert misfit.path == path
    assert problem in misfit.problem


def test_what_the_engine_notes_for_itself_is_no_input() -> None:
    assert of(__defaults=["name"], name="a").misfits == []


def test_a_provider_path_is_told_in_the_words_of_the_program() -> None:
    made = of(networkInterfaces=[{"accessConfigs": [{"natIp": "x"}]}])
    assert made.wire(("network_interface", 0, "access_config", 0, "nat_ip")) == "networkInterfaces.accessConfigs.natIp"
    assert made.wire(("network_interface", 0, "queue_count")) == "networkInterfaces.queue_count"
    assert made.wire(()) == ""


@pytest.mark.parametrize(
    ("wire", "names", "wanted"),
    [
        ("policies", {"policy"}, "policy"),
        ("addresses", {"address"}, "address"),
        ("ipv6CidrBlock", {"ipv6_cidr_block"}, "ipv6_cidr_block"),
        ("ports", {"port", "ports"}, "ports"),
        ("port", {"ports"}, None),
    ],
)
def test_a_plural_finds_its_singular(wire: str, names: set[str], wanted: str | None) -> None:
    assert property_name(wire, names) == wanted


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        ("aws:ec2/vpc:Vpc", "aws_vpc"),
        ("aws:vpc/routeServer:RouteServer", "aws_vpc_route_server"),
        ("aws:iam/role:Role", "aws_iam_role"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "aws_s3_object"),
        ("gcp:projects/iAMMember:IAMMember", "google_project_iam_member"),
        ("gcp:compute/network:Network", "google_compute_network"),
        ("gcp:compute/nothing:Nothing", None),
    ],
)
def test_a_token_finds_its_provider_type(token: str, wanted: str | None) -> None:
    types = {
        "aws_vpc",
        "aws_ec2_vpc_x",
        "aws_vpc_route_server",
        "aws_iam_role",
        "aws_s3_object",
        "google_project_iam_member",
        "google_compute_network",
    }
    assert type_name(token, types) == wanted
