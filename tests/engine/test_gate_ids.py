"""Every id comes through the real engine: what is recorded is what a preview, an `up` and an export show now."""

import json
from pathlib import Path

import pytest

from tests.engine.seen import SEEN, seen

pytestmark = pytest.mark.engine


def test_the_record_of_ids_that_the_engine_told_of_is_current(tmp_path: Path) -> None:
    # `python -m tests.engine.seen` writes it anew.
    assert seen(tmp_path / "seen") == json.loads(SEEN.read_text(encoding="utf-8"))
