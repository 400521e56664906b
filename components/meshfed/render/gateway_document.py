"""The gateway document: everything a tunnel gateway is told by its own region's store. It holds no secret."""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import NotRequired, TypedDict

from meshfed.render.bird import BgpNeighbor, bird_text, protocol_name
from meshfed.render.gateway_view import GatewayView, OpenTunnel, facts_of, gateway_view
from meshfed.render.nftables import nftables_text
from meshfed.render.strongswan import if_id, swanctl_text
from meshfed.render.wireguard import wireguard_text
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.topology.tunnels import Link
from meshfed.values import GatewayName, TunnelKind

GATEWAY_FORMAT = "meshfed/gateway/v1"
SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86400
RENEWALS_PER_LIFETIME = 4
"""A peer document is renewed at a quarter of its lifetime, so that three renewals may fail."""

__all__ = ["BgpNeighbor", "gateway_document", "gateway_object", "peer_object"]


class GenerationText(TypedDict):
    """One key generation of a tunnel."""

    generation: int
    kind: str
    interface: str
    mtu: int
    addresses: list[str]
    bgp: list[str]


class WireguardGeneration(GenerationText):
    """One key generation of a WireGuard tunnel."""

    wireguard: str


class IpsecGeneration(GenerationText):
    """One key generation of an IPsec tunnel."""

    if_id: int


class PeerGatewayText(TypedDict):
    """A gateway of a pinned region."""

    gateway: str
    url: str
    tunnels: list[WireguardGeneration | IpsecGeneration]


class GrantText(TypedDict):
    """The offline key's word for a peer's epoch, and that key."""

    offline_key: str
    statement: str
    signature: str


class PeerText(TypedDict):
    """A pinned region."""

    region: str
    epoch: int
    keys: list[str]
    grant: NotRequired[GrantText]
    gateways: list[PeerGatewayText]


def gateway_object(gateway: GatewayName) -> str:
    """Key of a gateway's document in its region's own store."""
    return f"gateways/{gateway.value}/peers.json"


def peer_object(region: str, gateway: GatewayName) -> str:
    """Key under which a gateway publishes its peer document to the distribution."""
    return f"peers/{region}/{gateway.value}.json"


def gateway_document(plan: Plan, region: str, gateway: GatewayName, bgp_neighbors: Sequence[BgpNeighbor] = ()) -> str:
    """The document of one gateway, as JSON text; the neighbours are the cloud's routers that speak BGP with it."""
    view = gateway_view(plan, region, gateway)
    distribution = plan.federation.distribution
    valid_seconds = distribution.valid_hours * SECONDS_PER_HOUR
    content = {
        "format": GATEWAY_FORMAT,
        "region": region,
        "gateway": gateway.value,
        "epoch": view.region.settings.epoch,
        "texts": {
            "nftables": nftables_text(view, bgp_neighbors),
            "bird": bird_text(view, bgp_neighbors),
            "swanctl": swanctl_text(view),
        },
        "publish": {
            "object": peer_object(region, gateway),
            "valid_seconds": valid_seconds,
            "renew_seconds": valid_seconds // RENEWALS_PER_LIFETIME,
            "addresses": _public_addresses(view),
            "keys": [] if view.region.facts is None else [view.region.facts.peer_key],
        },
        "poll_seconds": distribution.poll_seconds,
        "rotate_seconds": plan.federation.tunnels.rotate_days * SECONDS_PER_DAY,
        "peers": [
            _peer(view, view.peers[key], list(tunnels))
            for key, tunnels in groupby(view.tunnels, lambda tunnel: tunnel.peer.key)
        ],
    }
    return json.dumps(content, indent=1) + "\n"


def _public_addresses(view: GatewayView) -> list[str]:
    """What the gateway says of its own address: nothing before its region is pinned."""
    facts = view.region.facts
    return [] if facts is None else [str(facts.gateway_addresses[list(GatewayName).index(view.gateway)])]


def _peer(view: GatewayView, peer: RegionPlan, tunnels: Sequence[OpenTunnel]) -> PeerText:
    text: PeerText = {
        "region": peer.key,
        "epoch": peer.settings.epoch,
        "keys": [facts_of(peer).peer_key],
        "gateways": [
            {
                "gateway": tunnel.tunnel.remote_gateway.value,
                "url": f"https://{view.plan.federation.distribution.host}/"
                + peer_object(peer.key, tunnel.tunnel.remote_gateway),
                "tunnels": [_generation(view, tunnel, link) for link in tunnel.tunnel.links],
            }
            for tunnel in tunnels
        ],
    }
    grant, offline_key = facts_of(peer).grant, peer.settings.offline_key
    if grant is not None and offline_key is not None:
        text["grant"] = {"offline_key": offline_key, "statement": grant.statement, "signature": grant.signature}
    return text


def _generation(view: GatewayView, tunnel: OpenTunnel, link: Link) -> WireguardGeneration | IpsecGeneration:
    common: GenerationText = {
        "generation": link.generation,
        "kind": tunnel.tunnel.pair.kind.value,
        "interface": link.interface,
        "mtu": tunnel.tunnel.pair.mtu,
        "addresses": [f"{link.local_address}/31", f"{link.local_address_ipv6}/127"],
        "bgp": [protocol_name(link)],
    }
    if tunnel.tunnel.pair.kind is TunnelKind.IPSEC:
        return {**common, "if_id": if_id(link)}
    return {**common, "wireguard": wireguard_text(view, tunnel, link)}
