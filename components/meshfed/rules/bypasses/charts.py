"""Charts whose objects or values the gate cannot see: foreign Releases, values in files, names that nobody knows."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from meshfed.rules.bypasses.addons import ADDON, EXTENSION, addon_is_of_aws, extension_is_of_azure
from meshfed.rules.bypasses.repositories import comes_from_a_known_place, source_is_known
from meshfed.rules.bypasses.spire_values import MUST_BE_OFF, SPIRE_CRDS_VALUES, SPIRE_VALUES
from meshfed.rules.forms.gitops import REPOSITORIES
from meshfed.rules.forms.helm import CHARTS, OPERATOR, SAIL, TRANSPARENT, chart_name, is_unread, values_of
from meshfed.rules.istio.objects import ISTIOD_ENVIRONMENT, MESH_CONFIG
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.plain import Unknown
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_CHART, _RELEASE = CHARTS
_OF_THE_RUNTIME: Final = frozenset({"GOGC", "GOMAXPROCS", "GOMEMLIMIT"})
"""What Go itself reads, beside what istiod registers."""
_ON_DISK: Final = re.compile(r"^(\.{0,2}/|~|[A-Za-z]:\\)|^\.{1,2}$")
_OF_THE_NODE: Final = ("hostPath", "hostNetwork", "hostPID", "hostIPC", "privileged")
_ONE_SCOPE: Final = {"istiod": "pilot", "cni": "cni", "gateway": "global", "ztunnel": "global"}
"""Charts that read what stands under a name as if it stood at the top."""


@cache
def _known() -> Mapping[str, Any]:
    text = files("meshfed.rules.istio").joinpath("known_values.json").read_text(encoding="utf-8")
    return json.loads(text)


@cache
def _values(chart: str) -> frozenset[str] | None:
    """Paths that a chart's values may have; None for a chart of which nobody knows them."""
    if chart in ("spire", "spire-crds"):
        return SPIRE_VALUES if chart == "spire" else SPIRE_CRDS_VALUES
    known = _known()
    if chart == "operator":
        return frozenset((*known["operator"], *known["charts"]["istiod"]))
    paths: Sequence[str] | None = known["charts"].get(chart)
    return None if paths is None else frozenset(paths)


def _release_can_be_judged(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    chart = resource.props["chart"]
    name = chart_name(chart.text())
    if _values(name) is None:
        yield chart.wrong("is a Release, whose objects the gate never sees, of a chart whose values no rule reads")
    elif _ON_DISK.search(chart.text()):
        yield chart.wrong("is a Release of a chart on a disk, where its objects may be anything")
    else:
        yield from comes_from_a_known_place(resource, name, parameters)


def _nothing_changes_it_later(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["postrender"]
    if not node.is_absent:
        yield node.wrong("is a program that changes the chart's objects after everybody has seen them")


def _no_older_values_count(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["reuseValues"]
    if node.flag():
        yield node.wrong("keeps values of an earlier release in force that stand in no program")


def _files_are_read(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["valueYamlFiles"].items(), _is_read)


def _is_read(file: Node) -> Iterator[Finding]:
    if is_unread(file):
        yield Finding(file.path, "is a file of values that the gate does not open", urn=file.urn)


def _values_are_known(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    chart = _chart_of(resource)
    known = _values(chart)
    if known is not None:
        scope = _ONE_SCOPE.get(chart, "pilot" if chart == "operator" else "")
        message = f"is a value that the chart {chart} does not have, so that nothing is set by it"
        if chart.startswith("spire"):
            message = f"is a value that no rule knows of the chart {chart}"
        yield from _strange(values_of(resource), (), _Names(known, scope), message)


def _nothing_is_added_to_spire(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if _chart_of(resource) == "spire":
        values = values_of(resource)
        given = [_known_part(values, path.split(".")) for path in MUST_BE_OFF]
        yield from each({node.path: node for node in given}.values(), _is_off)
        yield from each([values["spire-server"], values["spiffe-oidc-discovery-provider"]], _leaves_the_node_alone)


def _known_part(node: Node, path: Sequence[str]) -> Node:
    """A member of a member, or what is not known on the way to it."""
    for name in path:
        node = node if node.is_unknown else node[name]
    return node


def _is_off(node: Node) -> Iterator[Finding]:
    if _adds(node):
        yield node.wrong("adds to SPIRE what no rule judges: a program, a door, a key, or who may make identities")


def _adds(node: Node) -> bool:
    return node.flag() if str(node.value).strip().lower() in ("true", "false") else not node.is_absent


def _leaves_the_node_alone(node: Node) -> Iterator[Finding]:
    if isinstance(node.value, Mapping):
        for name, member in node.entries():
            if name in _OF_THE_NODE and _adds(member):
                yield member.wrong("gives SPIRE's server more of its node than its chart does")
            else:
                yield from _leaves_the_node_alone(member)
    elif isinstance(node.value, Sequence) and not isinstance(node.value, str):
        yield from each(node.items(), _leaves_the_node_alone)


def _chart_of(resource: Resource) -> str:
    if resource.kind in SAIL:
        return SAIL[resource.kind]
    return "operator" if resource.kind == OPERATOR else chart_name(resource.props["chart"].text())


def _fields_are_known(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    names = _Names(frozenset(_known()["meshConfig"]), "")
    message = "is a field that MeshConfig does not have, so that nothing is set by it"
    yield from _strange(resource.props, (), names, message)


def _variables_are_known(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    known = _OF_THE_RUNTIME | frozenset(_known()["environment"])
    for name, node in resource.props.entries():
        if name not in known:
            yield Finding(node.path, "is a variable that istiod does not read, or one that no rule knows", urn=node.urn)


class _Names:
    """Paths that are known, where one scope can be left out or written."""

    def __init__(self, known: Collection[str], scope: str) -> None:
        self._known = known
        self._scope = scope
        self._above = {path[:index] for path in known for index, sign in enumerate(path) if sign == "."}

    def is_open(self, path: Sequence[str]) -> bool:
        """Whether anything may stand at a path."""
        return any(text in self._known for text in self._ways(path))

    def leads_on(self, path: Sequence[str]) -> bool:
        """Whether something below a path is known."""
        return path == (self._scope,) or any(text in self._above for text in self._ways(path))

    def _ways(self, path: Sequence[str]) -> tuple[str, ...]:
        inner = path[1:] if path and path[0] == self._scope else path
        return (".".join(path), ".".join(inner))


def _strange(node: Node, path: tuple[str, ...], names: _Names, message: str) -> Iterator[Finding]:
    if isinstance(node.value, Mapping):
        for name, member in node.entries():
            inner = path if not path and name in TRANSPARENT else (*path, name)
            if names.is_open(inner) and inner:
                continue
            if not inner or names.leads_on(inner):
                yield from _strange(member, inner, names, message)
            else:
                yield Finding(member.path, message, urn=member.urn)
    elif isinstance(node.value, Sequence) and not isinstance(node.value, str):
        for member in node.items():
            yield from _strange(member, path, names, message)
    elif isinstance(node.value, Unknown):
        yield Finding(node.path, node.value.reason, is_decided=False, urn=node.urn)


RULES: Final = (
    Rule(
        id="MF-G1",
        title="What a chart makes can be judged",
        why="A Release (helm.sh/v3) is one resource, of which the gate sees values and no object, so a chart that no"
        " rule knows may hold anything; and a misspelt value leaves a default in force that its author believes to have"
        " changed.",
        mend="Use helm.sh/v4:Chart for every other chart, those of controllers too: the engine renders it, so it is"
        " judged whole, object by object; write values in the program, by names that"
        " the chart has. For a Release, name Istio's or SPIRE's own repository, or list yours. An addon or an extension"
        " of a seller can be allowed by its logical name and sha256.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            _RELEASE: (
                _release_can_be_judged,
                _nothing_changes_it_later,
                _no_older_values_count,
                _files_are_read,
                _values_are_known,
                _nothing_is_added_to_spire,
            ),
            _CHART: (_files_are_read, _values_are_known, _nothing_is_added_to_spire),
            **dict.fromkeys(REPOSITORIES, (source_is_known,)),
            ADDON: (addon_is_of_aws,),
            EXTENSION: (extension_is_of_azure,),
            OPERATOR: (_values_are_known,),
            **dict.fromkeys(SAIL, (_values_are_known,)),
            MESH_CONFIG: (_fields_are_known,),
            ISTIOD_ENVIRONMENT: (_variables_are_known,),
        },
        controls=("NIST SP 800-53 CM-3", "NIST SP 800-53 CM-6"),
        weaker="Names are those of one version of Istio's and SPIRE's charts. A Release of"
        " a known chart is judged by its values alone, and a known repository is believed to hold that chart."
        " Values of the clouds' own addons are not read, but for the network policies of vpc-cni (MF-K6); nor is"
        " Google's own mesh.",
    ),
)
