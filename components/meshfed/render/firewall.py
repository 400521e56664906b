"""Who may send encrypted packets to a region's gateways: what the clouds' firewalls are opened for."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

from meshfed.render.gateway_view import endpoint
from meshfed.settings.gateway import StockImage
from meshfed.settings.region import RegionBase
from meshfed.topology.plan import Plan
from meshfed.topology.tunnels import listen_port
from meshfed.values import GatewayName, TunnelKind

IKE_PORTS = ((500, 500), (4500, 4500))
"""IKE, and IKE with ESP in UDP (RFC 7296, RFC 3948)."""
HTTP_PORT, HTTPS_PORT = 80, 443
_URL = re.compile(r"(https?)://(?:\[[^\]]*\]|[^/:]+)(?::(\d+))?")


@dataclass(frozen=True, slots=True)
class TunnelSource:
    """One gateway of a pinned region: the source of one firewall rule."""

    region: str
    slot: int
    gateway: GatewayName
    address: IPv4Address
    """Its public address, or its private one over an interconnect."""
    ports: tuple[tuple[int, int], ...]
    """First and last UDP port of each range that it may send to."""


def tunnel_sources(plan: Plan, region: str) -> tuple[TunnelSource, ...]:
    """The gateways that may reach this region's gateways, by slot; both gateways of a region wait on the same ports."""
    peers = {peer.key: peer for peer in plan.open_peers(region)}
    sources = [
        TunnelSource(
            region=tunnel.remote_region,
            slot=peers[tunnel.remote_region].slot,
            gateway=tunnel.remote_gateway,
            address=endpoint(peers[tunnel.remote_region], tunnel),
            ports=tunnel_ports(tunnel.pair.kind, peers[tunnel.remote_region].slot, tunnel.remote_gateway),
        )
        for tunnel in plan.tunnels(region)
        if tunnel.local_gateway is GatewayName.A and tunnel.remote_region in peers
    ]
    return tuple(sorted(sources, key=lambda source: (source.slot, source.gateway.value)))


def tunnel_ports(kind: TunnelKind, remote_slot: int, remote: GatewayName) -> tuple[tuple[int, int], ...]:
    """The UDP ports on which a gateway waits for one remote gateway: one a key generation, or those of IKE.

    >>> tunnel_ports(TunnelKind.WIREGUARD, 2, GatewayName.B)
    ((51830, 51831),)
    """
    if kind is TunnelKind.IPSEC:
        return IKE_PORTS
    return ((listen_port(remote_slot, remote, 0), listen_port(remote_slot, remote, 1)),)


def web_ports(settings: RegionBase) -> tuple[int, ...]:
    """TCP ports on which a gateway asks hosts outside: HTTPS, and that of the proxy or else of the package mirror."""
    ports = {HTTPS_PORT}
    image = settings.gateways.image
    if settings.proxy is not None:
        # Packages come through the proxy too.
        ports.add(url_port(settings.proxy.url))
    elif isinstance(image, StockImage):
        # Debian's own mirrors in the clouds are plain HTTP; packages are signed.
        ports.add(HTTP_PORT if image.package_mirror is None else url_port(image.package_mirror))
    return tuple(sorted(ports))


def url_port(url: str) -> int:
    """The TCP port that an address leads to.

    >>> url_port("http://proxy.example:3128"), url_port("https://mirror.example/debian"), url_port("http://[fd00::1]/")
    (3128, 443, 80)
    """
    found = _URL.match(url)
    if found is None:
        raise ValueError(f"{url}: is no address of a web server.")
    return int(found[2]) if found[2] else HTTP_PORT if found[1] == "http" else HTTPS_PORT
