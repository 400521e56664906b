"""Which epochs of a peer a host takes, and that everything else about a grant is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from meshfed.settings.keys import fingerprint
from meshfed.topology import grants as library
from meshfed_agent import documents, grants
from meshfed_agent.documents import Asked
from meshfed_agent.errors import RefusedError
from meshfed_agent.grants import Grant
from meshfed_agent.reading import Reader

from .lab import public_pem

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
KEY, OTHER, OFFLINE = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
ASKED = Asked("euc1", "a", 3, (public_pem(OTHER), public_pem(KEY)))
STATED = library.Grant("euc1", 3, fingerprint(public_pem(KEY)), "0" * 64, NOW + timedelta(days=1))


def signed(text: str, key: ec.EllipticCurvePrivateKey = OFFLINE) -> Grant:
    return Grant(public_pem(OFFLINE), text, key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))


GOOD = signed(STATED.statement)


def test_an_epoch_begins_with_the_granted_key_alone() -> None:
    assert grants.judge(ASKED, GOOD, 2, NOW).keys == (public_pem(KEY),)
    assert grants.judge(ASKED, GOOD, 1, NOW).keys == (public_pem(KEY),)


@pytest.mark.parametrize("last", [None, 3])
def test_a_host_that_saw_no_older_epoch_judges_neither_time_nor_key(last: int | None) -> None:
    assert grants.judge(ASKED, GOOD, last, NOW + timedelta(days=999)) == ASKED
    with pytest.raises(RefusedError, match="is missing"):
        grants.judge(ASKED, None, last, NOW)


def test_the_first_epoch_needs_no_grant() -> None:
    first = replace(ASKED, epoch=1)
    assert grants.judge(first, None, None, NOW) == first


def changed(**parts: object) -> Grant:
    return signed(documents.canonical({**json.loads(STATED.statement), **parts}).decode())


@pytest.mark.parametrize(
    ("grant", "reason"),
    [
        (signed(STATED.statement, KEY), "is not signed by the offline key of euc1"),
        (replace(GOOD, offline_key=public_pem(OTHER)), "is not signed by"),
        (replace(GOOD, statement=STATED.statement.replace("2026-11-22", "2036-11-22")), "is not signed by"),
        (replace(GOOD, signature=b""), "is not signed by"),
        (replace(GOOD, offline_key="hello"), "is not PEM"),
        (signed(replace(STATED, region="use1").statement), "is for epoch 3 of use1"),
        (signed(replace(STATED, epoch=2).statement), "is for epoch 2 of euc1"),
        (signed(replace(STATED, not_after=NOW).statement), "expired at 2026-11-21T10:00:00Z"),
        (signed(replace(STATED, peer_key="0" * 64).statement), "names another key than the pinned ones"),
        (changed(kind="peer"), "kind"),
        (changed(epoch=True), "epoch"),
        (changed(not_after="soon"), "not_after"),
        (changed(sha256="0" * 64), "sha256"),
        (changed(body={"peer_key": STATED.peer_key}), "sha256"),
        (changed(extra=1), "extra: is not known"),
        (signed(f"{STATED.statement} "), "canonical"),
        (signed("{}"), "kind"),
    ],
)
def test_a_wrong_grant_is_refused(grant: Grant, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        grants.judge(ASKED, grant, 2, NOW)


def test_a_peer_document_under_the_offline_key_is_no_grant() -> None:
    """One kind of signature signs several kinds of statements; each is taken for its own kind alone."""
    raw = documents.statement(ASKED, 1, NOW + timedelta(days=1), documents.body((), {}))
    with pytest.raises(RefusedError, match="kind"):
        grants.judge(ASKED, signed(raw.decode()), 2, NOW)


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_any_other_signed_text_is_refused_with_our_own_error(text: str) -> None:
    with pytest.raises(RefusedError):
        grants.judge(ASKED, signed(text), 2, NOW)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"signature": "%"}, "is not base64"),
        ({"statement": "\ud800"}, "wanted: a statement"),
        ({"offline_key": None}, "offline_key: is null"),
        ({"more": 1}, "more: is not known"),
    ],
)
def test_a_grant_of_another_shape_is_refused(part: dict[str, object], reason: str) -> None:
    whole = {"offline_key": public_pem(OFFLINE), "statement": STATED.statement, "signature": "AAAA"}
    assert grants.read(Reader(dict(whole), "grant")).signature == b"\0\0\0"
    with pytest.raises(RefusedError, match=reason):
        grants.read(Reader({**whole, **part}, "grant"))
