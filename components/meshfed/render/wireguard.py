"""WireGuard text of one key generation of a tunnel, as `wg syncconf` reads it. It holds no private key."""

from ipaddress import IPv4Network, IPv6Network

from meshfed.render.gateway_view import UNDERLAY_MARK, GatewayView, OpenTunnel
from meshfed.topology.tunnels import KEEPALIVE_SECONDS, Link

PEER_KEY = "@peer_public_key@"
"""Stands for the public key of the peer's accepted document; the agent fills it in."""


def wireguard_text(view: GatewayView, open_tunnel: OpenTunnel, link: Link) -> str:
    """The interface and its one peer."""
    lines = [
        "[Interface]",
        f"ListenPort = {link.local_port}",
        f"FwMark = 0x{UNDERLAY_MARK:x}",
        "",
        "[Peer]",
        f"PublicKey = {PEER_KEY}",
        f"AllowedIPs = {', '.join(str(network) for network in allowed_networks(view, open_tunnel, link))}",
        f"Endpoint = {open_tunnel.endpoint}:{link.remote_port}",
    ]
    if open_tunnel.tunnel.keeps_alive:
        lines.append(f"PersistentKeepalive = {KEEPALIVE_SECONDS}")
    return "\n".join(lines) + "\n"


def allowed_networks(view: GatewayView, open_tunnel: OpenTunnel, link: Link) -> tuple[IPv4Network | IPv6Network, ...]:
    """What may come out of a tunnel: gateway addresses of the peer, or of all pinned regions if it may be a transit."""
    if view.reroutes:
        inside, inside6 = view.peer_ranges, view.peer_ranges_ipv6
    else:
        inside, inside6 = (open_tunnel.peer.ranges.gateways,), (open_tunnel.peer.ranges.gateways_ipv6,)
    return (IPv4Network(link.remote_address), *inside, IPv6Network(link.remote_address_ipv6), *inside6)
