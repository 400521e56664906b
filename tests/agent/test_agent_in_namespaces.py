"""Two agents against real wireguard-go, nftables and bird. Not proven here: the kernel's WireGuard, IPsec, a cloud."""

import json
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from meshfed_agent import documents
from meshfed_agent.documents import Asked

from .lab import HERE, End, Lab, is_root, lab, until

ECDSA = ec.ECDSA(hashes.SHA256())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Both gateways with an established tunnel. Each test leaves it like that."""
    assert is_root(), "these tests make network namespaces: run them as root"
    with lab(tmp_path_factory.mktemp("lab")) as made:
        made.up()
        yield made


@contextmanager
def traffic(made: Lab) -> Generator[dict[str, object]]:
    """Probes from a to b while the block runs; the report is filled afterwards."""
    report: dict[str, object] = {}
    stop = made.root / "stop"
    started = made.root / "started"
    for path in (stop, started):
        path.unlink(missing_ok=True)
    script = [sys.executable, str(HERE / "traffic.py")]
    echo = made.b.spawn(*script, "echo", made.b.inner, "7777", log="echo.log")
    sender = subprocess.Popen(
        ["ip", "netns", "exec", made.a.namespace, *script, "send", made.a.inner, made.b.inner, "7777", str(stop)],
        stdout=subprocess.PIPE,
    )
    try:
        until(started.exists, "the first probe comes back")
        yield report
        stop.touch()
        out, _ = sender.communicate(timeout=30)
        report.update(json.loads(out))
    finally:
        sender.kill()
        sender.communicate()
        echo.kill()
        echo.wait()


def signed(end: End, sequence: int, key: ec.EllipticCurvePrivateKey, not_after: datetime | None = None) -> bytes:
    """What the end publishes, said anew with another sequence, time or key."""
    said = end.statement()
    asked = Asked(end.region, "a", said.epoch, ())
    content = documents.body(said.addresses, said.tunnels)
    until_time = not_after or datetime.now(UTC) + timedelta(hours=1)
    raw = documents.statement(asked, sequence, until_time, content)
    return documents.envelope(raw, lambda data: key.sign(data, ECDSA))


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file with its bytes, but the status."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "status.json"}


@contextmanager
def swapped(made: Lab, end: End, forged: bytes) -> Generator[None]:
    """The distribution serves something else for a while."""
    good = end.published.read_bytes()
    new = end.published.with_name("swap.new")
    new.write_bytes(forged)
    new.replace(end.published)
    try:
        yield
    finally:
        new.write_bytes(good)
        new.replace(end.published)
        until(lambda: not made.other(end).alarms(), "the alarm is over")


def test_the_tunnel_carries_traffic_between_gateway_addresses(running: Lab) -> None:
    with traffic(running) as report:
        running.b.sh("sleep", "1")
    assert cast("int", report["sent"]) > 20
    assert report["lost"] == []


def forgeries() -> list[tuple[str, Callable[[End], bytes]]]:
    """What the alarm must say, and the document that raises it."""
    stranger = ec.generate_private_key(ec.SECP256R1())
    past = datetime.now(UTC) - timedelta(seconds=5)
    return [
        ("no pinned key", lambda end: signed(end, 50, stranger)),
        ("sequence is", lambda end: signed(end, end.statement().sequence, end.key)),
        ("expired at", lambda end: signed(end, 50, end.key, past)),
        ("is not the JSON", lambda end: f"<html>{end.name}: maintenance</html>".encode()),
    ]


@pytest.mark.parametrize(("reason", "forge"), forgeries(), ids=["mis-signed", "replayed", "expired", "no-document"])
def test_a_refused_document_changes_nothing_and_the_tunnel_stays(
    running: Lab, reason: str, forge: Callable[[End], bytes]
) -> None:
    a, b = running.ends
    before, links = (files_below(b.state), files_below(b.root / "etc")), b.interfaces()
    with traffic(running) as report, swapped(running, a, forge(a)):
        until(lambda: any(reason in alarm for alarm in b.alarms()), f"an alarm that says {reason}")
        assert (files_below(b.state), files_below(b.root / "etc")) == before
        assert b.interfaces() == links
        assert True in b.tunnels().values()
    assert report["lost"] == []
    assert sum(reason in line and "refused" in line for line in b.log().splitlines()) == 1


def test_a_document_with_a_lower_sequence_is_refused(running: Lab) -> None:
    a, b = running.ends
    old = a.published.read_bytes()
    running.gateway(a, publish={"object": f"peers/{a.region}/a.json", "valid_seconds": 3600, "renew_seconds": 1800,
                                "addresses": ["203.0.113.1"]})  # fmt: skip
    sequence = documents.unverified(old, "old").sequence
    until(lambda: any(f"sequence {sequence + 1}" in line for line in b.log().splitlines()), "the newer one is accepted")
    with swapped(running, a, old):
        until(lambda: any(f"{sequence + 1} was accepted" in alarm for alarm in b.alarms()), "the old one is refused")
        assert True in b.tunnels().values()


def test_a_change_of_the_gateway_document_drops_nothing(running: Lab) -> None:
    a = running.a
    links = a.interfaces()
    text = (
        "flush ruleset\ntable inet meshfed {\n  chain input { type filter hook input priority 0; policy accept; }\n}\n"
    )
    document = json.loads((a.root / "store" / "gateways" / "a" / "peers.json").read_text())
    with traffic(running) as report:
        running.gateway(a, texts={**document["texts"], "nftables": text})
        until(lambda: "chain input" in a.sh("nft", "list", "ruleset"), "the new rules are loaded")
    assert report["lost"] == []
    assert a.interfaces() == links


def test_a_gateway_document_whose_rules_nft_refuses_is_not_taken(running: Lab) -> None:
    a = running.a
    document = json.loads((a.root / "store" / "gateways" / "a" / "peers.json").read_text())
    before = files_below(a.root / "etc"), a.sh("nft", "list", "ruleset")
    running.gateway(a, texts={**document["texts"], "nftables": "flush ruleset\ntable inet x { chain y { frob; } }\n"})
    until(lambda: any("gateway document.texts: nft" in alarm for alarm in a.alarms()), "an alarm about nft")
    assert (files_below(a.root / "etc"), a.sh("nft", "list", "ruleset")) == before
    running.gateway(a, texts={**document["texts"], "bird": "protocol nonsense;\n"})
    until(lambda: any("gateway document.texts: bird" in alarm for alarm in a.alarms()), "an alarm about bird")
    assert (files_below(a.root / "etc"), a.sh("nft", "list", "ruleset")) == before
    running.gateway(a, texts=document["texts"])
    until(lambda: not a.alarms(), "the alarm is over")


def test_rules_removed_by_hand_come_back(running: Lab) -> None:
    running.a.sh("nft", "flush", "ruleset")
    until(lambda: "meshfed" in running.a.sh("nft", "list", "ruleset"), "the rules are back")


def rotate(running: Lab) -> tuple[int, int]:
    """Ask for a rotation and wait until only the new generation is left at both ends."""
    a, b = running.ends
    (old,) = a.tunnels()
    subprocess.run(a.command("rotate"), check=True, capture_output=True, timeout=30)
    until(lambda: a.tunnels() == b.tunnels() == {1 - old: True}, "only the new generation is left")
    return old, 1 - old


def test_a_rotation_under_traffic_loses_nothing(running: Lab) -> None:
    a, b = running.ends
    keys = {end.name: end.statement().tunnels for end in running.ends}
    for _ in range(2):
        with traffic(running) as report:
            old, new = rotate(running)
        assert report["lost"] == [], report
        assert a.interfaces().keys() == {f"wg-{b.region}-a{new}"}
        assert b.interfaces().keys() == {f"wg-{a.region}-a{new}"}
        assert old not in a.statement().tunnels[b.name]
    assert a.statement().tunnels[b.name] != keys[a.name][b.name]
    assert b.statement().tunnels[a.name] != keys[b.name][a.name]


def test_a_rotation_goes_on_although_both_agents_are_killed_in_it(running: Lab) -> None:
    a, b = running.ends
    (old,) = a.tunnels()
    with traffic(running) as report:
        subprocess.run(a.command("rotate"), check=True, capture_output=True, timeout=30)
        for end in (a, b, a):
            end.sh("sleep", "1.3")
            end.kill()
            end.start()
        until(lambda: a.tunnels() == b.tunnels() == {1 - old: True}, "only the new generation is left")
    assert report["lost"] == []


def test_the_follower_says_where_a_rotation_is_started(running: Lab) -> None:
    done = subprocess.run(
        running.b.command("rotate", "--peer", running.a.name), check=False, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2
    assert f"run it on {running.a.name}" in done.stderr


def test_a_replaced_gateway_continues_its_sequence_and_gets_its_tunnel_back(running: Lab) -> None:
    a, b = running.ends
    before, epoch = a.statement(), 1
    a.kill()
    for name in a.interfaces():
        a.sh("ip", "link", "delete", name)
    for path in sorted(a.state.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    a.start()
    until(lambda: a.tunnels() == b.tunnels() and True in a.tunnels().values(), "the tunnel is back")
    assert a.statement().sequence > before.sequence
    assert a.statement().epoch == epoch


def test_health_is_open_while_bgp_is_up_and_closed_without_it(running: Lab) -> None:
    b = running.b
    probe = "import socket; socket.create_connection(('203.0.113.2', 8479), 2).close()"

    def is_open() -> bool:
        command = ["ip", "netns", "exec", b.namespace, sys.executable, "-c", probe]
        return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0

    until(is_open, "the port is open")
    (name,) = running.a.interfaces()
    running.a.kill()
    running.a.sh("ip", "link", "set", name, "down")
    until(lambda: not is_open(), "the port is closed")
    running.a.start()
    until(is_open, "the port is open again")
    until(lambda: running.a.tunnels() == running.b.tunnels(), "the tunnel is back")


def test_a_peer_that_is_pinned_no_more_is_cut_off(running: Lab) -> None:
    a, b = running.ends
    running.gateway(b, peers=[])
    until(lambda: b.interfaces() == {}, "the interface is gone")
    until(lambda: b.tunnels() == {}, "the pass is over")
    until(lambda: a.name not in b.statement().tunnels, "its key is published no more")
    running.gateway(b)
    until(lambda: a.tunnels() == b.tunnels() and True in b.tunnels().values(), "the tunnel is back")


def test_no_private_key_is_shown_anywhere(running: Lab) -> None:
    secrets: set[str] = set()
    for end in running.ends:
        for path in (end.state / "keys").glob("*.json"):
            assert path.stat().st_mode & 0o077 == 0
            secrets.add(json.loads(path.read_text())["private"])
    assert len(secrets) >= 2
    shown = "".join(end.log() + json.dumps(end.status()) + end.published.read_text() for end in running.ends)
    for end in running.ends:
        shown += "".join(
            path.read_text() for path in end.root.rglob("*") if path.is_file() and path.parent.name != "keys"
        )
    assert not [secret for secret in secrets if secret[:12] in shown]
