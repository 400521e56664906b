"""The gateway document: what the region's deployer wants of this gateway, read from the region's own store.

Its texts are whole files for nftables, bird and strongSwan; its peers are the pinned regions. An unpinned
peer does not appear at all. Names that reach a command line or a path are checked here.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from . import grants
from .config import GATEWAY, REGION
from .documents import MAX_EPOCH
from .errors import RefusedError
from .grants import Grant
from .reading import Reader, one_of, strict_json, unique

FORMAT = "meshfed/gateway/v1"
INTERFACE = r"[a-z]{2}-[a-z][a-z0-9]{0,7}-[ab][01]"
"""Interface names: two letters, the peer's region, its gateway, the generation. At most 14 characters."""
PLACEHOLDER = "@peer_public_key@"
WIREGUARD, IPSEC = "wireguard", "ipsec"
DAY = 86400


@dataclass(frozen=True, slots=True)
class Texts:
    """Whole files; an empty text means: leave that program alone."""

    nftables: str
    bird: str
    swanctl: str


@dataclass(frozen=True, slots=True)
class Publish:
    """What this gateway says about itself, and how often."""

    object: str
    valid_seconds: int
    renew_seconds: int
    addresses: tuple[str, ...]
    keys: tuple[str, ...] = ()
    """What of this region is pinned: a key that was rotated signed what is published, and its sequence goes on."""


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One generation of a tunnel to one peer gateway."""

    generation: int
    kind: str
    interface: str
    mtu: int
    addresses: tuple[str, ...]
    bgp: tuple[str, ...]
    wireguard: str
    if_id: int


@dataclass(frozen=True, slots=True)
class PeerGateway:
    """One gateway of a peer region, with both generations of the tunnel to it."""

    region: str
    gateway: str
    epoch: int
    keys: tuple[str, ...]
    url: str
    tunnels: tuple[Tunnel, ...]
    grant: Grant | None = None
    """Of an epoch after the region's first."""

    @property
    def name(self) -> str:
        """The gateway's name in the federation, for example `euc1-a`."""
        return f"{self.region}-{self.gateway}"

    def tunnel(self, generation: int) -> Tunnel:
        """The tunnel of this generation."""
        return self.tunnels[generation]


@dataclass(frozen=True, slots=True)
class GatewayDocument:
    """What the deployer wants of this gateway."""

    epoch: int
    texts: Texts
    publish: Publish
    poll_seconds: int
    rotate_seconds: int
    settle_seconds: int
    """How long a new key must carry BGP before the old one goes."""
    peers: tuple[PeerGateway, ...]


def parse(data: bytes, region: str, gateway: str) -> GatewayDocument:
    """Read a gateway document that must be meant for this very gateway; raises RefusedError."""
    top = Reader(strict_json(data, "gateway document"), "gateway document")
    top.constant("format", FORMAT)
    top.constant("region", region)
    top.constant("gateway", gateway)
    texts = top.part("texts")
    document = GatewayDocument(
        epoch=top.number("epoch", 1, MAX_EPOCH),
        texts=Texts(texts.text("nftables"), texts.text("bird"), texts.text("swanctl", default="")),
        publish=_publish(top.part("publish")),
        poll_seconds=top.number("poll_seconds", 1, 3600),
        rotate_seconds=top.number("rotate_seconds", 1, 400 * DAY),
        settle_seconds=top.number("settle_seconds", 0, 3600, default=30),
        peers=unique(_peers(top), lambda peer: peer.name, "gateway document.peers"),
    )
    texts.done()
    top.done()
    interfaces = (tunnel for peer in document.peers for tunnel in peer.tunnels)
    unique(interfaces, lambda tunnel: tunnel.interface, "gateway document: interface")
    if any(peer.region == region for peer in document.peers):
        raise RefusedError(f"gateway document.peers: {region} is this region itself; wanted: other regions")
    return document


def _publish(part: Reader) -> Publish:
    read = Publish(
        object=part.text("object", r"(?:[a-z0-9][a-z0-9._-]*/)*[a-z0-9][a-z0-9._-]*", wanted="an object's name"),
        valid_seconds=part.number("valid_seconds", 1, 400 * DAY),
        renew_seconds=part.number("renew_seconds", 1, 400 * DAY),
        addresses=part.texts("addresses", optional=True),
        keys=part.texts("keys", optional=True),
    )
    part.done()
    if read.renew_seconds >= read.valid_seconds:
        raise RefusedError(f"{part.where}.renew_seconds: is not less than valid_seconds; wanted: renewal before expiry")
    return read


def _peers(top: Reader) -> Iterator[PeerGateway]:
    for part in top.parts("peers"):
        region = part.text("region", REGION, wanted="a region key")
        epoch, keys = part.number("epoch", 1, MAX_EPOCH), part.texts("keys")
        if not keys:
            raise RefusedError(f"{part.where}.keys: is empty; wanted: the pinned keys (an unpinned peer is left out)")
        grant = grants.read(part.part("grant")) if part.has("grant") else None
        for gateway in part.parts("gateways"):
            yield replace(_gateway(gateway, region, epoch, keys), grant=grant)
        part.done()


def _gateway(part: Reader, region: str, epoch: int, keys: tuple[str, ...]) -> PeerGateway:
    url = part.text("url", r"https://[^\s]+", wanted="an https address")
    if urlsplit(url).username is not None:
        raise RefusedError(f"{part.where}.url: holds credentials; wanted: a public address")
    found = PeerGateway(
        region=region,
        gateway=part.text("gateway", GATEWAY, wanted="a or b"),
        epoch=epoch,
        keys=keys,
        url=url,
        tunnels=tuple(_tunnel(tunnel) for tunnel in part.parts("tunnels")),
    )
    part.done()
    if [tunnel.generation for tunnel in found.tunnels] != [0, 1]:
        raise RefusedError(f"{part.where}.tunnels: wanted: generation 0, then generation 1")
    if len({tunnel.kind for tunnel in found.tunnels}) != 1:
        raise RefusedError(f"{part.where}.tunnels: wanted: the same kind in both generations")
    suffixes = {f"-{found.name}{tunnel.generation}" for tunnel in found.tunnels}
    if {tunnel.interface[2:] for tunnel in found.tunnels} != suffixes:
        raise RefusedError(f"{part.where}.tunnels: interfaces are not named after {found.name} and the generation")
    return found


def _interfaces(part: Reader) -> tuple[str, ...]:
    """Addresses with their prefix, written as ip(8) writes them, so that they compare equal to what it shows."""
    try:
        return tuple(str(ipaddress.ip_interface(address)) for address in part.texts("addresses"))
    except ValueError as fault:
        raise RefusedError(f"{part.where}.addresses: {fault}; wanted: addresses with their prefix") from fault


def _tunnel(part: Reader) -> Tunnel:
    kind = one_of(part, "kind", (WIREGUARD, IPSEC))
    tunnel = Tunnel(
        generation=part.number("generation", 0, 1),
        kind=kind,
        interface=part.text("interface", INTERFACE, wanted="a name like wg-euc1-a0"),
        mtu=part.number("mtu", 1280, 9216),
        addresses=_interfaces(part),
        bgp=part.texts("bgp"),
        wireguard=part.text("wireguard", default="" if kind == IPSEC else None),
        if_id=part.number("if_id", 1, 2**32 - 1, default=0 if kind == WIREGUARD else None),
    )
    part.done()
    if not tunnel.bgp or not all(name.isidentifier() and name.isascii() for name in tunnel.bgp):
        raise RefusedError(f"{part.where}.bgp: wanted: names of bird's protocols")
    if kind == WIREGUARD and tunnel.wireguard.count(PLACEHOLDER) != 1:
        raise RefusedError(f"{part.where}.wireguard: wanted: {PLACEHOLDER} exactly once")
    if "privatekey" in tunnel.wireguard.lower().replace(" ", ""):
        raise RefusedError(f"{part.where}.wireguard: names a private key; wanted: none, keys are born on the host")
    return tunnel
