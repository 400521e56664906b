"""The command and an operator's folder."""

from pathlib import Path

import pytest

from tests.cli.command import Command, Desk, runner


@pytest.fixture
def meshfed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command, run in this process."""
    return runner(monkeypatch, capsys)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An operator's folder with three regions and nothing pinned."""
    return Desk(tmp_path)
