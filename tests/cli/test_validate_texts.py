"""What could not be rendered when a stack goes up is refused before anything goes up."""

import base64
from pathlib import Path

import pytest

from tests.cli.command import THREE, Command, Desk


def _certificate(size: int) -> str:
    der = bytes((0x30, 0x82)) + size.to_bytes(2) + bytes(size)
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("verb", [["validate"], ["plan"], ["local", "up"], ["local", "preview"]])
def test_certificates_that_do_not_fit_into_user_data_are_refused_before_a_deploy(
    meshfed: Command, desk: Desk, verb: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    world = desk.folder / "world"
    desk.write({**THREE, "use4": THREE["use4"] | {"extra_ca": _certificate(15_000)}})
    options = ["--settings", str(desk.settings), "--world", str(world)] if verb[0] == "local" else desk.files()
    said = meshfed(*verb, *options)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("plan: 1 fault\n  regions.use4: user data has ")
    assert "a cloud takes 16384. Shorten extra_ca" in said.err
    assert not world.exists()


def test_certificates_that_fit_are_accepted(meshfed: Command, desk: Desk) -> None:
    desk.write({**THREE, "use4": THREE["use4"] | {"extra_ca": _certificate(300)}})
    said = meshfed("validate", *desk.files())
    assert (said.code, said.err) == (0, "")
