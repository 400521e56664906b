"""A policy pack as a process: speaks the engine's own protocol, so that values arrive as the engine has them.

The policy SDK stands between otherwise: it wraps values in proxies, gives each policy a copy of each resource, knows
one level a policy, and passes over what a configuration misspells (docs/adr/0005). This is the one module of the
rules that knows an engine, reads files and the day.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, plugin_pb2

from meshfed.errors import Fault, MeshfedError, SettingsError
from meshfed.rules.catalog import BY_ID, rules_of
from meshfed.rules.configured import Wanted, policy_of
from meshfed.rules.gate import Policy
from meshfed.rules.project import project_folder
from meshfed.rules.resource import Options, Resource, resource_of
from meshfed.rules.rule import Level, Pack
from meshfed.rules.run import GATE, Run, Said, help_page
from meshfed.settings.faults import nearest
from meshfed.settings.gate import Exceptions, GateConfiguration
from meshfed.settings.load import gate_options, load_exceptions, load_facts, load_federation
from meshfed.settings.places import EXCEPTIONS, FACTS, SETTINGS
from meshfed.topology.build import draft
from meshfed.topology.plan import Plan

_SERVICE: Final = "pulumirpc.Analyzer"
_LARGEST_MESSAGE_BYTES: Final = 400 * 1024 * 1024
_EVERY: Final = "all"
"""Name in a configuration for every rule; the engine has spread it over the rules when a pack sees it."""
_STACK: Final = "pulumi:pulumi:Stack"
_pb: Any = analyzer_pb2
_LEVELS: Final[Mapping[Level, int]] = {
    Level.ADVISORY: _pb.ADVISORY,
    Level.MANDATORY: _pb.MANDATORY,
    Level.DISABLED: _pb.DISABLED,
}


def serve(*packs: Pack, shell: str = "") -> None:
    """Answers one engine for some packs until it is gone; tells on standard output at which port, as engines want.

    `shell` is the folder that the engine was started in, where the pack itself may have been started in another.
    """
    server = grpc.server(
        ThreadPoolExecutor(max_workers=4), options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES)]
    )
    server.add_generic_rpc_handlers((Analyzer(*packs, shell=shell).handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    gone = threading.Event()
    channel = _watched(sys.argv[1], gone) if len(sys.argv) > 1 else None
    try:
        gone.wait()
    except KeyboardInterrupt:
        # How the engine ends its plugins.
        pass
    finally:
        server.stop(None)
        if channel is not None:
            channel.close()


def _watched(engine: str, gone: threading.Event) -> grpc.Channel:
    """Notes when the engine is gone: one that was killed ends no plugin."""
    channel = grpc.insecure_channel(engine)
    was_ready = threading.Event()

    def changed(state: grpc.ChannelConnectivity) -> None:
        if state is grpc.ChannelConnectivity.READY:
            was_ready.set()
        elif was_ready.is_set() and state is not grpc.ChannelConnectivity.CONNECTING:
            gone.set()

    channel.subscribe(changed, try_to_connect=True)
    return channel


class Analyzer:
    """Answers the engine's calls for some packs as one."""

    def __init__(self, *packs: Pack, shell: str = "") -> None:
        self._packs = packs
        self._shell = Path(shell) if shell else Path.cwd()
        self._name = "-".join(("meshfed", *packs)) if len(packs) < len(Pack) else "meshfed"
        self._rules = rules_of(*packs)
        self._stack_config: Mapping[str, str] = {}
        self._project = ""
        self._is_preview = True
        self._run: Run | None = None
        self._one_at_a_time = threading.Lock()

    def handlers(self) -> grpc.GenericRpcHandler:
        """The calls by the names of the protocol; whatever is not among them is told to be unknown."""
        return grpc.method_handlers_generic_handler(
            _SERVICE,
            {
                "GetPluginInfo": self._call(self._plugin, empty_pb2.Empty),
                "GetAnalyzerInfo": self._call(self._info, empty_pb2.Empty),
                "ConfigureStack": self._call(self._take_stack, _pb.AnalyzerStackConfigureRequest),
                "Configure": self._call(self._take_configuration, _pb.ConfigureAnalyzerRequest),
                "Remediate": self._call(self._mend_nothing, _pb.AnalyzeRequest),
                "Analyze": self._call(self._analyze, _pb.AnalyzeRequest),
                "AnalyzeStack": self._call(self._analyze_stack, _pb.AnalyzeStackRequest),
            },
        )

    def _call(self, answer: Callable[[Any], Any], request: Any) -> "grpc.RpcMethodHandler[Any, Any]":
        def answered(asked: Any, context: grpc.ServicerContext) -> Any:
            try:
                with self._one_at_a_time:
                    return answer(asked)
            except MeshfedError as error:
                # An answer that is an error ends the run: the gate stays closed.
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))

        return grpc.unary_unary_rpc_method_handler(
            answered, request_deserializer=request.FromString, response_serializer=_written
        )

    def _plugin(self, _: Any) -> Any:
        return plugin_pb2.PluginInfo(version="0.1.0")

    def _info(self, _: Any) -> Any:
        about = "Waivers, levels and what is not decided yet; its configuration holds the parameters of the rules"
        policies = [_pb.PolicyInfo(name=GATE, description=about, enforcementLevel=_pb.MANDATORY)]
        for rule in self._rules:
            policies.append(
                _pb.PolicyInfo(
                    name=rule.id,
                    displayName=rule.title,
                    description=rule.title,
                    message=rule.why,
                    remediation_steps=rule.mend,
                    url=help_page(rule),
                    tags=rule.controls,
                    enforcementLevel=_LEVELS[rule.level],
                    policy_type=_pb.POLICY_TYPE_RESOURCE if rule.checks else _pb.POLICY_TYPE_STACK,
                )
            )
        return _pb.AnalyzerInfo(name=self._name, supportsConfig=True, policies=policies)

    def _take_stack(self, asked: Any) -> Any:
        self._stack_config = dict(asked.config)
        self._project = asked.project
        self._is_preview = asked.dry_run
        return _pb.AnalyzerStackConfigureResponse()

    def _take_configuration(self, asked: Any) -> Any:
        given = {name: (one.enforcementLevel, _plain(one.properties)) for name, one in asked.policyConfig.items()}
        policy = self._policy(given)
        self._run = Run(policy, is_preview=self._is_preview, plan=self._plan())
        return empty_pb2.Empty()

    def _mend_nothing(self, _: Any) -> Any:
        return _pb.RemediateResponse()

    def _analyze(self, asked: Any) -> Any:
        return self._answer(self._running().resource(_resource(asked)))

    def _analyze_stack(self, asked: Any) -> Any:
        resources = [_resource(one) for one in asked.resources]
        urn = next((one.urn for one in resources if one.token == _STACK), "")
        if not urn and resources:
            stack, project = resources[0].urn.removeprefix("urn:pulumi:").split("::")[:2]
            urn = f"urn:pulumi:{stack}::{project}::{_STACK}::{project}-{stack}"
        return self._answer(self._running().stack(urn, resources) if urn else [])

    def _running(self) -> Run:
        if self._run is None:
            # An engine always configures a pack that takes a configuration.
            raise SettingsError(self._where, [Fault("engine", "", "has not configured the pack.", "Update Pulumi.")])
        return self._run

    def _answer(self, said: list[Said]) -> Any:
        return _pb.AnalyzeResponse(
            diagnostics=[
                _pb.AnalyzeDiagnostic(
                    policyName=one.name,
                    policyPackName=self._name,
                    policyPackVersion="0.1.0",
                    description=one.message.partition("\n")[0],
                    message=one.message,
                    urn=one.urn,
                    enforcementLevel=_pb.MANDATORY if one.ends else _pb.ADVISORY,
                )
                for one in said
            ]
        )

    def _policy(self, given: Mapping[str, tuple[int, Mapping[str, Any]]]) -> Policy:
        faults = list(self._faults(given))
        if faults:
            raise SettingsError(self._where, faults)
        options = gate_options(f"{self._where}: {GATE}", given[GATE][1] if GATE in given else {})
        levels = {
            rule.id: level
            for rule in self._rules
            for level, number in _LEVELS.items()
            if rule.id in given and given[rule.id][0] == number and level is not rule.level
        }
        at = self._in_project(options.exceptions or EXCEPTIONS)
        exceptions = load_exceptions(at) if options.exceptions or at.exists() else Exceptions()
        configuration = GateConfiguration.model_validate({GATE: options, **levels})
        wanted = Wanted(configuration, exceptions, self._where, str(at))
        return policy_of(self._packs, wanted, datetime.now(UTC).date())

    def _faults(self, given: Mapping[str, tuple[int, Mapping[str, Any]]]) -> "Iterator[Fault]":
        """What an engine lets pass; ids of other packs are none, since one file may serve all packs."""
        for name, (level, properties) in sorted(given.items()):
            if name == GATE:
                if level != _pb.MANDATORY:
                    hint = "Name the rules one by one (`all` includes the gate), or waive single violations."
                    yield Fault(name, "", "must stay mandatory: it is the gate itself.", hint)
            elif name not in BY_ID and name != _EVERY:
                yield Fault(name, "", "is no rule's id.", nearest(name, tuple(BY_ID)) or "docs/rules has all of them.")
            elif properties:
                hint = f"Parameters stand in the entry `{GATE}`."
                yield Fault(f"{name}.{min(properties)}", "", "a rule takes a level and nothing else.", hint)
            elif level == _pb.REMEDIATE:
                yield Fault(name, "remediate", "mandatory, advisory or disabled is wanted.", "No rule mends by itself.")

    def _plan(self) -> Plan | None:
        """What the settings and facts of the stack say; only the federation's rules want it."""
        if Pack.FEDERATION not in self._packs:
            return None
        federation = load_federation(self._in_project(self._stack_config.get("meshfed:settings", SETTINGS)))
        facts = self._in_project(self._stack_config.get("meshfed:facts", FACTS))
        return draft(federation, load_facts(facts, federation))

    def _in_project(self, path: str | Path) -> Path:
        """A file as seen from the project's folder: a host that knows packs as folders starts one in its own."""
        here = Path.cwd()
        folder = project_folder(self._project, (here, self._shell))
        return Path(path) if folder == here else folder / path

    @property
    def _where(self) -> str:
        return f"configuration of the pack {self._name}"


def _resource(asked: Any) -> Resource:
    options = Options(
        ignore_changes=tuple(asked.options.ignoreChanges),
        protect=asked.options.protect,
        aliases=tuple(alias for alias in asked.options.aliases if alias),
    )
    provider = asked.provider.urn if asked.HasField("provider") else ""
    return resource_of(asked.type, asked.urn, _plain(asked.properties), options=options, provider=provider)


def _plain(properties: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", json_format.MessageToDict(properties))


def _written(answer: Any) -> bytes:
    return cast(bytes, answer.SerializeToString())
