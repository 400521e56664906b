"""From what was asked to a run: configuration, exceptions and plan read, files judged."""

import gc
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from meshfed.cli.common import counted, facts_to_read, read_draft
from meshfed.cli.gate.found import unusable
from meshfed.cli.gate.manifests import unlisted
from meshfed.cli.gate.outcome import Run, Sources, WhenUndecided
from meshfed.cli.gate.reading import Inputs, read_inputs
from meshfed.cli.gate.rows import Places, rows_of
from meshfed.rules.configured import Wanted, policy_of
from meshfed.rules.gate import Policy, judge
from meshfed.rules.rule import Level, Pack
from meshfed.settings.gate import Exceptions, GateConfiguration
from meshfed.settings.load import load_exceptions, load_gate_configuration
from meshfed.settings.places import EXCEPTIONS, SETTINGS
from meshfed.topology.plan import Plan

MANY: Final = 5_000
"""Resources that take seconds to judge."""
_ALLOCATIONS: Final = 500_000
_REGIONS: Final = frozenset({"meshfed:index:AwsRegion", "meshfed:index:AzureRegion", "meshfed:index:GcpRegion"})
_NAMED: Final = "--pack zero-trust --pack cloud-baseline"
_NOT_NAMED: Final = "--pack names others."
_NO_SETTINGS: Final = f"{SETTINGS} is not there. Run it in the project's folder, or give --settings and --facts."


@dataclass(frozen=True)
class Asked:
    """What is to be judged, and by what."""

    files: Sequence[Path]
    packs: Sequence[Pack] = ()
    """None: all that can run."""
    settings: Path | None = None
    facts: Path | None = None
    config: Path | None = None
    exceptions: Path | None = None
    is_partial: bool = False
    when_undecided: WhenUndecided = WhenUndecided.FAIL
    pages: str = ""
    say: Callable[[str], None] = lambda _: None
    """Takes a line about what takes long."""


def judged(asked: Asked) -> Run:
    """Judges; raises FaultsError for every mistake in a file, so that the gate stays closed."""
    packs = _packs(asked)
    _refuse_missing(asked)
    wanted = wanted_of(asked)
    policy = policy_of(packs, wanted, today())
    if all(policy.level(rule) is Level.DISABLED for rule in policy.rules):
        raise unusable(wanted.configuration_at, "disables every rule of these packs.", "Leave some on.")
    settings = asked.settings or SETTINGS
    plan: Plan | None = read_draft(settings, asked.facts) if Pack.FEDERATION in packs else None
    with _few_collections():
        return _judged(asked, packs, policy, wanted, plan)


def _judged(asked: Asked, packs: tuple[Pack, ...], policy: Policy, wanted: Wanted, plan: Plan | None) -> Run:
    settings = asked.settings or SETTINGS
    inputs = read_inputs(asked.files, is_partial=asked.is_partial, say=asked.say)
    if plan is None and not asked.packs:
        _refuse_regions(inputs, settings)
    stacks = {urn: [one.resource for one in found] for urn, found in inputs.stacks.items()}
    if (count := sum(map(len, stacks.values()))) > MANY:
        asked.say(f"judging {counted(count, 'resource')}")
    report = judge(policy, stacks, plan, is_whole=not asked.is_partial)
    rows = rows_of(report, Places(inputs, str(settings), wanted.exceptions_at))
    return Run(report, rows, inputs, packs, asked.when_undecided, _sources(asked, wanted, packs, plan), asked.pages)


@contextmanager
def _few_collections() -> Generator[None]:
    """Has the memory looked through less often: what a large file becomes stays until the end, and holds no circles."""
    usual = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def today() -> date:
    """The day on which waivers must be in force: one everywhere, whatever a machine's time zone."""
    return datetime.now(UTC).date()


def _packs(asked: Asked) -> tuple[Pack, ...]:
    if asked.packs:
        return tuple(pack for pack in Pack if pack in asked.packs)
    has_plan = asked.settings is not None or SETTINGS.exists()
    return tuple(pack for pack in Pack if has_plan or pack is not Pack.FEDERATION)


def _refuse_missing(asked: Asked) -> None:
    """What was named must be there, whether a pack reads it or not: a mistyped path leaves out what it holds."""
    facts_to_read(asked.facts)
    if asked.settings is not None and not asked.settings.exists():
        raise unusable(str(asked.settings), "is not there.", "Give --settings FILE, or leave it out.")


def _refuse_regions(inputs: Inputs, settings: Path) -> None:
    """A region is judged with its federation, or by packs that somebody names: no wrong folder leaves one out."""
    for reading in inputs.readings:
        for found in reading.stacks.values():
            if any(one.resource.token in _REGIONS for one in found):
                problem = f"is not there, and {reading.file} holds a region of a federation, which it describes."
                hint = f"Run it in the project's folder, give --settings and --facts, or name the packs: {_NAMED}."
                raise unusable(str(settings), problem, hint)


def _sources(asked: Asked, wanted: Wanted, packs: Sequence[Pack], plan: Plan | None) -> Sources:
    left_out = {pack: _NOT_NAMED if asked.packs else _NO_SETTINGS for pack in Pack if pack not in packs}
    waivers = wanted.exceptions_at if wanted.has_exceptions else ""
    urns = [urn for waiver in wanted.exceptions.waivers for urn in waiver.urns]
    lost = tuple(dict.fromkeys(file for urn in urns if (file := unlisted(urn))))
    if plan is None:
        unread = [str(path) for path in (asked.settings, asked.facts) if path is not None]
        return Sources(
            configuration=str(asked.config or ""),
            exceptions=waivers,
            left_out=left_out,
            unread=tuple(unread),
            lost=lost,
        )
    return Sources(
        settings=str(asked.settings or SETTINGS),
        facts=str(facts_to_read(asked.facts)),
        pinned=sum(region.facts is not None for region in plan.regions.values()),
        configuration=str(asked.config or ""),
        exceptions=waivers,
        left_out=left_out,
        lost=lost,
    )


def wanted_of(asked: Asked) -> Wanted:
    """The configuration and the exceptions that count; raises FaultsError for mistakes in them."""
    configuration = load_gate_configuration(asked.config) if asked.config else GateConfiguration()
    named = Path(configuration.meshfed.exceptions) if configuration.meshfed.exceptions else None
    path = asked.exceptions or named or (EXCEPTIONS if EXCEPTIONS.exists() else None)
    exceptions = load_exceptions(path) if path else Exceptions()
    at = str(asked.config or "configuration of the gate")
    return Wanted(configuration, exceptions, at, str(path or EXCEPTIONS), has_exceptions=path is not None)
