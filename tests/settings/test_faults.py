"""What is told about a value of the wrong kind: in words of the file, once, at its place, and never by a traceback."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import ValidationError as JsonError
from jsonschema import validate
from pydantic import ValidationError

from meshfed.errors import Fault
from meshfed.settings.facts import Facts
from meshfed.settings.faults import faults_of
from meshfed.settings.federation import Federation
from meshfed.settings.gate import Exceptions, GateConfiguration
from meshfed.settings.model import Settings
from meshfed.settings.patterns import WORDS
from meshfed.settings.region_checks import region_faults
from meshfed.settings.service_checks import service_faults
from tests.topology.federations import raw, region

ONE, TWO = region("aws", "us-east-1", 0), region("gcp", "us-east4", 1)
BOTH = {"one": ONE, "two": TWO}


def _of(content: dict[str, Any]) -> list[Fault]:
    try:
        Federation.model_validate(content)
    except ValidationError as error:
        return faults_of(error, Federation)
    return []


def _all(content: dict[str, Any]) -> list[str]:
    return [str(fault) for fault in (*_of(content), *region_faults(content), *service_faults(content))]


MAPPING = "a mapping is wanted: KEY: VALUE."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (raw({**BOTH, "two": 5}), f"regions.two: 5: {MAPPING}"),
        (raw({**BOTH, "two": None}), f"regions.two: {MAPPING}"),
        (raw({**BOTH, "two": TWO | {"network": []}}), f"regions.two.network: {MAPPING}"),
        (raw(BOTH, tags=7), f"tags: 7: {MAPPING}"),
        (raw(BOTH, slos={}), "slos: a list is wanted."),
        (raw(BOTH, name=5), "name: 5: text is wanted. Put it in quotes."),
        (raw({**BOTH, "two": TWO | {"slot": True}}), "regions.two.slot: true: a whole number is wanted."),
        (
            raw({**BOTH, "one": ONE | {"slot": "0"}}),
            "regions.one.slot: 0: a whole number is wanted. Take the quotes off.",
        ),
        (raw({**BOTH, "two": TWO | {"epoch": 1.5}}), "regions.two.epoch: 1.5: a whole number is wanted."),
        (raw({**BOTH, "two": TWO | {"epoch": 0}}), "regions.two.epoch: 0: must be 1 or more."),
        (raw(cast("Any", {**BOTH, 3: region("aws", "us-east-1", 3)})), "regions.3: a key is text. Put it in quotes."),
        (
            raw({**BOTH, "": region("aws", "us-east-1", 3)}),
            'regions."": 2 to 8 lower-case letters and digits are wanted, the first a letter.',
        ),
        (cast("Any", {**raw(BOTH), 5: "x"}), "5: a key is text. Put it in quotes."),
        (
            raw(BOTH, tunnels={"pairs": [{"between": ["one", "two", "one"]}]}),
            "tunnels.pairs[0].between: at most 2 are wanted.",
        ),
        (raw(BOTH, slos=[{"between": ["one"], "p99_ms": 90}]), "slos[0].between: at least 2 are wanted."),
        (raw(BOTH, slos=[{"between": ["one", "two"], "p99_ms": "x"}]), "slos[0].p99_ms: x: a number is wanted."),
        (raw(BOTH, slos=[{"between": ["one", "two"], "p99_ms": 0}]), "slos[0].p99_ms: 0: must be more than 0."),
        (
            raw(BOTH, slos=[{"between": ["one", "two"], "p99_ms": float("inf")}]),
            "slos[0].p99_ms: inf: a finite number is wanted.",
        ),
        (
            raw(BOTH, services={"calls": [{"caller": "a", "callee": "b", "p99_ms": float("nan")}]}),
            "services.calls[0].p99_ms: nan: a finite number is wanted.",
        ),
        (
            raw(BOTH, pools={"pods": "10.1.2.3/9"}),
            "pools.pods: 10.1.2.3/9: an IPv4 range is wanted. Did you mean 10.0.0.0/9?",
        ),
        (raw(BOTH, pools={"pods": "pods"}), "pools.pods: pods: an IPv4 range is wanted. Write it as 10.0.0.0/16."),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_the_words_of_the_file(content: dict[str, Any], message: str) -> None:
    assert message in [str(fault) for fault in _of(content)]


def test_a_tag_that_is_wrong_for_many_regions_is_told_once() -> None:
    regions = {f"r{slot}": region("aws", "us-east-1", slot) for slot in range(3)}
    assert _all(raw(regions, tags={"": "x"})) == [
        'tags."": x: is no tag of aws: key 1 to 128 characters, value at most 256, letters, digits, spaces and '
        "_.:/=+-@, no `aws:` in front."
    ]


@pytest.mark.parametrize(
    ("where", "zones", "message"),
    [
        (("aws", "us-east-1"), ["us-east-1a", "us-east-1a", "us-east-1b"], "zones[1]: us-east-1a: is named twice."),
        (("aws", "us-east-1"), ["us-east-1a", "us-west-2a", "us-east-1b"], "zones[1]: us-west-2a: is no zone of us-"),
        (
            ("gcp", "us-east4"),
            ["us-east4-a", "us-east1-b", "us-east4-c"],
            "zones[1]: us-east1-b: is no zone of us-east4.",
        ),
        (("azure", "eastus"), ["1", "4", "2"], "zones[1]: 4: is no zone of eastus."),
    ],
)
def test_three_different_zones_of_the_location_are_wanted(
    where: tuple[str, str], zones: list[str], message: str
) -> None:
    found = _all(raw({"one": region(*where, 0, zones=zones), "two": TWO}))
    assert len(found) == 1
    assert found[0].startswith(f"regions.one.{message}")


def test_an_existing_network_s_missing_lists_are_told_once() -> None:
    found = _all(raw({**BOTH, "one": ONE | {"network": {"kind": "existing"}}}))
    assert len(found) == 10
    assert {fault.partition(": ")[2] for fault in found} == {"is missing. Give it."}


@pytest.mark.parametrize(
    "more",
    [
        {"cluster": {"nodes": {"size": "m7i.2xlarge"}}},
        {"network": {"ranges": {"pods": "10.200.0.0/16"}}},
        {"gateways": {"image": {"package_mirror": "https://mirror.example/debian"}}},
    ],
)
def test_what_is_given_without_a_kind_is_of_the_default_kind_in_validation_and_schema(more: dict[str, Any]) -> None:
    content = raw({**BOTH, "one": ONE | more})
    assert _all(content) == []
    validate(content, Federation.model_json_schema())


def test_a_kind_that_is_not_known_is_refused_in_validation_and_schema() -> None:
    content = raw({**BOTH, "one": ONE | {"cluster": {"kind": "none"}}})
    assert _all(content) == ["regions.one.cluster.kind: none: must be one of new, existing."]
    with pytest.raises(JsonError):
        validate(content, Federation.model_json_schema())


def test_a_federation_of_one_region_and_retired_ones_is_refused() -> None:
    retired = region("gcp", "us-east4", 1, state="retired")
    assert _all(raw({"one": ONE, "two": retired})) == [
        "regions: only one is not retired; a federation has at least two regions. Add a region."
    ]
    for state in ("planned", "quarantined", "draining"):
        assert _all(raw({"one": ONE, "two": TWO | {"state": state}})) == []


@pytest.mark.parametrize("model", [Federation, Facts, GateConfiguration, Exceptions])
def test_every_pattern_of_a_text_is_told_in_words(model: type[Settings]) -> None:
    schema = model.model_json_schema()
    # Keys of the gate's configuration are ids, and this says it of all of them at once.
    schema.pop("propertyNames", None)
    found = set(_patterns(schema))
    assert found
    assert found <= set(WORDS)


def _patterns(schema: object) -> Iterator[str]:
    """Every pattern of a JSON Schema, those of keys too."""
    match schema:
        case dict():
            mapping = cast("dict[str, object]", schema)
            if isinstance(pattern := mapping.get("pattern"), str):
                yield pattern
            yield from cast("dict[str, object]", mapping.get("patternProperties", {}))
            for inner in mapping.values():
                yield from _patterns(inner)
        case list():
            for inner in cast("list[object]", schema):
                yield from _patterns(inner)
        case _:
            return


WRONG = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(""), st.just([]), st.just([["x"]]), st.just({"": {}})
)
GRAPH = {
    "tenants": {"shop": {"owner": "team", "namespaces": ["shop"]}},
    "services": {
        "cart": {
            "tenant": "shop",
            "namespace": "shop",
            "service_account": "cart",
            "ports": {"http": {"number": 80, "protocol": "http"}},
            "regions": ["one"],
        }
    },
    "external_hosts": {"out": {"host": "api.example.com"}},
    "calls": [{"caller": "cart", "callee": "out", "methods": ["GET"], "paths": ["/"], "port": "http"}],
}


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(cast("dict[Any, Any]", value).items())
    elif isinstance(value, list):
        inner = list(enumerate(cast("list[Any]", value)))
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


def _replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]
FULL = raw(
    {
        "one": ONE | {"zones": ZONES, "extra_ca": "x", "tags": {"a": "b"}, "cluster": {"kind": "new", "nodes": {}}},
        "two": TWO,
    },
    services=GRAPH,
    naming={"template": "{federation}-{region}-{role}"},
    slos=[{"between": ["one", "two"], "p99_ms": 90}],
    tunnels={"pairs": [{"between": ["one", "two"]}]},
)


@given(st.sampled_from(_places(FULL)[1:]), WRONG)
def test_no_wrong_value_anywhere_ends_in_anything_but_faults(place: tuple[str | int, ...], wrong: Any) -> None:
    for fault in _all(_replaced(FULL, place, wrong)):
        assert "dict" not in fault
        assert "instance" not in fault
