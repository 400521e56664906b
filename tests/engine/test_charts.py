"""Istio's charts, a policy and a foreign chart on the real engine: up, no change, refused, gone.

What runs in the pods is not shown here; the charts' objects are, each as a resource of its own.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from meshfed_local.engine import Engine
from meshfed_local.errors import EngineError
from meshfed_local.folder import Stack

pytestmark = pytest.mark.engine
PROJECT = Path(__file__).parent / "charts"


class Bench(Protocol):
    """What the fixture gives."""

    @property
    def engine(self) -> Engine: ...
    def existing(self) -> list[tuple[str, str]]: ...


@pytest.fixture
def bench(local_engine: Callable[[Path], Bench]) -> Bench:
    return local_engine(PROJECT)


def resources(engine: Engine) -> list[Mapping[str, Any]]:
    state = cast("dict[str, Any]", engine.export("one"))
    return cast("list[Mapping[str, Any]]", state["deployment"]["resources"])


def test_charts_come_stay_and_go(bench: Bench) -> None:
    (first,) = bench.engine.up([Stack("one")])
    assert set(first.changes) == {"create"}
    assert [line for line in first.warnings if "spire" in line] == [
        "spire: chart spire cannot be had here: its inputs were checked by type, nothing was rendered"
    ]
    assert len(first.warnings) == 1
    found = resources(bench.engine)
    charts = {one["urn"] for one in found if one["type"] == "kubernetes:helm.sh/v4:Chart"}
    children = [one for one in found if one.get("parent") in charts]
    kinds = [one["type"].rsplit(":", 1)[-1] for one in children]
    assert kinds.count("CustomResourceDefinition") == 15
    assert kinds.count("Deployment") == 1
    # All went to the cluster that the program names, none to whatever the machine may know.
    assert {one["provider"].split("::")[-2] for one in children} == {"cluster"}
    assert bench.engine.outputs("one")["objects"] == 17
    assert ("ztunnel", "istio-system/ztunnel") in bench.existing()
    (again,) = bench.engine.preview([Stack("one")], expect_no_changes=True)
    assert again.resources == first.resources
    bench.engine.destroy([Stack("one")])
    assert bench.existing() == []


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("charts:hub", "", "values.hub"),
        ("charts:mode", "STRCIT", "'STRCIT' is not one of"),
    ],
)
def test_a_fault_in_values_or_a_policy_ends_the_run_with_its_reason(
    bench: Bench, key: str, value: str, reason: str
) -> None:
    with pytest.raises(EngineError) as failure:
        bench.engine.up([Stack("one", config=((key, value),))])
    assert reason in str(failure.value)
    # What the failure of one resource does to the program and to others is no second reason.
    assert "Traceback" not in str(failure.value)
    bench.engine.destroy([Stack("one")])
    assert bench.existing() == []
