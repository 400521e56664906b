"""The repository's programs on the real engine: accounts of three clouds, mistakes, and a program of your own."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

import pytest

from meshfed_local.engine import Engine
from meshfed_local.errors import EngineError
from meshfed_local.folder import Stack

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"


class Bench(Protocol):
    """What the fixture gives."""

    @property
    def engine(self) -> Engine: ...
    def existing(self) -> list[tuple[str, str]]: ...


Benches = Callable[[Path], Bench]


def program(layer: str, key: str, facts_file: str = "facts.yaml") -> Stack:
    settings = ROOT / "stacks/config/federation.yaml"
    facts = str(ROOT / "stacks/config" / facts_file)
    config = {"layer": layer, "key": key, "settings": str(settings), "facts": facts}
    return Stack("it", config=tuple((f"meshfed:{name}", value) for name, value in config.items()))


@pytest.mark.parametrize("account", ["222222222222", SUBSCRIPTION, "acme-mesh"])
def test_an_accounts_singletons_go_up_stay_and_go(local_engine: Benches, account: str) -> None:
    bench = local_engine(ROOT)
    (made,) = bench.engine.up([program("account", account)])
    assert set(made.changes) == {"create"}
    (same,) = bench.engine.preview([program("account", account)], expect_no_changes=True)
    assert same.changed == 0
    assert bench.engine.outputs("it")["account"] == account
    bench.engine.destroy([program("account", account)])
    assert bench.existing() == []


@pytest.mark.parametrize(
    ("layer", "key", "message"),
    [
        ("account", "999999999999", "meshfed:key: 999999999999: is no account, subscription or project"),
        ("region", "nowhere", "meshfed:key: nowhere: is not in the settings."),
        ("mesh", "use1", "meshfed:layer: mesh: must be one of account, region."),
    ],
)
def test_a_mistake_in_a_stacks_file_is_one_message(local_engine: Benches, layer: str, key: str, message: str) -> None:
    bench = local_engine(ROOT)
    with pytest.raises(EngineError) as refused:
        bench.engine.up([program(layer, key)])
    assert message in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert bench.existing() == []


def test_one_component_serves_a_program_of_your_own(local_engine: Benches) -> None:
    bench = local_engine(ROOT / "examples/python")
    (made,) = bench.engine.up([Stack("it")])
    assert set(made.changes) == {"create"}
    outputs = bench.engine.outputs("it")
    assert str(outputs["vpc_id"]).startswith("vpc-")
    assert len(set(cast("list[str]", outputs["node_subnet_ids"]))) == 3
    bench.engine.destroy([Stack("it")])
    assert bench.existing() == []


def test_facts_that_are_not_where_the_stack_says_close_no_peer(local_engine: Benches) -> None:
    bench = local_engine(ROOT)
    with pytest.raises(EngineError, match=r"meshfed:facts: .*fact.yaml: is not there"):
        bench.engine.up([program("region", "use1", "fact.yaml")])
    assert bench.existing() == []
