"""Two gateways in two network namespaces over one veth: real WireGuard, nftables and bird, two real agents.

The distribution is a local HTTPS server in the first namespace, the store and the signing keys are files.
Needs root and the Debian packages of `make test-packages`.
"""

import contextlib
import ipaddress
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from meshfed_agent import documents

HERE = Path(__file__).parent
WAIT_SECONDS = 60.0
SERVER = "203.0.113.1"


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key as PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """Its public part as PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _general_name(place: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(place)) if place[0].isdigit() else x509.DNSName(place)


def certificate(folder: Path, address: str) -> None:
    """A self-signed certificate for an address or a name: `cert.pem` and `key.pem` in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_general_name(address)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(private_pem(key))


def until(fact: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait for a fact; the time is a bound against hanging, not a measurement."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"never true: {what}"
        time.sleep(0.1)


@dataclass
class End:
    """One gateway with its region's store and key."""

    region: str
    namespace: str
    address: str
    inner: str
    asn: int
    side: int
    """0 or 1: which address of each link network this end has."""
    root: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    agent: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """The gateway's name."""
        return f"{self.region}-a"

    @property
    def published(self) -> Path:
        """Its document, as the distribution serves it."""
        return self.root.parent / "distribution" / "peers" / self.region / "a.json"

    @property
    def state(self) -> Path:
        """The agent's state folder."""
        return self.root / "state"

    def sh(self, *arguments: str) -> str:
        """A command inside the namespace."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.namespace, *arguments], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def spawn(self, *arguments: str, log: str) -> subprocess.Popen[bytes]:
        """A command inside the namespace that goes on."""
        with (self.root / log).open("ab") as stream:
            command = ["ip", "netns", "exec", self.namespace, *arguments]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)

    def command(self, *arguments: str) -> list[str]:
        """The agent's command line."""
        return [sys.executable, "-m", "meshfed_agent", "--config", str(self.root / "agent.json"), *arguments]

    def start(self) -> None:
        """Start the agent's service."""
        self.agent = self.spawn(*self.command("run"), log="agent.log")

    def kill(self) -> None:
        """Kill the agent as a power cut would."""
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()
            self.agent = None

    def status(self) -> dict[str, object]:
        """The agent's status; empty before the first pass."""
        path = self.state / "status.json"
        return cast("dict[str, object]", json.loads(path.read_text())) if path.exists() else {}

    def alarms(self) -> list[str]:
        """What the agent says is wrong."""
        return cast("list[str]", self.status().get("alarms", []))

    def tunnels(self) -> dict[int, bool]:
        """Whether BGP is established, by generation that stands."""
        seen = cast("list[dict[str, object]]", self.status().get("tunnels", []))
        return {cast("int", entry["generation"]): bool(entry["established"]) for entry in seen}

    def statement(self) -> documents.Statement:
        """What this end has published."""
        return documents.unverified(self.published.read_bytes(), self.name)

    def log(self) -> str:
        """What the agent logged."""
        return (self.root / "agent.log").read_text()

    def interfaces(self) -> dict[str, int]:
        """Tunnel interfaces and their index: another index means it was made anew."""
        shown = cast("list[dict[str, object]]", json.loads(self.sh("ip", "-j", "link", "show") or "[]"))
        return {str(e["ifname"]): cast("int", e["ifindex"]) for e in shown if str(e["ifname"]).startswith("wg-")}


@dataclass
class Lab:
    """Both ends and everything that runs for them."""

    a: End
    b: End
    root: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    @property
    def ends(self) -> tuple[End, End]:
        """The starter and the follower."""
        return self.a, self.b

    def other(self, end: End) -> End:
        """The far end."""
        return self.b if end is self.a else self.a

    def gateway(self, end: End, **changes: object) -> None:
        """Write the end's gateway document, as its region's deployer would."""
        peer = self.other(end)
        document = {
            "format": "meshfed/gateway/v1",
            "region": end.region,
            "gateway": "a",
            "epoch": 1,
            "texts": {"nftables": nftables(), "bird": bird_conf(end, peer), "swanctl": ""},
            "publish": {"object": f"peers/{end.region}/a.json", "valid_seconds": 3600, "renew_seconds": 1800},
            "poll_seconds": 1,
            "settle_seconds": 2,
            "rotate_seconds": 2592000,
            "peers": [self.peer(end, peer)],
            **changes,
        }
        path = end.root / "store" / "gateways" / "a" / "peers.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_text(json.dumps(document))
        path.with_suffix(".new").replace(path)

    def peer(self, end: End, peer: End) -> dict[str, object]:
        """The far region as the gateway document names it."""
        url = f"https://{SERVER}:8443/peers/{peer.region}/a.json"
        return {
            "region": peer.region,
            "epoch": 1,
            "keys": [public_pem(peer.key)],
            "gateways": [{"gateway": "a", "url": url, "tunnels": [tunnel(end, peer, 0), tunnel(end, peer, 1)]}],
        }

    def up(self) -> None:
        """Start both agents and wait until the tunnel carries BGP."""
        for end in self.ends:
            end.start()
        until(lambda: all(True in end.tunnels().values() for end in self.ends), "BGP over the tunnel")


def tunnel(end: End, peer: End, generation: int) -> dict[str, object]:
    """One generation of the tunnel as this end sees it."""
    link = f"100.66.0.{2 * generation}"
    keepalive = "PersistentKeepalive = 25\n" if end.side == 0 else ""
    return {
        "generation": generation,
        "kind": "wireguard",
        "interface": f"wg-{peer.region}-a{generation}",
        "mtu": 1420,
        "addresses": [f"100.66.0.{2 * generation + end.side}/31", f"fd12:3456:789a::{2 * generation + end.side}/127"],
        "bgp": [f"wg_{peer.region}_a{generation}"],
        "wireguard": (
            f"[Interface]\nListenPort = {51820 + generation}\n\n[Peer]\nPublicKey = @peer_public_key@\n"
            f"AllowedIPs = {link}/31, {peer.inner}/32, fd12:3456:789a::{2 * generation}/127\n"
            f"Endpoint = {peer.address}:{51820 + generation}\n{keepalive}"
        ),
    }


def nftables() -> str:
    """A small whole ruleset."""
    chain = "chain forward { type filter hook forward priority 0; policy drop; }"
    return f"flush ruleset\ntable inet meshfed {{\n  {chain}\n}}\n"


def bird_conf(end: End, peer: End) -> str:
    """BGP over both generations, nothing else."""
    sessions = "".join(
        f"""
protocol bgp wg_{peer.region}_a{generation} {{
  local 100.66.0.{2 * generation + end.side} as {end.asn};
  neighbor 100.66.0.{2 * generation + 1 - end.side} as {peer.asn};
  interface "wg-{peer.region}-a{generation}";
  prefer older on; connect delay time 1; connect retry time 1; error wait time 1, 2; hold time 9;
  ipv4 {{ import all; export where source = RTS_STATIC; }};
}}
"""
        for generation in (0, 1)
    )
    return f"""router id {end.inner};
protocol device {{ scan time 1; }}
protocol static own {{ ipv4; route {end.inner}/32 via "lo"; }}
protocol kernel {{
  ipv4 {{
    import none;
    export filter {{ if source = RTS_BGP then {{ krt_prefsrc = {end.inner}; accept; }} reject; }};
  }};
}}
{sessions}"""


def settings(end: End, root: Path) -> dict[str, object]:
    """The end's `agent.json`."""
    return {
        "format": "meshfed/agent/v1",
        "region": end.region,
        "gateway": "a",
        "cloud": "file",
        "store": {"kind": "directory", "location": str(end.root / "store")},
        "signer": {"kind": "file", "key": str(end.root / "signer.pem")},
        "distribution": {
            "publish": {"kind": "directory", "bucket": str(root / "distribution")},
            "ca_file": str(root / "tls" / "cert.pem"),
        },
        "state_directory": str(end.state),
        "config_directory": str(end.root / "etc"),
        "host": {"bird_socket": str(end.root / "bird.ctl")},
    }


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, timeout=30)


def _network(lab: Lab, mark: str) -> None:
    for end in lab.ends:
        _ip("netns", "add", end.namespace)
    veths = f"mf{mark}0", f"mf{mark}1"
    _ip("link", "add", veths[0], "type", "veth", "peer", "name", veths[1])
    for end, veth in zip(lab.ends, veths, strict=True):
        _ip("link", "set", veth, "netns", end.namespace)
        end.sh("ip", "address", "add", f"{end.address}/24", "dev", veth)
        end.sh("ip", "link", "set", veth, "up")
        end.sh("ip", "link", "set", "lo", "up")
        end.sh("ip", "address", "add", f"{end.inner}/32", "dev", "lo")


def _serve(lab: Lab) -> None:
    tls = lab.root / "tls"
    tls.mkdir()
    certificate(tls, SERVER)
    (lab.root / "distribution").mkdir()
    server = [sys.executable, str(HERE / "https_server.py"), str(lab.root / "distribution"), str(tls), SERVER, "8443"]
    lab.processes.append(lab.a.spawn(*server, log="server.log"))
    for end in lab.ends:
        (end.root / "bird.start").write_text("protocol device { }\n")
        start = ["bird", "-f", "-c", str(end.root / "bird.start"), "-s", str(end.root / "bird.ctl")]
        lab.processes.append(end.spawn(*start, log="bird.log"))
        until((end.root / "bird.ctl").exists, "bird's socket")


@contextlib.contextmanager
def lab(root: Path) -> Generator[Lab]:
    """A lab that is gone afterwards."""
    mark = secrets.token_hex(3)
    a = End(f"a{mark}", f"mf-{mark}-a", "203.0.113.1", "100.64.1.1", 65001, 0, root / "a")
    b = End(f"b{mark}", f"mf-{mark}-b", "203.0.113.2", "100.64.2.1", 65002, 1, root / "b")
    made = Lab(a, b, root)
    for end in made.ends:
        (end.root / "store").mkdir(parents=True)
        (end.root / "signer.pem").write_bytes(private_pem(end.key))
        (end.root / "agent.json").write_text(json.dumps(settings(end, root)))
    try:
        _network(made, mark)
        _serve(made)
        for end in made.ends:
            made.gateway(end)
        yield made
    finally:
        _tear_down(made)


def _tear_down(made: Lab) -> None:
    for end in made.ends:
        end.kill()
        for name in end.interfaces() if Path(f"/run/netns/{end.namespace}").exists() else ():
            end.sh("ip", "link", "delete", name)
    for process in made.processes:
        process.terminate()
        process.wait()
    for end in made.ends:
        if Path(f"/run/netns/{end.namespace}").exists():
            _ip("netns", "delete", end.namespace)


def is_root() -> bool:
    """Whether this process may make namespaces."""
    return os.geteuid() == 0
