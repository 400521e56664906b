"""What a component may not do: read the surroundings, wait, nest applies, hand the caller's options on."""

import ast
from pathlib import Path

from tests.architecture.sources import COMPONENTS, ROOT, dotted, files, named, tree


def _calls(path: Path) -> list[tuple[ast.Call, str]]:
    return [(node, dotted(node.func)) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]


def test_only_stacks_read_configuration_and_surroundings() -> None:
    names = {"pulumi.Config", "pulumi.get_stack", "pulumi.get_project", "os.environ", "os.getenv"}
    found = [
        f"{named(path, node)}: {dotted(node)}"
        for path in files("components/meshfed")
        if path.parent.name != "cli"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and dotted(node) in names
    ]
    assert found == []


def test_no_component_waits() -> None:
    waits = {"time.sleep", "sleep", "asyncio.sleep"}
    found = [named(path, node) for path in files(*COMPONENTS) for node, name in _calls(path) if name in waits]
    assert found == []


def test_no_component_asks_the_network() -> None:
    # urllib.parse takes addresses apart and is welcome; the import contracts cannot tell the two apart.
    asking = [
        named(path, node)
        for path in files(*COMPONENTS, "components/meshfed/render")
        if path.name != "host_fetch.py"  # sent to hosts as text
        for node in ast.walk(tree(path))
        if "urllib.request" in ast.unparse(node)[:200] and isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert asking == []


def test_no_apply_is_nested_and_none_makes_a_resource() -> None:
    found: list[str] = []
    for path in files(*COMPONENTS, "stacks"):
        for node, name in _calls(path):
            if not name.endswith("apply") and not (isinstance(node.func, ast.Attribute) and node.func.attr == "apply"):
                continue
            inner = [one for argument in node.args for one in ast.walk(argument) if isinstance(one, ast.Call)]
            found += [
                named(path, one)
                for one in inner
                if (isinstance(one.func, ast.Attribute) and one.func.attr == "apply")
                or dotted(one.func) == "pulumi.export"
                or any(keyword.arg == "opts" for keyword in one.keywords)
            ]
    assert found == []


def test_the_callers_options_are_never_merged_into_children() -> None:
    merges = [
        named(path, node)
        for path in files(*COMPONENTS, "stacks")
        for node, name in _calls(path)
        if name.endswith("ResourceOptions.merge")
    ]
    assert merges == []


def _components(path: Path) -> list[ast.ClassDef]:
    return [
        node
        for node in tree(path).body
        if isinstance(node, ast.ClassDef) and any(dotted(base) == "pulumi.ComponentResource" for base in node.bases)
    ]


def test_every_component_registers_its_outputs_and_its_token_names_it() -> None:
    found = [(path, node) for path in files(*COMPONENTS) for node in _components(path)]
    assert found, "no component was found: the test looks in the wrong place"
    for path, node in found:
        text = ast.unparse(node)
        assert "self.register_outputs(" in text, named(path, node)
        assert f"meshfed:index:{node.name}" in text, named(path, node)


def test_a_file_holds_one_public_component() -> None:
    crowded = [
        str(path.relative_to(ROOT))
        for path in files(*COMPONENTS)
        if len([node for node in _components(path) if not node.name.startswith("_")]) > 1
    ]
    assert crowded == []


def test_component_names_are_unique_in_the_package() -> None:
    names = [node.name for path in files(*COMPONENTS) for node in _components(path)]
    assert sorted(names) == sorted(set(names))


def test_no_component_module_postpones_annotations() -> None:
    postponed = [
        str(path.relative_to(ROOT))
        for path in files(*COMPONENTS)
        for node in tree(path).body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    assert postponed == []
