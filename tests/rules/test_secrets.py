"""What counts as a secret in a machine's first script, and what only names where one is."""

import base64
import gzip

import pytest

from meshfed.rules.node import Node, UndecidedError
from meshfed.rules.plain import Unknown
from meshfed.rules.secrets import holds_no_secret, unpacked


@pytest.mark.parametrize(
    "script",
    [
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
        "DefaultEndpointsProtocol=https;AccountKey=" + "A" * 86 + "==",
        "token: ghp_" + "a" * 36,
        "PGPASSWORD=correct-horse-battery psql",
        '{"client_secret": "correct-horse"}',
        "- name: root\n  passwd: $6$rounds=4096$salt$hash\napi-key = 0123456789",
    ],
)
def test_credentials_are_found_by_their_form(script: str) -> None:
    assert holds_no_secret(Node(script, "userData")) is not None


@pytest.mark.parametrize(
    "script",
    [
        "password=$(meshfed-agent secret)",
        "token: /var/run/secrets/token",
        "secret: arn:aws:secretsmanager:us-east-1:111111111111:secret:mesh",
        "secret=projects/acme/secrets/mesh",
        "token_url: https://example.org/token?secret=https://example.org/other",
        "lock_passwd: true",
        "ssh_pwauth: false",
        "-----BEGIN PUBLIC KEY-----",
        "",
    ],
)
def test_what_names_a_place_of_a_secret_is_none(script: str) -> None:
    assert holds_no_secret(Node(script, "userData")) is None


def test_a_script_is_read_as_the_machine_reads_it() -> None:
    packed = base64.b64encode(gzip.compress(b"API_KEY=0123456789")).decode()
    assert unpacked(packed) == "API_KEY=0123456789"
    assert holds_no_secret(Node(packed, "customData")) is not None


def test_a_message_says_where_and_never_what() -> None:
    finding = holds_no_secret(Node("API_KEY=0123456789", "userData"))
    assert finding is not None
    assert finding.path == "userData"
    assert "0123456789" not in finding.message


def test_a_packed_text_that_grows_without_end_is_read_to_a_limit() -> None:
    bomb = base64.b64encode(gzip.compress(b"\0" * 50_000_000)).decode()
    assert len(unpacked(bomb)) <= 4_000_000


def test_a_script_that_is_not_known_yet_is_not_decided() -> None:
    with pytest.raises(UndecidedError):
        holds_no_secret(Node(Unknown(), "userData"))
