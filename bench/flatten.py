"""Makes a flat program's data of a region stack's state, and a world in which that program stands already.

The flat program makes the same types with the same names and inputs through the same SDK classes, and its resources
wait for one another as ours do: an argument that came from other resources is a literal that waits for them. Nested
arguments have the names of the wire, and no settings are read: about the least that a program by hand can cost.
"""

import json
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pulumi import _types  # pyright: ignore[reportPrivateUsage] - the SDK's only reflection

from meshfed_local.standins.reflect import siblings

ASSET = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - how the engine marks secrets, not one itself
State = dict[str, Any]


def plain(value: Any) -> Any:
    """A value of a state as the program gave it: without secrets' wrapping and the engine's own keys."""
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    held = cast("dict[str, Any]", value)
    if held.get(ASSET) == SECRET:
        return plain(json.loads(held["plaintext"]))
    if ASSET in held and "path" in held:
        return {ASSET: "asset", "path": str(Path(held["path"]).absolute())}
    return {key: plain(item) for key, item in held.items() if not key.startswith("__")}


def flat_urn(urn: str) -> str:
    """The URN of a resource that has no parent but the stack."""
    head, project, kinds, name = urn.split("::", 3)
    return "::".join((head, project, kinds.rpartition("$")[2], name))


def flat_state(state: State) -> State:
    """The same state without components; the stack stands as if the flat program had made it."""
    resources: list[State] = state["deployment"]["resources"]
    stack = next(one for one in resources if one["type"] == "pulumi:pulumi:Stack")
    kept: list[State] = []
    made = {one["urn"] for one in resources if one["custom"]}
    for one in resources:
        if one is stack or not one["custom"]:
            continue
        flat = {key: value for key, value in one.items() if key not in {"sourcePosition", "stackTrace"}}
        flat |= {"urn": flat_urn(one["urn"]), "parent": stack["urn"]}
        flat["dependencies"] = _flat_urns(one.get("dependencies"), made)
        by_property: dict[str, list[str]] = one.get("propertyDependencies") or {}
        flat["propertyDependencies"] = {key: _flat_urns(urns, made) for key, urns in by_property.items()}
        if "provider" in one:
            urn, _, identifier = one["provider"].rpartition("::")
            flat["provider"] = f"{flat_urn(urn)}::{identifier}"
        kept.append(flat)
    # The engine wants a provider before what it serves.
    kept.sort(key=lambda one: not one["type"].startswith("pulumi:providers:"))
    return {**state, "deployment": {**state["deployment"], "resources": [stack, *kept]}}


def _flat_urns(urns: list[str] | None, made: set[str]) -> list[str]:
    """The same resources in the flat stack; components are not there."""
    return [flat_urn(urn) for urn in urns or [] if urn in made]


def program_data(state: State) -> dict[str, Any]:
    """What the flat program makes."""
    stack, *rest = state["deployment"]["resources"]
    classes: dict[str, type] = {}
    return {
        "resources": [_resource(one, classes) for one in rest],
        "outputs": plain(stack.get("outputs", {})),
    }


def move_world(database: Path, urns: Mapping[str, str]) -> None:
    """Makes what exists in a world known under other URNs."""
    connection = sqlite3.connect(database)
    with connection:
        for old, new in urns.items():
            for table in ("records", "identifiers", "uses"):
                connection.execute(f"UPDATE {table} SET urn = ? WHERE urn = ?", (new, old))  # noqa: S608 - fixed names
            connection.execute("UPDATE leases SET owner = replace(owner, ?, ?)", (f"{old}\n", f"{new}\n"))
            connection.execute("UPDATE records SET body = replace(body, ?, ?)", (f'"{old}"', f'"{new}"'))
    connection.close()


def _resource(one: State, classes: dict[str, type]) -> dict[str, Any]:
    token: str = one["type"]
    plugin = token.removeprefix("pulumi:providers:").partition(":")[0]
    if token not in classes:
        classes.update(siblings(plugin, token))
    kind = classes[token]
    names = dict(_python_names(kind))
    inputs = {name: value for name, value in one["inputs"].items() if name in names}
    if token.startswith("pulumi:providers:"):
        inputs = {name: _decoded(value) for name, value in inputs.items()}
    awaited = {names[name]: urns for name, urns in one["propertyDependencies"].items() if name in inputs and urns}
    by_value = {urn for urns in awaited.values() for urn in urns}
    return {
        "urn": one["urn"],
        "awaited": awaited,
        "depends_on": [urn for urn in one["dependencies"] if urn not in by_value],
        "provider": one.get("provider", "").rpartition("::")[0],
        "module": kind.__module__,
        "class": kind.__name__,
        "name": one["urn"].rpartition("::")[2],
        "args": {names[name]: plain(value) for name, value in inputs.items()},
        "ignore_changes": one.get("ignoreChanges", []),
        "replace_on_changes": one.get("replaceOnChanges", []),
    }


def _python_names(kind: type) -> Iterator[tuple[str, str]]:
    module = sys.modules[kind.__module__]
    candidates = (getattr(module, f"{kind.__name__}{ending}", None) for ending in ("InitArgs", "Args"))
    args = next(found for found in candidates if found and found.__module__ == kind.__module__)
    known = _types.input_type_py_to_pulumi_names(args)
    # The name of the resource itself has taken the word in the constructor.
    return ((wire, f"{name}_" if name == "resource_name" else name) for name, wire in known.items())


def _decoded(value: Any) -> Any:
    """A provider's setting: the wire carries lists, objects and booleans as JSON text."""
    if isinstance(value, str) and (value[:1] in {"[", "{"} or value in {"true", "false"}):
        return json.loads(value)
    return value
