"""Runs the command in this process, as its entry point does, and makes what it reads."""

import base64
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ruamel.yaml import YAML

from meshfed.cli.main import main
from tests.topology.federations import raw, region

THREE: Mapping[str, dict[str, Any]] = {
    "use1": region("aws", "us-east-1", 0),
    "use4": region("gcp", "us-east4", 1),
    "eus": region("azure", "eastus", 2),
}


@dataclass(frozen=True, slots=True)
class Said:
    """How a run ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `meshfed` with some arguments; what would be a traceback fails the test by itself."""

    def run(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["meshfed", *(str(argument) for argument in arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        assert isinstance(code, int), code
        return Said(code, out, err)

    return run


class Desk:
    """An operator's folder: settings, facts and saved outputs of stacks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "federation.yaml"
        self.facts = folder / "facts.yaml"
        self.outputs: dict[str, dict[str, Any]] = {}
        self.write(THREE)
        # As a project begins: a facts file that is named must be there.
        self.facts.write_text("regions: {}\n", encoding="utf-8")

    def write(self, regions: Mapping[str, Mapping[str, Any]], **more: Any) -> None:
        """Writes the settings file."""
        # JSON is YAML too, and keeps the order of regions.
        self.settings.write_text(json.dumps(raw(regions, **more)), encoding="utf-8")

    def files(self) -> list[str]:
        """Options that name the settings and the facts."""
        return ["--settings", str(self.settings), "--facts", str(self.facts)]

    def told(self) -> list[str]:
        """Options that name the saved outputs, one file a region."""
        options: list[str] = []
        for key, outputs in self.outputs.items():
            path = self.folder / f"{key}.json"
            path.write_text(json.dumps(outputs), encoding="utf-8")
            options += ["--outputs", f"{key}={path}"]
        return options

    def pinned(self) -> dict[str, Any]:
        """The regions of the facts file."""
        return cast("Any", YAML(typ="safe", pure=True)).load(self.facts)["regions"]


def outputs_of(slot: int, **more: Any) -> dict[str, Any]:
    """What `pulumi stack output --json` says of a region."""
    return {
        "network_id": f"network-{slot}",
        "cluster_name": f"cluster-{slot}",
        "epoch": 1,
        "gateway_addresses": [f"198.51.100.{2 * slot + 1}", f"198.51.100.{2 * slot + 2}"],
        "issuer": f"https://issuer.example/{slot}",
        "peer_key": pem(public_key()),
        "bundle_key": pem(public_key()),
        "gateway_identity": f"identity-{slot}",
        "opened": [],
        **more,
    }


def public_key() -> EllipticCurvePublicKey:
    """A new P-256 public key."""
    return generate_private_key(SECP256R1()).public_key()


def pem(key: EllipticCurvePublicKey) -> str:
    """A public key as a region tells it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwk(key: EllipticCurvePublicKey) -> str:
    """A public key as Azure's command line shows it."""
    numbers = key.public_numbers()
    x, y = (base64.urlsafe_b64encode(part.to_bytes(32)).decode().rstrip("=") for part in (numbers.x, numbers.y))
    return json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y})
