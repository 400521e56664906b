"""Public keys of Azure Key Vault: ARM returns none, so `az keyvault key show` is asked with the operator's rights."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meshfed.errors import MeshfedError


class KeyVaultError(MeshfedError):
    """The public part of a key in Azure Key Vault cannot be read."""


def public_pem(key: str, environment: Mapping[str, str] = os.environ) -> str:
    """The PEM of a public key that is given as PEM or as the versioned address of a key in Azure Key Vault.

    Raises KeyVaultError where the vault cannot be asked: it takes no traffic from outside its network.
    """
    if not key.startswith("https://"):
        return key
    program = shutil.which("az", path=environment.get("PATH"))
    if program is None:
        raise KeyVaultError(f"{key}: `az` is wanted to read it and is not on PATH. Install the Azure CLI and log in.")
    command = [program, "keyvault", "key", "show", "--id", key, "--query", "key", "--output", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KeyVaultError(f"{key}: {done.stderr.strip()} Run it from where the vault can be reached.")
    return _pem(key, done.stdout)


def _pem(key: str, text: str) -> str:
    try:
        parts = cast("dict[str, str]", json.loads(text))
        x, y = (int.from_bytes(base64.urlsafe_b64decode(f"{parts[name]}==")) for name in ("x", "y"))
        public = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except (ValueError, KeyError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyVaultError(f"{key}: the answer of `az` is no P-256 public key.") from error
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
