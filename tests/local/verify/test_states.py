"""The states a provider is asked about are those that Terraform's core would make."""

import json
from pathlib import Path
from typing import Any

import pytest

from meshfed.errors import MeshfedError
from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.wire import MARK, SECRET, UNKNOWN_STRING
from meshfed_local.verify.exports import of_events, read_export
from meshfed_local.verify.proposed import SETTLED, at, propose, settle
from meshfed_local.verify.protocol import MESSAGES, decode, encode
from meshfed_local.verify.schema import Attribute, Block, NestedBlock, Nesting

RULE = Block(
    {"port": Attribute("number", required=True), "id": Attribute("string", computed=True)},
    {},
)
BLOCK = Block(
    {
        "name": Attribute("string", required=True),
        "zone": Attribute("string", optional=True, computed=True),
        "note": Attribute("string", optional=True),
        "secret": Attribute("string", optional=True, write_only=True),
    },
    {"rule": NestedBlock(RULE, Nesting.SET), "step": NestedBlock(RULE, Nesting.LIST)},
)


def config(**values: Any) -> dict[str, Any]:
    """A whole configuration."""
    return {"name": "a", "zone": None, "note": None, "secret": None, "rule": [], "step": [], **values}


def test_what_the_cloud_chose_stays_and_what_the_user_took_away_goes() -> None:
    prior = config(zone="z", note="n", secret=None)
    assert propose(BLOCK, prior, config(secret="s")) == config(zone="z", note=None, secret=None)


def test_members_of_a_set_keep_what_the_cloud_gave_them_wherever_they_stand() -> None:
    prior = config(rule=[{"port": 1, "id": "one"}, {"port": 2, "id": "two"}])
    proposed = propose(BLOCK, prior, config(rule=[{"port": 2, "id": None}, {"port": 3, "id": None}]))
    assert proposed["rule"] == [{"port": 2, "id": "two"}, {"port": 3, "id": None}]


def test_members_of_a_list_keep_it_by_position() -> None:
    prior = config(step=[{"port": 1, "id": "one"}])
    proposed = propose(BLOCK, prior, config(step=[{"port": 9, "id": None}, {"port": 1, "id": None}]))
    assert proposed["step"] == [{"port": 9, "id": "one"}, {"port": 1, "id": None}]


def test_after_a_deployment_nothing_is_unknown() -> None:
    settled = settle(BLOCK, config(zone=UNKNOWN, rule=UNKNOWN, step=[{"port": 1, "id": UNKNOWN}]))
    assert settled == config(zone=SETTLED, rule=[], step=[{"port": 1, "id": SETTLED}])


def test_a_place_inside_a_set_has_no_value() -> None:
    assert at({"a": [{"b": 1}]}, ("a", 0, "b")) == 1
    assert at({"a": [{"b": 1}]}, ("a", "key", "b")) is None


def test_values_survive_the_protocol_unknowns_too() -> None:
    value = {"a": [1, 2.5, "x", None, True], "b": UNKNOWN, "c": 3.0}
    assert decode(encode(value)) == {"a": [1, 2.5, "x", None, True], "b": UNKNOWN, "c": 3}


def test_a_refined_unknown_is_unknown() -> None:
    # Extension 12 holds what is known about an unknown; providers answer so for "not null".
    assert decode(b"\xc7\x03\x0c\x81\x01\xc2") is UNKNOWN


def test_messages_read_what_was_written() -> None:
    path = MESSAGES["Path"](steps=[MESSAGES["Step"](attribute_name="a"), MESSAGES["Step"](element_key_int=0)])
    again: Any = MESSAGES["Path"].FromString(path.SerializeToString())
    assert [step.attribute_name for step in again.steps] == ["a", ""]


def test_an_export_gives_what_was_asked_with_secrets_in_plain_text(tmp_path: Path) -> None:
    secret = {MARK: SECRET, "plaintext": json.dumps("hush")}
    sealed = {MARK: SECRET, "ciphertext": "v1:abc"}
    kind = "aws:kms/key:Key"
    resources = [
        {"type": "pulumi:providers:aws", "custom": True, "urn": "p"},
        {"type": "meshfed:index:AwsRegion", "custom": False, "urn": "c"},
        {"type": kind, "custom": True, "external": True, "urn": "u::s::looked-up"},
        {"type": "azure-native:network:Subnet", "custom": True, "urn": "a"},
        {"type": kind, "custom": True, "urn": "u::s::key", "inputs": {"a": secret, "b": [sealed], "c": UNKNOWN_STRING}},
    ]
    file = tmp_path / "use1.json"
    file.write_text(json.dumps({"deployment": {"resources": resources}}))
    (asked,) = read_export(file)
    assert (asked.stack, asked.name, asked.package) == ("use1", "key", "aws")
    assert asked.inputs == {"a": "hush", "b": [UNKNOWN], "c": UNKNOWN}


@pytest.mark.parametrize("text", ["", "{}", '{"deployment": null}', "[]"])
def test_a_file_that_is_no_export_is_refused_by_name(text: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(MeshfedError, match=r"x\.json: cannot be read as a stack's export"):
        read_export(file)


def test_events_give_each_change_once_with_both_sets_of_inputs(tmp_path: Path) -> None:
    def event(op: str, urn: str = "u::s::vpc", kind: str = "aws:ec2/vpc:Vpc") -> str:
        metadata = {"op": op, "urn": urn, "type": kind, "old": {"inputs": {"a": 1}}, "new": {"inputs": {"a": 2}}}
        return json.dumps({"resourcePreEvent": {"metadata": metadata}})

    log = tmp_path / "log"
    operations = ("same", "create-replacement", "replace", "delete-replaced", "create", "delete")
    lines = [*(event(op) for op in operations), event("update", "u::s::net"), event("update", "k", "kubernetes:v1:Pod")]
    log.write_text("\n".join([json.dumps({"summaryEvent": {}}), *lines]) + "\n")
    steps = list(of_events("use1", log))
    assert [(step.operation, step.replaces, step.after.name) for step in steps] == [
        ("replace", True, "vpc"),
        ("update", False, "net"),
    ]
    assert [(step.before.inputs, step.after.inputs) for step in steps] == [({"a": 1}, {"a": 2})] * 2
