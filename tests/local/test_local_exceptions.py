"""Settings that have exceptions of their own are judged by these, and by no others."""

from pathlib import Path

from meshfed_local.deploy import Deployment
from meshfed_local.engine import Engine

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "stacks/config"


def _engine(settings: Path, world: Path) -> Engine:
    return Deployment(settings, world, ROOT, lambda _: None).engine


def test_every_pack_is_told_of_the_exceptions(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "world", ROOT, lambda _: None, packs=[Path("/a"), Path("/b")])
    assert engine.gate == ("--policy-pack", "/a", "--policy-pack", "/b")
    engine.waive(Path("/exceptions.yaml"))
    config = ("--policy-pack-config", str(tmp_path / "world" / "gate.json"))
    assert engine.gate == ("--policy-pack", "/a", *config, "--policy-pack", "/b", *config)


def test_exceptions_are_found_by_the_settings_name(tmp_path: Path) -> None:
    assert "--policy-pack-config" in _engine(CONFIG / "gallery/two-clouds.yaml", tmp_path / "a").gate
    assert "--policy-pack-config" not in _engine(CONFIG / "federation.yaml", tmp_path / "b").gate


def test_each_file_of_exceptions_has_its_settings() -> None:
    files = (CONFIG / "gallery/exceptions").glob("*.yaml")
    assert [path.name for path in files if not (CONFIG / "gallery" / path.name).exists()] == []
