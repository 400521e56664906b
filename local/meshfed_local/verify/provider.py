"""A Terraform provider as it is asked here: its schemas, its validation, its plan of a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from meshfed.errors import MeshfedError
from meshfed_local.verify.plugin import Plugin, PluginError
from meshfed_local.verify.protocol import MESSAGES, decode, encode
from meshfed_local.verify.schema import Block, empty, read_block

_ERROR_SEVERITY: Final = 1

Steps = tuple[str | int, ...]
"""Where in a value: names of objects and keys of maps as text, positions in lists as numbers."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What a provider says against a configuration."""

    error: bool
    """False for a warning."""
    summary: str
    detail: str
    path: Steps
    """Where, in the provider's names; empty for the resource as a whole."""

    @property
    def text(self) -> str:
        """Summary and detail on one line."""
        return " ".join(f"{self.summary}: {self.detail}".split()) if self.detail else self.summary


@dataclass(frozen=True, slots=True)
class Planned:
    """A provider's answer to a proposed change."""

    state: Any
    """What would stand afterwards, `UNKNOWN` where only the cloud can tell."""
    replaces: tuple[Steps, ...]
    """The properties whose change would replace the resource."""
    private: bytes
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that are errors."""
        return tuple(item for item in self.diagnostics if item.error)


def _steps(message: Any) -> Steps:
    # An empty selector means position 0: the protocol leaves zero values out.
    return tuple(step.attribute_name or step.element_key_string or int(step.element_key_int) for step in message.steps)


def _diagnostics(messages: Any) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(item.severity == _ERROR_SEVERITY, item.summary, item.detail, _steps(item.attribute))
        for item in messages
    )


class Provider:
    """One provider with its settings; a context manager. It is started anew when it breaks down over a question."""

    def __init__(self, executable: Path, settings: Mapping[str, Any]) -> None:
        self._executable = executable
        self._settings = settings
        self._plugin = Plugin(executable)
        self._resources: Mapping[str, Any] = {}
        self._blocks: dict[str, Block] = {}

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._plugin.stop()

    def _start(self) -> None:
        self._plugin.__enter__()
        try:
            answer = self._plugin.call("GetSchema", MESSAGES["Empty"](), "Schemas")
            self._resources = {entry.key: entry.value for entry in answer.resources}
            self._configure(read_block(answer.provider.block))
        except MeshfedError:
            self._plugin.stop()
            raise

    def _configure(self, block: Block) -> None:
        config = empty(block) | dict(self._settings)
        request = MESSAGES["ConfigureRequest"](
            terraform_version="1.12.0", config=MESSAGES["Value"](msgpack=encode(config))
        )
        answer = self._plugin.call("Configure", request, "Diagnostics")
        faults = [item.text for item in _diagnostics(answer.diagnostics) if item.error]
        if faults:
            raise PluginError(f"{self._executable.name}: it refuses its own settings: {'; '.join(faults)}")

    @property
    def types(self) -> Sequence[str]:
        """Every resource type that the provider knows, in order."""
        return sorted(self._resources)

    def block(self, type_name: str) -> Block:
        """The schema of a resource type that `types` lists."""
        if type_name not in self._blocks:
            self._blocks[type_name] = read_block(self._resources[type_name].block)
        return self._blocks[type_name]

    def _ask(self, method: str, request: Any, response: str) -> Any:
        """The answer, or the answer type's own shape with a diagnostic where the provider broke down."""
        try:
            return self._plugin.call(method, request, response)
        except PluginError as error:
            self._plugin.stop()
            self._plugin = Plugin(self._executable)
            self._start()
            broken = MESSAGES["Diagnostic"](severity=_ERROR_SEVERITY, summary=str(error))
            return MESSAGES[response](diagnostics=[broken])

    def validate(self, type_name: str, config: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
        """What the provider says against a configuration; empty when it accepts it."""
        request = MESSAGES["ResourceConfig"](type_name=type_name, config=MESSAGES["Value"](msgpack=encode(config)))
        return _diagnostics(self._ask("ValidateResourceTypeConfig", request, "Diagnostics").diagnostics)

    def plan(
        self, type_name: str, prior: Any, proposed: Any, config: Mapping[str, Any], private: bytes = b""
    ) -> Planned:
        """What the provider would do to get from `prior` (None: nothing stands yet) to `proposed`."""
        value = MESSAGES["Value"]
        request = MESSAGES["PlanRequest"](
            type_name=type_name,
            prior_state=value(msgpack=encode(prior)),
            proposed_new_state=value(msgpack=encode(proposed)),
            config=value(msgpack=encode(config)),
            prior_private=private,
        )
        answer = self._ask("PlanResourceChange", request, "PlanResponse")
        return Planned(
            decode(answer.planned_state.msgpack, answer.planned_state.json),
            tuple(_steps(item) for item in answer.requires_replace),
            answer.planned_private,
            _diagnostics(answer.diagnostics),
        )
