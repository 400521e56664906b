"""What Istio's charts, MeshConfig and istiod's environment may hold, by path: `python -m tests.rules.istio_values`.

Read from the charts at the pinned version, from the messages that describe values and MeshConfig, and from the
variables that istiod registers. Names alone are kept. Members of a list have the path of the list, and below a path
that is listed anything may stand.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import yaml

from meshfed_local.toolchain import Toolchain

KNOWN: Final = Path(__file__).parents[2] / "components/meshfed/rules/istio/known_values.json"
CHARTS: Final = {
    "base": "base",
    "cni": "istio-cni",
    "gateway": "gateway",
    "istiod": "istio-control/istio-discovery",
    "ztunnel": "ztunnel",
}
OPEN: Final = re.compile(
    r"(?i)(annotations|labels|^env|^resources|^requests|^limits|strategy|^rollingUpdate|nodeSelector|affinity"
    r"|networkGatewayPorts|defaultResources|^cpu|^memory|^meshConfig)$"
)
"""Names below which an owner writes what is the cluster's, not the chart's; MeshConfig has a list of its own."""
_READ: Final = re.compile(r"\.Values\.([A-Za-z0-9_][A-Za-z0-9_.]*)")
_DUG: Final = re.compile(r'dig "(\w+)" "(\w+)"')
_FIELD: Final = re.compile(
    r'(?:repeated\s+)?(map\s*<[^>]+>|[\w.]+)\s+(\w+)\s*=\s*\d+\s*(?:\[[^\]]*?json_name\s*=\s*"([^"]+)"[^\]]*\]|\[[^\]]*\])?;'
)
_REGISTERED: Final = re.compile(r'(?:Register\w*(?:\[[^\]]*\])?|registerAmbient)\(\s*"([A-Z][A-Z0-9_]+)"')
_OF_A_CONTAINER: Final = re.compile(r"- name: ([A-Z][A-Z0-9_]+)\s*$", re.MULTILINE)
_NUMBERS: Final = frozenset({"IntOrString"})
"""Messages that YAML has as a plain value."""
Tree = dict[str, "Tree"]


def known(folder: Path) -> dict[str, Any]:
    """The content of the file, from a built `istio-charts`."""
    charts = {name: chart(folder / "charts" / path) for name, path in CHARTS.items()}
    values = Messages(folder / "schema/values_types.proto").tree("Values")
    laid(charts["istiod"], {name: tree for name, tree in values.items() if name not in ("cni", "ztunnel", "gateways")})
    laid(charts["cni"], {"cni": values["cni"]})
    mesh = Messages(folder / "schema/config.proto", folder / "schema/proxy.proto")
    return {
        "charts": {name: sorted(paths(tree)) for name, tree in charts.items()},
        "environment": sorted(environment(folder)),
        "meshConfig": sorted(paths(mesh.tree("MeshConfig"))),
        "operator": sorted(paths(values)),
    }


def chart(folder: Path) -> Tree:
    """Everything that a chart has a default for, describes or reads."""
    tree: Tree = {}
    text = yaml.safe_load((folder / "values.yaml").read_text(encoding="utf-8"))
    laid(tree, of_defaults(text.get("_internal_defaults_do_not_set", text)))
    if (schema := folder / "values.schema.json").exists():
        described = json.loads(schema.read_text(encoding="utf-8"))["$defs"]["values"]
        laid(tree, of_schema(described))
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".tpl", ".txt") and not path.name.startswith(("profile-", "values", "crd-")):
            source = path.read_text(encoding="utf-8")
            for found in _READ.findall(source):
                laid(tree, nested(found.rstrip(".").split(".")))
            for first, second in _DUG.findall(source):
                laid(tree, nested([first, second]))
    for name in ("_internal_defaults_do_not_set", "_original", "defaults"):
        tree.pop(name, None)
    return tree


def of_defaults(value: object) -> Tree:
    if not isinstance(value, Mapping):
        return {}
    named = cast("Mapping[str, object]", value)
    return {name: {} if OPEN.search(name) else of_defaults(inner) for name, inner in named.items()}


def of_schema(schema: Mapping[str, Any]) -> Tree:
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return {name: {} if OPEN.search(name) else of_schema(inner) for name, inner in properties.items()}


def nested(names: list[str]) -> Tree:
    if not names:
        return {}
    return {names[0]: {} if OPEN.search(names[0]) else nested(names[1:])}


def laid(below: Tree, above: Tree) -> None:
    """Adds what is missing."""
    for name, inner in above.items():
        laid(below.setdefault(name, {}), inner)


def paths(tree: Tree, prefix: str = "") -> Iterator[str]:
    for name, inner in tree.items():
        if inner:
            yield from paths(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def environment(folder: Path) -> set[str]:
    names: set[str] = set()
    for path in (folder / "schema").rglob("*.go"):
        if not path.name.endswith("_test.go"):
            names |= set(_REGISTERED.findall(path.read_text(encoding="utf-8")))
    deployment = folder / "charts" / CHARTS["istiod"] / "templates/deployment.yaml"
    return names | set(_OF_A_CONTAINER.findall(deployment.read_text(encoding="utf-8")))


class Messages:
    """Messages of protobuf files, as far as their fields' names and structure go."""

    def __init__(self, *files: Path) -> None:
        self._fields: dict[str, list[tuple[str, str]]] = {}
        for file in files:
            text = re.sub(r"//[^\n]*|/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
            self._read(text, "")

    def tree(self, name: str, seen: tuple[str, ...] = ()) -> Tree:
        """The fields of a message by their JSON names; those of other packages are leaves."""
        tree: Tree = {}
        for field, kind in self._fields[name]:
            inner = self._resolved(kind, name)
            is_open = inner is None or inner in seen or inner in _NUMBERS or OPEN.search(field)
            tree[field] = {} if is_open else self.tree(str(inner), (*seen, name))
        return tree

    def _resolved(self, kind: str, scope: str) -> str | None:
        parts = scope.split(".")
        for depth in range(len(parts), -1, -1):
            full = ".".join([*parts[:depth], kind])
            if full in self._fields:
                return full
        return None

    def _read(self, text: str, scope: str) -> None:
        position = 0
        opening = re.compile(r"\b(message|enum|oneof)\s+(\w+)\s*\{")
        own: list[str] = []
        while match := opening.search(text, position):
            own.append(text[position : match.start()])
            end = _end(text, match.end())
            body = text[match.end() : end]
            if match[1] == "message":
                self._read(body, f"{scope}.{match[2]}" if scope else match[2])
            elif match[1] == "oneof":
                own.append(body)
            position = end + 1
        own.append(text[position:])
        if scope:
            self._fields[scope] = [(given or _camel(name), kind) for kind, name, given in _FIELD.findall("".join(own))]


def _end(text: str, start: int) -> int:
    depth = 1
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index
    raise ValueError("a message that does not end")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def text_of(content: Mapping[str, Any]) -> str:
    """As the file has it."""
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def built() -> Path:
    """The built charts and messages."""
    toolchain = Toolchain()
    toolchain.ensure(("istio-charts",), lambda _: None)
    return toolchain.folder("istio-charts")


if __name__ == "__main__":
    KNOWN.write_text(text_of(known(built())), encoding="utf-8")
