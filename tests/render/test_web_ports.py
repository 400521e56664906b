"""Which ports a gateway's own requests leave by: the same in every cloud, whose firewalls open these and no others."""

import doctest
from typing import Any

import pytest

from meshfed.render import firewall
from meshfed.render.firewall import web_ports
from meshfed.settings.federation import Federation
from tests.topology.federations import raw, region

PREPARED = {"image": {"kind": "prepared", "id": "ami-1"}}
PROXY = {"url": "http://proxy.acme.example:3128"}


def _stock(mirror: str) -> dict[str, Any]:
    return {"image": {"kind": "stock", "package_mirror": mirror}}


@pytest.mark.parametrize(
    ("more", "ports"),
    [
        ({}, (80, 443)),
        ({"gateways": _stock("https://mirror.acme.example/debian")}, (443,)),
        ({"gateways": _stock("https://mirror.acme.example:8443/debian")}, (443, 8443)),
        ({"gateways": PREPARED}, (443,)),
        ({"gateways": PREPARED, "proxy": PROXY}, (443, 3128)),
        ({"gateways": PREPARED, "proxy": {"url": "http://proxy.acme.example"}}, (80, 443)),
        # Packages come through the proxy, so the mirror's own port stays closed.
        ({"gateways": _stock("https://mirror.acme.example:8443/debian"), "proxy": PROXY}, (443, 3128)),
    ],
)
def test_a_gateway_asks_outside_only_on_ports_that_it_needs(more: dict[str, Any], ports: tuple[int, ...]) -> None:
    regions = {"use1": region("aws", "us-east-1", 0, **more), "use4": region("gcp", "us-east4", 1)}
    assert web_ports(Federation.model_validate(raw(regions)).regions["use1"]) == ports


def test_the_examples_hold() -> None:
    assert doctest.testmod(firewall).failed == 0
