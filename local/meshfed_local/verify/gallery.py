"""Judges what every setting of the gallery asks of AWS and Google."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from meshfed.errors import MeshfedError, PlanError
from meshfed_local.toolchain import Say
from meshfed_local.verify.exports import Asked
from meshfed_local.verify.judge import Court, Finding
from meshfed_local.verify.worlds import World

GALLERY: Final = Path("stacks") / "config" / "gallery"
REFUSED: Final = frozenset({"infeasible"})
"""Settings that the plan itself has to refuse, so that nothing of them reaches a cloud."""


@dataclass(slots=True)
class Judged:
    """What came out of one setting."""

    name: str
    resources: Counter[str] = field(default_factory=Counter[str])
    """Judged resources by package."""
    tokens: set[str] = field(default_factory=set[str])
    findings: list[Finding] = field(default_factory=list[Finding])
    note: str = ""
    failure: str = ""
    """Why the setting could not be judged, or not whole; then the run fails."""
    seconds: float = 0.0
    """Spent on deploying and judging it."""


def judge_all(court: Court, name: str, asked: Iterable[Asked]) -> Judged:
    """Puts resources before their judges."""
    result = Judged(name)
    for resource in asked:
        result.resources[resource.package] += 1
        result.tokens.add(resource.token)
        result.findings += court.inputs(resource)
    return result


def judge_setting(court: Court, settings: Path, worlds: Path, say: Say) -> Judged:
    """Deploys a setting to a fresh world and judges it.

    What stands of it is judged even where its deployment fails, and the failure told; so is a setting that is refused,
    or not, against what is wanted of it.
    """
    name = settings.stem
    try:
        world = World(settings, worlds / name, Path.cwd(), say)
        world.deployment.plan  # noqa: B018 -- building the plan is what is tried
    except MeshfedError as error:
        if name in REFUSED and isinstance(error, PlanError):
            return Judged(name, note="refused by the plan, as it has to be")
        return Judged(name, failure=str(error))
    if name in REFUSED:
        return Judged(name, failure="the plan accepts it; it is kept as the example that is refused")
    failure = ""
    try:
        world.deployment.up()
    except MeshfedError as error:
        failure = str(error)
    result = judge_all(court, name, world.asked())
    result.failure = failure
    return result
