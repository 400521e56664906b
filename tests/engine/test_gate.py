"""The gate on the real engine: what breaks a rule is refused in a preview and before it is made, however it is written.

The program is written by hand without the library. What each rule says is in tests/rules; that all ids come through the
engine is in test_gate_ids.py.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from meshfed_local.engine import Engine
from meshfed_local.environment import PACKS
from meshfed_local.errors import EngineError
from meshfed_local.folder import Stack
from meshfed_local.standins.world import World
from meshfed_local.toolchain import Toolchain

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "gate"
ZERO_TRUST, CLOUD_BASELINE, FEDERATION = (
    ROOT / "policy-packs" / name / "__main__.py" for name in ("zero-trust", "cloud-baseline", "federation")
)
SETTINGS = (
    ("meshfed:settings", str(ROOT / "stacks/config/federation.yaml")),
    ("meshfed:facts", str(ROOT / "stacks/config/facts.yaml")),
)
RAISING = """
from meshfed.rules import catalog
from meshfed.rules.crossguard import serve
from meshfed.rules.rule import Pack, Rule


def broken(resource, parameters):
    raise KeyError("hunter2")
    yield


rule = Rule(id="MF-X1", title="x", why="x", mend="x", packs=(Pack.ZERO_TRUST,), checks={"core/Namespace": (broken,)})
catalog.RULES = (*catalog.RULES, rule)
catalog.BY_ID[rule.id] = rule
serve(Pack.ZERO_TRUST)
"""

Gated = Callable[..., Engine]


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    """Engines for one world, under the packs that are given."""

    def engine(*packs: Path) -> Engine:
        made = Engine(tmp_path / "world", PROGRAM, lambda _: None, packs=packs)
        made.ready()
        return made

    return engine


def stack(parts: str, *config: tuple[str, str]) -> Stack:
    return Stack("one", config=(("gate:parts", parts), *config, *SETTINGS))


def standing(engine: Engine) -> set[str]:
    world = World(engine.folder.path)
    try:
        return {record.name for record in world.records()}
    finally:
        world.close()


def cli(engine: Engine, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The engine's own command, as a user would type it."""
    command = [str(Toolchain().program("pulumi")), "--non-interactive", "--color", "never", *arguments]
    return subprocess.run(
        command, cwd=PROGRAM, env=engine.environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize(
    ("pack", "part", "rule", "name"),
    [
        (ZERO_TRUST, "hand", "MF-I25", "shop"),
        (CLOUD_BASELINE, "firewall", "MF-A15", "open"),
        (FEDERATION, "stranger", "MF-F1", "stranger"),
    ],
)
def test_each_pack_refuses_a_resource_written_by_hand(
    gated: Gated, pack: Path, part: str, rule: str, name: str
) -> None:
    engine = gated(pack)
    with pytest.raises(EngineError, match=f"{rule} {name}: ") as told:
        engine.preview([stack(part)])
    message = str(told.value)
    assert [word for word in ("why: ", "mend: ", "help: docs/rules/") if word not in message] == []
    with pytest.raises(EngineError, match=f"{rule} {name}: "):
        engine.up([stack(part)])
    if pack != FEDERATION:
        # Rules about the whole federation are asked last, when all is made.
        assert name not in standing(engine)


@pytest.mark.parametrize(("part", "rule"), [("group", "MF-I25"), ("chart", "MF-I23"), ("release", "MF-I23")])
def test_a_text_a_chart_and_a_release_are_refused_before_anything_of_them_is_made(
    gated: Gated, part: str, rule: str
) -> None:
    engine = gated(ZERO_TRUST)
    with pytest.raises(EngineError, match=rule):
        engine.preview([stack(part)])
    with pytest.raises(EngineError, match=rule):
        engine.up([stack(part)])
    assert standing(engine) == set()


def test_what_a_preview_cannot_know_is_counted_and_listed_and_up_decides_it(gated: Gated) -> None:
    engine = gated(ZERO_TRUST)
    for injection in ("enabled", "disabled"):
        (outcome,) = engine.preview([stack("late", ("gate:injection", injection))])
        assert outcome.undecided == 1
        assert [line for line in outcome.details() if "MF-I25 late" in line and "cannot be decided yet" in line]
    (outcome,) = engine.up([stack("late", ("gate:injection", "enabled"))])
    assert (outcome.undecided, standing(engine)) == (0, {"first", "late"})


def test_what_turns_out_wrong_is_refused_when_it_is_known_and_what_was_made_stays(gated: Gated) -> None:
    engine = gated(ZERO_TRUST)
    with pytest.raises(EngineError, match="MF-I25 late"):
        engine.up([stack("late", ("gate:injection", "disabled"))])
    assert standing(engine) == {"first"}


def test_what_was_made_without_the_gate_is_found_in_its_export(gated: Gated, tmp_path: Path) -> None:
    engine = gated()
    engine.up([stack("hand,firewall")])
    export = tmp_path / "export.json"
    export.write_text(json.dumps(engine.export("one")))
    packs = [option for pack in (ZERO_TRUST, CLOUD_BASELINE) for option in ("--policy-pack", str(pack))]
    done = cli(engine, "policy", "analyze", "--file", str(export), *packs)
    assert done.returncode != 0
    assert [rule for rule in ("MF-I25", "MF-A15") if rule not in done.stdout] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"MF-I25": ', "unexpected end of JSON"),
        ('{"MF-I25": "sometimes"}', '"sometimes" is not a valid enforcement level'),
        ('{"MF-I2500": "advisory"}', "MF-I2500: is no rule's id"),
        ('{"MF-I25": {"misspelt": true}}', "MF-I25.misspelt: a rule takes a level and nothing else"),
        ('{"meshfed": {"root_namespce": "mesh"}}', "root_namespace"),
        ('{"all": "disabled"}', "meshfed: must stay mandatory"),
        ('{"meshfed": {"exceptions": "nowhere.yaml"}}', "nowhere.yaml"),
    ],
)
def test_a_configuration_with_a_fault_keeps_the_gate_closed(
    gated: Gated, tmp_path: Path, text: str, reason: str
) -> None:
    engine = gated()
    wanted = stack("hand", ("gate:injection", "enabled"))
    engine.preview([wanted])
    config = tmp_path / "config.json"
    config.write_text(text)
    gate = ("--policy-pack", str(ZERO_TRUST), "--policy-pack-config", str(config))
    file = ("--config-file", str(engine.folder.stack_file("one")))
    done = cli(engine, "up", "--yes", "--skip-preview", "--stack", "one", *file, *gate)
    assert done.returncode != 0
    assert reason in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert standing(engine) == set()


def test_a_rule_that_raises_closes_the_gate_and_tells_no_value(gated: Gated, tmp_path: Path) -> None:
    pack = tmp_path / "pack" / "__main__.py"
    pack.parent.mkdir()
    pack.write_text(f"#!/usr/bin/env -S python3 -u\n{RAISING}")
    pack.chmod(0o755)
    engine = gated(pack)
    with pytest.raises(EngineError, match="the rule itself failed with KeyError") as told:
        engine.up([stack("hand", ("gate:injection", "enabled"))])
    assert "hunter2" not in str(told.value)
    assert standing(engine) == set()


def test_the_local_target_has_all_packs_and_needs_no_option(gated: Gated) -> None:
    (pack,) = PACKS
    assert pack.parent.name == "all"
    with pytest.raises(EngineError) as told:
        gated(*PACKS).preview([stack("hand,firewall,stranger")])
    assert [rule for rule in ("MF-I25", "MF-A15", "MF-F1") if rule not in str(told.value)] == []
