"""The gate's command on one day, in a folder of its own."""

from datetime import date
from pathlib import Path

import pytest

from tests.cli.command import Command, runner

TODAY = date(2026, 11, 21)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """`meshfed gate` with some arguments, where no settings and no exceptions are at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("meshfed.cli.gate.judging.today", lambda: TODAY)
    run = runner(monkeypatch, capsys)
    return lambda *arguments: run("gate", *arguments)
