"""No text, however it is nested or grown, ends the process or fills the memory: each is one message."""

import pytest

from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.plain import UnreadableError

DEEP = 1_000_000


@pytest.mark.parametrize(
    "text",
    ["[" * DEEP, "[" * DEEP + "]" * DEEP, "- " * DEEP, "a: " + "{b: " * DEEP, "- " * 9_000],
    ids=["open", "closed", "block", "mappings", "short"],
)
def test_a_text_that_is_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="nested deeper than 128 levels"):
        documents(text)


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{to}: &{to} [{', '.join([f'*{of}'] * 9)}]" for of, to in zip("abcdefgh", "bcdefghi", strict=True)]
    with pytest.raises(UnreadableError, match=r"more than 2,000,000 values; split it"):
        documents("\n".join(lines))


def test_a_long_text_of_many_shallow_documents_is_read() -> None:
    assert len(documents("---\n".join("metadata: {name: a, labels: {b: c}}\n" for _ in range(2_000)))) == 2_000
