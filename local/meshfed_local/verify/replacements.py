"""The stand-ins' replacement tables: written from the providers' answers, and checked to be current."""

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from meshfed.errors import MeshfedError
from meshfed_local.standins.spec import Specs, sdk_version
from meshfed_local.toolchain import MODULES, Say
from meshfed_local.verify import change, names, probe, proposed, samples
from meshfed_local.verify.judge import TOOLS, Court

FOLDER: Final = Path(__file__).parent.parent / "standins" / "replaces"
MADE_WITH: Final = "#made-with"
"""Key of a table beside its types: what it depends on, so that an old table is known without asking again."""

Table = dict[str, list[str]]


def stamp(package: str) -> list[str]:
    """What a package's table depends on: the provider's module, the SDK, and how the questions are asked."""
    digest = hashlib.sha256()
    for module in (change, names, probe, proposed, samples):
        digest.update(Path(module.__file__ or "").read_bytes())
    provider = hashlib.sha256((MODULES / TOOLS[package] / "go.sum").read_bytes()).hexdigest()
    return [f"provider {provider[:12]}", f"sdk {sdk_version(package)}", f"questions {digest.hexdigest()[:12]}"]


def read(package: str, folder: Path = FOLDER) -> Table:
    """The table of a package; empty where none was written yet."""
    path = folder / f"{package}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def dumps(table: Table) -> str:
    """A table as its file holds it."""
    return json.dumps(table, indent=1, sort_keys=True) + "\n"


def missing(package: str, tokens: Collection[str], folder: Path = FOLDER) -> str:
    """Why a table is not current for these types; empty when it is."""
    table = read(package, folder)
    absent = sorted(token for token in tokens if token.startswith(f"{package}:") and token not in table)
    if table.get(MADE_WITH) != stamp(package):
        return f"{package}.json was made with {table.get(MADE_WITH)}, now there is {stamp(package)}"
    return f"{package}.json has no {', '.join(absent)}" if absent else ""


def untried(package: str, tokens: Collection[str], folder: Path = FOLDER) -> list[str]:
    """The types of a table that are not among these: in use, and no setting asked for them."""
    return sorted(token for token in read(package, folder) if token != MADE_WITH and token not in tokens)


def write(court: Court, package: str, tokens: Collection[str], say: Say, folder: Path = FOLDER) -> Mapping[str, str]:
    """Asks the provider about every property of the types, beside those that the table has already.

    Returns the questions that the provider answered with an error. Raises MeshfedError for an unknown type.
    """
    old = read(package, folder)
    wanted = sorted({token for token in (*tokens, *old) if token.startswith(f"{package}:")})
    same = old.get(MADE_WITH) == stamp(package)
    table: Table = {MADE_WITH: stamp(package)}
    undecided: dict[str, str] = {}
    specs = Specs(package)
    for token in wanted:
        if same and token in old:
            table[token] = old[token]
            continue
        found = court.type_of(token)
        if found is None:
            raise MeshfedError(
                f"{token}: the provider has no type for it; add it to meshfed_local.verify.renamed.TYPES."
            )
        result = probe.probe(court.judge_of(package), found, specs.of(token))
        table[token] = result.replaces
        undecided.update({f"{token} {place}": error for place, error in result.undecided.items()})
        say(f"replacements: {token}: {len(result.replaces)} places, {len(result.undecided)} undecided")
    (folder / f"{package}.json").write_text(dumps(table))
    return undecided
