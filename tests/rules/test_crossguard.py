"""A pack as the engine meets it: by its protocol, over a socket. What the real engine makes of the answers is in
tests/engine/test_gate.py."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from meshfed.rules.catalog import RULES, rules_of
from meshfed.rules.crossguard import Analyzer
from meshfed.rules.rule import Pack

pb: Any = analyzer_pb2
TOKEN = "kubernetes:security.istio.io/v1:PeerAuthentication"
STACK = "urn:pulumi:use1::shop::pulumi:pulumi:Stack::shop-use1"
URN = f"urn:pulumi:use1::shop::{TOKEN}::old"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
Configured = Mapping[str, tuple[int, Mapping[str, Any]]]
FAULTS: list[tuple[Configured, str]] = [
    ({"MF-I999": (pb.MANDATORY, {})}, "MF-I999: is no rule's id."),
    ({"meshfed": (pb.DISABLED, {})}, "meshfed: must stay mandatory"),
    ({"MF-I1": (pb.MANDATORY, {"misspelt": 1})}, "MF-I1.misspelt: a rule takes a level and nothing else."),
    ({"MF-I1": (pb.REMEDIATE, {})}, "MF-I1: remediate: mandatory, advisory or disabled is wanted."),
    ({"meshfed": (pb.MANDATORY, {"root_namespce": "mesh"})}, "root_namespace"),
    ({"meshfed": (pb.MANDATORY, {"exceptions": "nowhere.yaml"})}, "nowhere.yaml: 1 fault"),
]
WAIVED = """
waivers:
  - ids: [MF-I1]
    urns: ["urn:pulumi:use1::*::old"]
    reason: the old client speaks plaintext
    owner: team-shop
    until: 2999-12-31
"""


class Engine:
    """Asks a pack what an engine asks it."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._pack: Any = analyzer_pb2_grpc.AnalyzerStub(channel)

    def start(self, configured: Configured | None = None, **stack: Any) -> "Engine":
        """Configures the pack as an engine does: with every policy's own level where nothing else is wanted."""
        self._pack.ConfigureStack(pb.AnalyzerStackConfigureRequest(stack="use1", project="shop", **stack))
        levels = {one.name: (one.enforcementLevel, cast("Mapping[str, Any]", {})) for one in self.info.policies}
        request = pb.ConfigureAnalyzerRequest()
        for name, (level, properties) in {**levels, **(configured or {})}.items():
            request.policyConfig[name].enforcementLevel = level
            request.policyConfig[name].properties.update(properties)
        self._pack.Configure(request)
        return self

    @property
    def info(self) -> Any:
        return self._pack.GetAnalyzerInfo(empty_pb2.Empty())

    def resource(self, inputs: Mapping[str, Any], urn: str = URN, **options: Any) -> "list[tuple[str, int, str]]":
        request = pb.AnalyzeRequest(type=urn.split("::")[2].rpartition("$")[2], urn=urn, name="old", options=options)
        request.properties.update(inputs)
        return told(self._pack.Analyze(request))

    def stack(self, outputs: Mapping[str, Any] | None = None) -> "list[tuple[str, int, str]]":
        whole = pb.AnalyzerResource(type="pulumi:pulumi:Stack", urn=STACK, name="shop-use1")
        one = pb.AnalyzerResource(type=TOKEN, urn=URN, name="old", properties=struct(outputs or {}))
        return told(self._pack.AnalyzeStack(pb.AnalyzeStackRequest(resources=[whole, one])))


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(dict(values))
    return made


def told(answer: Any) -> "list[tuple[str, int, str]]":
    return [(one.policyName, one.enforcementLevel, one.message) for one in answer.diagnostics]


def peer_authentication(mode: Any) -> dict[str, Any]:
    return {"metadata": {"name": "old", "namespace": "shop"}, "spec": {"mtls": {"mode": mode}}}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Engine]:
    monkeypatch.chdir(tmp_path)
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers((Analyzer(*getattr(request, "param", (Pack.ZERO_TRUST,))).handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Engine(channel)
    server.stop(None).wait()


def refused(engine: Engine, configured: Configured) -> str:
    with pytest.raises(grpc.RpcError) as failure:
        engine.start(configured)
    return str(cast(Any, failure.value).details())


def test_a_pack_tells_its_rules_with_help_and_the_entry_of_the_gate_itself(engine: Engine) -> None:
    info = engine.info
    assert (info.name, info.supportsConfig) == ("meshfed-zero-trust", True)
    assert [one.name for one in info.policies] == ["meshfed", *(rule.id for rule in rules_of(Pack.ZERO_TRUST))]
    (one,) = (one for one in info.policies if one.name == "MF-I1")
    assert (one.enforcementLevel, one.url) == (pb.MANDATORY, "docs/rules/zero-trust.md#mf-i1")
    assert one.remediation_steps


def test_a_violation_ends_the_run_and_says_where_why_and_how_to_mend_it(engine: Engine) -> None:
    ((name, level, message),) = engine.start().resource(peer_authentication("PERMISSIVE"))
    assert (name, level) == ("MF-I1", pb.MANDATORY)
    lines = message.splitlines()
    assert lines[1].startswith("spec.mtls.mode: ")
    assert [line.partition(":")[0] for line in lines[2:]] == ["why", "mend", "help"]


def test_what_holds_is_not_spoken_of(engine: Engine) -> None:
    assert engine.start().resource(peer_authentication("STRICT")) == []


def test_an_unknown_is_a_note_of_its_rule_in_a_preview_and_is_counted(engine: Engine) -> None:
    engine.start(dry_run=True)
    ((name, level, message),) = engine.resource(peer_authentication(UNKNOWN))
    assert (name, level) == ("MF-I1", pb.ADVISORY)
    assert "cannot be decided yet: spec.mtls.mode" in message
    assert ("meshfed", pb.ADVISORY, "1 verdict is not decided yet; `up` decides each before its resource is made") in (
        engine.stack()
    )


def test_an_unknown_ends_an_up_since_nothing_decides_it_later(engine: Engine) -> None:
    engine.start(dry_run=False)
    assert [level for _, level, _ in engine.resource(peer_authentication(UNKNOWN))] == [pb.MANDATORY]


def test_unknowns_end_a_preview_where_the_configuration_says_so(engine: Engine) -> None:
    engine.start({"MF-G6": (pb.MANDATORY, {})}, dry_run=True)
    assert [level for _, level, _ in engine.resource(peer_authentication(UNKNOWN))] == [pb.MANDATORY]


def test_a_secret_is_judged(engine: Engine) -> None:
    ((name, level, _),) = engine.start().resource(peer_authentication({**SECRET, "value": "PERMISSIVE"}))
    assert (name, level) == ("MF-I1", pb.MANDATORY)


def test_rules_about_the_stack_judge_inputs_and_not_the_outputs_of_a_preview(engine: Engine) -> None:
    root = {"metadata": {"name": "default", "namespace": "istio-system"}, "spec": {"mtls": {"mode": "STRICT"}}}
    engine.start(dry_run=True)
    assert engine.resource(root) == []
    said = engine.stack({"metadata": UNKNOWN, "spec": UNKNOWN})
    assert [one for one in said if "not decided" in one[2]] == []


def test_a_waiver_lets_its_violation_through_and_is_listed(engine: Engine) -> None:
    Path("policy-packs").mkdir()
    Path("policy-packs/exceptions.yaml").write_text(WAIVED)
    ((_, level, message),) = engine.start().resource(peer_authentication("PERMISSIVE"))
    assert level == pb.ADVISORY
    assert "waived until 2999-12-31 by team-shop" in message
    assert [one[2] for one in engine.stack() if one[0] == "meshfed"] == [
        "waiver of MF-I1 until 2999-12-31, team-shop: the old client speaks plaintext"
    ]


def test_a_level_of_the_configuration_counts_and_is_listed(engine: Engine) -> None:
    engine.start({"MF-I1": (pb.DISABLED, {})})
    assert engine.resource(peer_authentication("PERMISSIVE")) == []
    assert ("meshfed", pb.ADVISORY, "levels that the configuration changes: MF-I1 disabled") in engine.stack()


def test_a_level_for_all_is_taken_where_the_gate_itself_stays(engine: Engine) -> None:
    levels = {one.name: (pb.ADVISORY, cast("Mapping[str, Any]", {})) for one in engine.info.policies}
    engine.start({**levels, "all": (pb.ADVISORY, {}), "meshfed": (pb.MANDATORY, {})})
    assert [level for _, level, _ in engine.resource(peer_authentication("PERMISSIVE"))] == [pb.ADVISORY]


def test_one_configuration_serves_several_packs(engine: Engine) -> None:
    assert engine.start({"MF-A1": (pb.DISABLED, {})}).resource(peer_authentication("STRICT")) == []


@pytest.mark.parametrize("engine", [tuple(Pack)], indirect=True)
def test_several_packs_in_one_process_tell_each_rule_once(engine: Engine) -> None:
    names = [one.name for one in engine.info.policies]
    assert (engine.info.name, len(names)) == ("meshfed", len(set(names)))
    assert set(names) == {"meshfed", *(rule.id for rule in RULES)}


@pytest.mark.parametrize(("configured", "reason"), FAULTS)
def test_a_configuration_with_a_fault_starts_nothing(engine: Engine, configured: Configured, reason: str) -> None:
    assert reason in refused(engine, configured)
    with pytest.raises(grpc.RpcError, match="has not configured the pack"):
        engine.resource(peer_authentication("STRICT"))


def test_a_waiver_of_an_unknown_id_starts_nothing(engine: Engine) -> None:
    Path("exceptions.yaml").write_text(WAIVED.replace("MF-I1", "MF-I999"))
    assert "MF-I999" in refused(engine, {"meshfed": (pb.MANDATORY, {"exceptions": "exceptions.yaml"})})


def test_a_resource_that_is_nested_too_deeply_ends_the_run(engine: Engine) -> None:
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"a": [deep]}
    engine.start()
    with pytest.raises(grpc.RpcError):
        engine.resource(deep)


@pytest.mark.parametrize("engine", [(Pack.FEDERATION,)], indirect=True)
def test_the_federation_pack_does_not_start_without_the_federation(engine: Engine) -> None:
    assert "stacks/config/federation.yaml" in refused(engine, {})
