"""`meshfed pin` and `meshfed next`: facts come from saved outputs or from `pulumi`, and keys of Azure by `az`."""

import shlex
from pathlib import Path

import pytest

from meshfed.settings.facts import RegionFacts
from tests.cli.command import THREE, Command, Desk, jwk, outputs_of, pem, public_key

VAULT_KEY = "https://vault-1.vault.azure.net/keys/peer/0123456789abcdef"


@pytest.fixture
def told(desk: Desk) -> Desk:
    """An operator's folder with outputs of all three regions."""
    desk.outputs = {key: outputs_of(slot) for slot, key in enumerate(THREE)}
    return desk


def deployed(told: Desk, *keys: str) -> None:
    """The outputs of regions that were deployed with what is pinned now, open towards one another."""
    digests = {key: RegionFacts.model_validate(pinned).digest for key, pinned in told.pinned().items() if key in keys}
    for key in keys:
        told.outputs[key] |= {"opened": [peer for peer in keys if peer != key], "relied_on": digests}


def program(folder: Path, name: str, script: str) -> Path:
    """A program of that name, alone in a folder."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return folder


def test_the_first_pin_writes_what_the_stacks_told(meshfed: Command, told: Desk) -> None:
    said = meshfed("pin", *told.files(), *told.told())
    assert said.code == 0
    assert said.out.splitlines() == [
        "+ use1: pinned for the first time",
        "+ use4: pinned for the first time",
        "+ eus: pinned for the first time",
        f"{told.facts}: 3 regions pinned. Review and commit it.",
    ]
    names = {"epoch", "gateway_addresses", "issuer", "peer_key", "bundle_key", "gateway_identity"}
    assert told.pinned() == {key: {name: outputs[name] for name in names} for key, outputs in told.outputs.items()}
    assert told.facts.read_text(encoding="utf-8").startswith("# Written by `meshfed pin`")


def test_a_second_pin_changes_nothing(meshfed: Command, told: Desk) -> None:
    meshfed("pin", *told.files(), *told.told())
    before = told.facts.stat()
    said = meshfed("pin", *told.files(), *told.told())
    assert said.out == f"{told.facts}: nothing changed.\n"
    assert told.facts.stat().st_ino == before.st_ino


def test_a_changed_fact_is_shown_by_name_and_never_by_value(meshfed: Command, told: Desk) -> None:
    meshfed("pin", *told.files(), *told.told())
    told.outputs["use4"] |= {"gateway_addresses": ["198.51.100.77", "198.51.100.78"], "peer_key": pem(public_key())}
    said = meshfed("pin", *told.files(), *told.told())
    assert said.out.splitlines()[:-1] == ["~ use4.gateway_addresses: changed", "~ use4.peer_key: changed"]
    assert told.pinned()["use4"]["gateway_addresses"] == ["198.51.100.77", "198.51.100.78"]


def test_a_region_that_nobody_can_ask_keeps_its_facts(meshfed: Command, told: Desk) -> None:
    meshfed("pin", *told.files(), *told.told())
    before = told.pinned()
    del told.outputs["eus"]
    meshfed("pin", *told.files(), *told.told())
    assert told.pinned() == before


def test_a_retired_region_s_facts_go(meshfed: Command, told: Desk) -> None:
    meshfed("pin", *told.files(), *told.told())
    told.write({**THREE, "eus": {**THREE["eus"], "state": "retired"}})
    said = meshfed("pin", *told.files(), *told.told())
    assert said.out.splitlines()[0] == "- eus: removed"
    assert list(told.pinned()) == ["use1", "use4"]


def test_a_stack_without_outputs_is_not_pinned(meshfed: Command, told: Desk) -> None:
    told.outputs["eus"] = {}
    meshfed("pin", *told.files(), *told.told())
    assert list(told.pinned()) == ["use1", "use4"]


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        ({"gateway_addresses": ["198.51.100.1"]}, "gateway_addresses"),
        ({"issuer": "http://issuer.example"}, "issuer"),
        ({"peer_key": "-----BEGIN PRIVATE KEY-----\n"}, "peer_key"),
        ({"epoch": "first"}, "epoch"),
    ],
)
def test_broken_outputs_are_refused_and_the_facts_stay(
    meshfed: Command, told: Desk, broken: dict[str, object], path: str
) -> None:
    meshfed("pin", *told.files(), *told.told())
    before = told.facts.read_bytes()
    told.outputs["use4"] |= broken
    said = meshfed("pin", *told.files(), *told.told())
    assert said.code == 1
    assert said.err.startswith("outputs of stack use4: ")
    assert path in said.err
    assert told.facts.read_bytes() == before


def test_outputs_of_something_else_are_refused_and_the_facts_stay(meshfed: Command, told: Desk) -> None:
    meshfed("pin", *told.files(), *told.told())
    before = told.facts.read_bytes()
    told.outputs["use4"] = {"url": "https://acme.example"}
    for verb in ("pin", "next"):
        said = meshfed(verb, *told.files(), *told.told())
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith(f"{told.folder / 'use4.json'}: 1 fault\n  file: is not what a region's stack tells")
        assert told.facts.read_bytes() == before


def test_where_no_stack_tells_facts_no_file_is_written(meshfed: Command, told: Desk) -> None:
    told.facts.unlink()
    told.outputs = {"use1": {}}
    said = meshfed("pin", *told.files(), *told.told())
    assert (said.code, said.out) == (0, f"{told.facts}: not written: no facts are known yet.\n")
    assert not told.facts.exists()


def test_a_facts_file_of_one_region_is_told_in_the_singular(meshfed: Command, told: Desk) -> None:
    told.outputs = {"use1": told.outputs["use1"]}
    said = meshfed("pin", *told.files(), *told.told())
    assert said.out.splitlines()[-1] == f"{told.facts}: 1 region pinned. Review and commit it."


def test_a_missing_output_is_named(meshfed: Command, told: Desk) -> None:
    del told.outputs["use1"]["bundle_key"]
    said = meshfed("pin", *told.files(), *told.told())
    assert said.code == 1
    assert "bundle_key" in said.err
    assert told.pinned() == {}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("use1", "must be KEY=FILE"),
        ("use9={folder}/use1.json", "use9 is no region. Known: use1, use4, eus."),
        ("use1={folder}/none.json", "cannot be read"),
        ("use1={folder}/words.json", "line 1, column 1: is not JSON"),
        ("use1={folder}/image.json", "is not UTF-8 text"),
        ("use1={folder}/deep.json", "is nested too deeply"),
        ("use1={folder}/other.json", "is not what a region's stack tells: it has none of epoch, gateway_addresses, "),
        ("use1={folder}/list.json", "is not a JSON object"),
    ],
)
def test_an_outputs_option_that_names_nothing_useful_is_refused(
    meshfed: Command, told: Desk, option: str, message: str
) -> None:
    told.told()
    (told.folder / "words.json").write_text("two words", encoding="utf-8")
    (told.folder / "image.json").write_bytes(b"\x89PNG")
    (told.folder / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    (told.folder / "other.json").write_text('{"url": "https://acme.example"}', encoding="utf-8")
    (told.folder / "list.json").write_text("[]", encoding="utf-8")
    said = meshfed("pin", *told.files(), "--outputs", option.format(folder=told.folder))
    assert said.code == 1
    assert message in said.err
    assert told.pinned() == {}


def test_a_facts_file_that_cannot_be_written_is_one_message(meshfed: Command, told: Desk) -> None:
    told.facts = told.folder / "nowhere" / "facts.yaml"
    said = meshfed("pin", *told.files(), *told.told())
    assert said.code == 1
    assert f"{told.facts}: 1 fault" in said.err


def test_next_goes_up_closed_then_pins_then_opens_then_rests(meshfed: Command, told: Desk) -> None:
    outputs, told.outputs = told.outputs, {"use1": told.outputs["use1"]}
    said = meshfed("next", *told.files(), *told.told())
    assert [line.partition(": ")[0] for line in said.out.splitlines()] == [
        "pulumi up --stack use4",
        "pulumi up --stack eus",
    ]
    told.outputs = outputs
    said = meshfed("next", *told.files(), *told.told())
    assert [line.split(":")[:2] for line in said.out.splitlines()] == [["meshfed pin", f" {key}"] for key in THREE]
    meshfed("pin", *told.files(), *told.told())
    said = meshfed("next", *told.files(), *told.told())
    assert [line.partition(": ")[0] for line in said.out.splitlines()] == [f"pulumi up --stack {key}" for key in THREE]
    deployed(told, *THREE)
    said = meshfed("next", *told.files(), *told.told())
    assert said.out == "Nothing: every region stands, and every pinned peer is open.\n"


def test_next_closes_the_peers_of_a_retired_region_before_it_goes(meshfed: Command, told: Desk) -> None:
    meshfed("pin", *told.files(), *told.told())
    deployed(told, *THREE)
    told.write({**THREE, "eus": {**THREE["eus"], "state": "retired"}})
    meshfed("pin", *told.files(), *told.told())
    said = meshfed("next", *told.files(), *told.told())
    assert [line.partition(": ")[0] for line in said.out.splitlines()] == [
        "pulumi up --stack use1",
        "pulumi up --stack use4",
    ]
    deployed(told, "use1", "use4")
    said = meshfed("next", *told.files(), *told.told())
    assert [line.partition(": ")[0] for line in said.out.splitlines()] == ["pulumi destroy --stack eus"]


def test_next_takes_down_a_stack_that_stands_though_its_region_left_the_settings(
    meshfed: Command, told: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    meshfed("pin", *told.files(), *told.told())
    deployed(told, *THREE)
    told.write({key: THREE[key] for key in ("use1", "use4")})
    listing = '[{"name": "organization/meshfed/eus"}, {"name": "use1"}, {"name": "use4"}]'
    script = f"if [ \"$2\" = ls ]; then echo '{listing}'; exit 0; fi\nfor stack; do :; done"
    cat = f"{script}; cat {shlex.quote(str(told.folder))}/$stack.json"
    monkeypatch.setenv("PATH", f"{program(told.folder / 'bin', 'pulumi', cat)}:/usr/bin:/bin")
    told.told()
    refused = meshfed("next", *told.files())
    assert refused.code == 1
    assert "regions.eus: the settings have no such region. Run `meshfed pin`, which drops it." in refused.err
    assert meshfed("pin", *told.files()).out.splitlines()[0] == "- eus: removed"
    # Nothing is taken down that a peer is still open towards.
    said = meshfed("next", *told.files())
    assert [line.partition(": ")[0] for line in said.out.splitlines()] == [
        "pulumi up --stack use1",
        "pulumi up --stack use4",
    ]
    deployed(told, "use1", "use4")
    told.told()
    said = meshfed("next", *told.files())
    assert said.out.startswith("pulumi destroy --stack eus: eus: ")
    assert "is no longer in the settings" in said.out
    assert (said.code, len(said.out.splitlines())) == (0, 1)


def test_without_pulumi_on_the_path_a_tool_has_failed(
    meshfed: Command, told: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(told.folder))
    said = meshfed("pin", *told.files())
    assert said.code == 3
    assert "`pulumi` is not on PATH" in said.err
    assert "`make up`" in said.err


def test_the_installed_pulumi_is_asked_for_each_stack(
    meshfed: Command, told: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.told()
    # A stack that does not stand is no failure; `pulumi` says it in these words.
    script = 'for stack; do :; done; if [ "$stack" = eus ]; then echo "error: no stack named eus found" >&2; exit 1; fi'
    cat = f"{script}; cat {shlex.quote(str(told.folder))}/$stack.json"
    monkeypatch.setenv("PATH", f"{program(told.folder / 'bin', 'pulumi', cat)}:/usr/bin:/bin")
    assert meshfed("pin", *told.files()).code == 0
    assert list(told.pinned()) == ["use1", "use4"]


def test_a_pulumi_that_fails_is_told_with_its_words(
    meshfed: Command, told: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = program(told.folder / "bin", "pulumi", 'echo "error: no credentials" >&2; exit 255')
    monkeypatch.setenv("PATH", str(folder))
    said = meshfed("pin", *told.files())
    assert said.code == 3
    assert (
        "! use1: stack use1: its outputs cannot be read: error: no credentials. Its facts stay as they are." in said.out
    )
    assert said.err == "use1, use4, eus: could not be read. Run `meshfed pin` again where they can be.\n"
    assert told.pinned() == {}


def test_a_key_of_azure_is_pinned_as_what_az_shows(
    meshfed: Command, told: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = public_key()
    told.outputs["eus"]["peer_key"] = VAULT_KEY
    log = shlex.quote(str(told.folder / "asked"))
    folder = program(told.folder / "bin", "az", f"echo \"$@\" >> {log}; echo '{jwk(key)}'")
    monkeypatch.setenv("PATH", str(folder))
    assert meshfed("pin", *told.files(), *told.told()).code == 0
    assert told.pinned()["eus"]["peer_key"] == pem(key)
    asked = (told.folder / "asked").read_text(encoding="utf-8")
    assert asked == f"keyvault key show --id {VAULT_KEY} --query key --output json\n"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "`az` is wanted to read it and is not on PATH"),
        ('echo "ERROR: Forbidden by firewall" >&2; exit 1', "ERROR: Forbidden by firewall"),
        ("echo not json", "the answer of `az` is no P-256 public key"),
        ("""echo '{"kty": "RSA", "n": "AQAB"}'""", "the answer of `az` is no P-256 public key"),
        ("""echo '{"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}'""", "the answer of `az` is no P-256 public key"),
        ("echo '[]'", "the answer of `az` is no P-256 public key"),
    ],
)
def test_an_az_that_cannot_tell_the_key_is_a_failed_tool(
    meshfed: Command, told: Desk, monkeypatch: pytest.MonkeyPatch, script: str | None, message: str
) -> None:
    told.outputs["eus"]["peer_key"] = VAULT_KEY
    folder = program(told.folder / "bin", "az", script) if script else told.folder
    monkeypatch.setenv("PATH", str(folder))
    said = meshfed("pin", *told.files(), *told.told())
    assert said.code == 3
    (line,) = [line for line in said.out.splitlines() if line.startswith("! ")]
    assert line.startswith(f"! eus: {VAULT_KEY}: ")
    assert message in line
    assert set(told.pinned()) == {"use1", "use4"}
