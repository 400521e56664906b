"""Two real charons authenticate each other with the keys that the agent makes and writes.

Not proven here: encrypted packets and xfrm interfaces, for which this kernel may lack the parts.
"""

import secrets
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from meshfed_agent.errors import HostError
from meshfed_agent.gateway import IPSEC, PeerGateway, Tunnel
from meshfed_agent.ipsec import Ends, Ipsec
from meshfed_agent.keys import Secret, generate

from .lab import until

MARK = secrets.token_hex(3)
NAMES = f"mf-{MARK}-0", f"mf-{MARK}-1"
REGIONS = ("use1", "euc1")


@dataclass
class Side:
    """One host: its charon, the agent's part, its keys of generation 0 and 1."""

    index: int
    root: Path
    secrets: tuple[Secret, Secret]

    @property
    def far(self) -> str:
        return REGIONS[1 - self.index]

    @property
    def uri(self) -> str:
        return f"unix://{self.root}/vici"

    @property
    def part(self) -> Ipsec:
        return Ipsec(self.root / "swanctl", self.uri)

    @property
    def peer(self) -> PeerGateway:
        return PeerGateway(self.far, "a", 1, (), "https://x.example", tuple(tunnel(self.far, n) for n in (0, 1)))

    def connections(self) -> list[str]:
        shown = subprocess.run(
            ["swanctl", "--list-conns", "--uri", self.uri], capture_output=True, text=True, check=True
        )
        return sorted({line.partition(":")[0] for line in shown.stdout.splitlines() if line.startswith("wg-")})

    def text(self) -> str:
        return "connections {\n" + "".join(connection(self.index, generation) for generation in (0, 1)) + "}\n"


def tunnel(far: str, generation: int) -> Tunnel:
    return Tunnel(
        generation=generation,
        kind=IPSEC,
        interface=f"wg-{far}-a{generation}",
        mtu=1400,
        addresses=(),
        bgp=(f"wg_{far}_a{generation}",),
        wireguard="",
        if_id=generation + 1,
    )


def connection(index: int, generation: int) -> str:
    own, far = REGIONS[index], REGIONS[1 - index]
    return f"""  wg-{far}-a{generation} {{
    version = 2
    local_addrs = 203.0.113.{index + 1}
    remote_addrs = 203.0.113.{2 - index}
    proposals = aes256gcm16-prfsha384-ecp384
    local {{
      auth = pubkey
      id = {own}.{generation}
      pubkeys = wg-{far}-a{generation}.pem
    }}
    remote {{
      auth = pubkey
      id = {far}.{generation}
      pubkeys = {far}-a-{generation}.pem
    }}
    children {{
      wg-{far}-a{generation} {{
        local_ts = 100.64.0.0/16
        remote_ts = 100.64.0.0/16
        esp_proposals = aes256gcm16-ecp384
      }}
    }}
  }}
"""


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, timeout=30)


@contextmanager
def charon(side: Side) -> Generator[None]:
    settings = side.root / "strongswan.conf"
    log = f"filelog {{ x {{ path = {side.root}/charon.log\n default = 1\n flush_line = yes }} }}"
    vici = f"plugins {{ vici {{ socket = {side.uri} }} }}"
    settings.write_text(f"charon-systemd {{ journal {{ default = -1 }}\n {log}\n {vici} }}\n")
    command = ["env", f"STRONGSWAN_CONF={settings}", "charon-systemd"]
    process = subprocess.Popen(["ip", "netns", "exec", NAMES[side.index], *command])
    try:
        until((side.root / "vici").exists, "charon's socket")
        yield
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    made = [Side(n, tmp_path_factory.mktemp(f"side{n}"), (generate(IPSEC), generate(IPSEC))) for n in (0, 1)]
    for name in NAMES:
        ip("netns", "add", name)
    try:
        ip("link", "add", f"mi{MARK}0", "type", "veth", "peer", "name", f"mi{MARK}1")
        for side in made:
            ip("link", "set", f"mi{MARK}{side.index}", "netns", NAMES[side.index])
            ip(
                "-n",
                NAMES[side.index],
                "address",
                "add",
                f"203.0.113.{side.index + 1}/24",
                "dev",
                f"mi{MARK}{side.index}",
            )
            ip("-n", NAMES[side.index], "link", "set", f"mi{MARK}{side.index}", "up")
        with charon(made[0]), charon(made[1]):
            yield made[0], made[1]
    finally:
        for name in NAMES:
            ip("netns", "delete", name)


def keyed(side: Side, far: Side, *, generations: int) -> dict[tuple[PeerGateway, int], Ends]:
    """What is known: own and far key of so many generations, nothing of the rest."""
    return {
        (side.peer, n): Ends(side.secrets[n], far.secrets[n].public(IPSEC)) if n < generations else Ends(None, None)
        for n in (0, 1)
    }


def test_charon_takes_both_generations_although_only_one_has_keys_and_both_ends_prove_themselves(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    for side, far in ((a, b), (b, a)):
        part = side.part
        assert part.apply(side.text(), keyed(side, far, generations=1))
        assert not part.apply(side.text(), keyed(side, far, generations=1)), "a second time there is nothing to do"
        assert side.connections() == [f"wg-{side.far}-a0", f"wg-{side.far}-a1"]
    part, name = a.part, "wg-euc1-a0"
    part.start(a.peer.tunnel(0), part.sessions())
    until(lambda: name in part.sessions().established, "both ends have proved who they are")
    assert "wg-use1-a0" in b.part.sessions().established
    part.stop(name)
    until(lambda: not b.part.sessions().established, "the far end has heard of the end")


def test_a_generation_whose_far_key_is_unknown_authenticates_nobody(sides: tuple[Side, Side]) -> None:
    a, b = sides
    a.part.apply(a.text(), keyed(a, b, generations=2))
    b.part.apply(b.text(), keyed(b, a, generations=1))
    a.part.start(a.peer.tunnel(1), a.part.sessions())
    log = a.root / "charon.log"
    until(lambda: "AUTHENTICATION_FAILED" in log.read_text(), "the far end refuses")
    assert not a.part.sessions().established


def test_a_text_that_charon_refuses_is_taken_back(sides: tuple[Side, Side]) -> None:
    a, b = sides
    part, ends = a.part, keyed(a, b, generations=1)
    part.apply(a.text(), ends)
    before = {path: path.read_bytes() for path in (a.root / "swanctl").rglob("*") if path.is_file()}
    with pytest.raises(HostError, match="swanctl"):
        part.apply(a.text().replace("aes256gcm16-prfsha384-ecp384", "rot13"), ends)
    assert {path: path.read_bytes() for path in (a.root / "swanctl").rglob("*") if path.is_file()} == before
    assert part.apply(a.text(), ends) is False
    assert a.connections() == ["wg-euc1-a0", "wg-euc1-a1"]


def test_a_key_that_is_wanted_no_more_is_removed(sides: tuple[Side, Side]) -> None:
    a, b = sides
    a.part.apply(a.text(), keyed(a, b, generations=2))
    folder = a.root / "swanctl" / "ecdsa"
    assert sorted(path.name for path in folder.iterdir()) == ["wg-euc1-a0.pem", "wg-euc1-a1.pem"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    a.part.apply(a.text(), keyed(a, b, generations=1))
    assert [path.name for path in folder.iterdir()] == ["wg-euc1-a0.pem"]
    assert a.secrets[0].text[40:80] not in "".join(
        path.read_text() for path in (a.root / "swanctl").rglob("*") if path.is_file() and path.parent != folder
    )
