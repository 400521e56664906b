"""From what was asked to a run: configuration, exceptions and plan read, files judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from meshfed.cli.common import read_draft
from meshfed.cli.gate.found import unusable
from meshfed.cli.gate.outcome import Run, WhenUndecided
from meshfed.cli.gate.reading import read_inputs
from meshfed.cli.gate.rows import Places, rows_of
from meshfed.rules.configured import Wanted, policy_of
from meshfed.rules.gate import judge
from meshfed.rules.rule import Level, Pack
from meshfed.settings.gate import Exceptions, GateConfiguration
from meshfed.settings.load import load_exceptions, load_gate_configuration
from meshfed.settings.places import EXCEPTIONS, SETTINGS
from meshfed.topology.plan import Plan


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


def judged(asked: Asked) -> Run:
    """Judges; raises FaultsError for every mistake in a file, so that the gate stays closed."""
    packs = _packs(asked)
    wanted = wanted_of(asked)
    policy = policy_of(packs, wanted, today())
    if all(policy.level(rule) is Level.DISABLED for rule in policy.rules):
        raise unusable(wanted.configuration_at, "disables every rule of these packs.", "Leave some on.")
    settings = asked.settings or SETTINGS
    plan: Plan | None = read_draft(settings, asked.facts) if Pack.FEDERATION in packs else None
    inputs = read_inputs(asked.files, is_partial=asked.is_partial)
    stacks = {urn: [one.resource for one in found] for urn, found in inputs.stacks.items()}
    report = judge(policy, stacks, plan, is_whole=not asked.is_partial)
    rows = rows_of(report, Places(inputs, str(settings), wanted.exceptions_at))
    return Run(report, rows, inputs, packs, asked.when_undecided, asked.pages)


def today() -> date:
    """The day on which waivers must be in force: one everywhere, whatever a machine's time zone."""
    return datetime.now(UTC).date()


def _packs(asked: Asked) -> tuple[Pack, ...]:
    if asked.packs:
        return tuple(pack for pack in Pack if pack in asked.packs)
    has_plan = asked.settings is not None or SETTINGS.exists()
    return tuple(pack for pack in Pack if has_plan or pack is not Pack.FEDERATION)


def wanted_of(asked: Asked) -> Wanted:
    """The configuration and the exceptions that count; raises FaultsError for mistakes in them."""
    configuration = load_gate_configuration(asked.config) if asked.config else GateConfiguration()
    named = Path(configuration.meshfed.exceptions) if configuration.meshfed.exceptions else None
    path = asked.exceptions or named or (EXCEPTIONS if EXCEPTIONS.exists() else None)
    exceptions = load_exceptions(path) if path else Exceptions()
    return Wanted(configuration, exceptions, str(asked.config or "configuration of the gate"), str(path or EXCEPTIONS))
