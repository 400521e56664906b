"""Deploys a program against a mocked cloud and tells what was registered, once the engine has drained."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi.runtime import MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2

PEM = "-----BEGIN PUBLIC KEY-----\nmocked\n-----END PUBLIC KEY-----\n"
Outputs = dict[str, Any]
Program = Callable[[], Mapping[str, pulumi.Input[Any]]]
Requests = dict[str, resource_pb2.RegisterResourceRequest]
"""What the engine was asked to register, by `type::name`; options are seen nowhere else."""


@dataclass(frozen=True)
class Made:
    """One registered resource."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    provider: str
    place: int
    """The how-manieth it was."""


class Recorder(Mocks):
    """Remembers what is registered, and answers like a cloud where an output is needed."""

    def __init__(self) -> None:
        self.made: list[Made] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, Outputs]:
        inputs: Mapping[str, Any] = cast("Any", args).inputs
        self.made.append(Made(args.typ, args.name, inputs, args.provider or "", len(self.made)))
        return self.answer(args.typ, args.name, inputs)

    @abstractmethod
    def answer(self, kind: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, Outputs]:
        """Id and outputs of a new resource."""


class _Listener(MockMonitor):
    """Keeps every request to register a resource."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self.requests: Requests = {}

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802 - the SDK's name
        self.requests[f"{request.type}::{request.name}"] = request
        return cast("Any", super()).RegisterResource(request)


def deploy_with(recorder: Recorder, program: Program) -> tuple[list[Made], Outputs]:
    """What a program registers, by type and name, and the outputs that it returns."""
    outputs, _ = _run(recorder, program)
    return sorted(recorder.made, key=lambda made: (made.type, made.name)), outputs


def requests_of(recorder: Recorder, program: Program) -> Requests:
    """What a program asks the engine for, with options."""
    _, requests = _run(recorder, program)
    return requests


def _run(recorder: Recorder, program: Program) -> tuple[Outputs, Requests]:
    outputs, listener = Outputs(), _Listener(recorder)
    set_mocks(recorder, project="meshfed", stack="test", preview=False, monitor=listener)

    def run() -> pulumi.Output[Any]:
        return pulumi.Output.all(**program()).apply(outputs.update)

    # The SDK leaves the type of its decorator open.
    cast("Any", pulumi.runtime).test(run)()
    return outputs, listener.requests


def of_type(made: list[Made], kind: str) -> dict[str, Mapping[str, Any]]:
    """Inputs of every resource of one type, by name."""
    return {one.name: one.inputs for one in made if one.type == kind}
