"""When a peer document is accepted, and that everything else is refused."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from meshfed_agent import documents
from meshfed_agent.documents import Asked, Statement
from meshfed_agent.errors import RefusedError

KEY, OLD_KEY, STRANGER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
VALID_SECONDS = 86400
NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
WIREGUARD_KEY = base64.b64encode(bytes(range(32))).decode()
CONTENT = documents.body(("203.0.113.7",), {"euc1-a": {0: WIREGUARD_KEY}})


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


ASKED = Asked("use1", "a", 2, (pem(OLD_KEY), pem(KEY)))


def seal(raw: bytes, key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    return documents.envelope(raw, lambda data: key.sign(data, ec.ECDSA(hashes.SHA256())))


def document(
    sequence: int = 7,
    *,
    asked: Asked = ASKED,
    key: ec.EllipticCurvePrivateKey = KEY,
    life: timedelta = timedelta(days=1),
    content: dict[str, object] = CONTENT,
) -> bytes:
    return seal(documents.statement(asked, sequence, NOW + life, content), key)


def accept(data: bytes, last: Statement | None = None, now: datetime = NOW) -> Statement:
    return documents.accept(data, ASKED, last, now, VALID_SECONDS)


def test_a_good_document_says_what_was_signed() -> None:
    found = accept(document())
    assert (found.region, found.gateway, found.epoch, found.sequence) == ("use1", "a", 2, 7)
    assert found.tunnels == {"euc1-a": {0: WIREGUARD_KEY}}
    assert found.addresses == ("203.0.113.7",)
    assert found.not_after == NOW + timedelta(days=1)


def test_the_format_is_the_contracts() -> None:
    """Written out by hand: a change of this test is a change of the format between regions."""
    outer = json.loads(document())
    assert outer.keys() == {"format", "statement", "signature"}
    assert outer["format"] == "meshfed/signed/v1"
    raw = base64.b64decode(outer["statement"])
    body = f'{{"addresses":["203.0.113.7"],"tunnels":{{"euc1-a":{{"keys":{{"0":"{WIREGUARD_KEY}","1":null}}}}}}}}'
    assert raw.decode() == (
        f'{{"body":{body},"epoch":2,"gateway":"a","kind":"peer","not_after":"2026-11-22T10:00:00Z",'
        f'"region":"use1","sequence":7,"sha256":"{hashlib.sha256(body.encode()).hexdigest()}"}}'
    )
    KEY.public_key().verify(base64.b64decode(outer["signature"]), raw, ec.ECDSA(hashes.SHA256()))


def test_any_of_the_pinned_keys_will_do() -> None:
    assert accept(document(key=OLD_KEY)).sequence == 7


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_only_a_higher_sequence_is_accepted(before: int, offered: int) -> None:
    last = accept(document(before))
    other = document(offered, content=documents.body((), {}))
    if offered > before:
        assert accept(other, last).sequence == offered
    else:
        with pytest.raises(RefusedError, match="sequence is"):
            accept(other, last)


def test_the_same_statement_again_is_the_last_one_also_under_a_new_signature_and_after_its_expiry() -> None:
    last = accept(document())
    assert accept(document(), last, NOW + timedelta(days=30)) is last


def test_a_new_epoch_starts_its_sequence_anew_and_the_old_one_is_refused() -> None:
    before = Asked("use1", "a", 1, ASKED.keys)
    last = documents.accept(document(900, asked=before), before, None, NOW, VALID_SECONDS)
    assert accept(document(1), last).sequence == 1
    with pytest.raises(RefusedError, match="epoch is 1; pinned: 2"):
        accept(document(901, asked=Asked("use1", "a", 1, ())), last)


@given(st.integers(-(10**6), 10**6))
def test_only_a_life_of_the_federations_length_is_accepted(seconds: int) -> None:
    data = document(life=timedelta(seconds=seconds))
    if 0 < seconds <= VALID_SECONDS + 300:
        assert accept(data).sequence == 7
    else:
        with pytest.raises(RefusedError, match="expired at" if seconds <= 0 else "wanted: at most 86400 seconds"):
            accept(data)


@pytest.mark.parametrize(("seconds", "reason"), [(0, "expired at"), (86701, "is valid until 2026-11-22T10:05:01Z")])
def test_the_bounds_of_a_life_are_exact(seconds: int, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        accept(document(life=timedelta(seconds=seconds)))
    assert accept(document(life=timedelta(seconds=86700 if seconds else 1))).sequence == 7


def test_an_epoch_that_was_left_is_refused_although_it_is_pinned_again() -> None:
    last = accept(document(1))
    before = Asked("use1", "a", 1, ASKED.keys)
    with pytest.raises(RefusedError, match="epoch is 1, 2 was accepted"):
        documents.accept(document(900, asked=before), before, last, NOW, VALID_SECONDS)


@pytest.mark.parametrize(
    "asked", [Asked("euc1", "a", 2, ()), Asked("use1", "b", 2, ())], ids=["another region", "another gateway"]
)
def test_a_document_about_somebody_else_is_refused(asked: Asked) -> None:
    with pytest.raises(RefusedError, match="is about"):
        accept(document(asked=asked))


def test_a_key_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"no pinned key of use1 made its signature \(2 pinned\)"):
        accept(document(key=STRANGER))


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_refused_or_changes_nothing(position: int, difference: int) -> None:
    good = document()
    forged = bytearray(good)
    forged[position % len(good)] ^= difference
    try:
        found = accept(bytes(forged))
    except RefusedError:
        return
    assert found.raw == accept(good).raw


@given(st.binary(max_size=300))
def test_noise_is_refused_with_our_own_error(data: bytes) -> None:
    with pytest.raises(RefusedError):
        accept(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_a_signed_statement_of_any_other_shape_is_refused_with_our_own_error(value: object) -> None:
    """A peer's key may be in the wrong hands: what it signs must not break the agent."""
    try:
        raw = documents.canonical(value)
    except UnicodeEncodeError:
        return
    with pytest.raises(RefusedError):
        accept(seal(raw))


def changed(**parts: object) -> bytes:
    statement = json.loads(documents.statement(ASKED, 7, NOW + timedelta(days=1), CONTENT))
    return seal(documents.canonical({**statement, **parts}))


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"kind": "bundle"}, "kind"),
        ({"sequence": True}, "sequence"),
        ({"sequence": 0}, "sequence"),
        ({"sequence": "7"}, "sequence"),
        ({"not_after": "2026-11-22 10:00"}, "not_after"),
        ({"body": documents.body((), {})}, "sha256"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"extra": 1}, "extra: is not known"),
    ],
)
def test_a_signed_statement_with_one_wrong_part_is_refused(parts: dict[str, object], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        accept(changed(**parts))


@pytest.mark.parametrize(
    "key",
    ["", "x" * 44, f"{WIREGUARD_KEY}\n[Peer]", base64.b64encode(bytes(31)).decode(), "-----BEGIN PUBLIC KEY-----\nx"],
)
def test_a_tunnel_key_that_is_no_key_is_refused(key: str) -> None:
    """It becomes a line of WireGuard's configuration."""
    with pytest.raises(RefusedError):
        accept(document(content=documents.body((), {"euc1-a": {0: key}})))


@pytest.mark.parametrize(
    "raw", [b'{"kind":"peer", "epoch":2}', b'{"kind":"peer","kind":"peer"}', b'{"epoch":2.0}', b'{"epoch":NaN}']
)
def test_json_that_two_readers_may_read_differently_is_refused(raw: bytes) -> None:
    with pytest.raises(RefusedError, match=r"canonical|twice|whole number"):
        accept(seal(raw))


def test_a_document_beyond_the_size_limit_is_refused() -> None:
    with pytest.raises(RefusedError, match="at most"):
        accept(b" " * (documents.SIZE_LIMIT + 1))


def test_a_pinned_key_of_another_curve_is_refused() -> None:
    with pytest.raises(RefusedError, match="P-256"):
        documents.public_key(pem(ec.generate_private_key(ec.SECP384R1())))
