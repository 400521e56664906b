"""Sizes that keep code readable: files, functions, constructors, parameters (see docs/style.md)."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import CODE, files, functions, named, tree

FILE, TEST_FILE, FUNCTION, CONSTRUCTOR, PARAMETERS = 400, 600, 40, 60, 6


def _is_data(path: Path) -> bool:
    """Whether a file is a table and nothing else: no function, no class with methods."""
    return not any(True for _ in functions(path))


@pytest.mark.parametrize(("folders", "limit"), [(CODE, FILE), (("tests", "bench"), TEST_FILE)])
def test_no_file_is_too_long(folders: tuple[str, ...], limit: int) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files(*folders)}
    assert [(str(path), length) for path, length in lengths.items() if length > limit and not _is_data(path)] == []


def test_no_function_is_too_long() -> None:
    too_long = [
        f"{named(path, node)} {node.name}: {length} lines"
        for path in files(*CODE)
        for node in functions(path)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > (CONSTRUCTOR if node.name == "__init__" else FUNCTION)
    ]
    assert too_long == []


def test_no_function_has_too_many_parameters() -> None:
    too_many = [
        f"{named(path, node)} {node.name}: {count} parameters"
        for path in files(*CODE)
        for node in functions(path)
        if (count := _parameters(node)) > PARAMETERS
    ]
    assert too_many == []


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len([name for name in names if name not in {"self", "cls"}])


def test_every_module_and_public_class_says_what_it_is() -> None:
    silent: list[str] = []
    for path in files("components", "agent", "local", "stacks"):
        module = tree(path)
        if module.body and ast.get_docstring(module) is None:
            silent.append(str(path))
        silent += [
            f"{named(path, node)} {node.name}"
            for node in module.body
            if isinstance(node, ast.ClassDef | ast.FunctionDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
    assert silent == []
