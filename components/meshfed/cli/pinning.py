"""Makes facts of what stacks tell, and writes them where they are reviewed."""

from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from ruamel.yaml import YAML

from meshfed.cli.azure_keys import public_pem
from meshfed.cli.common import write_file
from meshfed.cli.outputs import Outputs, OutputsSource
from meshfed.errors import SettingsError
from meshfed.settings.facts import Facts, RegionFacts
from meshfed.settings.faults import faults_of
from meshfed.settings.federation import Federation
from meshfed.topology.order import StackState

HEAD = "# Written by `meshfed pin`, reviewed and committed. A missing region is pending: nothing opens towards it.\n"


def facts_of(key: str, outputs: Outputs, environment: Mapping[str, str]) -> RegionFacts | None:
    """The facts in a stack's outputs; None where the stack has none yet. Raises SettingsError where they are broken."""
    names = set(RegionFacts.model_fields)
    if not names & set(outputs):
        return None
    told = {name: outputs[name] for name in names & set(outputs)}
    for name in ("peer_key", "bundle_key"):
        told[name] = public_pem(str(told.get(name, "")), environment)
    try:
        return RegionFacts.model_validate(told)
    except ValidationError as error:
        raise SettingsError(f"outputs of stack {key}", faults_of(error, RegionFacts)) from error


def states_of(federation: Federation, source: OutputsSource) -> dict[str, StackState]:
    """What the stacks that stand say of themselves, by region."""
    states: dict[str, StackState] = {}
    for key in federation.regions:
        outputs = source.read(key)
        if outputs is not None:
            opened = cast("list[str]", outputs.get("opened") or [])
            states[key] = StackState(facts_of(key, outputs, source.environment), frozenset(opened))
    return states


def pin_facts(federation: Federation, pinned: Facts, source: OutputsSource, path: Path) -> Iterator[str]:
    """Writes the facts of all stacks that stand; says in a line each what was added, changed or removed.

    Facts of a region whose stack cannot be asked stay as they are; those of a retired or removed region go.
    """
    regions: dict[str, RegionFacts] = {}
    for key, settings in federation.regions.items():
        outputs = source.read(key) if settings.state.is_deployed else None
        told = facts_of(key, outputs, source.environment) if outputs is not None else None
        old = pinned.regions.get(key)
        new = told or (old if settings.state.is_deployed else None)
        if new is not None:
            regions[key] = new
        yield from _changes(key, old, new)
    if regions == dict(pinned.regions) and path.exists():
        yield f"{path}: nothing changed."
        return
    write_facts(path, Facts(regions=regions))
    yield f"{path}: {len(regions)} regions pinned. Review and commit it."


def write_facts(path: Path, facts: Facts) -> None:
    """Writes a facts file whole: a reader never sees half of it. Raises SettingsError where it cannot be written."""
    yaml = cast("Any", YAML())
    yaml.default_flow_style = False
    yaml.width = 120
    text = StringIO(HEAD)
    text.seek(len(HEAD))
    yaml.dump(facts.model_dump(mode="json"), text)
    write_file(path, text.getvalue())


def _changes(key: str, old: RegionFacts | None, new: RegionFacts | None) -> Iterator[str]:
    if old is None and new is not None:
        yield f"+ {key}: pinned for the first time"
    elif old is not None and new is None:
        yield f"- {key}: removed"
    elif old is not None and new is not None:
        names = [name for name in RegionFacts.model_fields if getattr(old, name) != getattr(new, name)]
        yield from (f"~ {key}.{name}: changed" for name in names)
