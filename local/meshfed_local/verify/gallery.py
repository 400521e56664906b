"""Judges what every setting of the gallery asks of AWS and Google."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from meshfed.errors import MeshfedError, PlanError
from meshfed_local.engine import AT_A_TIME
from meshfed_local.toolchain import Say
from meshfed_local.verify.exports import Asked, read_export
from meshfed_local.verify.judge import Court, Finding
from meshfed_local.verify.worlds import Ran, World

GALLERY: Final = Path("stacks") / "config" / "gallery"
REFUSED: Final = frozenset({"infeasible"})
"""Settings that the plan itself has to refuse, so that nothing of them reaches a cloud."""


@dataclass(slots=True)
class Judged:
    """What came out of one setting."""

    name: str
    stacks: int = 0
    """Stacks that were deployed: regions in clouds with a judge, and the accounts that own them."""
    resources: Counter[str] = field(default_factory=Counter[str])
    """Judged resources by type token."""
    findings: list[Finding] = field(default_factory=list[Finding])
    note: str = ""
    failure: str = ""
    """Why the setting could not be judged, or not whole; then the run fails."""
    seconds: float = 0.0
    """Spent on deploying and judging its stacks, added up: two are under way at a time."""

    def count(self, package: str) -> int:
        """Judged resources of a package."""
        return sum(number for token, number in self.resources.items() if token.split(":")[0] == package)


def add(court: Court, result: Judged, asked: Iterable[Asked]) -> None:
    """Puts resources before their judges."""
    for resource in asked:
        result.resources[resource.token] += 1
        result.findings += court.inputs(resource)


def judge_export(court: Court, path: Path) -> Judged:
    """Judges a stack's export. Raises MeshfedError where the file is none."""
    result = Judged(path.name)
    add(court, result, read_export(path))
    result.failure = "" if result.resources else "it holds no AWS or GCP resource"
    return result


def judge_settings(court: Court, files: Sequence[Path], worlds: Path, say: Say) -> list[Judged]:
    """Deploys every setting to a fresh world and judges its stacks as they come, two under way at a time.

    What stands of a stack is judged even where its deployment fails, and the failure told; so is a setting that is
    refused, or not, against what is wanted of it.
    """
    results: list[Judged] = []
    pool = ThreadPoolExecutor(max_workers=AT_A_TIME)
    try:
        running: dict[Future[Ran], Judged] = {}
        for settings in files:
            result, world = _begin(settings, worlds, say)
            results.append(result)
            stacks = [*world.regions, *world.accounts] if world else []
            result.stacks = len(stacks)
            running |= {pool.submit(world.up_one, stack): result for stack in stacks} if world else {}
        for ran in as_completed(running):
            _take(court, running[ran], ran.result())
    finally:
        # After Ctrl-C the engines under way end by themselves in good order; no further stack is begun.
        pool.shutdown(cancel_futures=True)
    return results


def _begin(settings: Path, worlds: Path, say: Say) -> tuple[Judged, World | None]:
    """A world for a setting; None, and why, where nothing of it is to be deployed."""
    name = settings.stem
    try:
        world = World(settings, worlds / name, Path.cwd(), lambda line: say(f"{name}: {line}"))
        world.deployment.plan  # noqa: B018 -- building the plan is what is tried
    except MeshfedError as error:
        if name in REFUSED and isinstance(error, PlanError):
            return Judged(name, note="refused by the plan, as it has to be"), None
        return Judged(name, failure=str(error)), None
    if name in REFUSED:
        return Judged(name, failure="the plan accepts it; it is kept as the example that is refused"), None
    world.prepare()
    return Judged(name), world


def _take(court: Court, result: Judged, ran: Ran) -> None:
    started = time.monotonic()
    add(court, result, ran.asked)
    result.failure = "; ".join(text for text in (result.failure, ran.failure) if text)
    result.seconds += ran.seconds + time.monotonic() - started
