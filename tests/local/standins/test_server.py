"""The engine's protocol, spoken over gRPC to a served stand-in. The engine itself is not run here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2

from meshfed_local.standins import server, wire
from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from meshfed_local.standins.world import World

OBJECT = "urn:pulumi:s::p::aws:s3/bucketObjectv2:BucketObjectv2::o"
BUCKET = "urn:pulumi:s::p::aws:s3/bucket:Bucket::b"
SUBNET = "urn:pulumi:s::p::aws:ec2/subnet:Subnet::s"


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Any]:
    served, port = server.start("aws", World(tmp_path))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest(args=wire.write({"region": "us-east-1"})))
        yield stub
    served.stop(grace=None).wait()


def check(stub: Any, urn: str, inputs: dict[str, Any], secrets: frozenset[wire.Place] = frozenset()) -> Any:
    return stub.Check(provider_pb2.CheckRequest(urn=urn, news=wire.write(inputs, secrets)))


def test_a_secret_input_is_a_secret_output_and_stays_one_on_reading(stub: Any) -> None:
    bucket = stub.Create(provider_pb2.CreateRequest(urn=BUCKET, properties=check(stub, BUCKET, {}).inputs)).id
    inputs = {"bucket": bucket, "key": "a/b", "content": "hush"}
    checked = check(stub, OBJECT, inputs, frozenset({("content",)}))
    assert wire.read(checked.inputs).secrets == {("content",)}
    made = stub.Create(provider_pb2.CreateRequest(urn=OBJECT, properties=checked.inputs))
    outputs = wire.read(made.properties)
    assert outputs.value["content"] == "hush"
    assert outputs.secrets == {("content",)}
    request = provider_pb2.ReadRequest(urn=OBJECT, id=made.id, inputs=checked.inputs, properties=made.properties)
    seen = stub.Read(request)
    assert wire.read(seen.properties).secrets == {("content",)}
    assert wire.read(seen.inputs).value == wire.read(checked.inputs).value


def test_a_refused_secret_is_not_shown(stub: Any) -> None:
    wrong = check(stub, OBJECT, {"bucket": "b", "key": "k", "tags": ["hush"]}, frozenset({("tags",)}))
    assert [failure.property for failure in wrong.failures] == ["tags"]
    assert "hush" not in str(wrong.failures)


def test_faults_are_check_failures_with_path_and_reason(stub: Any) -> None:
    failures = check(stub, SUBNET, {"vpcId": "vpc-0123456789abcdef0", "cidrBlock": "10.0.0.0/24"}).failures
    assert [failure.property for failure in failures] == ["vpcId"]
    assert "refers to nothing" in failures[0].reason


def test_a_diff_says_some_or_none_and_what_replaces(stub: Any) -> None:
    old = wire.write({"bucket": "b", "tags": {"a": "b"}})
    request: dict[str, Any] = {"urn": BUCKET, "id": "b", "old_inputs": old}
    same = stub.Diff(provider_pb2.DiffRequest(**request, news=old))
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    named = stub.Diff(provider_pb2.DiffRequest(**request, news=wire.write({"bucket": "c", "tags": {"a": "c"}})))
    assert named.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(named.replaces) == ["bucket"]
    assert named.detailedDiff["tags.a"].kind == provider_pb2.PropertyDiff.UPDATE
    ignored = stub.Diff(provider_pb2.DiffRequest(**request, news=wire.write({"bucket": "b"}), ignoreChanges=["tags"]))
    assert ignored.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_refusal_is_one_message(stub: Any) -> None:
    bucket = stub.Create(provider_pb2.CreateRequest(urn=BUCKET, properties=check(stub, BUCKET, {}).inputs)).id
    inputs = check(stub, OBJECT, {"bucket": bucket, "key": "k", "content": "x"}).inputs
    stub.Create(provider_pb2.CreateRequest(urn=OBJECT, properties=inputs))
    with pytest.raises(grpc.RpcError) as caught:
        stub.Delete(provider_pb2.DeleteRequest(urn=BUCKET, id=bucket))
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "is still used by 1 other" in str(caught.value.details())


def test_attach_and_handshake_answer_an_engine_that_finds_the_plugin_by_port(stub: Any) -> None:
    assert stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1")).accept_secrets
    stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    assert stub.GetPluginInfo(empty_pb2.Empty()).version.startswith("7.")


VALUES: list[Any] = [
    {"a": None, "b": True, "c": 3, "d": 3.5, "e": "x", "f": [1, ["y", {}]], "g": {"h": [], "i": {}}},
    {"a": UNKNOWN, "b": [UNKNOWN], "c": {"d": UNKNOWN}},
    {"file": {wire.MARK: wire.ASSET, "text": "content", "hash": "00"}},
]


@pytest.mark.parametrize("value", VALUES)
def test_values_survive_the_wire(value: dict[str, Any]) -> None:
    assert wire.read(wire.write(value)).value == value


def test_secrets_survive_the_wire_where_they_stand() -> None:
    places = frozenset({("a",), ("b", "c"), ("l", 1)})
    value = {"a": {"x": 1}, "b": {"c": "s", "d": "t"}, "l": ["u", "v"]}
    read = wire.read(wire.write(value, places))
    assert read.value == value
    assert read.secrets == places


def test_settings_that_the_wire_carries_as_text_are_decoded() -> None:
    config = {"region": "us-east-1", "defaultTags": '{"tags": {"a": "b"}}', "skipRegionValidation": "true"}
    assert server.decoded({**config, "version": "7.0.0"}) == {
        "region": "us-east-1",
        "defaultTags": {"tags": {"a": "b"}},
        "skipRegionValidation": True,
    }
