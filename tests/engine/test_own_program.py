"""Somebody's own program on the real engine under the packs: what is right stands and what is wrong
is refused, and a pack that cannot start lets nothing pass and says why."""

import shutil
from pathlib import Path

import pytest

from meshfed_local import program
from meshfed_local.engine import Engine
from meshfed_local.environment import pack_program
from meshfed_local.errors import EngineError
from meshfed_local.folder import Stack
from meshfed_local.standins.world import World
from tests.cli.command import runner

pytestmark = pytest.mark.engine
EXAMPLE = Path(__file__).parents[2] / "examples" / "own-program"
RULES = "rules of zero-trust, cloud-baseline (policy-packs/cloud-baseline, policy-packs/zero-trust) judged 6 resources"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the example."""
    folder = tmp_path / "own"
    shutil.copytree(EXAMPLE, folder)
    return folder


def _standing(world: Path) -> set[str]:
    opened = World(world)
    try:
        return {record.token.rpartition(":")[2] for record in opened.records()}
    finally:
        opened.close()


def test_a_program_that_is_right_is_judged_stands_and_is_judged_again_as_its_export(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, export = tmp_path / "world", tmp_path / "own.json"
    program.preview(own, world=world)
    program.up(own, world=world)
    said = capsys.readouterr().out
    assert said.count(f"{RULES} of 1 stack; nothing refused, 0 undecided, 0 waived, 0 advice") == 2
    assert _standing(world) == {"Key", "Queue", "SecurityGroup", "Namespace"}
    program.export(own, export, world=world)
    assert export.stat().st_mode & 0o077 == 0
    capsys.readouterr()
    gate = runner(monkeypatch, capsys)
    assert gate("gate", export, "--pack", "zero-trust", "--pack", "cloud-baseline").code == 0
    program.down(own, world=world)
    assert _standing(world) == set()


def test_a_program_that_is_wrong_is_refused_before_it_is_made(own: Path, tmp_path: Path) -> None:
    world = tmp_path / "world"
    with pytest.raises(EngineError) as told:
        program.preview(own, "weak", world=world)
    assert [rule for rule in ("MF-A15 orders", "MF-I25 orders") if rule not in str(told.value)] == []
    with pytest.raises(EngineError, match="MF-"):
        program.up(own, "weak", world=world)
    assert not {"SecurityGroup", "Namespace"} & _standing(world)


def test_a_program_has_its_own_waivers_and_configuration(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "gate.json"
    config.write_text('{"MF-A15": "advisory", "meshfed": {"exceptions": "waived.yaml"}}', encoding="utf-8")
    (own / "waived.yaml").write_text(
        'waivers: [{ids: [MF-I25], urns: ["urn:pulumi:weak::*Namespace::orders"],'
        " reason: The old client has no proxy., owner: shop, until: 2999-12-31}]\n",
        encoding="utf-8",
    )
    with pytest.raises(EngineError, match="MF-G8") as told:
        program.preview(own, "weak", config=config, world=tmp_path / "world")
    # The one thing left is the waiver's length: the file was read in the program's folder.
    assert "MF-I25" not in str(told.value).partition("MF-G8")[0]
    assert "The old client has no proxy." in str(told.value)
    assert "MF-A15" not in str(told.value)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("from meshfed.rules.crossguard", "from meshfed.nothing", "cannot start in .*python3: No module named"),
        ("\ntry:", "\ntry", "SyntaxError"),
    ],
)
def test_a_pack_that_cannot_start_lets_nothing_pass_and_says_why(
    own: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(pack_program("zero-trust").parent, pack)
    main = pack / "__main__.py"
    text = main.read_text(encoding="utf-8")
    assert old in text
    main.write_text(text.replace(old, new, 1), encoding="utf-8")
    engine = Engine(tmp_path / "world", own, lambda _: None, packs=(main,))
    engine.ready()
    with pytest.raises(EngineError, match=message) as told:
        engine.up([Stack("dev")])
    assert "failed to start" in str(told.value)
    assert _standing(tmp_path / "world") == set()


def test_a_folder_without_a_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"has no Pulumi\.yaml"):
        program.preview(tmp_path)
