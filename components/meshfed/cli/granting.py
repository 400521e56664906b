"""Grants of epochs on their way: what an offline key signs goes out, what it signed comes in. No private key passes."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from meshfed.cli.outputs import OutputsSource
from meshfed.cli.pinning import told_by
from meshfed.errors import Fault, SettingsError
from meshfed.settings.facts import EpochGrant
from meshfed.settings.faults import nearest
from meshfed.settings.federation import Federation
from meshfed.topology.grants import FIRST_EPOCH, grant_for, read_statement

VALID = timedelta(days=30)
"""From the request of a grant to the last gateway that sees its epoch begin."""
SIGNATURE_SUFFIX = ".sig"
SIGNATURE_LIMIT = 72
"""Bytes of the longest DER signature with a P-256 key."""


def request(federation: Federation, key: str, source: OutputsSource) -> str:
    """What the offline key of a region has to sign before its epoch counts; raises SettingsError where it cannot."""
    path = f"regions.{key}"
    settings = federation.regions.get(key)
    if settings is None:
        fault = Fault(path, "", "is no region of the settings.", nearest(key, list(federation.regions)))
        raise SettingsError("grant", [fault])
    if settings.epoch == FIRST_EPOCH:
        hint = "Raise it by one when the region is rebuilt from nothing."
        raise SettingsError("grant", [Fault(f"{path}.epoch", str(FIRST_EPOCH), "needs no grant.", hint)])
    if settings.offline_key is None:
        hint = "Give the public key (PEM, P-256) whose private part is kept offline."
        raise SettingsError(
            "grant", [Fault(f"{path}.offline_key", "", "is missing; a grant is verified with it.", hint)]
        )
    told = told_by(key, source)
    if told is None or told.epoch != settings.epoch:
        stands = f"stands as epoch {told.epoch}" if told else "tells no keys yet"
        fault = Fault(path, "", f"its stack {stands}; a grant names the keys of epoch {settings.epoch}.", "Deploy it.")
        raise SettingsError("grant", [fault])
    return grant_for(key, told, datetime.now(UTC) + VALID).statement


def read_grants(files: Sequence[Path], federation: Federation) -> dict[str, EpochGrant]:
    """Signed grants by region, each a statement and beside it `<file>.sig`; raises SettingsError with all faults."""
    found: dict[str, EpochGrant] = {}
    faults: list[Fault] = []
    for file in files:
        text, signature = _read(file, faults), _read(Path(f"{file}{SIGNATURE_SUFFIX}"), faults)
        if text is None or signature is None:
            continue
        stated = read_statement(text.decode(errors="replace"))
        if stated is None:
            hint = "Hand over the file of `meshfed grant` to the byte, without a line end added."
            faults.append(Fault(str(file), "", "is no statement about an epoch, or was changed.", hint))
        elif stated.region not in federation.regions:
            hint = nearest(stated.region, list(federation.regions))
            faults.append(Fault(str(file), stated.region, "is no region of the settings.", hint))
        elif stated.region in found:
            faults.append(Fault(str(file), stated.region, "has another grant here.", "Hand over one a region."))
        elif not 0 < len(signature) <= SIGNATURE_LIMIT:
            problem = f"has {len(signature)} bytes; a P-256 signature in DER has at most {SIGNATURE_LIMIT}."
            faults.append(Fault(f"{file}{SIGNATURE_SUFFIX}", "", problem, "`openssl dgst -sha256 -sign` writes one."))
        else:
            found[stated.region] = EpochGrant(
                statement=stated.statement, signature=base64.b64encode(signature).decode()
            )
    if faults:
        raise SettingsError("--grant", faults)
    return found


def _read(path: Path, faults: list[Fault]) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError as error:
        faults.append(Fault(str(path), "", f"cannot be read: {error.strerror}.", "A grant is FILE and FILE.sig."))
        return None
