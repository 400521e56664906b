"""`az keyvault key show` for a world: the public part of a signing key, which no ARM resource returns.

Answers `--vault-name V --name K` or `--id https://V.vault.azure.net/keys/K[/version]` with the JSON of the real
command, or with its `key` object alone (a JSON Web Key) where `--query key` asks for it. Any other command is refused:
the local target needs no more of it.
"""

import argparse
import json
import re
import sys
from typing import Final

from meshfed.errors import MeshfedError
from meshfed_local.standins import keys
from meshfed_local.standins.world import Record, World, WorldError

_KEY: Final = "azure-native:keyvault:Key"
_URL: Final = re.compile(r"https://([\w-]+)\.vault\.azure\.net/keys/([\w-]+)(?:/(\w+))?")


def find(world: World, vault: str, name: str) -> Record:
    """The key of that name in that vault. Raises WorldError when there is none."""
    for record in world.records(_KEY):
        if record.inputs.get("vaultName") == vault and record.inputs.get("keyName") == name:
            return record
    raise WorldError(f"vault {vault}: there is no key {name}; wanted: a key that was deployed")


def show(world: World, vault: str, name: str) -> dict[str, object]:
    """What the command prints."""
    record = find(world, vault, name)
    key = {"kid": record.outputs["keyUriWithVersion"], "keyOps": ["sign", "verify"]}
    return {"attributes": {"enabled": True}, "key": {**key, **keys.public_jwk(world, record.id)}, "managed": None}


def main(arguments: list[str]) -> None:
    """Run the command."""
    if arguments[:3] != ["keyvault", "key", "show"]:
        raise WorldError(f"az {' '.join(arguments[:3])}: not there; wanted: az keyvault key show, all this az knows")
    parser = argparse.ArgumentParser(prog="az keyvault key show")
    parser.add_argument("--vault-name")
    parser.add_argument("--name", "-n")
    parser.add_argument("--id")
    parser.add_argument("--query", choices=["key"])
    parser.add_argument("--output", "-o", choices=["json"], default="json")
    options = parser.parse_args(arguments[3:])
    named = _URL.fullmatch(options.id or "")
    vault, name = (named[1], named[2]) if named else (options.vault_name, options.name)
    if not vault or not name:
        parser.error("wanted: --vault-name and --name, or --id with the key's URL")
    shown = show(World.open(), vault, name)
    sys.stdout.write(json.dumps(shown[options.query] if options.query else shown, indent=2) + "\n")


def run() -> None:
    """Run as the executable `az`."""
    try:
        main(sys.argv[1:])
    except MeshfedError as error:
        sys.exit(f"az (local stand-in): {error}")
