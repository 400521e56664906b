"""A small federation in namespaces: rendered WireGuard, nftables and bird on every gateway, an underlay that is cut.

Regions: `low` with both gateways, `mid` and `top` with gateway a each. Behind the gateways of a region stands one host
with a pod's and an east-west balancer's address; that of `low` is the cloud's router as well, which low-a tells its
route by BGP. The test stands in for the agent: it makes the keys and applies generation 0 of each tunnel.
"""

import json
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, cast

from meshfed.render.bird import BgpNeighbor
from meshfed.render.gateway_document import gateway_document
from meshfed.render.host_files import SYSCTL, routing_unit
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import GatewayName
from tests.render.host import Host, until

REGIONS = ("low", "mid", "top")
GATEWAYS = (("low", GatewayName.A), ("low", GatewayName.B), ("mid", GatewayName.A), ("top", GatewayName.A))
WAY_OUT = "192.0.2.1"
ROUTER = BgpNeighbor("100.64.0.12", 65000)
"""The cloud's router of `low`, in the subnet of low-a."""
ECHO = str(Path(__file__).parent / "echo.py")
ECHO_PORT = "7000"

ROUTER_CONF = """\
router id {address};
protocol device {{ }}
protocol bfd {{ }}
protocol bgp to_gateway {{
  local {address} as {asn};
  neighbor {neighbor} as {far};
  direct;
  bfd on;
  ipv4 {{ import all; export none; }};
}}
"""


class Gateway:
    """One tunnel gateway and what it was told."""

    def __init__(self, host: Host, plan: Plan, region: str, gateway: GatewayName) -> None:
        self.host, self.plan, self.region, self.gateway = host, plan, plan.regions[region], gateway
        neighbors = (ROUTER,) if self.name == "low-a" else ()
        self.document = cast("dict[str, Any]", json.loads(gateway_document(plan, region, gateway, neighbors)))
        self.private: dict[str, str] = {}
        self.public: dict[str, str] = {}

    @property
    def name(self) -> str:
        """For example `low-a`."""
        return f"{self.region.key}-{self.gateway.value}"

    @property
    def address(self) -> IPv4Address:
        """Its fixed private address."""
        return self.region.ranges.gateway_address(self.gateway)

    def tunnels(self) -> dict[str, dict[str, Any]]:
        """Generation 0 of its tunnels by the peer's name, of peers that run here."""
        running = {f"{region}-{gateway.value}" for region, gateway in GATEWAYS}
        return {
            f"{peer['region']}-{far['gateway']}": far["tunnels"][0]
            for peer in self.document["peers"]
            for far in peer["gateways"]
            if f"{peer['region']}-{far['gateway']}" in running
        }

    def make_keys(self) -> None:
        """A key for each tunnel; the public ones would be published."""
        for peer in self.tunnels():
            self.private[peer] = self.host.sh("wg", "genkey").strip()
            self.public[peer] = self.host.sh("wg", "pubkey", stdin=self.private[peer]).strip()

    def start(self, gateways: "dict[str, Gateway]") -> None:
        """Bring up everything that the document says."""
        self.prepare()
        for name in ("nftables", "bird"):
            (self.host.folder / name).write_text(self.document["texts"][name])
        self.host.sh("nft", "-f", str(self.host.folder / "nftables"))
        for peer, tunnel in self.tunnels().items():
            self._tunnel(tunnel, self.private[peer], gateways[peer].public[self.name])
        self.start_bird(self.host.folder / "bird")

    def prepare(self) -> None:
        """What user data does on the first boot."""
        for line in SYSCTL.splitlines():
            if line.startswith("net.ipv"):
                self.host.sh("sysctl", "-w", line.replace(" ", ""))
        for line in routing_unit(self.region, self.gateway).splitlines():
            if line.startswith("ExecStart=/"):
                self.host.sh(*line.removeprefix("ExecStart=").split())

    def start_bird(self, path: Path) -> Path:
        """Start bird with a configuration; its control socket."""
        control = self.host.folder / "bird.ctl"
        self.host.spawn("bird", "-f", "-c", str(path), "-s", str(control), log="bird.log")
        return control

    def _tunnel(self, tunnel: dict[str, Any], private: str, peer_key: str) -> None:
        name, text = tunnel["interface"], tunnel["wireguard"].replace("@peer_public_key@", peer_key)
        # It goes on in the background and would keep this test's output open.
        self.host.sh("sh", "-c", f"wireguard-go {name} </dev/null >/dev/null 2>&1")
        whole = text.replace("[Interface]\n", f"[Interface]\nPrivateKey = {private}\n")
        self.host.sh("wg", "syncconf", name, "/dev/stdin", stdin=whole)
        for address in tunnel["addresses"]:
            self.host.sh("ip", "address", "add", address, "dev", name)
        self.host.sh("ip", "link", "set", "dev", name, "mtu", str(tunnel["mtu"]), "up")

    def interface_towards(self, address: IPv4Address | IPv6Address) -> str:
        """The interface by which a packet of this host to an address leaves; empty without a route."""
        done = self.host.try_sh("ip", "-j", "route", "get", str(address))
        return str(json.loads(done.stdout)[0]["dev"]) if done.returncode == 0 else ""

    def counted(self, chain: str) -> int:
        """Packets that the last rule of a chain dropped."""
        listed = json.loads(self.host.sh("nft", "-j", "list", "chain", "inet", "meshfed", chain))
        rules = [one["rule"] for one in listed["nftables"] if "rule" in one]
        return int(rules[-1]["expr"][0]["counter"]["packets"])


class Paths:
    """All hosts of the federation."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.plan = plan
        self.wan = Host(folder, "wan")
        self.lans = {key: Host(folder, f"lan-{key}") for key in REGIONS}
        self.gateways = {
            f"{region}-{gateway.value}": Gateway(Host(folder, f"{region}-{gateway.value}"), self.plan, region, gateway)
            for region, gateway in GATEWAYS
        }
        self.wan.sh("sysctl", "-w", "net.ipv4.ip_forward=1")
        for number, gateway in enumerate(self.gateways.values()):
            self._underlay(gateway, f"w{number}")
            self._lan(gateway)
        for key, lan in self.lans.items():
            self._inside(lan, self.plan.regions[key])

    def start(self) -> None:
        """Keys first, then every gateway; returns when all have the direct routes."""
        for gateway in self.gateways.values():
            gateway.make_keys()
        for gateway in self.gateways.values():
            gateway.start(self.gateways)
        self.until_direct()

    def until_direct(self) -> None:
        """Wait until every gateway reaches its peers by their own tunnels."""
        for gateway in self.gateways.values():
            for peer in gateway.tunnels():
                far = self.gateways[peer].address
                until(
                    lambda gateway=gateway, far=far, peer=peer: gateway.interface_towards(far) == f"wg-{peer}0",
                    f"{gateway.name} reaches {peer} directly",
                )

    def cut(self, source: str, target: str) -> None:
        """Drop what one region's gateways send to another's, in this direction alone."""
        pairs = [(self._public(a), self._public(b)) for a in self._of(source) for b in self._of(target)]
        rules = "".join(f"ip saddr {a} ip daddr {b} drop\n" for a, b in pairs)
        chain = f"chain cut {{\ntype filter hook forward priority 0; policy accept;\n{rules}}}\n"
        self.wan.sh("nft", "-f", "-", stdin=f"table inet wan {{\n{chain}}}\n")

    def heal(self) -> None:
        """Let everything through again."""
        self.wan.sh("nft", "delete", "table", "inet", "wan")

    def pod(self, key: str) -> IPv4Address:
        """A pod's address in a region."""
        return self.plan.regions[key].ranges.pods[5]

    def balancer(self, key: str) -> IPv4Address:
        """The address of a region's east-west balancer."""
        return self.plan.regions[key].ranges.east_west_addresses[0]

    def ask(self, key: str, source: IPv4Address, target: IPv4Address) -> dict[str, Any]:
        """What the echo at the target sees of a connection from the source; empty when there is no answer."""
        command = ["python3", ECHO, "ask", str(source), str(target), ECHO_PORT]
        done = self.lans[key].try_sh(*command)
        return cast("dict[str, Any]", json.loads(done.stdout)) if done.returncode == 0 else {}

    def close(self) -> None:
        """End everything."""
        for host in (*(one.host for one in self.gateways.values()), *self.lans.values(), self.wan):
            host.close()

    def _of(self, region: str) -> list[Gateway]:
        return [gateway for gateway in self.gateways.values() if gateway.region.key == region]

    def _public(self, gateway: Gateway) -> IPv4Address:
        facts = gateway.region.facts
        assert facts is not None
        return facts.gateway_addresses[list(GatewayName).index(gateway.gateway)]

    def _underlay(self, gateway: Gateway, port: str) -> None:
        public = self._public(gateway)
        self.wan.join(gateway.host, port, "eth0")
        self.wan.sh("ip", "address", "add", f"{WAY_OUT}/32", "dev", port)
        self.wan.sh("ip", "route", "add", f"{public}/32", "dev", port)
        gateway.host.sh("ip", "address", "add", f"{public}/32", "dev", "eth0")
        gateway.host.sh("ip", "route", "add", "default", "via", WAY_OUT, "dev", "eth0", "onlink")

    def _lan(self, gateway: Gateway) -> None:
        """The gateway's private side: the host behind it answers for all of its region's network."""
        ranges, lan = gateway.region.ranges, self.lans[gateway.region.key]
        port = f"eth{gateway.gateway.value}"
        lan.join(gateway.host, port, "lan0")
        lan.sh("ip", "route", "add", f"{gateway.address}/32", "dev", port)
        subnet = next(subnet for subnet in ranges.tunnel_subnets if gateway.address in subnet)
        gateway.host.sh("ip", "address", "add", f"{gateway.address}/{subnet.prefixlen}", "dev", "lan0")
        way = str(ranges.east_west_addresses[0])
        gateway.host.sh("ip", "route", "add", f"{way}/32", "dev", "lan0")
        for network in (ranges.gateways, ranges.pods):
            gateway.host.sh("ip", "route", "add", str(network), "via", way, "dev", "lan0", "onlink")

    def _inside(self, lan: Host, region: RegionPlan) -> None:
        for address in (region.ranges.east_west_addresses[0], region.ranges.pods[5]):
            lan.sh("ip", "address", "add", f"{address}/32", "dev", "etha")
            lan.sh("ip", "address", "add", f"{address}/32", "dev", "lo")
        # Gateways reach one another through their region's network.
        lan.sh("sysctl", "-w", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0")
        way = str(region.ranges.gateway_address(GatewayName.A))
        lan.sh("ip", "route", "add", "default", "via", way, "dev", "etha", "onlink")
        lan.spawn("python3", ECHO, "serve", ECHO_PORT, log="echo.log")
        if region.key == "low":
            lan.sh("ip", "address", "add", f"{ROUTER.address}/27", "dev", "etha")
            (lan.folder / "router").write_text(
                ROUTER_CONF.format(address=ROUTER.address, asn=ROUTER.asn, neighbor=way, far=region.asn)
            )
            lan.spawn("bird", "-f", "-c", f"{lan.folder}/router", "-s", f"{lan.folder}/bird.ctl", log="bird.log")

    def cloud_routes(self) -> list[str]:
        """What the cloud's router of `low` was told: networks and next hops."""
        lan = self.lans["low"]
        shown = lan.sh("birdc", "-s", f"{lan.folder}/bird.ctl", "show", "route")
        words = [line.split() for line in shown.splitlines()[1:]]
        return [line[0] if "/" in line[0] else line[1] for line in words if len(line) > 1 and line[0] != "Table"]
