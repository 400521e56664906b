"""SPIRE's configuration is read as SPIRE reads it: HCL with all its forms of writing, JSON, in any packing."""

import base64
import json
from typing import Any

import pytest

from meshfed.rules.forms.hcl import HclReader
from meshfed.rules.forms.opaque import OPAQUE
from meshfed.rules.forms.spire import AGENT_CONF, SERVER_CONF, spire_configurations
from meshfed.rules.plain import UnreadableError
from meshfed.rules.resource import Resource, resource_of

CONF = """\
# the server of the region
server {
  Trust_Domain = "aws.mesh.example" ca_ttl = "24h", default_x509_svid_ttl = "1h"
  ca_subject { country = ["US"], organization = ["acme"], }
  /* nothing
     here */
  jwt_issuer = <<EOF
https://issuer.example
EOF
}
plugins {
  KeyManager "aws_kms" { plugin_data { region = "us-east-1" key_tags = { "a" = "b" } } }
  NodeAttestor "k8s_psat" { plugin_data { clusters = { "use1" = { service_account_allow_list = ["a:b", "c:d"] } } } }
  NodeAttestor "x509pop" { plugin_data {} } // edge
}
"""
MEANT: dict[str, Any] = {
    "server": {
        "trust_domain": "aws.mesh.example",
        "ca_ttl": "24h",
        "default_x509_svid_ttl": "1h",
        "ca_subject": {"country": ["US"], "organization": ["acme"]},
        "jwt_issuer": "https://issuer.example\n",
    },
    "plugins": {
        "keymanager": {"aws_kms": {"plugin_data": {"region": "us-east-1", "key_tags": {"a": "b"}}}},
        "nodeattestor": {
            "k8s_psat": {"plugin_data": {"clusters": {"use1": {"service_account_allow_list": ["a:b", "c:d"]}}}},
            "x509pop": {"plugin_data": {}},
        },
    },
}
BLOCKS: dict[str, Any] = {
    "server": MEANT["server"],
    "plugins": {
        "KeyManager": [MEANT["plugins"]["keymanager"]],
        "NodeAttestor": [
            {"k8s_psat": {"plugin_data": {"clusters": [{"use1": {"service_account_allow_list": ["a:b", "c:d"]}}]}}},
            {"x509pop": {"plugin_data": {}}},
        ],
    },
}


def _parts(text: object) -> list[Resource]:
    return list(spire_configurations(resource_of("aws:ec2/instance:Instance", "urn:x", {"userData": text})))


@pytest.mark.parametrize(
    "text",
    [
        CONF,
        json.dumps(MEANT),
        json.dumps(BLOCKS),
        "#!/bin/sh\ncat > /etc/spire/server.conf <<'END'\n" + CONF + "END\nsystemctl start spire-server\n",
        base64.b64encode(CONF.encode()).decode(),
        "write_files:\n- content: |\n" + "".join(f"    {line}\n" for line in CONF.splitlines()),
    ],
    ids=["HCL", "JSON", "JSON with lists of blocks", "a script", "base64", "cloud-init"],
)
def test_every_way_of_writing_it_means_the_same(text: str) -> None:
    (part,) = _parts(text)
    assert part.kind == SERVER_CONF
    found = part.props.value
    assert isinstance(found, dict)
    assert found["plugins"] == MEANT["plugins"]
    server = found["server"]
    assert isinstance(server, dict)
    assert {key: value for key, value in server.items() if key != "jwt_issuer"} == {
        key: value for key, value in MEANT["server"].items() if key != "jwt_issuer"
    }


def test_an_agent_is_no_server() -> None:
    (part,) = _parts('agent { trust_domain = "aws.mesh.example" insecure_bootstrap = true }')
    assert part.kind == AGENT_CONF
    assert part.props["agent"]["insecure_bootstrap"].flag() is True


@pytest.mark.parametrize(
    "text",
    [
        'server { trust_domain = "a.example" ca_ttl = "1h" ca_ttl = "24h" }',
        'server { trust_domain = "a.example" ',
        'server { trust_domain = "a.example" x = ] }',
        'server { trust_domain = "a.example" x = <<EOF\nno end }',
        'server { trust_domain = "a.example" } server { trust_domain = "b.example" }',
        'server { trust_domain = "a.example" ' + "x { " * 40 + "}" * 41,
    ],
    ids=["a setting twice", "cut off", "no value", "a text without end", "a block twice", "nested deeply"],
)
def test_what_cannot_be_read_is_shown_as_unread(text: str) -> None:
    assert [part.kind for part in _parts(text)] == [OPAQUE]


def test_a_fault_names_its_line() -> None:
    with pytest.raises(UnreadableError, match=r"^is not HCL: line 2: a value is wanted\.$"):
        HclReader("server {\n  x = }\n").block()


def test_other_blocks_of_these_names_are_none_of_spire() -> None:
    assert _parts("server {\n  listen 80;\n  location / { proxy_pass http://shop; }\n}\n") == []
