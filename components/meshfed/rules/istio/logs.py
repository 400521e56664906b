"""Access logs: that they are written, of every request that somebody may ask about, where somebody collects them."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from meshfed.rules.istio.log_filters import UnreadableFilterError, can_take_anything
from meshfed.rules.istio.objects import MESH_CONFIG, TELEMETRY
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.statement import Absent, All, Matches, Not, OneOf, Some, Statement, every, stated
from meshfed.settings.gate import GateParameters

_STREAMS: Final = ("/dev/stdout", "/dev/stderr")
_USUAL: Final = frozenset({"envoy", "prometheus", "stackdriver"})
"""Providers that every mesh has."""


def _filters_take_something(telemetry: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(telemetry.props["spec"]["accessLogging"].items(), _takes_something)


def _takes_something(logging: Node) -> Iterator[Finding]:
    expression = logging["filter"]["expression"]
    if expression.is_absent:
        return
    try:
        is_open = can_take_anything(expression.text())
    except UnreadableFilterError:
        yield expression.wrong("cannot be read, so nobody knows what is logged; write comparisons with &&, || and !")
        return
    if not is_open:
        yield expression.wrong("writes no access log, as the filter takes nothing")


def _providers_write_somewhere(mesh: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(mesh.props["extensionProviders"].items(), _writes_somewhere)
    yield from _says_something(mesh.props["accessLogFormat"])


def _writes_somewhere(provider: Node) -> Iterator[Finding]:
    file = provider["envoyFileAccessLog"]
    if file.value is None:
        return
    if file["path"].text(_STREAMS[0]) not in _STREAMS:
        yield file["path"].wrong("writes the access log where nobody collects it")
    yield from _says_something(file["logFormat"]["text"])


def _says_something(form: Node) -> Iterator[Finding]:
    if form.value not in (None, "") and "%" not in form.text():
        yield form.wrong("writes the same line for every request")


def _providers_are_there(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        meshes = cluster.of(MESH_CONFIG)
        if meshes:
            yield from each(cluster.of(TELEMETRY), partial(_its_providers_are_there, meshes))


def _its_providers_are_there(meshes: tuple[Resource, ...], telemetry: Resource) -> Iterator[Finding]:
    given = [one for mesh in meshes for one in mesh.props["extensionProviders"].items()]
    names = {one["name"].text() for one in given} | _USUAL
    for logging in telemetry.props["spec"]["accessLogging"].items():
        for provider in logging["providers"].items():
            name = provider["name"]
            if name.text() not in names and name.text().lower() not in ("", "none"):
                yield name.wrong("sends the access log to a provider that MeshConfig does not have")


RULES: Final = (
    Rule(
        id="MF-I34",
        title="Access is logged everywhere",
        why="Without a log nobody sees an attack, nor what it reached.",
        mend="Take disabled, the empty list of providers and the filter out; log to /dev/stdout, or to a provider that"
        " MeshConfig has.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            TELEMETRY: (
                *stated(
                    Statement(
                        ("spec.accessLogging[]",), OneOf("disabled", (True,)), "writes no access log", at="disabled"
                    ),
                    Statement(
                        ("spec.accessLogging[].providers[]",),
                        Matches("name", "(?i)^(none)?$", "none"),
                        "sends the access log to nobody",
                        at="name",
                    ),
                    Statement(
                        ("spec",),
                        All(
                            (
                                Absent("selector"),
                                Absent("targetRef"),
                                Absent("targetRefs"),
                                Some("accessLogging[]", Not(Absent(""))),
                                every("accessLogging[]", Matches("match.mode", "(?i)^client$")),
                            )
                        ),
                        "logs calls where they begin and nowhere that they arrive",
                        at="accessLogging",
                    ),
                ),
                _filters_take_something,
            ),
            MESH_CONFIG: (_providers_write_somewhere,),
        },
        relations=(_providers_are_there,),
        controls=("NIST SP 800-53 AU-12", "NIST SP 800-53 AU-2"),
        weaker="Of a filter only what it says of the response's code is tried, and other conditions are taken for ones"
        " that some request meets; one that leaves out much is not told from one that leaves out little. A provider is"
        " looked for where the same stack has MeshConfig.",
    ),
)
