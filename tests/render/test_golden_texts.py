"""Rendered texts are the ones that were read and committed; `golden.py` says how to write them anew."""

from tests.render.golden import FOLDER, texts


def test_every_text_is_the_committed_one() -> None:
    assert [below for below, text in texts() if not _same(below, text)] == []


def test_no_golden_file_is_left_over() -> None:
    wanted = {below for below, _ in texts()}
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()} == wanted


def _same(below: str, text: str) -> bool:
    path = FOLDER / below
    return path.is_file() and path.read_text() == text
