"""The real agents, told by rendered gateway documents: keys, tunnels, firewall and routes come up by themselves.

Needs root and the Debian packages of `make test-packages`. Stores, signing keys and the bucket are files; the
distribution answers by HTTPS at the address that the settings give it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from meshfed.render.gateway_document import gateway_document, gateway_object
from meshfed.render.host_files import FIRST_FIREWALL, first_bird
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from tests.agent.lab import HERE as AGENT_TESTS
from tests.agent.lab import certificate, private_pem, public_pem
from tests.render.host import until
from tests.render.paths import REGIONS, WAY_OUT, Gateway, Paths
from tests.render.plans import PLACES, facts_of
from tests.topology.federations import raw, region

Keys = dict[str, ec.EllipticCurvePrivateKey]


def plan_of(keys: Keys, pinned: tuple[str, ...] = REGIONS) -> Plan:
    """The three regions with their real signing keys; the distribution is at the underlay's own address."""
    regions = {key: region(*PLACES[slot], slot) for slot, key in enumerate(REGIONS)}
    distribution = {"host": WAY_OUT, "account": "111111111111", "bucket": "acme-trust", "poll_seconds": 10}
    facts = facts_of(REGIONS, {key: public_pem(keys[key]) for key in REGIONS})
    kept = facts.model_copy(update={"regions": {key: facts.regions[key] for key in pinned}})
    return build(Federation.model_validate(raw(regions, distribution=distribution)), kept)


def tell(gateway: Gateway, plan: Plan) -> None:
    """What the region's deployer does: it writes the gateway's document."""
    path = gateway.host.folder / "store" / gateway_object(gateway.gateway)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".new").write_text(gateway_document(plan, gateway.region.key, gateway.gateway))
    path.with_suffix(".new").replace(path)


def first_boot(gateway: Gateway, root: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """What user data does, with folders in the place of clouds."""
    folder, config = gateway.host.folder, gateway.host.folder / "etc"
    config.mkdir()
    (config / "nftables.conf").write_text(FIRST_FIREWALL)
    (config / "bird.conf").write_text(first_bird(gateway.region, gateway.gateway))
    gateway.host.sh("nft", "-f", str(config / "nftables.conf"))
    gateway.prepare()
    control = gateway.start_bird(config / "bird.conf")
    (folder / "signer.pem").write_bytes(private_pem(key))
    settings = {
        "format": "meshfed/agent/v1",
        "region": gateway.region.key,
        "gateway": gateway.gateway.value,
        "cloud": "file",
        "store": {"kind": "directory", "location": str(folder / "store")},
        "signer": {"kind": "file", "key": str(folder / "signer.pem")},
        "distribution": {
            "publish": {"kind": "directory", "bucket": str(root / "distribution")},
            "ca_file": str(root / "tls" / "cert.pem"),
        },
        "state_directory": str(folder / "state"),
        "config_directory": str(config),
        "host": {"bird_socket": str(control)},
    }
    (folder / "agent.json").write_text(json.dumps(settings))
    agent = [sys.executable, "-m", "meshfed_agent", "--config", str(folder / "agent.json"), "run"]
    gateway.host.spawn(*agent, log="agent.log")


@pytest.fixture
def keys() -> Keys:
    """Each region's signing key."""
    return {key: ec.generate_private_key(ec.SECP256R1()) for key in REGIONS}


@pytest.fixture
def paths(tmp_path: Path, keys: Keys) -> Iterator[Paths]:
    """Gateways after their first boot, with agents that run."""
    for name in ("distribution", "tls"):
        (tmp_path / name).mkdir()
    certificate(tmp_path / "tls", WAY_OUT)
    made = Paths(tmp_path, plan_of(keys))
    try:
        server = [sys.executable, str(AGENT_TESTS / "https_server.py")]
        made.wan.spawn(*server, str(tmp_path / "distribution"), str(tmp_path / "tls"), WAY_OUT, "443", log="https.log")
        for gateway in made.gateways.values():
            tell(gateway, made.plan)
            first_boot(gateway, tmp_path, keys[gateway.region.key])
        yield made
    finally:
        made.close()


def indices(gateway: Gateway) -> dict[str, int]:
    """Tunnel interfaces and their index: another index means it was made anew."""
    shown = json.loads(gateway.host.sh("ip", "-j", "link", "show"))
    return {one["ifname"]: one["ifindex"] for one in shown if one["ifname"].startswith("wg-")}


def test_agents_bring_up_what_the_documents_say(paths: Paths, keys: Keys) -> None:
    low, mid = paths.gateways["low-a"], paths.gateways["mid-a"]
    paths.until_direct()
    assert paths.ask("low", paths.pod("low"), paths.balancer("mid"))["from"] == str(low.address)
    assert sorted(indices(low)) == ["wg-mid-a0", "wg-top-a0"]
    before = indices(low)["wg-mid-a0"]
    closed = plan_of(keys, pinned=("low", "mid"))
    tell(low, closed)
    until(lambda: "wg-top-a0" not in indices(low), "the tunnel to a region that is pinned no more goes")
    assert indices(low)["wg-mid-a0"] == before
    assert paths.ask("low", paths.pod("low"), paths.balancer("mid"))["from"] == str(low.address)
    assert "top" not in (low.host.folder / "etc" / "bird.conf").read_text()
    assert mid.counted("refused_transit") == 0
