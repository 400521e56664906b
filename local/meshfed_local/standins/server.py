"""The plugin process: the engine's gRPC protocol on one side, `provider` on the other.

On the raw servicer, as the SDK's own provider base has no Attach, loses secrets and breaks on unknown values.
Run by the scripts in `bin/`: prints its port and serves until the engine ends it.
"""

import importlib
import json
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Mapping
from concurrent import futures
from typing import Any, Final, Never

import grpc
from google.protobuf import empty_pb2

from meshfed.errors import MeshfedError
from meshfed_local.standins import wire
from meshfed_local.standins.differences import Change
from meshfed_local.standins.faults import Fault
from meshfed_local.standins.proto import (
    engine_pb2,
    engine_pb2_grpc,
    errors_pb2,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)
from meshfed_local.standins.provider import Difference, InputsError, Provider, split
from meshfed_local.standins.spec import sdk_version
from meshfed_local.standins.world import World

_THREADS: Final = 64
"""Made when needed. A component being built holds one until all its children are made, which need others."""
_PARENT_CHECK_SECONDS: Final = 1.0
_LARGEST_MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""As the engine's own limit."""


def decoded(config: Mapping[str, Any], texts: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A provider's settings with lists, objects, numbers and booleans, which the wire carries as JSON text.

    Those that are `texts` stay as they are: a kubeconfig may be JSON.
    """
    own = {name: value for name, value in config.items() if name not in {"version", "__internal"}}
    return {name: value if name in texts else _decoded(value) for name, value in own.items()}


def _decoded(value: Any) -> Any:
    if not isinstance(value, str) or not (value[:1] in {"[", "{"} or value in {"true", "false"}):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine for one cloud."""

    def __init__(self, plugin: str, world: World, engine: str = "") -> None:
        self._plugin = plugin
        self._engine = engine
        self._provider = Provider(plugin, world)
        self._told: set[str] = set()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002 -- protocol
        """Say what this plugin understands."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002 -- protocol
        """Take note of the engine that found this process by its port."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002 -- protocol
        """The version of the SDK, which is the version the engine asks for."""
        return plugin_pb2.PluginInfo(version=sdk_version(self._plugin))

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002 -- protocol
        """Nothing to cancel: each request is one short transaction."""
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """Check the provider's own settings."""
        with _Answering(context):
            read = wire.read(request.news)
            faults = self._provider.check_config(decoded(read.value, self._provider.text_settings()))
            return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(faults, read.secrets))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002 -- protocol
        """A provider's settings change in place: resources keep theirs."""
        old, new = wire.read(request.old_inputs).value, wire.read(request.news).value
        changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind, diffs=changed)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """Take the provider's settings."""
        with _Answering(context):
            self._provider.configure(decoded(wire.read(request.args).value, self._provider.text_settings()))
            return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """Inputs as the cloud would take them, and every fault."""
        with _Answering(context):
            news = wire.read(request.news)
            olds = wire.read(request.olds).value if request.HasField("olds") else None
            checked = self._provider.check(request.urn, news.value, olds or None)
            self._tell(request.urn, split(request.urn)[0], news.value)
            return provider_pb2.CheckResponse(
                inputs=wire.write(checked.inputs, news.secrets), failures=_failures(checked.faults, news.secrets)
            )

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """What would change, and what would be replaced."""
        with _Answering(context):
            old = wire.read(request.old_inputs if request.HasField("old_inputs") else request.olds).value
            new = wire.read(request.news).value
            ignored = {path.split(".", 1)[0].split("[", 1)[0] for path in request.ignoreChanges}
            found = self._provider.diff(
                request.urn,
                request.id,
                {name: value for name, value in old.items() if name not in ignored},
                {name: value for name, value in new.items() if name not in ignored},
            )
            return _diff_response(found)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """Make a thing, or say in a preview how it would look."""
        with _Answering(context):
            read = wire.read(request.properties)
            identifier, outputs = self._provider.create(request.urn, read.value, preview=request.preview)
            return provider_pb2.CreateResponse(id=identifier, properties=wire.write(outputs, read.secrets))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """A thing as it is now; an empty answer when it is gone."""
        with _Answering(context):
            record = self._provider.read(request.urn, request.id)
            if record is None:
                return provider_pb2.ReadResponse()
            secrets = wire.read(request.inputs).secrets | wire.read(request.properties).secrets
            return provider_pb2.ReadResponse(
                id=record.id,
                inputs=wire.write(record.inputs, secrets),
                properties=wire.write(record.outputs, secrets),
            )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """Change a thing in place."""
        with _Answering(context):
            read = wire.read(request.news)
            outputs = self._provider.update(request.urn, request.id, read.value, preview=request.preview)
            return provider_pb2.UpdateResponse(properties=wire.write(outputs, read.secrets))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """Remove a thing, unless others still use it."""
        with _Answering(context):
            self._provider.delete(request.urn, request.id)
            return empty_pb2.Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """Answer a look-up."""
        with _Answering(context):
            read = wire.read(request.args)
            result, faults = self._provider.invoke(request.tok, read.value)
            response = provider_pb2.InvokeResponse(failures=_failures(faults, read.secrets))
            getattr(response, "return").CopyFrom(wire.write(result))
            return response

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 -- protocol
        """Build a component and all below it."""
        with _Answering(context):
            # Loaded here: it costs a tenth of a second, and no other plugin builds components.
            building = importlib.import_module("meshfed_local.standins.kubernetes.construct")
            try:
                made = building.construct(request, self._provider)
            except InputsError as error:
                _refuse_inputs(context, error.faults, wire.read(request.inputs).secrets)
            self._tell(made.urn, request.type, wire.read(request.inputs).value)
            return made

    def _tell(self, urn: str, token: str, inputs: Mapping[str, Any]) -> None:
        """Have the engine show what the user is to know of a resource, once."""
        for note in self._provider.notes(token, inputs):
            if self._engine and urn not in self._told:
                self._told.add(urn)
                with grpc.insecure_channel(self._engine) as channel:
                    request = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=note, urn=urn)
                    engine: Any = engine_pb2_grpc.EngineStub(channel)
                    engine.Log(request)


class _Answering:
    """Turns what the cloud refuses, and a world that cannot be written, into one message for the engine."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, MeshfedError | sqlite3.Error | OSError):
            self._refuse(str(error))

    def _refuse(self, message: str) -> Never:
        self._context.abort(grpc.StatusCode.FAILED_PRECONDITION, message)


def _failures(faults: tuple[Fault, ...], secrets: frozenset[wire.Place]) -> list[Any]:
    hidden = {wire.dotted(place) for place in secrets}
    return [
        provider_pb2.CheckFailure(property=fault.path, reason=f"{_shown(fault, hidden)}; wanted: {fault.wanted}")
        for fault in faults
    ]


def _refuse_inputs(context: grpc.ServicerContext, faults: tuple[Fault, ...], secrets: frozenset[wire.Place]) -> Never:
    """Name every fault of a component's inputs, as the engine shows faults of resources."""
    errors = [
        errors_pb2.InputPropertiesError.PropertyError(property_path=failure.property, reason=failure.reason)
        for failure in _failures(faults, secrets)
    ]
    message = "its inputs are refused"
    status = status_pb2.Status(code=grpc.StatusCode.INVALID_ARGUMENT.value[0], message=message)
    status.details.add().Pack(errors_pb2.InputPropertiesError(errors=errors))
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)


def _shown(fault: Fault, hidden: set[str]) -> str:
    """The problem, without the value where that is a secret or holds one."""
    touches = any(_is_within(fault.path, place) or _is_within(place, fault.path) for place in hidden)
    return "the value (a secret, not shown) is refused" if touches else fault.problem


def _is_within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def _diff_response(found: Difference) -> Any:
    kinds = provider_pb2.DiffResponse.DiffChanges
    names = list(dict.fromkeys(str(change.place[0]) for change in found.changes))
    return provider_pb2.DiffResponse(
        changes=kinds.Value("DIFF_SOME" if found.changes else "DIFF_NONE"),
        diffs=names,
        replaces=list(dict.fromkeys(str(change.place[0]) for change in found.changes if change.replaces)),
        deleteBeforeReplace=found.delete_first,
        hasDetailedDiff=True,
        detailedDiff={wire.dotted(change.place): _detail(change) for change in found.changes},
    )


def _detail(change: Change) -> Any:
    name = f"{change.kind}_REPLACE" if change.replaces else str(change.kind)
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(name), inputDiff=True)


def start(plugin: str, world: World, engine: str = "") -> tuple[grpc.Server, int]:
    """Serve one cloud on a free loopback port; `engine` is where messages for the user go."""
    limits = [("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_THREADS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(plugin, world, engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main(plugin: str) -> None:
    """Run as a plugin: the engine reads the port from the first line of standard output."""
    try:
        server, port = start(plugin, World.open(), *sys.argv[1:2])
    except MeshfedError as error:
        sys.exit(f"pulumi-resource-{plugin} (local stand-in): {error}")
    ended = threading.Event()
    engine = os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not ended.wait(timeout=0.1):
        if os.getppid() != engine:
            # A killed engine cannot end us, and an orphan must not finish what the next engine looks for.
            os._exit(1)
    server.stop(grace=1).wait()
