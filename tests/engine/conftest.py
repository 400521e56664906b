"""Engines for tests: real ones, each with a world of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from meshfed_local.engine import Engine
from meshfed_local.environment import PACKS, STANDINS
from meshfed_local.standins.world import World

REPOSITORY = Path(__file__).resolve().parents[2]
PROBE = Path(__file__).parent / "probe"


@dataclass
class Bench:
    """An engine, the lines it said, and what exists in its world."""

    engine: Engine
    lines: list[str] = field(default_factory=list[str])

    @property
    def folder(self) -> Path:
        """The world's folder."""
        return self.engine.folder.path

    def existing(self) -> list[tuple[str, str]]:
        """Name and id of everything that exists in the world."""
        world = World(self.folder)
        try:
            return sorted((record.name, record.id) for record in world.records())
        finally:
            world.close()


def _bench(world: Path, project: Path, standins: Path) -> Bench:
    lines: list[str] = []
    # Programs that only test the engine are no mesh: what the gate says of one is in test_gate.py.
    packs = PACKS if project == REPOSITORY else ()
    engine = Engine(world, project, lines.append, standins=(standins,), packs=packs)
    engine.ready()
    return Bench(engine, lines)


@pytest.fixture
def local_engine(tmp_path: Path) -> Callable[[Path], Bench]:
    """Gives a ready engine for a project, with the stand-ins of the clouds and an empty world."""
    return lambda project=REPOSITORY: _bench(tmp_path / "world", project, STANDINS)


@pytest.fixture
def probe(tmp_path: Path) -> Bench:
    """A ready engine for the probe program, whose plugin can be held in the middle of a creation."""
    return _bench(tmp_path / "world", PROBE, PROBE / "bin")
