"""The project's folder is found from wherever an engine starts a pack, and never that of another project."""

from pathlib import Path

import pytest

from meshfed.rules.project import project_folder


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    """A pack's folder in the checkout of one project, and a folder below another project."""
    pack, shell = tmp_path / "mesh/policy-packs/all", tmp_path / "shop/src"
    for folder, name in ((pack, "mesh"), (shell, "shop")):
        folder.mkdir(parents=True)
        project = tmp_path / name
        (project / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n", encoding="utf-8")
    return pack, shell


@pytest.mark.parametrize(("name", "found"), [("shop", "shop"), ("mesh", "mesh"), ("", "mesh")])
def test_a_project_is_found_by_its_name(trees: tuple[Path, Path], tmp_path: Path, name: str, found: str) -> None:
    assert project_folder(name, trees) == tmp_path / found


def test_the_first_place_stands_where_no_project_has_the_name(trees: tuple[Path, Path]) -> None:
    assert project_folder("other", trees) == trees[0]


@pytest.mark.parametrize("text", ["name: [", "- shop\n", "", "name: {a: b}\n"])
def test_a_broken_file_is_no_project(trees: tuple[Path, Path], tmp_path: Path, text: str) -> None:
    (tmp_path / "shop/Pulumi.yaml").write_text(text, encoding="utf-8")
    assert project_folder("shop", trees) == trees[0]
