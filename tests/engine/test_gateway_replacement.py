"""The pair of tunnel gateways in Google Cloud is replaced one at a time, as the engine's own log tells.

The stand-in's machines work at once: that the group's update lasts until a new machine works is the provider's doing
(docs/reference-gcp.md), and no test without a cloud shows it.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from meshfed_local.engine import Engine
from meshfed_local.errors import EngineError
from meshfed_local.folder import Stack

pytestmark = pytest.mark.engine
PROJECT = Path(__file__).parent / "gateways"
TOO_LONG = 300_000
"""More letters than the 256 KiB that metadata takes."""


class Bench(Protocol):
    """What the fixture gives."""

    @property
    def engine(self) -> Engine: ...


@pytest.fixture
def pair(local_engine: Callable[[Path], Bench]) -> Engine:
    """The engine, with the pair made."""
    engine = local_engine(PROJECT).engine
    engine.up([stack()])
    return engine


def stack(**config: str) -> Stack:
    return Stack("one", config=tuple((f"gateways:{key.replace('_', '-')}", value) for key, value in config.items()))


def steps(engine: Engine) -> list[tuple[str, str, str]]:
    """What the last run changed: when (`begins` or `ends`), the engine's word for it, and the resource's name."""
    log = sorted(engine.folder.logs.glob("one-up-*.events.json"))[-1]
    found: list[tuple[str, str, str]] = []
    for line in log.read_text().splitlines():
        event: dict[str, Any] = json.loads(line)
        for key, when in (("resourcePreEvent", "begins"), ("resOutputsEvent", "ends")):
            about = event.get(key, {}).get("metadata")
            if about and about["op"] not in {"same", "read"}:
                found.append((when, about["op"], about["urn"].rpartition("::")[2]))
    return found


def assert_one_at_a_time(engine: Engine) -> None:
    done = steps(engine)
    order = [done.index((when, "update", f"pair-{gateway}-group")) for gateway in "ab" for when in ("begins", "ends")]
    assert order == sorted(order)
    touched = [name for _, _, name in done]
    # Nothing of b, its template included, is begun before a's group says that its new machine works.
    assert min(touched.index(name) for name in touched if name.startswith("pair-b-")) > order[1]
    assert {name for _, word, name in done if "replace" in word} == {"pair-a-template", "pair-b-template"}
    assert {name for name in touched if name.startswith("pair-")} == {
        f"pair-{gateway}-{part}" for gateway in "ab" for part in ("template", "group")
    }


@pytest.mark.parametrize(("key", "value"), [("size", "n4-standard-4"), ("text", "second")])
def test_a_change_of_size_or_user_data_replaces_a_and_then_b(pair: Engine, key: str, value: str) -> None:
    pair.up([stack(**{key: value})])
    assert_one_at_a_time(pair)
    assert pair.preview([stack(**{key: value})], expect_no_changes=True)[0].changed == 0


def test_b_stays_as_it_is_while_a_fails(pair: Engine) -> None:
    with pytest.raises(EngineError, match="at most 262144 bytes"):
        pair.up([stack(text="second", padding_a=str(TOO_LONG))])
    assert [name for _, _, name in steps(pair) if name.startswith("pair-b-")] == []
    pair.up([stack(text="third")])
    assert_one_at_a_time(pair)
