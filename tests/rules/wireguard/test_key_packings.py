"""A private key is found however it is packed, and no message shows it. Not shown: one that is called otherwise."""

import base64
import gzip
import json
from collections.abc import Callable, Sequence
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from meshfed.rules.gate import Policy, judge
from meshfed.rules.judge import State
from meshfed.rules.resource import Resource, resource_of
from meshfed.rules.wireguard.keys import RULES

URN = "urn:pulumi:case::tests::x::one"
Packing = Callable[[str], str]


def _lines(text: str) -> str:
    packed = base64.b64encode(text.encode()).decode()
    return "\n".join(packed[at : at + 76] for at in range(0, len(packed), 76))


PACKINGS: dict[str, Packing] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in lines": _lines,
    "gzip": lambda text: base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode(),
    "JSON": lambda text: json.dumps({"files": [{"path": "/etc/wg0.conf", "content": text}]}),
    "cloud-init": lambda text: (
        "#cloud-config\nwrite_files:\n- content: |\n" + "".join(f"    {line}\n" for line in text.splitlines())
    ),
    "a script": lambda text: f"#!/bin/sh\ncat > /etc/wireguard/wg0.conf <<EOF\n{text}\nEOF\nwg-quick up wg0\n",
}
NAMES = (
    "PrivateKey = {}",
    "private_key: {}",
    '"privateKey": "{}"',
    "WG_PRIVATE_KEY={}",
    "private-key={}",
    "wg set wg0 private-key <(echo {})",
    "echo '{}' | sudo tee /etc/keys/private",
    "sed -i s/KEY/{}/ /etc/wireguard/wg0.conf",
)
OTHERS = (
    "PublicKey = {}",
    "wg set wg0 peer {} remove",
    "for peer in {}; do wg set wg0 peer $peer remove; done",
    "echo {} > /etc/wireguard/peer.pub",
    "sha256: {}",
    "integrity=sha256-{}",
    "cookie_key: {}",
)


def _resource(text: str, name: str) -> Resource:
    return resource_of("aws:s3/bucketObjectv2:BucketObjectv2", URN, {"bucket": "store", name: text})


@settings(max_examples=150, deadline=None)
@given(
    key=st.binary(min_size=32, max_size=32),
    name=st.sampled_from(NAMES),
    packings=st.lists(st.sampled_from(sorted(PACKINGS)), max_size=3),
)
def test_a_key_is_found_in_every_packing_and_shown_in_no_message(
    key: bytes, name: str, packings: Sequence[str]
) -> None:
    written = base64.b64encode(key).decode()
    text = "[Interface]\n" + name.format(written) + "\nListenPort = 51820\n"
    for packing in packings:
        text = PACKINGS[packing](text)
    report = judge(Policy(RULES, date(2026, 11, 21)), {URN: [_resource(text, "content")]})
    said = [one.verdict for one in report.judged]
    assert [verdict.state for verdict in said] == [State.VIOLATION]
    assert written not in str(said[0])


@settings(max_examples=50, deadline=None)
@given(key=st.binary(min_size=32, max_size=32), name=st.sampled_from(OTHERS))
def test_what_is_called_a_public_key_a_digest_or_a_key_for_something_else_is_none(key: bytes, name: str) -> None:
    text = name.format(base64.b64encode(key).decode())
    report = judge(Policy(RULES, date(2026, 11, 21)), {URN: [_resource(text, "content")]})
    assert report.judged == ()


def test_what_cannot_be_unpacked_is_refused() -> None:
    bomb = base64.b64encode(gzip.compress(b"a" * 50_000_000, mtime=0)).decode()
    report = judge(Policy(RULES, date(2026, 11, 21)), {URN: [_resource(bomb, "content")]})
    assert [one.verdict.message for one in report.judged] == [
        "nobody can say that no key is in it: holds a text that unpacks to too much; give it as it is"
    ]
