"""WireGuard configurations are found wherever a program can put them, and their keys go nowhere."""

import base64
import gzip

import pytest

from meshfed.rules.forms.expand import expand
from meshfed.rules.forms.opaque import OPAQUE
from meshfed.rules.forms.wireguard import WIREGUARD_CONF, wireguard_configurations
from meshfed.rules.resource import Resource, resource_of

CONF = """\
[Interface]
PrivateKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
ListenPort = 51820

[Peer]
# AllowedIPs = 0.0.0.0/0
AllowedIPs = 100.64.1.0/24
allowedips=100.64.2.0/24, fd00::/64
Endpoint = 203.0.113.7:51820 # the first of the pair

[Peer]
PublicKey = @key@
AllowedIPs = 100.64.3.0/24
"""


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _wrapped(text: str) -> str:
    packed = base64.b64encode(text.encode()).decode()
    return "\n".join(packed[at : at + 76] for at in range(0, len(packed), 76))


def _parts(text: str) -> list[Resource]:
    return list(wireguard_configurations(resource_of("aws:ec2/instance:Instance", "urn:x", {"userData": text})))


def test_sections_hold_their_settings_and_no_key() -> None:
    (part,) = _parts(CONF)
    assert part.kind == WIREGUARD_CONF
    assert part.props.path == "userData#0"
    assert part.props.value == {
        "interface": {"privatekey": "given", "listenport": "51820"},
        "peers": [
            {"allowedips": ["100.64.1.0/24", "100.64.2.0/24", "fd00::/64"], "endpoint": "203.0.113.7:51820"},
            {"publickey": "@key@", "allowedips": ["100.64.3.0/24"]},
        ],
    }


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\ncat > /etc/wireguard/wg0.conf <<EOF\n" + CONF + "EOF\nwg-quick up wg0\n",
        "#cloud-config\nwrite_files:\n- content: |\n" + "".join(f"    {line}\n" for line in CONF.splitlines()),
        "#cloud-config\nwrite_files:\n- encoding: gz+b64\n  content: " + _packed(CONF) + "\n  path: /etc/wg0.conf\n",
        "Content-Transfer-Encoding: base64\n\n" + _wrapped(CONF) + "\n\n--part--\n",
        base64.b64encode(("content: " + _packed(CONF)).encode()).decode(),
        '{"wireguard": "' + CONF.replace("\n", "\\n") + '"}',
    ],
    ids=["a script", "cloud-init", "packed in cloud-init", "MIME", "packed twice", "JSON"],
)
def test_a_configuration_is_read_the_same_in_every_packing(text: str) -> None:
    (plain,) = _parts(CONF)
    assert [part.props.value for part in _parts(text)] == [plain.props.value]


def test_several_interfaces_of_a_text_are_several_parts() -> None:
    assert len(_parts(CONF + "\n" + CONF.replace("51820", "51821"))) == 2


def test_words_in_brackets_are_no_configuration() -> None:
    assert _parts("see [Peer] and [Interface] in the manual\nAllowedIPs = 0.0.0.0/0\n") == []


def _deep(text: str, times: int) -> str:
    for _ in range(times):
        text = base64.b64encode(text.encode()).decode()
    return text


@pytest.mark.parametrize(
    "text",
    [base64.b64encode(gzip.compress(b"a" * 50_000_000, mtime=0)).decode(), _deep(CONF, 9)],
    ids=["too much", "too deep"],
)
def test_what_cannot_be_unpacked_is_never_taken_for_read(text: str) -> None:
    whole = resource_of("aws:s3/bucketObjectv2:BucketObjectv2", "urn:x", {"content": text})
    assert OPAQUE in [part.kind for part in expand(whole)]


def test_a_large_text_is_read_to_its_end() -> None:
    assert len(_parts("# padding\n" * 600_000 + CONF)) == 1
