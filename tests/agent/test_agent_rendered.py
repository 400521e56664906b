"""Two agents with the very texts that the library renders: its nftables, its bird with BGP and BFD, its WireGuard.

Three namespaces: the two gateways, and between them the internet with the distribution. Gateway `b` of each region is
away, as it is while it is replaced. Not proven here: clouds, the kernel's WireGuard.
"""

import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from meshfed.render.gateway_document import gateway_document
from meshfed.render.gateway_view import ROUTE_TABLE, UNDERLAY_MARK
from meshfed.settings.facts import Facts
from meshfed.settings.federation import Federation
from meshfed.topology.build import build
from meshfed.topology.plan import Plan
from meshfed.values import GatewayName
from tests.render.plans import PLACES, facts_of
from tests.topology.federations import raw, region

from .lab import HERE, End, certificate, private_pem, public_pem, settings, until

MARK = secrets.token_hex(2)
KEYS = (f"u{MARK}", f"v{MARK}")
HOST = "trust.acme.example"
SERVER = "203.0.200.1"


@dataclass
class Internet:
    """The namespace between the gateways."""

    name: str
    root: Path


def plan_for(ends: list[End]) -> Plan:
    facts = facts_of(KEYS)
    pinned = {
        key: facts.regions[key].model_copy(update={"peer_key": public_pem(end.key)})
        for key, end in zip(KEYS, ends, strict=True)
    }
    regions = {key: region(*PLACES[slot], slot) for slot, key in enumerate(KEYS)}
    return build(Federation.model_validate(raw(regions)), Facts(regions=pinned))


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, timeout=30)


def prepare(end: End, plan: Plan, internet: Internet) -> None:
    """What user data does on a host, as far as a namespace has it."""
    link = f"mr{MARK}{end.side}"
    ip("netns", "add", end.namespace)
    ip("link", "add", link, "type", "veth", "peer", "name", f"{link}x")
    ip("link", "set", f"{link}x", "netns", internet.name)
    ip("-n", internet.name, "link", "set", f"{link}x", "master", "br0", "up")
    ip("link", "set", link, "netns", end.namespace)
    end.sh("ip", "link", "set", "lo", "up")
    end.sh("ip", "address", "add", f"{end.address}/16", "dev", link)
    end.sh("ip", "link", "set", link, "up")
    end.sh("ip", "address", "add", f"{end.inner}/32", "dev", "lo")
    inner6 = plan.regions[end.region].ranges.gateway_address_ipv6(GatewayName.A)
    end.sh("ip", "-6", "address", "add", f"{inner6}/128", "dev", "lo")
    rule = ["not", "fwmark", hex(UNDERLAY_MARK), "table", str(ROUTE_TABLE), "priority", "1000"]
    for version in ("-4", "-6"):
        end.sh("ip", version, "rule", "add", *rule)
    for name, value in {"ip_forward": "1", "conf.all.rp_filter": "2", "ping_group_range": "0 0"}.items():
        end.sh("sysctl", "-q", "-w", f"net.ipv4.{name}={value}")
    hosts = Path("/etc/netns") / end.namespace
    hosts.mkdir(parents=True)
    (hosts / "hosts").write_text(f"127.0.0.1 localhost\n{SERVER} {HOST}\n")
    document = json.loads(gateway_document(plan, end.region, GatewayName.A))
    path = end.root / "store" / "gateways" / "a" / "peers.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**document, "poll_seconds": 1, "settle_seconds": 2}))
    (end.root / "signer.pem").write_bytes(private_pem(end.key))
    (end.root / "agent.json").write_text(json.dumps(settings(end, internet.root)))


def serve(internet: Internet) -> subprocess.Popen[bytes]:
    for folder in ("tls", "distribution"):
        (internet.root / folder).mkdir()
    certificate(internet.root / "tls", HOST)
    command = [
        sys.executable,
        str(HERE / "https_server.py"),
        str(internet.root / "distribution"),
        str(internet.root / "tls"),
    ]
    return subprocess.Popen(
        ["ip", "netns", "exec", internet.name, *command, SERVER, "443"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[End, End]]:
    internet = Internet(f"mf-{MARK}-net", tmp_path_factory.mktemp("rendered"))
    made = [End(key, f"mf-{MARK}-{key[0]}", "", "", 0, side, internet.root / key) for side, key in enumerate(KEYS)]
    plan = plan_for(made)
    for end in made:
        gateway = plan.regions[end.region]
        end.address = str(facts_of(KEYS).regions[end.region].gateway_addresses[0])
        end.inner = str(gateway.ranges.gateway_address(GatewayName.A))
    with contextlib.ExitStack() as stack:
        ip("netns", "add", internet.name)
        stack.callback(ip, "netns", "delete", internet.name)
        ip("-n", internet.name, "link", "add", "br0", "type", "bridge")
        ip("-n", internet.name, "address", "add", f"{SERVER}/16", "dev", "br0")
        ip("-n", internet.name, "link", "set", "br0", "up")
        processes = [serve(internet)]
        stack.callback(lambda: [(process.kill(), process.wait()) for process in processes])
        for end in made:
            stack.callback(remove, end)
            prepare(end, plan, internet)
            (end.root / "bird.start").write_text("protocol device { }\n")
            start = ["bird", "-f", "-c", str(end.root / "bird.start"), "-s", str(end.root / "bird.ctl")]
            processes.append(end.spawn(*start, log="bird.log"))
            until((end.root / "bird.ctl").exists, "bird's socket")
            end.start()
        until(lambda: all(True in end.tunnels().values() for end in made), "BGP over the tunnel")
        yield made[0], made[1]


def remove(end: End) -> None:
    end.kill()
    for name in end.interfaces():
        end.sh("ip", "link", "delete", name)
    ip("netns", "delete", end.namespace)
    hosts = Path("/etc/netns") / end.namespace
    (hosts / "hosts").unlink()
    hosts.rmdir()


def test_the_rendered_rules_stand_and_the_only_alarms_are_about_the_gateways_that_are_away(
    ends: tuple[End, End],
) -> None:
    for end in ends:
        away = f"{ends[1 - end.side].region}-b"
        until(lambda end=end, away=away: all(away in alarm for alarm in end.alarms()), "no other alarm")
        assert "table inet meshfed" in end.sh("nft", "list", "ruleset")
        assert end.log().count("is set") == 1, "nothing is set twice"


def test_the_far_regions_range_is_reached_through_the_tunnel(ends: tuple[End, End]) -> None:
    a, b = ends
    route = json.loads(a.sh("ip", "-j", "route", "get", b.inner))[0]
    assert route["dev"].startswith(f"wg-{b.region}-a")
    assert route["prefsrc"] == a.inner


def test_a_rotation_under_the_rendered_rules_loses_no_ping(ends: tuple[End, End]) -> None:
    a, b = ends
    for _ in range(2):
        (old,) = a.tunnels()
        stop = a.root / "stop"
        for path in (stop, a.root / "started"):
            path.unlink(missing_ok=True)
        script = [sys.executable, str(HERE / "traffic.py"), "ping", a.inner, b.inner, str(stop)]
        sender = subprocess.Popen(["ip", "netns", "exec", a.namespace, *script], stdout=subprocess.PIPE)
        try:
            until((a.root / "started").exists, "the first ping comes back")
            subprocess.run(a.command("rotate", "--peer", b.name), check=True, capture_output=True, timeout=30)
            until(lambda new=1 - old: a.tunnels() == b.tunnels() == {new: True}, "only the new generation is left")
            stop.touch()
            report = json.loads(sender.communicate(timeout=30)[0])
        finally:
            sender.kill()
            sender.wait()
        assert report["lost"] == [], report
        assert report["sent"] > 20
