"""`meshfed validate` refuses what could not be rendered when a stack goes up."""

import base64

from tests.cli.command import THREE, Command, Desk


def _certificate(size: int) -> str:
    der = bytes((0x30, 0x82)) + size.to_bytes(2) + bytes(size)
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"


def test_certificates_that_do_not_fit_into_user_data_are_refused_before_a_deploy(meshfed: Command, desk: Desk) -> None:
    desk.write({**THREE, "use4": THREE["use4"] | {"extra_ca": _certificate(15_000)}})
    said = meshfed("validate", *desk.files())
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("plan: 1 fault\n  regions.use4: user data has ")
    assert "a cloud takes 16384. Shorten extra_ca" in said.err


def test_certificates_that_fit_are_accepted(meshfed: Command, desk: Desk) -> None:
    desk.write({**THREE, "use4": THREE["use4"] | {"extra_ca": _certificate(300)}})
    said = meshfed("validate", *desk.files())
    assert (said.code, said.err) == (0, "")
