"""Rendered swanctl.conf in running charons: loaded whole, and one proves to another who it is.

Not proven here: packets through an xfrm interface, which the kernel of a small machine may not have.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from meshfed.render.gateway_document import gateway_document
from meshfed.values import GatewayName
from tests.render.charon import Charon
from tests.render.golden import FOLDER
from tests.render.host import Host, until
from tests.render.plans import KEYS, three_clouds


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Host, Host]]:
    """Gateways a of the first two regions with a cable between them."""
    plan = three_clouds()
    hosts = Host(tmp_path, KEYS[0]), Host(tmp_path, KEYS[1])
    hosts[0].join(hosts[1], "eth0", "eth0")
    for host in hosts:
        host.sh(
            "ip", "address", "add", f"{plan.regions[host.name].ranges.gateway_address(GatewayName.A)}/16", "dev", "eth0"
        )
    yield hosts
    for host in hosts:
        host.close()


def test_a_running_charon_takes_every_connection(pair: tuple[Host, Host]) -> None:
    charon = Charon(pair[0])
    text = (FOLDER / "ipsec-one-hop" / "use1-a" / "swanctl.conf").read_text()
    (charon.folder / "swanctl.conf").write_text(text)
    public = charon.make_key("wg-use4-a0")
    for line in text.splitlines():
        name, _, value = line.strip().partition(" = ")
        if name == "pubkeys":
            charon.public(value.removesuffix(".pem"), public)
    assert "successfully loaded 8 connections, 0 unloaded" in charon.swanctl("--load-all", "--noprompt")
    listed = charon.swanctl("--list-conns")
    assert listed.startswith("wg-use4-a0: IKEv2")
    assert "local:  100.64.0.0/17 100.66.0.0/15 fde4:431c:e1bf::/48" in listed


def session(pair: tuple[Host, Host], *, forged: bool) -> list[Charon]:
    """Both charons with the generation 0 of their tunnel; a forged far end has another key than was said."""
    plan = three_clouds(kind="ipsec", transport="interconnect")
    charons = [Charon(host) for host in pair]
    publics = [charon.make_key(f"wg-{KEYS[1 - side]}-a0") for side, charon in enumerate(charons)]
    for side, charon in enumerate(charons):
        document = cast("dict[str, Any]", json.loads(gateway_document(plan, KEYS[side], GatewayName.A)))
        (charon.folder / "swanctl.conf").write_text(document["texts"]["swanctl"])
        charon.public(f"wg-{KEYS[1 - side]}-a0", publics[side])
        charon.public(f"{KEYS[1 - side]}-a-0", publics[1 - side])
    if forged:
        charons[1].public("use1-a-0", publics[1])
    for charon in charons:
        # Connections whose keys are not there yet are refused one by one; those that have theirs are loaded.
        charon.try_swanctl("--load-all", "--noprompt")
    return charons


def test_two_gateways_prove_who_they_are(pair: tuple[Host, Host]) -> None:
    starter, follower = session(pair, forged=False)
    starter.try_swanctl("--initiate", "--child", "wg-use4-a0", "--timeout", "10")
    until(lambda: "ESTABLISHED" in follower.swanctl("--list-sas"), "IKE session")
    seen = follower.swanctl("--list-sas")
    assert "AES_GCM_16-256/PRF_HMAC_SHA2_384/ECP_384" in seen
    assert "remote 'use1-a.to.use4-a.generation0'" in seen


def test_a_gateway_with_another_key_is_refused(pair: tuple[Host, Host]) -> None:
    starter, follower = session(pair, forged=True)
    starter.try_swanctl("--initiate", "--child", "wg-use4-a0", "--timeout", "10")
    until(lambda: "AUTH_FAILED" in starter.log(), "the refusal")
    assert "ESTABLISHED" not in follower.swanctl("--list-sas")
