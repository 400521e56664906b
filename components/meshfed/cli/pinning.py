"""Makes facts of what stacks tell, and writes them where they are reviewed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from ruamel.yaml import YAML

from meshfed.cli.azure_keys import KeyVaultError, public_pem
from meshfed.cli.common import counted, write_file
from meshfed.cli.outputs import Outputs, OutputsError, OutputsSource
from meshfed.errors import Fault, SettingsError
from meshfed.settings.facts import TOLD, EpochGrant, Facts, RegionFacts
from meshfed.settings.faults import faults_of
from meshfed.settings.federation import Federation
from meshfed.topology.grants import beginning_fault, grant_fault
from meshfed.topology.order import StackState
from meshfed.values import LifeCycle

KEYS = ("peer_key", "bundle_key")
HEAD = "# Written by `meshfed pin`, reviewed and committed. A missing region is pending: nothing opens towards it.\n"


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read of all region stacks."""

    states: Mapping[str, StackState]
    unread: Mapping[str, str]
    """Why a stack could not be read, by region."""


def facts_of(key: str, outputs: Outputs, ask: Callable[[str], str]) -> RegionFacts | None:
    """The facts in a stack's outputs; None where the stack has none yet. Raises SettingsError where they are broken.

    `ask` gives the PEM of a public key of which the stack knows only the address.
    """
    names = set(TOLD)
    if not names & set(outputs):
        return None
    told = {name: outputs[name] for name in names & set(outputs)}
    for name in KEYS:
        told[name] = ask(str(told.get(name, "")))
    try:
        return RegionFacts.model_validate(told)
    except ValidationError as error:
        raise SettingsError(f"outputs of stack {key}", faults_of(error, RegionFacts)) from error


def readings_of(federation: Federation, pinned: Facts, source: OutputsSource) -> Readings:
    """What the region stacks that stand say of themselves, also those that the settings no longer have.

    No key is asked for here: one of which only the address is known counts as the one that is pinned.
    """
    states: dict[str, StackState] = {}
    unread: dict[str, str] = {}
    for key in dict.fromkeys((*federation.regions, *source.standing())):
        try:
            outputs = source.read(key)
        except OutputsError as error:
            unread[key] = str(error)
            continue
        if outputs is not None and "opened" in outputs:
            told = _as_pinned(outputs, pinned.regions.get(key))
            opened = frozenset(cast("list[str]", outputs["opened"]))
            states[key] = StackState(told, opened, cast("dict[str, str]", outputs.get("relied_on", {})))
    return Readings(states, unread)


def _as_pinned(outputs: Outputs, pinned: RegionFacts | None) -> RegionFacts:
    """Facts for comparing: keys that are addresses stand for what is pinned."""
    told = {name: outputs.get(name) for name in TOLD}
    if pinned is not None:
        told |= {name: getattr(pinned, name) for name in KEYS if not str(told[name]).startswith("-----")}
    try:
        return RegionFacts.model_validate(told)
    except ValidationError:
        # Never equal to anything pinned: `pin` asks for what is missing, and says what is wrong.
        return RegionFacts.model_construct(**told)


def pin_facts(
    federation: Federation,
    pinned: Facts,
    source: OutputsSource,
    path: Path,
    grants: Mapping[str, EpochGrant] | None = None,
) -> Iterator[str]:
    """Writes the facts of all stacks that stand; says in a line each what was added, changed or removed.

    Facts of a region whose stack cannot be read stay as they are, and OutputsError is raised at the end; so do those of
    a region that begins an epoch without a grant that holds, with SettingsError. Those of a quarantined region stay;
    those of a retired or removed one go.
    """
    regions: dict[str, RegionFacts] = {}
    unread: list[str] = []
    refused: list[Fault] = []
    left = dict(grants or {})
    for key in dict.fromkeys((*federation.regions, *pinned.regions)):
        settings = federation.regions.get(key)
        state = settings.state if settings else LifeCycle.RETIRED
        new = old = pinned.regions.get(key) if state.is_deployed else None
        try:
            told = told_by(key, source) if state.is_peer else None
            if told is not None and settings is not None:
                new, fault = _granted(told, old, left.pop(key, None), Begin(key, settings.offline_key, source))
                refused += [fault] if fault else []
        except (OutputsError, KeyVaultError) as error:
            unread.append(key)
            yield f"! {key}: {error} Its facts stay as they are."
        if new is not None:
            regions[key] = new
        yield from _changes(key, pinned.regions.get(key), new)
    if regions != dict(pinned.regions):
        write_facts(path, Facts(regions=regions))
        then = " Review and commit it." if source.reviewed else ""
        yield f"{path}: {counted(len(regions), 'region')} pinned.{then}"
    else:
        yield f"{path}: nothing changed." if path.exists() else f"{path}: not written: no facts are known yet."
    refused += [Fault(f"--grant for {key}", "", "nothing is told of this region.", "Deploy it first.") for key in left]
    _end(path, refused, unread)


def _end(path: Path, refused: Sequence[Fault], unread: Sequence[str]) -> None:
    if refused:
        raise SettingsError(str(path), refused)
    if unread:
        raise OutputsError(f"{', '.join(unread)}: could not be read. Run `meshfed pin` again where they can be.")


def told_by(key: str, source: OutputsSource) -> RegionFacts | None:
    """The facts that a region's stack tells; None where it does not stand or tells none yet."""
    outputs = source.read(key)
    return facts_of(key, outputs, lambda name: public_pem(name, source.environment)) if outputs is not None else None


@dataclass(frozen=True, slots=True)
class Begin:
    """What decides whether a region's epoch may begin."""

    region: str
    offline_key: str | None
    source: OutputsSource

    def refused(self, why: str, epoch: int) -> Fault:
        """The fault that says so, and the commands that lead on."""
        file = f"{self.region}-epoch-{epoch}.json"
        hint = (
            f"`{self.source.grant_verb} {self.region} > {file}`, have it signed offline, then "
            f"`{self.source.take_verb} --grant {file}` (docs/guide/real-cloud.md, a region rebuilt)."
        )
        return Fault(f"regions.{self.region}.grant", "", f"{why}; nothing opens towards it.", hint)


def _granted(
    told: RegionFacts, old: RegionFacts | None, given: EpochGrant | None, begin: Begin
) -> tuple[RegionFacts | None, Fault | None]:
    """What is told with the grant that its epoch needs; where none holds, what was pinned before, and why."""
    if old is not None and told.epoch < old.epoch:
        problem = f"the stack tells an older one than {old.epoch}, which is pinned; an epoch never goes back."
        hint = f"Set the region's epoch to {old.epoch + 1} and deploy it."
        return old, Fault(f"regions.{begin.region}.epoch", str(told.epoch), problem, hint)
    kept = old.grant if old is not None and old.epoch == told.epoch else None
    why = grant_fault(begin.region, told.epoch, begin.offline_key, given or kept)
    if given is not None and not why:
        why = beginning_fault(given, told, datetime.now(UTC))
    if why:
        return old, begin.refused(why, told.epoch)
    return told.model_copy(update={"grant": given or kept}), None


def write_facts(path: Path, facts: Facts) -> None:
    """Writes a facts file whole: a reader never sees half of it. Raises SettingsError where it cannot be written."""
    yaml = cast("Any", YAML())
    yaml.default_flow_style = False
    yaml.width = 120
    text = StringIO(HEAD)
    text.seek(len(HEAD))
    yaml.dump(facts.model_dump(mode="json", exclude_none=True), text)
    write_file(path, text.getvalue())


def _changes(key: str, old: RegionFacts | None, new: RegionFacts | None) -> Iterator[str]:
    if old is None and new is not None:
        yield f"+ {key}: pinned for the first time"
    elif old is not None and new is None:
        yield f"- {key}: removed"
    elif old is not None and new is not None:
        names = [name for name in RegionFacts.model_fields if getattr(old, name) != getattr(new, name)]
        yield from (f"~ {key}.{name}: changed" for name in names)
