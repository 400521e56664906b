"""Values of the engine, of exports and of previews as plain ones; nothing unknown passes for known."""

import pulumi
import pytest

from meshfed.rules.plain import DEEPEST, Unknown, UnreadableError, plain

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
OUTPUT, ASSET = "d0e6a833031e9bbcd3f4e8bde6ca49a4", "c44067f5952c0a294b673a41bacd8c17"


def test_an_unknown_is_unknown_at_any_depth_and_nothing_around_it_is() -> None:
    given = {"a": {"b": [1.0, UNKNOWN_TEXT, {"c": UNKNOWN_TEXT}]}, "d": "x", "e": UNKNOWN_TEXT}
    assert plain(given) == {"a": {"b": [1, Unknown(), {"c": Unknown()}]}, "d": "x", "e": Unknown()}


def test_a_secret_in_plain_text_is_its_value_and_an_encrypted_one_is_unknown_with_a_hint() -> None:
    assert plain({SIGNATURE: SECRET, "plaintext": '{"a": [true]}'}) == {"a": [True]}
    assert plain({SIGNATURE: SECRET, "value": "x"}) == "x"
    hidden = plain({SIGNATURE: SECRET, "ciphertext": "v1:abc"})
    assert isinstance(hidden, Unknown)
    assert "--show-secrets" in hidden.reason
    masked = plain("[secret]")
    assert isinstance(masked, Unknown)
    assert "--show-secrets" in masked.reason
    assert plain({SIGNATURE: OUTPUT}) == Unknown()


def test_a_text_asset_is_its_text_and_a_file_is_not_opened() -> None:
    assert plain(pulumi.StringAsset("text")) == "text"
    assert plain({SIGNATURE: ASSET, "text": "text", "hash": "0"}) == "text"
    for unopened in (pulumi.FileAsset(__file__), {SIGNATURE: ASSET, "path": "x", "hash": "0"}):
        assert isinstance(plain(unopened), Unknown)


def test_whole_numbers_are_whole_and_others_stay() -> None:
    assert plain([51820.0, 0.5, True, None]) == [51820, 0.5, True, None]


def test_what_is_nested_without_end_is_refused() -> None:
    deep: object = "x"
    for _ in range(DEEPEST + 2):
        deep = [deep]
    with pytest.raises(UnreadableError, match="deeper than"):
        plain(deep)


def test_values_that_are_shared_count_each_time() -> None:
    shared: object = ["x"] * 100
    for _ in range(4):
        shared = [shared] * 100
    with pytest.raises(UnreadableError, match="more than"):
        plain(shared)
