"""A table of replacements says what the provider said, and a stand-in reads it so."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from meshfed_local.standins.differences import changes
from meshfed_local.standins.spec import Property, Spec
from meshfed_local.verify import replacements, samples
from meshfed_local.verify.probe import probe
from meshfed_local.verify.provider import Diagnostic, Planned, Provider, Steps
from meshfed_local.verify.schema import Attribute, Block, NestedBlock, Nesting

TABLE = frozenset({"name", "disk.key", "+network", "-network", "network.subnet", "~zones", "-lock"})

BEFORE: Mapping[str, Any] = {
    "name": "a",
    "size": 1,
    "zones": ["a", "b"],
    "lock": "yes",
    "network": [{"subnet": "s", "ip": "1"}],
    "notes": {"a": "1"},
}

CASES: list[tuple[dict[str, Any], dict[str, bool]]] = [
    ({"name": "b"}, {"name": True}),
    ({"size": 2}, {"size": False}),
    ({"zones": ["a", "c"]}, {"zones": True}),
    ({"zones": ["a", "b", "c"]}, {"zones": True}),
    ({"zones": None}, {"zones": False}),
    ({"lock": None}, {"lock": True}),
    ({"lock": "no"}, {"lock": False}),
    ({"network": [{"subnet": "s", "ip": "2"}]}, {"network.ip": False}),
    ({"network": [{"subnet": "t", "ip": "1"}]}, {"network.subnet": True}),
    ({"network": [{"subnet": "s", "ip": "1"}, {"ip": "2"}]}, {"network": True}),
    ({"network": []}, {"network": True}),
    ({"disk": {"key": "k"}}, {"disk": True}),
    ({"disk": {"size": 1}}, {"disk": False}),
    ({"notes": {"a": "2"}}, {"notes.a": False}),
]


@pytest.mark.parametrize(("change", "wanted"), CASES)
def test_a_change_replaces_where_the_table_says_so(change: dict[str, Any], wanted: dict[str, bool]) -> None:
    after = {key: value for key, value in {**BEFORE, **change}.items() if value is not None}
    found = {
        ".".join(part for part in item.place if isinstance(part, str)): item.replaces
        for item in changes(BEFORE, after, TABLE)
    }
    assert found == wanted


BLOCK = Block(
    {
        "name": Attribute("string", required=True),
        "zone": Attribute("string", optional=True, computed=True),
        "size": Attribute("number", optional=True),
        "broken": Attribute("string", optional=True),
        "id": Attribute("string", computed=True),
    },
    {"disk": NestedBlock(Block({"image": Attribute("string", optional=True)}, {}), Nesting.LIST)},
)

SPEC = Spec(
    "cloud:it:It",
    {
        "name": Property("str", required=False),
        "zone": Property("str", required=False),
        "size": Property("int", required=False),
        "broken": Property("str", required=False),
        "disks": Property({"list": {"object": "Disk"}}, required=False),
        "onlyInSdk": Property("str", required=False),
    },
    {},
    {"Disk": {"image": Property("str", required=False)}},
)


class Cloud:
    """A provider of one type: name and disks are fixed, a zone too, a size may only grow."""

    def block(self, _type: str) -> Block:
        return BLOCK

    def plan(self, _type: str, prior: Any, proposed: Any, config: Any, _private: bytes = b"") -> Planned:
        if config["broken"] is not None:
            return Planned(None, (), b"", (Diagnostic(error=True, summary="cannot say", detail="", path=()),))
        state = {**proposed, "id": "i", "zone": proposed["zone"] or "z"}
        return Planned(state, tuple(self._replaces(prior, state)), b"", ())

    @staticmethod
    def _replaces(prior: Any, state: Any) -> list[Steps]:
        if prior is None:
            return []
        found: list[Steps] = [(name,) for name in ("name", "zone", "disk") if prior[name] != state[name]]
        if (prior["size"] or 0) > (state["size"] or 0):
            found.append(("size",))
        return found


def test_probing_finds_what_replaces_and_in_which_direction() -> None:
    found = probe(cast("Provider", Cloud()), "cloud_it", SPEC)
    # A zone that is taken away stays as it is, since the cloud had chosen one anyhow.
    assert found.replaces == ["+disks", "-disks", "disks.image", "name", "-size", "~size", "+zone", "~zone"]
    assert set(found.undecided) == {"+broken", "-broken", "~broken"}


def test_a_table_is_stale_when_a_type_or_its_making_is_missing(tmp_path: Path) -> None:
    table = tmp_path / "aws.json"
    assert "aws.json" in replacements.missing("aws", [], tmp_path)
    table.write_text(replacements.dumps({replacements.MADE_WITH: replacements.stamp("aws"), "aws:a/b:B": []}))
    assert replacements.missing("aws", ["aws:a/b:B", "gcp:a/b:B"], tmp_path) == ""
    assert "aws:c/d:D" in replacements.missing("aws", ["aws:c/d:D"], tmp_path)
    table.write_text(replacements.dumps({replacements.MADE_WITH: ["provider old"], "aws:a/b:B": []}))
    assert "provider old" in replacements.missing("aws", ["aws:a/b:B"], tmp_path)


def test_a_type_of_a_table_that_nothing_asked_for_is_named(tmp_path: Path) -> None:
    table = {replacements.MADE_WITH: replacements.stamp("aws"), "aws:a/b:B": ["x"], "aws:c/d:D": ["x"]}
    (tmp_path / "aws.json").write_text(replacements.dumps(table))
    assert replacements.untried("aws", ["aws:a/b:B", "gcp:a/b:B"], tmp_path) == ["aws:c/d:D"]


def test_samples_have_the_form_that_their_names_promise() -> None:
    assert samples.text("ip_cidr_range", 1) == "10.2.0.0/16"
    assert samples.sample(["set", "string"], "subnet_ids", 0) == ["sample-a"]
    assert samples.sample(["map", "number"], "counts", 1) == {"key": 21}
